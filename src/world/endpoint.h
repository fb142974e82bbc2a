#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/port.h"
#include "logic/expression.h"
#include "resource/snapshot.h"

/// The ends that a question ranges over: concrete endpoints of a snapshot, and the symbolic ones of a universe.
namespace npverify::world {

/// One concrete end of a flow, as its addresses and objects describe it.
struct Endpoint {
  logic::EndpointKind kind = logic::EndpointKind::outside;
  std::string name;  ///< "shop/web-1" for pods (host-network pods too), "node:n1" for nodes, "ip:203.0.113.7" outside: the ends of `eval`
  std::string namespace_name;
  resource::Labels labels, namespace_labels;
  std::string service_account;
  std::string node;                          ///< of pods and hosts
  std::vector<base::Address> addresses;      ///< at most one a family counts
  std::vector<resource::ContainerPort> ports;  ///< of pods, as PodSpec::ports

  /// The address of a family, or nullptr.
  const base::Address* address(base::Family family) const;
};

/// One concrete new connection.
struct Flow {
  const Endpoint* source = nullptr;
  const Endpoint* destination = nullptr;
  base::Protocol protocol = base::Protocol::tcp;
  base::Port port = 0;
  base::Family family = base::Family::ipv4;

  const Endpoint& end(logic::Role role) const { return role == logic::Role::source ? *source : *destination; }
};

/// The family that a flow between two ends has: the one both share, IPv4 if both are; nullopt if none.
std::optional<base::Family> shared_family(const Endpoint& a, const Endpoint& b);

}  // namespace npverify::world
