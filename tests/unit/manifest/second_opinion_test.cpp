// yaml-cpp reads the same manifests: both must see the same trees. Documents with merge keys (which yaml-cpp does not resolve) and files that one
// of the two refuses are not compared; how many were is checked, so that the test cannot pass by skipping.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "manifest/scalar.h"
#include "support/catch.h"
#include "tree.h"

namespace fs = std::filesystem;
using namespace npverify;
using manifest::NodeKind;

namespace {

bool has_merge(const YAML::Node& node) {
  if (node.IsMap())
    for (const auto& entry : node)
      if (entry.first.Scalar() == "<<" || has_merge(entry.second)) return true;
  if (node.IsSequence())
    for (const auto& item : node)
      if (has_merge(item)) return true;
  return false;
}

/// The text that test::to_text would give of a plain or quoted scalar.
std::string scalar_text(const YAML::Node& node) {
  if (node.IsNull()) return "null";
  if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return "\"" + node.Scalar() + "\"";
  std::string spelled;
  const auto typed = manifest::type_plain_scalar(node.Scalar(), spelled);
  return typed.kind == NodeKind::string ? "\"" + node.Scalar() + "\"" : std::string(typed.text);
}

std::string key_text(const YAML::Node& node) {
  const std::string text = scalar_text(node);
  return text.starts_with('"') ? text.substr(1, text.size() - 2) : text;
}

std::string other_text(const YAML::Node& node) {
  std::string text;
  if (node.IsMap()) {
    for (const auto& entry : node) text += (text.empty() ? "" : ", ") + key_text(entry.first) + ": " + other_text(entry.second);
    return "{" + text + "}";
  }
  if (node.IsSequence()) {
    for (const auto& item : node) text += (text.empty() ? "" : ", ") + other_text(item);
    return "[" + text + "]";
  }
  return scalar_text(node);
}

struct Counts {
  size_t files = 0, compared = 0;
};

/// Both readings of one file, if both take it.
void compare(const fs::path& path, Counts& counts) {
  ++counts.files;
  std::ifstream stream(path, std::ios::binary);
  std::stringstream buffer;
  buffer << stream.rdbuf();
  std::vector<YAML::Node> others;
  try {
    for (const auto& node : YAML::LoadAll(buffer.str()))
      if (node.IsDefined() && !node.IsNull()) others.push_back(node);
  } catch (const YAML::Exception&) {
    return;
  }
  base::Diagnostics diagnostics;
  const auto documents = manifest::read_text(path.string(), buffer.str(), diagnostics);
  if (diagnostics.has_errors() || std::any_of(others.begin(), others.end(), has_merge)) return;
  ++counts.compared;
  INFO(path.string());
  REQUIRE(documents.size() == others.size());
  for (size_t i = 0; i < others.size(); ++i) CHECK(test::to_text(documents[i].root) == other_text(others[i]));
}

Counts compare_folder(const fs::path& folder) {
  Counts counts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json") compare(entry.path(), counts);
  }
  return counts;
}

}  // namespace

TEST_CASE("yaml-cpp and our reader see the same trees in real manifests", "[manifest]") {
  const Counts counts = compare_folder(fs::path(NPVERIFY_SOURCE_DIR) / "tests/corpus");
  CHECK(counts.files > 100);
  CHECK(counts.compared * 100 >= counts.files * 95);
}

/// NPVERIFY_CORPUS names a further folder of manifests, which may hold anything.
TEST_CASE("further manifests are read without a crash and seen alike", "[manifest]") {
  const char* folder = std::getenv("NPVERIFY_CORPUS");
  if (!folder) return;
  const Counts counts = compare_folder(folder);
  INFO(counts.compared << " of " << counts.files);
  CHECK(counts.compared * 100 >= counts.files * 80);
}
