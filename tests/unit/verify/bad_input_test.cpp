// Malformed specs and encodings: the whole of what is said about each stands beside it in tests/bad.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "semantics/load.h"
#include "support/catch.h"
#include "verify/spec.h"

namespace {

namespace fs = std::filesystem;
using namespace npverify;

const fs::path bad = fs::path(NPVERIFY_SOURCE_DIR) / "tests" / "bad";

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<fs::path> entries(const fs::path& folder, const char* extension) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

fs::path with_extension(fs::path path, const char* extension) { return path.replace_extension(extension); }

TEST_CASE("each malformed spec is answered with the whole expected text", "[verify][bad]") {
  const auto files = entries(bad / "specs", ".yaml");
  REQUIRE(files.size() >= 20);
  for (const auto& path : files) {
    INFO(path.string());
    base::Diagnostics diagnostics;
    const auto file = std::make_shared<base::SourceFile>(base::SourceFile{path.filename().string(), text_of(path)});
    verify::read_spec_texts({file}, diagnostics);
    CHECK(diagnostics.has_errors());
    CHECK(diagnostics.to_string() == text_of(with_extension(path, ".expected")));
  }
}

// The base, with the files of a case laid over it.
fs::path patched(const fs::path& patch) {
  const fs::path folder = fs::temp_directory_path() / ("npverify-bad-encodings-" + patch.filename().string());
  fs::remove_all(folder);
  fs::copy(bad / "encodings" / "base", folder, fs::copy_options::recursive);
  if (!patch.empty()) fs::copy(patch, folder, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  return folder;
}

TEST_CASE("each malformed folder of encodings is answered with the whole expected text", "[semantics][bad]") {
  const auto expected = entries(bad / "encodings", ".expected");
  REQUIRE(expected.size() >= 12);
  for (const auto& path : expected) {
    INFO(path.string());
    const fs::path folder = patched(with_extension(path, ""));
    base::Diagnostics diagnostics;
    semantics::load_encodings(folder.string(), diagnostics);
    CHECK(diagnostics.to_string() == text_of(path));
    fs::remove_all(folder);
  }
}

TEST_CASE("the encodings that the malformed ones patch are right themselves", "[semantics][bad]") {
  const fs::path folder = patched({});
  base::Diagnostics diagnostics;
  semantics::load_encodings(folder.string(), diagnostics);
  CHECK(diagnostics.to_string().empty());
  fs::remove_all(folder);
}

}  // namespace
