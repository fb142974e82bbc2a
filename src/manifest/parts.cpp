#include "manifest/parts.h"

#include <algorithm>
#include <cstring>

#include "manifest/json_reader.h"

namespace npverify::manifest {
namespace {

/// Where `mark` next begins a line, from `at` on.
size_t find_line(std::string_view text, std::string_view mark, size_t at) {
  while (at < text.size()) {
    const void* found = memmem(text.data() + at, text.size() - at, mark.data(), mark.size());
    if (!found) break;
    at = static_cast<size_t>(static_cast<const char*>(found) - text.data());
    if (at == 0 || text[at - 1] == '\n') return at;
    ++at;
  }
  return std::string_view::npos;
}

constexpr size_t block = 64;  ///< loops over so many bytes become vector instructions

/// Does a line begin with % or a tab?
bool has_line_that_may_matter_below(std::string_view text) {
  const auto matters = [](char c) { return (c == '%') | (c == '\t'); };
  if (!text.empty() && matters(text[0])) return true;
  size_t at = 0;
  for (; at + block < text.size(); at += block) {
    unsigned found = 0;
    for (size_t i = 0; i < block; ++i) found |= static_cast<unsigned>((text[at + i] == '\n') & matters(text[at + i + 1]));
    if (found != 0) return true;
  }
  for (; at + 1 < text.size(); ++at)
    if (text[at] == '\n' && matters(text[at + 1])) return true;
  return false;
}

bool ends_mark(std::string_view text, size_t at) { return at >= text.size() || std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos; }

/// The next line that starts a document.
size_t next_start(std::string_view text, size_t from) {
  size_t at = find_line(text, "---", from);
  while (at != std::string_view::npos && !ends_mark(text, at + 3)) at = find_line(text, "---", at + 1);
  return std::min(at, text.size());
}

uint32_t count_lines(std::string_view text) {
  size_t lines = 0, at = 0;
  for (; at + block <= text.size(); at += block) {
    unsigned here = 0;
    for (size_t i = 0; i < block; ++i) here += text[at + i] == '\n';
    lines += here;
  }
  return static_cast<uint32_t>(lines + static_cast<size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n')));
}

}  // namespace

std::optional<std::vector<Part>> cut_documents(std::string_view text) {
  if (looks_like_json(text) || has_line_that_may_matter_below(text)) return std::nullopt;
  std::vector<Part> parts;
  Place begin;
  while (begin.offset < text.size()) {
    const size_t end = next_start(text, begin.offset + 1);
    parts.push_back({begin, end - begin.offset});
    begin = {end, begin.line + count_lines(text.substr(begin.offset, end - begin.offset)), 1};
  }
  return parts;
}

}  // namespace npverify::manifest
