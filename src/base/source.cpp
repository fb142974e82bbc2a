#include "base/source.h"

namespace npverify::base {

std::string SourceSpan::to_string() const {
  if (!file) return "";
  if (line == 0) return file->name;
  return file->name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string_view line_of(std::string_view text, uint32_t number) {
  for (uint32_t line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

}  // namespace npverify::base
