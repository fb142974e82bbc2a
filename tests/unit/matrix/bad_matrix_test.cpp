// tests/bad/matrix: each matrix is refused with exactly the text in NAME.expected. With NPVERIFY_ACCEPT=1 the texts are written: read the
// difference before you commit it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "matrix/cluster.h"
#include "support/catch.h"

namespace {

namespace fs = std::filesystem;
using namespace npverify;

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string refusal(const fs::path& path, const semantics::Encodings& encodings) {
  base::Diagnostics diagnostics;
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{path.filename().string(), text_of(path)});
  const matrix::Matrix read = matrix::read_matrix(file, encodings.cnis(), diagnostics);
  if (diagnostics.has_errors()) return diagnostics.to_string();
  try {
    matrix::Cluster(read, {}, [&](const auto& request) { return encodings.resolve(request); });
  } catch (const base::InputError& error) {
    return error.what();
  }
  return "taken\n";
}

TEST_CASE("each malformed matrix is answered with the whole expected text", "[matrix][bad]") {
  const fs::path root = NPVERIFY_SOURCE_DIR;
  const auto encodings = semantics::Encodings::load((root / "encodings").string());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(root / "tests/bad/matrix"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 10);
  for (const auto& path : files) {
    INFO(path.string());
    const std::string said = refusal(path, *encodings);
    CHECK(said != "taken\n");
    fs::path expected = path;
    expected.replace_extension(".expected");
    if (std::getenv("NPVERIFY_ACCEPT")) std::ofstream(expected) << said;
    CHECK(said == text_of(expected));
  }
}

}  // namespace
