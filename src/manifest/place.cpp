#include "manifest/place.h"

#include <algorithm>

#include "base/source.h"

namespace npverify::manifest {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

size_t break_after(std::string_view text, size_t offset) { return std::min(text.find('\n', offset), text.size()); }

}  // namespace

PlaceFinder::PlaceFinder(std::string_view text, Place start)
    : text_(text),
      ascii_(std::none_of(text.begin() + static_cast<std::ptrdiff_t>(start.offset), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; })),
      line_start_(start.offset),
      next_break_(break_after(text, start.offset)),
      line_(start.line) {}

void PlaceFinder::count_from(size_t offset) {
  origin_ = known_offset_ = offset;
  known_index_ = 0;
}

size_t PlaceFinder::to_offset(size_t index) {
  if (ascii_) return std::min(origin_ + index, text_.size());
  while (known_index_ > index) {
    --known_offset_;
    while (known_offset_ > origin_ && is_continuation(text_[known_offset_])) --known_offset_;
    --known_index_;
  }
  while (known_index_ < index && known_offset_ < text_.size()) {
    ++known_offset_;
    while (known_offset_ < text_.size() && is_continuation(text_[known_offset_])) ++known_offset_;
    ++known_index_;
  }
  return known_offset_;
}

Place PlaceFinder::at_character(size_t index) { return at_byte(to_offset(index)); }

Place PlaceFinder::at_byte(size_t offset) {
  offset = std::min(offset, text_.size());
  while (offset < line_start_) {
    next_break_ = line_start_ - 1;
    line_start_ = next_break_ == 0 ? 0 : text_.rfind('\n', next_break_ - 1) + 1;  // npos + 1 is the first line
    --line_;
  }
  while (offset > next_break_) {
    line_start_ = next_break_ + 1;
    ++line_;
    next_break_ = break_after(text_, line_start_);
  }
  return {offset, line_, static_cast<uint32_t>(offset - line_start_ + 1)};
}

std::string_view word_at(std::string_view text, uint32_t line, uint32_t column) {
  std::string_view rest = base::line_of(text, line);
  if (column == 0 || column > rest.size()) return {};
  rest.remove_prefix(column - 1);
  size_t end = 0;
  while (end < rest.size() && std::string_view(" \t,[]{}\"'*&!#").find(rest[end]) == std::string_view::npos && !(rest[end] == ':' && (end + 1 == rest.size() || rest[end + 1] == ' '))) ++end;
  return rest.substr(0, end);
}

}  // namespace npverify::manifest
