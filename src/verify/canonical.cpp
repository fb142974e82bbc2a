#include "verify/canonical.h"

#include <algorithm>

namespace npverify::verify {

using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;

const base::AddressSet& Canonical::range(EndpointKind kind) const {
  switch (kind) {
    case EndpointKind::pod: return addresses_.pods;
    case EndpointKind::host: return addresses_.nodes;
    case EndpointKind::outside: return addresses_.external;
  }
  return addresses_.external;
}

Expr Canonical::part(Expr e, logic::Role role, EndpointKind kind) {
  return pool_.substitute(e, [&](Expr atom) -> std::optional<Expr> {
    const logic::Atom a = pool_.atom_of(atom);
    if (a.kind == AtomKind::same_node && kind == EndpointKind::outside) return logic::False;
    if (a.role != role) return std::nullopt;
    switch (a.kind) {
      case AtomKind::kind_is: return static_cast<EndpointKind>(a.detail) == kind ? logic::True : logic::False;
      case AtomKind::address_in: return pool_.address_in(role, base::AddressSet(pool_.addresses(a)).intersected(range(kind)));
      case AtomKind::namespace_is:
      case AtomKind::label_is:
      case AtomKind::label_exists:
      case AtomKind::namespace_label_is:
      case AtomKind::namespace_label_exists:
      case AtomKind::service_account_is:
      case AtomKind::port_named: return kind == EndpointKind::pod ? std::nullopt : std::optional(logic::False);
      case AtomKind::node_is: return kind == EndpointKind::outside ? std::optional(logic::False) : std::nullopt;
      case AtomKind::family_is:
      case AtomKind::protocol_is:
      case AtomKind::port_in:
      case AtomKind::port_named_in_cluster:
      case AtomKind::same_node:
      case AtomKind::same_endpoint:
      case AtomKind::peer_known:
      case AtomKind::flag: return std::nullopt;
    }
    return std::nullopt;
  });
}

const Canonical::Parts& Canonical::parts(Expr e, logic::Role role) {
  auto& known = known_[role == logic::Role::source ? 0 : 1];
  if (const auto it = known.find(e.id); it != known.end()) return it->second;
  const Parts parts{part(e, role, EndpointKind::pod), part(e, role, EndpointKind::host), part(e, role, EndpointKind::outside)};
  return known.emplace(e.id, parts).first->second;
}

bool Canonical::same(const policy::Policy& a, const policy::Policy& b, logic::Role peer) {
  const auto same_expr = [&](Expr x, Expr y) { return x == y || parts(x, peer) == parts(y, peer); };
  return a.selector == b.selector && std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(),
                                                [&](const auto& x, const auto& y) { return same_expr(x.peer, y.peer) && same_expr(x.ports, y.ports); });
}

}  // namespace npverify::verify
