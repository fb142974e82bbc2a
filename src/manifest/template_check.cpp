#include "manifest/template_check.h"

#include <algorithm>

namespace npverify::manifest {
namespace {

/// Is the `{{` at `at` inside a comment, or inside quotes that open and close around it on its line?
bool is_quoted(std::string_view line, size_t at) {
  char quote = '\0';
  for (size_t i = 0; i < at; ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ')) {
      return true;
    } else if ((c == '"' || c == '\'') && (i == 0 || std::string_view(" [{,:-").find(line[i - 1]) != std::string_view::npos)) {
      quote = c;
    }
  }
  return quote != '\0' && line.find(quote, at) != std::string_view::npos;
}

std::string shorten(std::string_view mark) {
  if (mark.size() <= 40) return std::string(mark);
  size_t end = 37;
  while (end > 0 && (static_cast<unsigned char>(mark[end]) & 0xc0U) == 0x80U) --end;
  return std::string(mark.substr(0, end)) + "...";
}

struct Line {
  size_t start = 0;
  std::string_view text;
};

Line line_around(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  const size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  const size_t start = before == std::string_view::npos ? 0 : before + 1;
  std::string_view line = text.substr(start, std::min(text.find('\n', start), text.size()) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {start, line};
}

TemplateMark describe(Line line, size_t at) {
  const size_t close = line.text.find("}}", at);
  const std::string_view mark = close == std::string_view::npos ? line.text.substr(at) : line.text.substr(at, close + 2 - at);
  bool helm = false;
  for (const char* word : {".Values", ".Release", ".Chart", "include ", "template "}) helm = helm || mark.find(word) != std::string_view::npos;
  return {line.start + at, "template '" + shorten(mark) + "' was not rendered",
          helm ? "run `helm template` on the chart and read its output" : "run `helm template`, or the tool that this template is for, and read its output"};
}

/// The first mark of a line outside of quotes.
std::optional<TemplateMark> mark_in(Line line) {
  for (size_t at = line.text.find("{{"); at != std::string_view::npos; at = line.text.find("{{", at + 2))
    if (!is_quoted(line.text, at)) return describe(line, at);
  return std::nullopt;
}

}  // namespace

std::optional<TemplateMark> find_template(std::string_view text, size_t begin, size_t problem, size_t context) {
  for (const size_t offset : {problem, context})
    if (const auto mark = mark_in(line_around(text, offset))) return mark;
  for (size_t at = text.find("{{", begin); at < problem; at = text.find("{{", at + 2)) {
    const Line line = line_around(text, at);
    if (line.text.find_first_not_of(" \t") == at - line.start) return describe(line, at - line.start);
  }
  return std::nullopt;
}

}  // namespace npverify::manifest
