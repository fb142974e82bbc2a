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

TemplateMark describe(std::string_view line, size_t at, size_t offset) {
  const size_t close = line.find("}}", at);
  const std::string_view mark = close == std::string_view::npos ? line.substr(at) : line.substr(at, close + 2 - at);
  const bool helm = mark.find(".Values") != std::string_view::npos || mark.find(".Release") != std::string_view::npos || mark.find(".Chart") != std::string_view::npos ||
                    mark.find("include ") != std::string_view::npos || mark.find("template ") != std::string_view::npos;
  return {offset, "template '" + shorten(mark) + "' was not rendered",
          helm ? "run `helm template` on the chart and read its output" : "run `helm template`, or the tool that this template is for, and read its output"};
}

}  // namespace

std::optional<TemplateMark> find_template(std::string_view text) {
  for (size_t found = text.find("{{"); found != std::string_view::npos; found = text.find("{{", found + 2)) {
    const size_t before = text.rfind('\n', found);
    const size_t start = before == std::string_view::npos ? 0 : before + 1;
    std::string_view line = text.substr(start, std::min(text.find('\n', found), text.size()) - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_quoted(line, found - start)) return describe(line, found - start, found);
  }
  return std::nullopt;
}

}  // namespace npverify::manifest
