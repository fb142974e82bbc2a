#pragma once

#include <cstdint>
#include <string_view>

namespace npverify::manifest {

/// A byte of a text, and where a reader sees it: lines end with '\n', columns count bytes; both from 1.
struct Place {
  size_t offset = 0;
  uint32_t line = 1, column = 1;
};

/// Finds places from byte offsets, or from the character counts that libyaml gives. Cheap where questions come in rising order.
class PlaceFinder {
 public:
  /// `start`: the first place that is asked for, at the start of a line.
  explicit PlaceFinder(std::string_view text, Place start = {});

  /// From here on, `at_character` counts from byte `offset`.
  void count_from(size_t offset);
  Place at_character(size_t index);
  Place at_byte(size_t offset);

 private:
  size_t to_offset(size_t index);

  std::string_view text_;
  bool ascii_ = true;
  size_t origin_ = 0;                               // where characters are counted from
  size_t known_index_ = 0, known_offset_ = 0;       // one character whose offset is known
  size_t line_start_ = 0, next_break_ = 0;          // the line of the last question: [line_start_, next_break_]
  uint32_t line_;
};

/// The unquoted scalar that begins at line and column (bytes, from 1), as it is spelled: "010", "off". Empty where a quote, an alias or
/// nothing stands there.
std::string_view word_at(std::string_view text, uint32_t line, uint32_t column);

}  // namespace npverify::manifest
