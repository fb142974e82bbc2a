#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

/// Waiting for files to change, with inotify.
namespace npverify::cli {

/// Folders and files that are watched. A file is watched through its folder, because editors save by renaming another file over it; new
/// subfolders are watched as they come.
class FileWatch {
 public:
  /// `interrupt`: a descriptor that becomes readable when waiting should end. Throws Error (unsupported) where the kernel has no inotify left.
  explicit FileWatch(int interrupt);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Watches these as well. Paths that do not exist are watched for in the folder above them.
  void add(const std::vector<std::string>& paths);
  /// Was one of the files that are watched now written since?
  bool changed_since(std::chrono::system_clock::time_point time) const;
  /// Waits until something changed and then was quiet for a moment. Gives what changed; empty where waiting was interrupted.
  std::set<std::string> wait();

 private:
  struct Folder {
    std::string path;
    bool whole = false;           ///< manifests anywhere below count
    std::set<std::string> names;  ///< files that count
  };
  void watch(const std::string& path, bool whole, const std::string& name);
  bool take_events(std::set<std::string>& changed);

  int events_ = -1, interrupt_;
  std::map<int, Folder> folders_;  ///< by watch descriptor
};

}  // namespace npverify::cli
