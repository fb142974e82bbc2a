#include "base/diagnostics.h"

#include <algorithm>
#include <numeric>

namespace npverify::base {
namespace {

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

void append(std::string& out, const Diagnostic& d) {
  const std::string place = d.span.to_string();
  if (!place.empty()) out += place + ": ";
  out += std::string(name_of(d.severity)) + ": ";
  if (!d.field.empty()) out += d.field + ": ";
  out += d.message + "\n";
  const std::string_view line = d.span.file && d.span.line > 0 ? line_of(d.span.file->text, d.span.line) : std::string_view{};
  if (line.empty()) {
    if (!d.hint.empty()) out += "    " + d.hint + "\n";
    return;
  }
  // Long lines (minified JSON) are cut around the column, so that the caret stays on the screen.
  constexpr size_t width = 100;
  const size_t column = d.span.column > 0 ? d.span.column - 1 : 0;
  const size_t start = column > width - 20 ? column - width / 2 : 0;
  std::string shown(line.substr(std::min(start, line.size()), width));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  out += "    " + shown + "\n    " + std::string(column - start, ' ') + "^" + (d.hint.empty() ? "" : " " + d.hint) + "\n";
}

/// Insertions, deletions, replacements and swaps of neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = above;
    above = row;
  }
  return above.back();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::error(SourceSpan span, std::string field, std::string message, std::string hint) {
  add({Severity::error, std::move(span), std::move(field), std::move(message), std::move(hint)});
}
void Diagnostics::warning(SourceSpan span, std::string field, std::string message, std::string hint) {
  add({Severity::warning, std::move(span), std::move(field), std::move(message), std::move(hint)});
}
void Diagnostics::note(SourceSpan span, std::string field, std::string message, std::string hint) {
  add({Severity::note, std::move(span), std::move(field), std::move(message), std::move(hint)});
}

std::string Diagnostics::to_string() const {
  std::vector<const Diagnostic*> ordered;
  std::vector<const SourceFile*> files;
  for (const auto& d : all_) {
    ordered.push_back(&d);
    if (std::find(files.begin(), files.end(), d.span.file.get()) == files.end()) files.push_back(d.span.file.get());
  }
  const auto rank = [&](const Diagnostic* d) { return std::find(files.begin(), files.end(), d->span.file.get()) - files.begin(); };
  std::stable_sort(ordered.begin(), ordered.end(), [&](const Diagnostic* a, const Diagnostic* b) {
    return std::make_tuple(rank(a), a->span.line, a->span.column) < std::make_tuple(rank(b), b->span.line, b->span.column);
  });
  std::string out;
  for (const auto* d : ordered) append(out, *d);
  if (errors_ > 0) out += std::to_string(errors_) + (errors_ == 1 ? " error\n" : " errors\n");
  return out;
}

void require(bool holds, std::string_view what) {
  if (!holds) throw InternalError(std::string(what));
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const size_t distance = lower(word) == lower(candidate) ? 0 : edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace npverify::base
