#include "resource/syntax.h"

#include <algorithm>

namespace npverify::resource {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return is_lower(c) || is_digit(c) || is_upper(c); }
bool is_lower_alphanumeric(char c) { return is_lower(c) || is_digit(c); }

/// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool is_dns_label_form(std::string_view text) {
  return !text.empty() && is_lower_alphanumeric(text.front()) && is_lower_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
}

bool is_dns_subdomain_form(std::string_view text) {
  while (true) {
    const size_t dot = text.find('.');
    if (!is_dns_label_form(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool is_label_form(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr const char* label_form = "letters, digits, '-', '_' and '.', first and last a letter or digit";

}  // namespace

std::optional<std::string> dns_label_problem(std::string_view text) {
  if (text.size() > 63) return "at most 63 characters";
  if (!is_dns_label_form(text)) return "lower-case letters, digits and '-', first and last a letter or digit";
  return std::nullopt;
}

std::optional<std::string> dns_subdomain_problem(std::string_view text) {
  if (text.size() > 253) return "at most 253 characters";
  if (!is_dns_subdomain_form(text)) return "lower-case letters, digits, '-' and '.', each part first and last a letter or digit";
  return std::nullopt;
}

std::optional<std::string> label_key_problem(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (name.find('/') != std::string_view::npos) return "at most one '/'";
  if (slash == 0) return "a DNS name before the '/'";
  if (slash != std::string_view::npos)
    if (const auto problem = dns_subdomain_problem(text.substr(0, slash))) return "before the '/' " + *problem;
  const std::string where = slash == std::string_view::npos ? "" : "after the '/' ";
  if (name.empty()) return where + "at least one character";
  if (name.size() > 63) return where + "at most 63 characters";
  if (!is_label_form(name)) return where + label_form;
  return std::nullopt;
}

std::optional<std::string> label_value_problem(std::string_view text) {
  if (text.size() > 63) return "at most 63 characters";
  if (!text.empty() && !is_label_form(text)) return std::string("nothing, or ") + label_form;
  return std::nullopt;
}

std::optional<std::string> port_name_problem(std::string_view text) {
  if (text.size() > 15) return "at most 15 characters";
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alphanumeric(c) || c == '-'; })) return "lower-case letters, digits and '-'";
  if (!std::any_of(text.begin(), text.end(), is_lower)) return "at least one letter";
  if (text.find("--") != std::string_view::npos) return "no two '-' in a row";
  if (text.front() == '-' || text.back() == '-') return "no '-' at either end";
  return std::nullopt;
}

}  // namespace npverify::resource
