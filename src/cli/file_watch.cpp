#include "cli/file_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "npverify/npverify.h"

namespace npverify::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr int quiet_milliseconds = 50;  ///< editors write, rename and delete in one go
constexpr int most_rounds = 40;         ///< of quiet waiting, where somebody writes all the time

bool is_manifest(const std::string& name) {
  const std::string extension = fs::path(name).extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json" || extension == ".smt2";
}

bool written_since(const fs::path& file, std::chrono::system_clock::time_point time) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return true;
  const auto since_epoch = std::chrono::seconds(status.st_ctim.tv_sec) + std::chrono::nanoseconds(status.st_ctim.tv_nsec);
  return since_epoch >= time.time_since_epoch();
}

}  // namespace

FileWatch::FileWatch(int interrupt) : events_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), interrupt_(interrupt) {
  if (events_ < 0) throw Error(Error::Kind::unsupported, std::string("error: files cannot be watched: ") + std::strerror(errno) + "\n");
}

FileWatch::~FileWatch() { close(events_); }

void FileWatch::watch(const std::string& path, bool whole, const std::string& name) {
  const int number = inotify_add_watch(events_, path.c_str(), changes | IN_ONLYDIR);
  if (number < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return;  // gone meanwhile
    throw Error(Error::Kind::unsupported, "error: '" + path + "' cannot be watched: " + std::strerror(errno) + (errno == ENOSPC ? "; raise fs.inotify.max_user_watches" : "") + "\n");
  }
  Folder& folder = folders_[number];
  folder.path = path;
  folder.whole = folder.whole || whole;
  if (!name.empty()) folder.names.insert(name);
}

void FileWatch::add(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      fs::path above = fs::path(path).parent_path();
      while (!above.empty() && !fs::is_directory(above, error)) above = above.parent_path();
      // A folder that is not there yet comes as a name of the one above it.
      const fs::path below = fs::path(path).lexically_relative(above.empty() ? fs::path() : above);
      watch(above.empty() ? "." : above.string(), false, above.empty() ? fs::path(path).begin()->string() : below.begin()->string());
      continue;
    }
    watch(path, true, "");
    for (fs::recursive_directory_iterator at(path, error); !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      std::error_code ignored;
      if (at->is_directory(ignored) && !at->is_symlink(ignored)) watch(at->path().string(), true, "");
    }
  }
}

bool FileWatch::changed_since(std::chrono::system_clock::time_point time) const {
  for (const auto& [number, folder] : folders_) {
    for (const std::string& name : folder.names)
      if (written_since(fs::path(folder.path) / name, time)) return true;
    if (!folder.whole) continue;
    std::error_code error;
    for (fs::directory_iterator at(folder.path, error); !error && at != fs::directory_iterator(); at.increment(error))
      if (is_manifest(at->path().filename().string()) && written_since(at->path(), time)) return true;
  }
  return false;
}

// False where there are no more.
bool FileWatch::take_events(std::set<std::string>& changed) {
  alignas(inotify_event) char buffer[16384];
  const ssize_t size = read(events_, buffer, sizeof buffer);
  if (size <= 0) return false;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    at += static_cast<ssize_t>(sizeof *event + event->len);
    if ((event->mask & IN_Q_OVERFLOW) != 0) changed.insert("more files than can be told");
    const auto found = folders_.find(event->wd);
    if (found == folders_.end()) continue;
    const Folder folder = found->second;
    if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
      if ((event->mask & IN_IGNORED) != 0) folders_.erase(found);
      changed.insert(folder.path);
      continue;
    }
    const std::string name = event->len > 0 ? event->name : "";
    const std::string path = (fs::path(folder.path) / name).string();
    const bool is_folder = (event->mask & IN_ISDIR) != 0;
    if (is_folder && folder.whole && (event->mask & (IN_CREATE | IN_MOVED_TO)) != 0) add({path});
    // A file that was only made has nothing in it yet: its writing ends with another event.
    const bool counts = is_folder ? folder.whole || folder.names.contains(name) : folder.names.contains(name) || (folder.whole && is_manifest(name));
    if (counts && (is_folder || event->mask != IN_CREATE)) changed.insert(path);
  }
  return true;
}

std::set<std::string> FileWatch::wait() {
  std::set<std::string> changed;
  for (int rounds = 0; rounds < most_rounds;) {
    pollfd ready[2] = {{events_, POLLIN, 0}, {interrupt_, POLLIN, 0}};
    const int count = poll(ready, 2, changed.empty() ? -1 : quiet_milliseconds);
    if ((ready[1].revents & POLLIN) != 0) return {};
    if (count == 0) return changed;
    while (take_events(changed)) continue;
    if (!changed.empty()) ++rounds;
  }
  return changed;
}

}  // namespace npverify::cli
