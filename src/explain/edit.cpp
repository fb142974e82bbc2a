#include "explain/edit.h"

#include <algorithm>
#include <string_view>

namespace npverify::explain {
namespace {

constexpr size_t longest_edit = 12;  // lines

size_t depth_of(std::string_view line) {
  const size_t depth = line.find_first_not_of(' ');
  return depth == std::string_view::npos ? line.size() : depth;
}

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::string edit(const std::string& sentence, const std::vector<std::string>& old_lines, const std::vector<std::string>& new_lines) {
  std::string out = sentence;
  if (new_lines.empty() && out.ends_with(":")) out.back() = '.';
  if (new_lines.empty()) return out;
  for (const std::string& line : old_lines) out += "\n- " + line;
  for (const std::string& line : new_lines) out += "\n+ " + line;
  return out;
}

std::vector<std::string> lines_of(const resource::Origin& origin) {
  std::vector<std::string> lines;
  if (!origin.span.file || origin.span.line == 0) return lines;
  const std::string_view text = origin.span.file->text;
  const std::string_view first = base::line_of(text, origin.span.line);
  if (blank(first) || first.find('\t') != std::string_view::npos) return lines;
  const size_t depth = depth_of(first);
  // A part of a sequence starts with "- ", and nothing else of its line stands before it: one within a flow sequence cannot be cut out.
  if (first.substr(depth, 2) != "- " || origin.span.column == 0) return lines;
  const size_t before = origin.span.column - 1;
  if (before > depth + 1 && !blank(first.substr(depth + 1, before - depth - 1))) return lines;
  const std::string_view from_here = text.substr(static_cast<size_t>(first.data() - text.data()));
  for (uint32_t number = 1;; ++number) {
    const std::string_view line = base::line_of(from_here, number);
    if (number != 1 && (blank(line) || depth_of(line) <= depth)) break;
    lines.emplace_back(line.substr(depth));
    if (lines.size() > longest_edit) return {};
  }
  for (std::string& line : lines) line.erase(std::find_if(line.rbegin(), line.rend(), [](char c) { return c != ' ' && c != '\r'; }).base(), line.end());
  return lines;
}

std::string selector_text(const resource::Labels& match_labels) {
  if (match_labels.empty()) return "{}";
  std::string text;
  for (const auto& [key, value] : match_labels) text += (text.empty() ? "" : ", ") + key + ": " + value;
  return "{matchLabels: {" + text + "}}";
}

}  // namespace npverify::explain
