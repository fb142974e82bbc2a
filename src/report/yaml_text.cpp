#include "report/yaml_text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace npverify::report {
namespace {

/// Words that some YAML reader takes for a truth value or null, in lower case.
constexpr std::array<std::string_view, 9> words{"y", "n", "yes", "no", "on", "off", "true", "false", "null"};

bool plain(const std::string& text) {
  const auto safe = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), safe)) return false;
  const char first = text.front();
  if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z'))) return false;  // numbers, dates, addresses, "---"
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(words.begin(), words.end(), lower) == words.end();
}

std::string scalar(const Json& value) {
  if (value.is_string() && plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump(-1, ' ', true, Json::error_handler_t::replace);  // JSON's spelling is YAML's
}

void write(const Json& value, size_t indent, bool inline_first, std::string& out);

void write_mapping(const Json& map, size_t indent, bool inline_first, std::string& out) {
  bool first = inline_first;
  for (const auto& [key, value] : map.items()) {
    if (!first) out += std::string(indent, ' ');
    first = false;
    out += plain(key) ? key + ":" : Json(key).dump() + ":";
    if (value.is_structured() && !value.empty()) {
      out += "\n";
      write(value, value.is_array() ? indent : indent + 2, false, out);
    } else {
      out += " " + scalar(value) + "\n";
    }
  }
}

void write(const Json& value, size_t indent, bool inline_first, std::string& out) {
  if (value.is_object() && !value.empty()) {
    write_mapping(value, indent, inline_first, out);
  } else if (value.is_array() && !value.empty()) {
    for (const Json& item : value) {
      out += std::string(indent, ' ') + "- ";
      write(item, indent + 2, true, out);
    }
  } else {
    out += scalar(value) + "\n";
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  write(value, 0, false, out);
  return out;
}

std::string to_yaml_stream(const std::vector<Json>& documents) {
  std::string out;
  for (const Json& document : documents) out += (out.empty() ? "" : "---\n") + to_yaml(document);
  return out;
}

}  // namespace npverify::report
