#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/port.h"
#include "logic/expression.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

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
  bool policed = true;                       ///< false: policies do not apply to it although it is seen as a pod (one that has ended)

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

/// Are both ends on one node? False where an end is outside or its node is not known.
bool same_node(const Flow& flow);

/// All ends that a snapshot names, as a profile sees them, found by the names that `eval` takes. Addresses of nobody are made on demand.
class Directory {
 public:
  Directory(const resource::Snapshot& snapshot, const semantics::Profile& profile);

  /// "namespace/pod", "node:NAME" or "ip:ADDRESS"; nullptr where the snapshot has no such end. The pointer stays valid.
  const Endpoint* find(const std::string& text);
  /// Pods and nodes, in snapshot order.
  std::vector<const Endpoint*> all() const;
  /// The pods whose port names count in the cluster: running, not on the host network.
  std::vector<const Endpoint*> running_pods() const;
  /// Every name that find() knows, for suggestions.
  std::vector<std::string> names() const;

 private:
  void add_pod(const resource::Pod& pod, const resource::Snapshot& snapshot);
  void add_ended(const resource::Pod& pod, const resource::Snapshot& snapshot, const std::string& rule);
  std::deque<Endpoint> endpoints_;
  std::unordered_map<std::string, const Endpoint*> by_name_;
  std::map<base::Address, const Endpoint*> by_address_;
  std::vector<const Endpoint*> listed_, running_;
};

}  // namespace npverify::world
