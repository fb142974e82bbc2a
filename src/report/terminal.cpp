#include "report/terminal.h"

#include <algorithm>

namespace npverify::report {
namespace {

constexpr size_t gap = 2;          // between two columns
constexpr size_t least_width = 12; // of a column that shares

constexpr std::string_view no_break = "\u00a0";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

const char* code_of(Ink ink) {
  switch (ink) {
    case Ink::plain: return "";
    case Ink::bold: return "\x1b[1m";
    case Ink::dim: return "\x1b[2m";
    case Ink::red: return "\x1b[31m";
    case Ink::green: return "\x1b[32m";
    case Ink::yellow: return "\x1b[33m";
    case Ink::cyan: return "\x1b[36m";
  }
  return "";
}

/// Length in bytes of the longest prefix of `text` that is at most `width` columns wide, or of a shorter one that ends where a path or a
/// name may be broken.
size_t cut(std::string_view text, size_t width) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    if (display_width(text.substr(0, next)) > width) break;
    end = next;
  }
  const size_t joint = text.substr(0, end).find_last_of("/-.[]@:");
  return joint != std::string_view::npos && joint >= end / 2 ? joint + 1 : std::max<size_t>(end, 1);
}

std::string padded(const std::string& text, size_t width) {
  const size_t have = display_width(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

void trim_right(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

std::string render_row(const std::vector<std::string>& cells, const std::vector<size_t>& widths, size_t indent) {
  std::vector<std::vector<std::string>> wrapped;
  size_t height = 1;
  for (size_t i = 0; i < widths.size(); ++i) {
    wrapped.push_back(wrap(i < cells.size() ? cells[i] : "", widths[i]));
    height = std::max(height, wrapped.back().size());
  }
  std::string out;
  for (size_t y = 0; y < height; ++y) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < widths.size(); ++i)
      line += padded(y < wrapped[i].size() ? wrapped[i][y] : "", widths[i]) + (i + 1 < widths.size() ? std::string(gap, ' ') : "");
    trim_right(line);
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string paint(const Style& style, Ink ink, std::string_view text) {
  if (!style.colour || ink == Ink::plain || text.empty()) return std::string(text);
  return code_of(ink) + std::string(text) + "\x1b[0m";
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++width;
    }
  }
  return width;
}

std::string unbroken(std::string_view text) {
  std::string out(text);
  replace_all(out, " ", no_break);
  return out;
}

std::vector<std::string> wrap(std::string_view text, size_t width) {
  width = std::max<size_t>(width, 1);
  std::vector<std::string> lines{""};
  while (!text.empty()) {
    const size_t space = text.find(' ');
    std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    const size_t have = display_width(lines.back());
    if (have > 0 && have + 1 + display_width(word) > width) lines.emplace_back();
    while (display_width(word) > width) {
      const size_t taken = cut(word, width);
      lines.back() += word.substr(0, taken);
      lines.emplace_back();
      word.remove_prefix(taken);
    }
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  for (std::string& line : lines) replace_all(line, no_break, " ");
  return lines;
}

std::string paragraph(const Style& style, std::string_view head, std::string_view text) {
  const size_t indent = display_width(head);
  const size_t total = style.width == 0 ? 100 : style.width;
  std::string out;
  for (const std::string& line : wrap(text, total > indent + least_width ? total - indent : least_width))
    out += (out.empty() ? std::string(head) : std::string(indent, ' ')) + line + "\n";
  return out;
}

std::vector<size_t> Table::widths(const Style& style, size_t indent) const {
  std::vector<size_t> natural(header_.size(), 0);
  const auto measure = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size() && i < natural.size(); ++i) natural[i] = std::max(natural[i], display_width(cells[i]));
  };
  measure(header_);
  for (const auto& cells : rows_) measure(cells);

  const size_t total = style.width == 0 ? 100 : style.width;
  size_t used = indent + natural[0] + gap * (natural.size() - 1);
  size_t free = total > used ? total - used : 0;
  // Narrow columns take what they need; the wide ones share the rest evenly.
  std::vector<size_t> order;
  for (size_t i = 1; i < natural.size(); ++i) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return natural[a] < natural[b]; });
  for (size_t k = 0; k < order.size(); ++k) {
    const size_t share = std::max(free / (order.size() - k), least_width);
    natural[order[k]] = std::min(natural[order[k]], share);
    free -= std::min(free, natural[order[k]]);
  }
  return natural;
}

std::string Table::render(const Style& style, size_t indent) const {
  const std::vector<size_t> columns = widths(style, indent);
  std::string out;
  if (std::any_of(header_.begin(), header_.end(), [](const std::string& cell) { return !cell.empty(); })) {
    std::vector<std::string> painted;
    for (const std::string& cell : header_) painted.push_back(paint(style, Ink::bold, cell));
    out += render_row(painted, columns, indent);
  }
  for (const auto& cells : rows_) out += render_row(cells, columns, indent);
  return out;
}

}  // namespace npverify::report
