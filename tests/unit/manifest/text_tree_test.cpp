// Our trees of texts against yaml-cpp's: the same kinds, texts and tags in every file of npverify's own.
#include "manifest/text_tree.h"

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/catch.h"

namespace ours = npverify::manifest::text_tree;
using namespace npverify;

namespace {

/// Both have the same questions to a node.
template <class Node>
std::string shown(const Node& node) {
  if (!node.IsDefined()) return "undefined";
  if (node.IsNull()) return "null";
  if (node.IsScalar()) return node.Tag() + "'" + node.Scalar() + "'";
  std::string out = node.IsMap() ? "{" : "[";
  for (const auto& item : node) out += (node.IsMap() ? shown(item.first) + ": " + shown(item.second) : shown(static_cast<const Node&>(item))) + ", ";
  return out + (node.IsMap() ? "}" : "]");
}

std::shared_ptr<const base::SourceFile> file_of(const std::string& name, const std::string& text) { return std::make_shared<const base::SourceFile>(base::SourceFile{name, text}); }

std::string by_us(const std::string& name, const std::string& text) {
  base::Diagnostics diagnostics;
  const auto documents = ours::read(file_of(name, text), diagnostics);
  if (!documents) return diagnostics.to_string();
  std::string out;
  for (const auto& document : *documents) out += shown(document) + "\n";
  return out;
}

std::string by_yaml_cpp(const std::string& text) {
  std::string out;
  for (const auto& document : YAML::LoadAll(text)) out += shown(document) + "\n";
  return out;
}

}  // namespace

TEST_CASE("yaml-cpp and our trees of texts agree on npverify's own files", "[manifest]") {
  size_t compared = 0;
  for (const char* folder : {"/encodings", "/specs", "/examples", "/tests/prove", "/tests/cases"}) {
    if (!std::filesystem::exists(NPVERIFY_SOURCE_DIR + std::string(folder))) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(NPVERIFY_SOURCE_DIR + std::string(folder))) {
      if (entry.path().extension() != ".yaml") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      INFO(entry.path());
      CHECK(by_us(entry.path(), text.str()) == by_yaml_cpp(text.str()));
      ++compared;
    }
  }
  CHECK(compared > 20);
}

TEST_CASE("every scalar keeps its text, and says whether it was quoted", "[manifest]") {
  CHECK(by_us("a.yaml", "a: 1.20\nb: '1.20'\nc: ~\nd: \"null\"\ne: yes\nf: &x [010, *x2]\n") == "a.yaml:6:13: error: alias '*x2' has no anchor '&x2' before it in this document\n    f: &x [010, *x2]\n                ^\n1 error\n");
  for (const char* text : {"a: 1.20\nb: '1.20'\nc: ~\nd: \"null\"\ne: yes\nf: 010\n", "- &x {a: b}\n- *x\n- []\n- {}\n- |\n  text\n  more\n- >-\n  folded\n  text\n", "a: !!str 1\nb:\nc: null\n---\n- x\n"})
    CHECK(by_us("a.yaml", text) == by_yaml_cpp(text));
}

TEST_CASE("a node that is not there answers", "[manifest]") {
  base::Diagnostics diagnostics;
  const auto documents = ours::read(file_of("a.yaml", "a: {b: 1}\n"), diagnostics);
  REQUIRE(documents);
  const ours::Node root = documents->at(0), missing = root["x"]["y"][size_t{3}];
  CHECK_FALSE(missing.IsDefined());
  CHECK(missing.Scalar().empty());
  CHECK(missing.size() == 0);
  CHECK(missing.Mark().is_null());
  for (const auto& item : missing) FAIL(item.Scalar());
  CHECK(root["a"]["b"].Mark().line == 0);
  CHECK(root["a"]["b"].Mark().column == 7);
}

TEST_CASE("what cannot be walked is refused", "[manifest]") {
  CHECK(by_us("a.yaml", std::string(101, '[') + std::string(101, ']')).find("nested deeper than 100 levels") != std::string::npos);
  CHECK(by_us("a.yaml", "&x [*x]").find("stands inside its own anchor") != std::string::npos);
  CHECK(by_us("a.yaml", "a: [").find("a.yaml:") == 0);
}
