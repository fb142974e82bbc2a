#include "manifest/parts.h"

#include <cstring>

#include "manifest/json_reader.h"

namespace npverify::manifest {
namespace {

constexpr size_t block = 64;  ///< loops over so many bytes become vector instructions

/// What a block of a text holds. Counted in bytes, as wide as what is looked at, or the vectors would be unpacked.
struct Glance {
  uint8_t lines = 0;    ///< line ends
  uint8_t notable = 0;  ///< a line begins with one of -%TAB
};

/// REQUIRES: block + 1 bytes at `text`.
Glance glance(const char* text) {
  Glance seen;
  for (size_t i = 0; i < block; ++i) {
    const uint8_t ends = text[i] == '\n';
    const char next = text[i + 1];
    seen.lines = static_cast<uint8_t>(seen.lines + ends);
    seen.notable |= static_cast<uint8_t>(ends & static_cast<uint8_t>((next == '-') | (next == '%') | (next == '\t')));
  }
  return seen;
}

bool may_matter_below(char begins_line) { return begins_line == '%' || begins_line == '\t'; }

/// REQUIRES: a line of `text` begins at `at`.
bool starts_document(std::string_view text, size_t at) {
  return text.substr(at, 3) == "---" && (at + 3 == text.size() || std::string_view(" \t\r\n").find(text[at + 3]) != std::string_view::npos);
}

/// Cuts in one pass.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::optional<std::vector<Part>> cut() {
    if (text_.empty()) return parts_;
    if (may_matter_below(text_[0])) return std::nullopt;
    parts_.reserve(1 + text_.size() / 256);  // what is not used is not touched either
    size_t at = 0;
    for (; at + block < text_.size(); at += block) {
      const Glance seen = glance(text_.data() + at);
      if (seen.notable != 0 && !look_closer(at, at + block)) return std::nullopt;
      lines_ += seen.lines;
    }
    if (!look_closer(at, text_.size())) return std::nullopt;
    end_part({text_.size(), 0, 1});
    return std::move(parts_);
  }

 private:
  /// The lines that begin after a line end in [at, end). False where one of them may matter below.
  bool look_closer(size_t at, size_t end) {
    for (uint32_t line = lines_ + 1;; ++line) {
      const void* found = std::memchr(text_.data() + at, '\n', end - at);
      if (!found) return true;
      at = static_cast<size_t>(static_cast<const char*>(found) - text_.data()) + 1;
      if (at == text_.size()) return true;
      if (may_matter_below(text_[at])) return false;
      if (starts_document(text_, at)) end_part({at, line, 1});
      if (at >= end) return true;
    }
  }

  void end_part(Place end) {
    parts_.push_back({begin_, end.offset - begin_.offset});
    begin_ = end;
  }

  std::string_view text_;
  std::vector<Part> parts_;
  Place begin_;                    // of the part that is open
  uint32_t lines_ = Place().line;  // in which the block begins
};

}  // namespace

std::optional<std::vector<Part>> cut_documents(std::string_view text) {
  if (looks_like_json(text)) return std::nullopt;
  return Cutter(text).cut();
}

}  // namespace npverify::manifest
