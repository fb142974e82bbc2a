// Source: go.yaml.in/yaml/v2 resolve.go, which sigs.k8s.io/yaml uses for every manifest, and strconv for the numbers. YAML 1.1's base 60
// numbers are not read there; dates stay strings because they end as JSON.
#include "manifest/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace npverify::manifest {
namespace {

struct Word {
  std::string_view spelling;
  NodeKind kind;
  std::string_view text;
};

/// Words with the same first letter stand together.
constexpr std::array words{
    Word{"y", NodeKind::boolean, "true"},      Word{"yes", NodeKind::boolean, "true"},    Word{"Y", NodeKind::boolean, "true"},
    Word{"Yes", NodeKind::boolean, "true"},    Word{"YES", NodeKind::boolean, "true"},    Word{"true", NodeKind::boolean, "true"},
    Word{"True", NodeKind::boolean, "true"},   Word{"TRUE", NodeKind::boolean, "true"},   Word{"on", NodeKind::boolean, "true"},
    Word{"off", NodeKind::boolean, "false"},   Word{"On", NodeKind::boolean, "true"},     Word{"ON", NodeKind::boolean, "true"},
    Word{"Off", NodeKind::boolean, "false"},   Word{"OFF", NodeKind::boolean, "false"},   Word{"n", NodeKind::boolean, "false"},
    Word{"no", NodeKind::boolean, "false"},    Word{"null", NodeKind::null, "null"},      Word{"N", NodeKind::boolean, "false"},
    Word{"No", NodeKind::boolean, "false"},    Word{"NO", NodeKind::boolean, "false"},    Word{"Null", NodeKind::null, "null"},
    Word{"NULL", NodeKind::null, "null"},      Word{"false", NodeKind::boolean, "false"}, Word{"False", NodeKind::boolean, "false"},
    Word{"FALSE", NodeKind::boolean, "false"}, Word{"", NodeKind::null, "null"},          Word{"~", NodeKind::null, "null"},
    Word{".nan", NodeKind::real, ".nan"},      Word{".NaN", NodeKind::real, ".nan"},      Word{".NAN", NodeKind::real, ".nan"},
    Word{".inf", NodeKind::real, ".inf"},      Word{".Inf", NodeKind::real, ".inf"},      Word{".INF", NodeKind::real, ".inf"},
    Word{"+.inf", NodeKind::real, ".inf"},     Word{"+.Inf", NodeKind::real, ".inf"},     Word{"+.INF", NodeKind::real, ".inf"},
    Word{"-.inf", NodeKind::real, "-.inf"},    Word{"-.Inf", NodeKind::real, "-.inf"},    Word{"-.INF", NodeKind::real, "-.inf"},
};
constexpr size_t longest_word = 5;

constexpr size_t first_letter(std::string_view text) { return text.empty() ? 0 : static_cast<unsigned char>(text[0]); }

/// Where the words with a first letter begin and end: keys such as "name", "to" and "type" are looked for at every turn.
constexpr auto words_by_letter = [] {
  std::array<std::pair<uint8_t, uint8_t>, 256> ranges{};
  for (uint8_t i = 0; i < words.size(); ++i) {
    auto& [begin, end] = ranges[first_letter(words[i].spelling)];
    if (end == 0) begin = i;
    end = static_cast<uint8_t>(i + 1);
  }
  return ranges;
}();

const Word* find_word(std::string_view text) {
  if (text.size() > longest_word) return nullptr;
  const auto [begin, end] = words_by_letter[first_letter(text)];
  for (size_t i = begin; i < end; ++i)
    if (words[i].spelling == text) return &words[i];
  return nullptr;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Only texts that begin like this can be anything but a string.
bool may_be_typed(std::string_view text) {
  if (text.empty()) return true;
  return is_digit(text[0]) || std::string_view("+-.~yYnNtTfFoO").find(text[0]) != std::string_view::npos;
}

/// strconv.ParseInt(text, 0, 64), or ParseUint where the number is too large for it: the decimal spelling.
std::optional<std::string> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-'), is_signed = negative || text.starts_with('+');
  std::string_view digits = text.substr(is_signed ? 1 : 0);
  int radix = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    radix = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    digits.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, radix);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  constexpr uint64_t largest = uint64_t{1} << 63;
  if ((negative && value > largest) || (is_signed && !negative && value >= largest)) return std::nullopt;
  return (negative && value != 0 ? "-" : "") + std::to_string(value);
}

size_t skip_digits(std::string_view text, size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
bool is_float_form(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  const size_t whole = skip_digits(text, at);
  const bool has_whole = whole > at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const size_t fraction = skip_digits(text, at + 1);
    if (!has_whole && fraction == at + 1) return false;
    at = fraction;
  } else if (!has_whole) {
    return false;
  }
  if (at == text.size()) return true;
  if ((text[at] | 0x20) != 'e') return false;
  ++at;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  return at < text.size() && skip_digits(text, at) == text.size();
}

/// strconv.ParseFloat of a text of the float form: too large is an error (the scalar stays a string), too small is zero.
std::optional<double> parse_float(std::string_view text) {
  if (!is_float_form(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);  // from_chars takes no plus
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    const size_t mark = text.find_first_of("eE");
    const bool tiny = mark == std::string_view::npos ? text.find_first_of("123456789") > text.find('.') : text.substr(mark + 1).starts_with('-');
    return tiny ? std::optional(0.0) : std::nullopt;
  }
  return value;
}

std::optional<std::string> parse_number(std::string_view text) {
  if (text[0] == '.') {
    const auto value = parse_float(text);
    return value ? std::optional(spell_number(*value)) : std::nullopt;
  }
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = parse_integer(plain)) return integer;
  if (const auto value = parse_float(plain)) return spell_number(*value);
  return std::nullopt;
}

}  // namespace

std::string spell_number(double value) {
  char buffer[64];
  const std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr);  // "-1.25e+02": the fewest digits
  const size_t mark = text.find('e');
  const int exponent = std::atoi(text.c_str() + mark + 1);
  if (value == 0) return "0";
  if (exponent >= 21) return text;
  if (exponent < -6) return text[mark + 2] == '0' ? text.substr(0, mark + 2) + text.substr(mark + 3) : text;
  std::string digits = text.substr(0, mark);
  const std::string sign = digits[0] == '-' ? "-" : "";
  std::erase_if(digits, [](char c) { return !is_digit(c); });
  if (exponent < 0) return sign + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

TypedScalar type_plain_scalar(std::string_view text, std::string& spelled) {
  if (!may_be_typed(text)) return {NodeKind::string, text};
  if (const Word* word = find_word(text)) return {word->kind, word->text};
  if (text.empty() || !(is_digit(text[0]) || text[0] == '.' || text[0] == '-' || text[0] == '+')) return {NodeKind::string, text};
  auto number = parse_number(text);
  if (!number) return {NodeKind::string, text};
  const bool whole = number->find_first_of(".e") == std::string::npos;
  const NodeKind kind = whole ? NodeKind::integer : NodeKind::real;
  if (*number == text) return {kind, text};
  spelled = std::move(*number);
  return {kind, spelled};
}

}  // namespace npverify::manifest
