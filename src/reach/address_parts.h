#pragma once

#include <vector>

#include "logic/expression.h"
#include "reach/port_table.h"

namespace npverify::reach {

/// What the other end of a flow is, where it is told by its kind and address alone.
enum class PeerKind : uint8_t { pod, host_near, host_far, outside };  ///< near: on the subject's node
inline constexpr PeerKind all_peer_kinds[] = {PeerKind::pod, PeerKind::host_near, PeerKind::host_far, PeerKind::outside};
logic::EndpointKind endpoint_kind(PeerKind kind);

/// The addresses of `family` at which `e`, about an end of that kind, holds. Of what only pods have (labels, namespaces, ...) an end that
/// is no pod has nothing. REQUIRES: for pods `e` asks for none of it.
base::AddressSet addresses_where(const logic::Pool& pool, logic::Expr e, PeerKind kind, base::Family family);

/// A set of addresses and the ports that it brings.
struct AddressedPorts {
  const base::AddressSet* addresses;
  TableId ports;
};
struct AddressPart {
  base::AddressSet addresses;
  TableId ports;
};

/// `domain` cut into parts by the union of the ports that hold at each address: disjoint, covering, one for each distinct union, in the
/// order of their first addresses. `domain` is of one family. n log n in the number of intervals.
std::vector<AddressPart> address_parts(const base::AddressSet& domain, const std::vector<AddressedPorts>& pieces, Tables& tables);

}  // namespace npverify::reach
