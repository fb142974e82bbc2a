// The scalars of a spec. A spec is read more strictly than YAML asks: a text that YAML would take for a number or a truth is refused,
// because the same slip in a label selector of a manifest is refused by the API server.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "verify/spec_reader.h"

namespace npverify::verify {

std::optional<std::chrono::year_month_day> parse_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i)
    if (i != 4 && i != 7 && !std::isdigit(static_cast<unsigned char>(text[i]))) return std::nullopt;
  const auto number = [&](size_t from, size_t count) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + count, value);
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)}, std::chrono::month{static_cast<unsigned>(number(5, 2))}, std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  return day.ok() ? std::optional(day) : std::nullopt;
}

std::string to_string(const std::chrono::year_month_day& day) {
  const auto padded = [](unsigned value, size_t width) {
    const std::string digits = std::to_string(value);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
  };
  return padded(static_cast<unsigned>(static_cast<int>(day.year())), 4) + "-" + padded(static_cast<unsigned>(day.month()), 2) + "-" + padded(static_cast<unsigned>(day.day()), 2);
}

}  // namespace npverify::verify

namespace npverify::verify::reading {
namespace {

// What YAML 1.1 makes of a plain scalar that is no text: "a number", "a truth value", "null"; empty for texts.
std::string other_type(const YAML::Node& value) {
  if (value.Tag() != "?") return "";  // quoted, or tagged by hand
  std::string word = value.Scalar();
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static const std::set<std::string> truths{"true", "false", "yes", "no", "on", "off", "y", "n"};
  if (truths.contains(word)) return "a truth value";
  const char* const begin = word.data() + (!word.empty() && (word[0] == '-' || word[0] == '+') ? 1 : 0);
  const char* const end = word.data() + word.size();
  double number = 0;
  const auto read = std::from_chars(begin, end, number);
  if (begin != end && std::isdigit(static_cast<unsigned char>(*begin)) && read.ec == std::errc{} && read.ptr == end) return "a number";
  return "";
}

}  // namespace

std::string read_string(Context& context, const YAML::Node& value, const std::string& field) {
  if (!value.IsDefined() || !value.IsScalar()) {
    context.yaml.error(value, field, "expected a text, found " + semantics::found_at(value));
    return "";
  }
  if (const std::string type = other_type(value); !type.empty())
    context.yaml.error(value, field, "expected a text; the unquoted " + value.Scalar() + " is " + type, "write \"" + value.Scalar() + "\"");
  return value.Scalar();
}

std::vector<std::string> read_strings(Context& context, const YAML::Node& map, const std::string& key, const std::string& field) {
  const YAML::Node list = map[key];
  std::vector<std::string> out;
  if (!list.IsDefined()) return out;
  const std::string path = join(field, key);
  if (!list.IsSequence() || list.size() == 0) {
    context.yaml.error(list, path, "expected a list with at least one text, found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    return out;
  }
  for (size_t i = 0; i < list.size(); ++i) out.push_back(read_string(context, list[i], at(path, i)));
  return out;
}

std::string read_word(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, const std::vector<std::string>& words, const std::string& otherwise) {
  const YAML::Node value = map[key];
  if (!value.IsDefined()) return otherwise;
  if (value.IsScalar() && std::find(words.begin(), words.end(), value.Scalar()) != words.end()) return value.Scalar();
  const auto near = value.IsScalar() ? base::nearest(value.Scalar(), words) : std::nullopt;
  context.yaml.error(value, join(field, key), "found " + semantics::found_at(value) + "; expected " + semantics::one_of(words), near ? "did you mean '" + *near + "'?" : "");
  return otherwise;
}

std::vector<std::string> read_words(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, const std::vector<std::string>& words) {
  std::vector<std::string> out;
  const std::vector<std::string> found = read_strings(context, map, key, field);
  for (size_t i = 0; i < found.size(); ++i) {
    const YAML::Node item = map[key][i];
    if (std::find(words.begin(), words.end(), found[i]) == words.end()) {
      const auto near = base::nearest(found[i], words);
      context.yaml.error(item, at(join(field, key), i), "found '" + found[i] + "'; expected " + semantics::one_of(words), near ? "did you mean '" + *near + "'?" : "");
    } else if (std::find(out.begin(), out.end(), found[i]) != out.end()) {
      context.yaml.error(item, at(join(field, key), i), "'" + found[i] + "' stands twice");
    } else {
      out.push_back(found[i]);
    }
  }
  return out;
}

bool read_flag(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, bool otherwise) {
  const YAML::Node value = map[key];
  if (!value.IsDefined()) return otherwise;
  if (value.IsScalar() && value.Tag() == "?" && (value.Scalar() == "true" || value.Scalar() == "false")) return value.Scalar() == "true";
  const std::string text = value.IsScalar() && value.Tag() == "?" ? value.Scalar() : "";
  const bool yes = text == "yes" || text == "on" || text == "y" || text == "True", no = text == "no" || text == "off" || text == "n" || text == "False";
  context.yaml.error(value, join(field, key), std::string("expected true or false, found ") + (value.IsScalar() && !yes && !no ? "the text " : "") + semantics::found_at(value),
                     yes ? "write true" : no ? "write false" : "");
  return otherwise;
}

std::string read_id(Context& context, const YAML::Node& map, const std::string& key, const std::string& field) {
  const YAML::Node value = map[key];
  if (!value.IsDefined()) {
    context.yaml.error(map, field, "the field '" + key + "' is missing");
    return "";
  }
  const std::string id = read_string(context, value, join(field, key));
  const bool plain = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c == '_'; });
  if (value.IsScalar() && !plain) context.yaml.error(value, join(field, key), "'" + id + "' is no id; expected letters, digits, '-', '_' and '.'");
  return id;
}

}  // namespace npverify::verify::reading
