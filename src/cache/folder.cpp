#include "cache/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

namespace npverify::cache {
namespace {

namespace fs = std::filesystem;

constexpr const char* suffix = ".npvcache";
constexpr const char* unfinished = ".unfinished";

/// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

std::string why() { return std::strerror(errno); }

/// Why a file or folder is not its user's alone to write; empty where it is.
std::string open_to_others(const struct stat& status) {
  if (status.st_uid != geteuid()) return "it belongs to another user";
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "others may write to it";
  return "";
}

/// Why the folder, which is made where it is not there, cannot be used; empty where it can.
std::string why_not_ours(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    std::error_code error;
    if (const fs::path parent = fs::path(path).parent_path(); !parent.empty()) fs::create_directories(parent, error);
    if (error) return "it cannot be made: " + error.message();
    if ((mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) || stat(path.c_str(), &status) != 0) return "it cannot be made: " + why();
  }
  return S_ISDIR(status.st_mode) ? open_to_others(status) : "it is no folder";
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool read_all(int descriptor, std::string& bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    at += static_cast<size_t>(got);
  }
  return at == bytes.size();
}

}  // namespace

Folder::Folder(std::string path) : path_(std::move(path)) {
  const std::string reason = why_not_ours(path_);
  usable_ = reason.empty();
  if (!usable_) note(reason);
}

void Folder::note(const std::string& text) { notes_.push_back("cache '" + path_ + "' is not used: " + text); }

std::optional<std::string> Folder::read(const std::string& name) {
  if (!usable_) return std::nullopt;
  const std::string path = file(name) + suffix;
  const Descriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (in.get() < 0 && errno == ENOENT) return std::nullopt;
  if (in.get() < 0 || fstat(in.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    discard(name, in.get() < 0 ? why() : "no plain file");
    return std::nullopt;
  }
  if (const std::string reason = open_to_others(status); !reason.empty()) {
    discard(name, reason);
    return std::nullopt;
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  if (!read_all(in.get(), bytes)) {
    discard(name, "it cannot be read");
    return std::nullopt;
  }
  futimens(in.get(), nullptr);  // used now: the last to go
  return bytes;
}

void Folder::write(const std::string& name, std::string_view bytes) {
  if (!usable_) return;
  std::string temporary = file(name) + unfinished + ".XXXXXX";
  const Descriptor out(mkostemp(temporary.data(), O_CLOEXEC));
  if (out.get() < 0) {
    note("nothing can be written: " + why());
    usable_ = false;
    return;
  }
  // No fsync: a file that a crash tears is told by its digest.
  if (!write_all(out.get(), bytes) || rename(temporary.c_str(), (file(name) + suffix).c_str()) != 0) {
    note("nothing can be written: " + why());
    unlink(temporary.c_str());
    usable_ = false;
    return;
  }
  make_room();
}

void Folder::discard(const std::string& name, const std::string& reason) {
  notes_.push_back("cache '" + file(name) + suffix + "' is discarded: " + reason);
  unlink((file(name) + suffix).c_str());
}

// Also takes away what processes that were stopped have left.
void Folder::make_room() const {
  struct Old {
    fs::file_time_type used;
    uint64_t size;
    fs::path path;
  };
  std::vector<Old> files;
  uint64_t total = 0;
  std::error_code error;
  for (fs::directory_iterator at(path_, error); !error && at != fs::directory_iterator(); at.increment(error)) {
    std::error_code gone;
    const std::string name = at->path().filename().string();
    const bool ours = name.ends_with(suffix), left_over = name.find(unfinished) != std::string::npos;
    if (!ours && !left_over) continue;
    Old one{at->last_write_time(gone), at->file_size(gone), at->path()};
    if (gone) continue;
    if (left_over) {
      if (fs::file_time_type::clock::now() - one.used > std::chrono::hours(1)) fs::remove(one.path, gone);
      continue;
    }
    total += one.size;
    files.push_back(std::move(one));
  }
  if (total <= most_bytes) return;
  std::sort(files.begin(), files.end(), [](const Old& a, const Old& b) { return a.used < b.used; });
  for (size_t i = 0; i < files.size() && total > most_bytes; ++i) {
    fs::remove(files[i].path, error);
    total -= files[i].size;
  }
}

}  // namespace npverify::cache
