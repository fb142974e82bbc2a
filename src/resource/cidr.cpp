#include "resource/cidr.h"

#include <charconv>

namespace npverify::resource {
namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Every group of digits without its leading zeros.
std::string without_leading_zeros(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool starts = at == 0 || !is_alphanumeric(text[at - 1]);
    while (starts && text[at] == '0' && at + 1 < text.size() && is_alphanumeric(text[at + 1])) ++at;
    out += text[at];
  }
  return out;
}

}  // namespace

std::optional<base::Address> parse_legacy_address(std::string_view text) { return base::Address::parse(without_leading_zeros(text)); }

std::optional<LegacyCidr> parse_legacy_cidr(std::string_view text) {
  const std::string plain = without_leading_zeros(text);
  bool host_bits = false;
  const auto prefix = base::Prefix::parse(plain, &host_bits);
  if (!prefix) return std::nullopt;
  LegacyCidr cidr{*prefix, 0, ""};
  const size_t slash = plain.find('/');
  std::from_chars(plain.data() + slash + 1, plain.data() + plain.size(), cidr.written_length);
  const auto address = base::Address::parse(plain.substr(0, slash));
  const std::string_view length = text.substr(text.find('/') + 1);
  if (!base::Prefix::parse(text) || (length.size() > 1 && length[0] == '0')) {  // leading zeros within the four digits of an IPv6 group are fine
    cidr.remark = "has leading zeros";
  } else if (address && address->family == base::Family::ipv4 && plain.find(':') != std::string::npos) {
    cidr.remark = "is an IPv4-mapped IPv6 prefix";
  } else if (host_bits) {
    cidr.remark = "has bits set beyond its prefix length (it means " + prefix->to_string() + ")";
  }
  return cidr;
}

}  // namespace npverify::resource
