#include "resource/ports.h"

#include <algorithm>

#include "resource/cidr.h"

namespace npverify::resource {

base::Protocol decode_protocol(const Field& protocol, bool empty_is_absent) {
  const auto text = protocol.text();
  if (!text || (empty_is_absent && text->empty())) return base::Protocol::tcp;
  for (const auto candidate : {base::Protocol::tcp, base::Protocol::udp, base::Protocol::sctp})
    if (*text == base::to_string(candidate)) return candidate;
  const auto near = base::nearest(*text, {"TCP", "UDP", "SCTP"});
  protocol.error("unknown protocol '" + std::string(*text) + "'; expected TCP, UDP or SCTP", near ? "did you mean '" + *near + "'?" : "");
  return base::Protocol::tcp;
}

void append_address(const Field& field, std::vector<base::Address>& addresses) {
  const auto text = field.text();
  if (!text || text->empty() || *text == "None") return;
  if (const auto address = parse_legacy_address(*text)) {
    addresses.push_back(*address);
  } else {
    field.error("'" + std::string(*text) + "' is not an IP address");
  }
}

std::string number_hint(std::string_view name) {
  const bool digits = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return "a number in quotes is a name; write " + std::string(name);
  const size_t sign = name.find_first_of("-:");
  const auto is_number = [](std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); };
  if (sign == std::string_view::npos || !is_number(name.substr(0, sign)) || !is_number(name.substr(sign + 1))) return "";
  return "a range is two fields: port: " + std::string(name.substr(0, sign)) + ", endPort: " + std::string(name.substr(sign + 1));
}

}  // namespace npverify::resource
