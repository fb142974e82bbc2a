// tests/bad/manifests: each file or folder must be refused with exactly the text in NAME.expected. With NPVERIFY_ACCEPT=1 the texts are
// written instead; review the difference before keeping it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "resource/load.h"
#include "support/catch.h"

namespace fs = std::filesystem;

namespace {

std::string read_whole(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// What the user sees: paths are relative to the folder of the cases.
std::string diagnostics_of(const std::string& name, const fs::path& folder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  npverify::base::Diagnostics diagnostics;
  npverify::resource::load_snapshot(npverify::manifest::read_documents({name}, diagnostics), {}, diagnostics);
  fs::current_path(before);
  return diagnostics.has_errors() ? diagnostics.to_string() : "accepted\n";
}

}  // namespace

TEST_CASE("malformed manifests are refused with a whole message", "[bad]") {
  const fs::path folder = fs::path(NPVERIFY_SOURCE_DIR) / "tests/bad/manifests";
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() != ".expected") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  REQUIRE(names.size() >= 60);
  for (const auto& name : names) {
    const fs::path expected = folder / (fs::path(name).stem().string() + ".expected");
    const std::string actual = diagnostics_of(name, folder);
    if (std::getenv("NPVERIFY_ACCEPT")) std::ofstream(expected, std::ios::binary) << actual;
    INFO(name);
    CHECK(actual == read_whole(expected));
    CHECK(actual != "accepted\n");
  }
}
