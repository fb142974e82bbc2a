#include "reach/address_parts.h"

#include <algorithm>
#include <map>

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using base::Address;
using base::AddressSet;
using logic::Atom;
using logic::AtomKind;

class Where {
 public:
  Where(const logic::Pool& pool, PeerKind kind, base::Family family) : pool_(pool), kind_(kind), family_(family), all_(AddressSet::all(family)) {}

  AddressSet of(logic::Expr e) {
    switch (pool_.op(e)) {
      case logic::Op::constant_false: return {};
      case logic::Op::constant_true: return all_;
      case logic::Op::atom: return atom(pool_.atom_of(e));
      case logic::Op::negation: return all_.minus(of(*pool_.args_begin(e)));
      case logic::Op::conjunction: return conjunction(e);
      case logic::Op::disjunction: return disjunction(e);
    }
    throw base::InternalError("an expression of no kind");
  }

 private:
  AddressSet truth(bool holds) const { return holds ? all_ : AddressSet(); }

  AddressSet conjunction(logic::Expr e) {
    AddressSet out = all_;
    for (const logic::Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e) && !out.empty(); ++arg) out = out.intersected(of(*arg));
    return out;
  }

  AddressSet disjunction(logic::Expr e) {
    AddressSet out;
    for (const logic::Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e); ++arg) out = out.united(of(*arg));
    return out;
  }

  AddressSet atom(const Atom& a) {
    switch (a.kind) {
      case AtomKind::kind_is: return truth(static_cast<logic::EndpointKind>(a.detail) == endpoint_kind(kind_));
      case AtomKind::family_is: return truth(static_cast<base::Family>(a.detail) == family_);
      case AtomKind::address_in: return pool_.addresses(a).only(family_);
      case AtomKind::same_node: return truth(kind_ == PeerKind::host_near);
      case AtomKind::peer_known: return all_;
      case AtomKind::same_endpoint: return {};
      case AtomKind::namespace_is:
      case AtomKind::label_is:
      case AtomKind::label_exists:
      case AtomKind::namespace_label_is:
      case AtomKind::namespace_label_exists:
      case AtomKind::service_account_is:
        if (kind_ != PeerKind::pod) return {};
        break;
      case AtomKind::node_is:
      case AtomKind::protocol_is:
      case AtomKind::port_in:
      case AtomKind::port_named:
      case AtomKind::port_named_in_cluster:
      case AtomKind::flag: break;
    }
    throw base::Unsupported("who reaches whom: a peer depends on an address together with " + pool_.to_string(a) + ", which a list does not model");
  }

  const logic::Pool& pool_;
  PeerKind kind_;
  base::Family family_;
  AddressSet all_;
};

/// At `at` (or past the last address of the family) the ports begin or cease to hold.
struct Event {
  Address at;
  TableId ports;
  int change;
};

}  // namespace

logic::EndpointKind endpoint_kind(PeerKind kind) {
  switch (kind) {
    case PeerKind::pod: return logic::EndpointKind::pod;
    case PeerKind::host_near:
    case PeerKind::host_far: return logic::EndpointKind::host;
    case PeerKind::outside: return logic::EndpointKind::outside;
  }
  return logic::EndpointKind::outside;
}

AddressSet addresses_where(const logic::Pool& pool, logic::Expr e, PeerKind kind, base::Family family) { return Where(pool, kind, family).of(e); }

std::vector<AddressPart> address_parts(const AddressSet& domain, const std::vector<AddressedPorts>& pieces, Tables& tables) {
  if (domain.empty()) return {};
  if (pieces.empty()) return {{domain, 0}};
  const Address limit = base::last_address(domain.intervals().front().first.family);
  std::vector<Event> events;
  const auto add = [&](const AddressSet::Interval& interval, TableId ports) {
    events.push_back({interval.first, ports, 1});
    if (interval.last != limit) events.push_back({{limit.family, interval.last.bits + 1}, ports, -1});
  };
  constexpr TableId inside = UINT32_MAX;  // no table: marks the domain itself
  for (const auto& interval : domain.intervals()) add(interval, inside);
  for (const auto& piece : pieces)
    for (const auto& interval : piece.addresses->intervals()) add(interval, piece.ports);
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });

  std::map<TableId, int> active;
  std::map<TableId, std::vector<AddressSet::Interval>> parts;
  std::vector<TableId> order;
  for (size_t i = 0; i < events.size();) {
    const Address from = events[i].at;
    for (; i < events.size() && events[i].at == from; ++i)
      if ((active[events[i].ports] += events[i].change) == 0) active.erase(events[i].ports);
    if (!active.contains(inside)) continue;
    TableId ports = 0;
    for (const auto& [table, count] : active)
      if (table != inside) ports = tables.unite(ports, table);
    const Address to = i < events.size() ? Address{limit.family, events[i].at.bits - 1} : limit;
    auto& intervals = parts[ports];
    if (intervals.empty()) order.push_back(ports);
    intervals.push_back({from, to});
  }
  std::vector<AddressPart> out;
  for (const TableId ports : order) out.push_back({AddressSet::of(std::move(parts[ports])), ports});
  return out;
}

}  // namespace npverify::reach
