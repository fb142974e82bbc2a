#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

#include "base/log.h"
#include "manifest/files.h"
#include "manifest/json_reader.h"
#include "manifest/node.h"
#include "manifest/text_check.h"
#include "manifest/yaml_reader.h"

namespace npverify::manifest {
namespace {

namespace fs = std::filesystem;

void error_without_text(const std::string& name, std::string message, base::Diagnostics& diagnostics) {
  auto file = std::make_shared<base::SourceFile>();
  file->name = name;
  diagnostics.error({file, 0, 0}, "", std::move(message));
}

bool is_manifest_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

/// The manifests below a folder, in byte order of their paths. Links to folders are not followed, as kubectl does not.
std::vector<std::string> manifests_below(const std::string& folder, base::Diagnostics& diagnostics) {
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::none, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    if (is_manifest_name(at->path()) && at->is_regular_file(ignored)) found.push_back(at->path().string());
  }
  if (error) error_without_text(folder, "cannot be read: " + error.message(), diagnostics);
  std::sort(found.begin(), found.end());
  if (found.empty() && !error) error_without_text(folder, "no .yaml, .yml or .json file in this folder", diagnostics);
  return found;
}

/// Every file to read, each once, in order.
std::vector<std::string> expand(const std::vector<std::string>& paths, base::Diagnostics& diagnostics) {
  std::vector<std::string> files;
  std::set<std::string> seen;
  for (const auto& path : paths) {
    std::error_code error;
    const bool folder = path != "-" && fs::is_directory(path, error);
    if (path != "-" && !folder && !fs::exists(path, error)) {
      error_without_text(path, "no such file or folder", diagnostics);
      continue;
    }
    for (auto& file : folder ? manifests_below(path, diagnostics) : std::vector<std::string>{path})
      if (seen.insert(fs::path(file).lexically_normal().string()).second) files.push_back(std::move(file));
  }
  return files;
}

std::optional<std::string> read_stream(std::istream& stream, const std::string& name, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  std::string text;
  constexpr size_t step = size_t{1} << 16;
  while (stream && text.size() <= limits.file_bytes) {
    const size_t before = text.size();
    text.resize(before + std::max(step, before / 2));
    stream.read(text.data() + before, static_cast<std::streamsize>(text.size() - before));
    text.resize(before + static_cast<size_t>(stream.gcount()));
  }
  if (text.size() > limits.file_bytes) {
    error_without_text(name, "larger than " + std::to_string(limits.file_bytes) + " bytes", diagnostics);
    return std::nullopt;
  }
  if (stream.bad()) {
    error_without_text(name, "cannot be read", diagnostics);
    return std::nullopt;
  }
  return text;
}

/// Closes what it holds.
struct Descriptor {
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  int number;
};

std::string cannot_be_opened() { return std::string("cannot be opened: ") + std::strerror(errno); }

/// A file at once, as large as it says it is: a stream's buffers cost more than the reading. What says nothing (a pipe) is read as a stream.
std::optional<std::string> read_path(const std::string& path, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  if (path == "-") return read_stream(std::cin, path, limits, diagnostics);
  const Descriptor in{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (in.number < 0) {
    error_without_text(path, cannot_be_opened(), diagnostics);
    return std::nullopt;
  }
  std::string text;
  if (fstat(in.number, &status) == 0 && S_ISREG(status.st_mode) && static_cast<uint64_t>(status.st_size) <= limits.file_bytes) {
    text.resize(static_cast<size_t>(status.st_size));
    size_t at = 0;
    for (ssize_t got = 1; at < text.size() && got > 0; at += static_cast<size_t>(std::max<ssize_t>(got, 0))) got = ::read(in.number, text.data() + at, text.size() - at);
    char more = 0;
    if (at == text.size() && ::read(in.number, &more, 1) == 0) return text;  // else it changed under us
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    error_without_text(path, cannot_be_opened(), diagnostics);
    return std::nullopt;
  }
  return read_stream(stream, path, limits, diagnostics);
}

}  // namespace

File file_of_text(std::string name, std::string text, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  if (text.size() > limits.file_bytes) {
    error_without_text(name, "larger than " + std::to_string(limits.file_bytes) + " bytes", diagnostics);
    return nullptr;
  }
  if (!normalise_encoding(name, text, diagnostics)) return nullptr;
  return std::make_shared<const base::SourceFile>(base::SourceFile{std::move(name), std::move(text)});
}

std::vector<File> read_files(const std::vector<std::string>& paths, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  std::vector<File> files;
  for (const auto& path : expand(paths, diagnostics)) {
    auto text = read_path(path, limits, diagnostics);
    if (!text) continue;
    if (auto file = file_of_text(path, std::move(*text), limits, diagnostics)) files.push_back(std::move(file));
  }
  return files;
}

std::vector<Document> read_file(const File& file, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  auto found = looks_like_json(file->text) ? read_json(file, limits, diagnostics) : std::nullopt;
  if (!found) found = read_yaml(file, limits, diagnostics);
  if (base::logging()) base::log("read", file->name + ": " + std::to_string(file->text.size()) + " bytes, " + std::to_string(found->size()) + " documents");
  return std::move(*found);
}

std::vector<Document> read_text(std::string name, std::string text, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  const File file = file_of_text(std::move(name), std::move(text), limits, diagnostics);
  return file ? read_file(file, limits, diagnostics) : std::vector<Document>{};
}

std::vector<Document> read_text(std::string name, std::string text, base::Diagnostics& diagnostics) {
  return read_text(std::move(name), std::move(text), ReadLimits{}, diagnostics);
}

std::vector<Document> read_documents(const std::vector<std::string>& paths, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  std::vector<Document> documents;
  for (const File& file : read_files(paths, limits, diagnostics)) {
    auto found = read_file(file, limits, diagnostics);
    std::move(found.begin(), found.end(), std::back_inserter(documents));
  }
  return documents;
}

std::vector<Document> read_documents(const std::vector<std::string>& paths, base::Diagnostics& diagnostics) {
  return read_documents(paths, ReadLimits{}, diagnostics);
}

}  // namespace npverify::manifest
