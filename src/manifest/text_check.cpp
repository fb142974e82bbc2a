// YAML and JSON are UTF-8 here. UTF-16 with a byte order mark, as some Windows tools write it, is decoded; anything else that is not
// UTF-8 is refused at its first byte, because a label value that was guessed would be worse than an error.
#include "manifest/text_check.h"

#include <cstdio>
#include <memory>

#include "manifest/place.h"
#include "simdjson.h"

namespace npverify::manifest {
namespace {

unsigned byte_at(std::string_view text, size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0; }

void append_utf8(std::string& out, uint32_t code) {
  const auto push = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xc0 | (code >> 6)), push(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    push(0xe0 | (code >> 12)), push(0x80 | ((code >> 6) & 0x3f)), push(0x80 | (code & 0x3f));
  } else {
    push(0xf0 | (code >> 18)), push(0x80 | ((code >> 12) & 0x3f)), push(0x80 | ((code >> 6) & 0x3f)), push(0x80 | (code & 0x3f));
  }
}

/// UTF-16 after its byte order mark. A lone surrogate becomes the bytes that the UTF-8 check refuses.
std::string from_utf16(std::string_view text, bool big_endian) {
  const auto unit = [&](size_t at) { return big_endian ? byte_at(text, at) << 8 | byte_at(text, at + 1) : byte_at(text, at + 1) << 8 | byte_at(text, at); };
  std::string out;
  for (size_t at = 2; at < text.size(); at += 2) {
    uint32_t code = unit(at);
    if (code >= 0xd800 && code < 0xdc00 && unit(at + 2) >= 0xdc00 && unit(at + 2) < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (unit(at + 2) - 0xdc00);
      at += 2;
    }
    append_utf8(out, code);
  }
  return out;
}

/// The length of the UTF-8 sequence at `at`, or 0 if there is none.
size_t sequence_length(std::string_view text, size_t at) {
  const unsigned lead = byte_at(text, at);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (length == 0 || at + length > text.size()) return 0;
  return simdjson::validate_utf8(text.data() + at, length) ? length : 0;
}

size_t first_invalid_utf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size())) return std::string_view::npos;
  size_t at = 0;
  for (size_t length = 1; at < text.size(); at += length) {
    length = sequence_length(text, at);
    if (length == 0) break;
  }
  return at;
}

/// Characters that YAML admits nowhere: C0 but tab and line ends, DEL.
bool is_control(char character) {
  const auto c = static_cast<unsigned char>(character);
  return ((c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r')) | (c == 0x7f);
}

/// In blocks of a fixed size without a way out, which compilers turn into vector instructions.
size_t first_control(std::string_view text) {
  constexpr size_t block = 1024;
  size_t at = 0;
  for (; at + block <= text.size(); at += block) {
    unsigned char found = 0;
    for (size_t i = 0; i < block; ++i) found |= static_cast<unsigned char>(is_control(text[at + i]));
    if (found != 0) break;
  }
  for (; at < text.size(); ++at)
    if (is_control(text[at])) return at;
  return std::string_view::npos;
}

std::string hexadecimal(unsigned byte) {
  char buffer[8];
  std::snprintf(buffer, sizeof buffer, "0x%02X", byte);
  return buffer;
}

void report(const std::string& name, std::string_view text, size_t at, std::string message, std::string hint, base::Diagnostics& diagnostics) {
  const Place place = PlaceFinder(text).at_byte(at);
  // The diagnostic shows the line up to the bad byte only: what follows may not be printable.
  const auto line_start = at + 1 - place.column;
  auto shown = std::make_shared<base::SourceFile>();
  shown->name = name;
  shown->text = std::string(place.line - 1, '\n') + std::string(text.substr(line_start, at - line_start));
  diagnostics.error({shown, place.line, place.column}, "", std::move(message), std::move(hint));
}

}  // namespace

bool normalise_encoding(const std::string& name, std::string& text, base::Diagnostics& diagnostics) {
  const std::string_view view(text);
  if (view.starts_with("\xff\xfe") || view.starts_with("\xfe\xff")) text = from_utf16(view, view[0] == '\xfe');
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  if (const size_t at = first_invalid_utf8(text); at != std::string_view::npos) {
    report(name, text, at, "byte " + hexadecimal(byte_at(text, at)) + " is not UTF-8", "save the file as UTF-8", diagnostics);
    return false;
  }
  if (const size_t at = first_control(text); at != std::string_view::npos) {
    const unsigned byte = byte_at(text, at);
    const std::string what = byte == 0 ? "NUL byte; is this a binary file, or UTF-16 without a byte order mark?" : "control character " + hexadecimal(byte) + "; YAML admits none but tab and line ends";
    report(name, text, at, what, "", diagnostics);
    return false;
  }
  return true;
}

}  // namespace npverify::manifest
