#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace npverify::base {

/// A text that was read, kept so that a diagnostic can show the line it speaks of.
struct SourceFile {
  std::string name;  ///< as the user named it, relative where the user's path was; "-" for stdin
  std::string text;  ///< the bytes, UTF-8, without a leading byte order mark
};

/// A place in a text. Lines and columns count from 1, columns in bytes; line 0 means "the file as a whole".
/// A default-constructed span belongs to no file (objects that npverify made itself).
struct SourceSpan {
  std::shared_ptr<const SourceFile> file;
  uint32_t line = 0;
  uint32_t column = 0;

  /// "web.yaml:12:5", "web.yaml" or "" as far as it is known.
  std::string to_string() const;
};

/// Line `number` (from 1) of `text`, without its line end; empty if there is none.
std::string_view line_of(std::string_view text, uint32_t number);

}  // namespace npverify::base
