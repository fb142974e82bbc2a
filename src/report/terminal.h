#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Text for people: colours, widths, tables. Knows nothing of policies.
namespace npverify::report {

/// How text is laid out. A width of 0 means 100 columns.
struct Style {
  bool colour = false;
  size_t width = 100;
  bool quiet = false;   ///< the verdict and one line a finding
  bool verbose = false; ///< evidence, every limit, nothing cut short
  bool stats = false;   ///< the counts of the run
};

enum class Ink { plain, bold, dim, red, green, yellow, cyan };

/// `text` in `ink`, or as it is where colours are off.
std::string paint(const Style& style, Ink ink, std::string_view text);

/// Columns that `text` takes on a terminal: escape sequences take none, a UTF-8 sequence takes one.
size_t display_width(std::string_view text);

/// `text` with spaces at which wrap() does not break, for a number and its noun. Only for text that is wrapped.
std::string unbroken(std::string_view text);

/// `text` broken at spaces into lines of at most `width` columns; a word longer than a line is cut. Never empty.
std::vector<std::string> wrap(std::string_view text, size_t width);

/// `text` wrapped to the style's width, first line after `head`, the others indented as deep as `head` is wide. Ends with a line end.
std::string paragraph(const Style& style, std::string_view head, std::string_view text);

/// Rows of cells under one another. The first column is as wide as it needs to be, the others share what is left and wrap inside.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  /// Every line indented by `indent` columns; the header in bold. Ends with a line end.
  std::string render(const Style& style, size_t indent) const;

 private:
  std::vector<size_t> widths(const Style& style, size_t indent) const;
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace npverify::report
