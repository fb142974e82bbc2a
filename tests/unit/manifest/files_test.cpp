#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "tree.h"

namespace fs = std::filesystem;
using namespace npverify;

namespace {

/// A folder that is gone with the test.
struct Folder {
  Folder() : path(fs::temp_directory_path() / ("npverify-files-" + std::to_string(std::hash<std::string>{}(__TIME__)) + "-" + std::to_string(reinterpret_cast<uintptr_t>(this)))) { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << text;
  }
  std::string at(const std::string& name) const { return (path / name).string(); }
  fs::path path;
};

std::string read_all(const std::vector<std::string>& paths, base::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& document : manifest::read_documents(paths, diagnostics)) out += fs::path(document.file->name).filename().string() + test::to_text(document.root) + " ";
  return out;
}

}  // namespace

TEST_CASE("folders are read recursively in byte order of the paths, each file once", "[manifest]") {
  const Folder folder;
  folder.write("b.yaml", "b: 1");
  folder.write("a/z.yml", "z: 1");
  folder.write("a/Y.json", "{\"y\": 1}");
  folder.write("notes.txt", "{not a manifest");
  folder.write("c.yaml", "# nothing");
  base::Diagnostics diagnostics;
  CHECK(read_all({folder.path.string()}, diagnostics) == "Y.json{y: 1} z.yml{z: 1} b.yaml{b: 1} ");
  CHECK(read_all({folder.at("b.yaml"), folder.path.string(), folder.at("./b.yaml")}, diagnostics) == "b.yaml{b: 1} Y.json{y: 1} z.yml{z: 1} ");
  CHECK(diagnostics.all().empty());
}

TEST_CASE("a file that is named is read whatever its ending", "[manifest]") {
  const Folder folder;
  folder.write("policies.txt", "a: 1");
  base::Diagnostics diagnostics;
  CHECK(read_all({folder.at("policies.txt")}, diagnostics) == "policies.txt{a: 1} ");
}

TEST_CASE("missing paths and folders without manifests are errors", "[manifest]") {
  const Folder folder;
  folder.write("empty/README.md", "");
  base::Diagnostics diagnostics;
  manifest::read_documents({folder.at("none.yaml"), folder.at("empty")}, diagnostics);
  CHECK(diagnostics.to_string() == folder.at("none.yaml") + ": error: no such file or folder\n" + folder.at("empty") + ": error: no .yaml, .yml or .json file in this folder\n2 errors\n");
}

TEST_CASE("links to folders are not followed, so loops end", "[manifest]") {
  const Folder folder;
  folder.write("a.yaml", "a: 1");
  fs::create_directory_symlink(folder.path, folder.path / "loop");
  base::Diagnostics diagnostics;
  CHECK(read_all({folder.path.string()}, diagnostics) == "a.yaml{a: 1} ");
}
