#include "reach/port_table.h"

#include <algorithm>

namespace npverify::reach {
namespace {

using base::Protocol;
constexpr size_t protocols = std::size(base::all_protocols);

template <typename Combine>
PortTable combined(const PortTable& a, const PortTable& b, Combine combine) {
  PortTable out;
  for (size_t i = 0; i < protocols; ++i) out.by_protocol[i] = combine(a.by_protocol[i], b.by_protocol[i]);
  return out;
}

}  // namespace

PortTable PortTable::all() {
  PortTable table;
  for (const Protocol protocol : base::all_protocols) table.of(protocol) = protocol == Protocol::icmp ? base::PortSet::range(0, 0) : base::PortSet::range(1, 65535);
  return table;
}

bool PortTable::empty() const {
  return std::all_of(by_protocol.begin(), by_protocol.end(), [](const auto& ports) { return ports.empty(); });
}

PortTable PortTable::united(const PortTable& other) const {
  return combined(*this, other, [](const auto& a, const auto& b) { return a.united(b); });
}
PortTable PortTable::intersected(const PortTable& other) const {
  return combined(*this, other, [](const auto& a, const auto& b) { return a.intersected(b); });
}
PortTable PortTable::minus(const PortTable& other) const {
  return combined(*this, other, [](const auto& a, const auto& b) { return a.intersected(b.complement()); });
}

Outcome joined(const Outcome& egress, const Outcome& ingress) {
  if (egress.empty() || ingress.empty()) return {};
  const PortTable lets_out = egress.allow.united(egress.unknown), lets_in = ingress.allow.united(ingress.unknown);
  return {.allow = egress.allow.intersected(ingress.allow),
          .deny = egress.deny.united(ingress.deny),
          .unknown = egress.unknown.intersected(lets_in).united(lets_out.intersected(ingress.unknown))};
}

}  // namespace npverify::reach
