#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace npverify::cache {

/// The files of one cache. A folder that cannot be used, or in which somebody else could write, is as good as empty; a file goes in whole or
/// not at all, whoever else writes at the same time. Nothing here throws: what is wrong is a note, and the answer does without.
class Folder {
 public:
  static constexpr uint64_t most_bytes = uint64_t{256} << 20;  ///< above, files that were not used for longest go

  /// Made where it is not there, for its user alone.
  explicit Folder(std::string path);

  const std::string& path() const { return path_; }
  /// The bytes of a file; nothing where it is not there or not to be trusted.
  std::optional<std::string> read(const std::string& name);
  void write(const std::string& name, std::string_view bytes);
  /// A file turned out to be no good: say so, and take it away.
  void discard(const std::string& name, const std::string& why);
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  void note(const std::string& text);
  void make_room() const;

  std::string path_;
  bool usable_ = false;
  std::vector<std::string> notes_;
};

}  // namespace npverify::cache
