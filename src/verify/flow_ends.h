#pragma once

#include <map>
#include <set>

#include "verify/flow_explanation.h"

/// The ends that a user names, as concrete pods on concrete nodes: pods that are there, and pods that could be.
namespace npverify::verify {

/// An end at one place.
struct Spot {
  std::string node;               ///< empty for ends outside
  std::vector<std::string> ends;  ///< names in Stage::world; several where its address is open and policies tell addresses apart
  path::Client::What what = path::Client::What::pod;
  bool all_addresses = true;      ///< false: more kinds of addresses are told apart than `ends` has
};

struct Actor {
  std::string id;             ///< "pay/Deployment/payment"
  std::vector<Spot> spots;
  bool fixed = true;          ///< its pods are where the spots say; false: each spot is a place where they could be
  std::string problem;        ///< why there are no spots
  Layer problem_layer = Layer::placement;
};

/// The snapshot with the pods that could be, and where its address ranges are cut by what policies and paths ask of addresses. A pod that could be has
/// any address of the cluster's pods on whichever node it lands: of which range a node takes them the objects do not say. `spec.podCIDRs` binds some
/// CNIs (host-local, Cilium's `ipam: kubernetes`); Calico's pools and Cilium's cluster-pool give out others.
class Stage {
 public:
  /// `judging`: namespaces whose policies judge the connection; empty: any. `more`: prefixes that decide beside those of policies.
  Stage(const resource::Snapshot& snapshot, const std::set<std::string>& judging, const std::vector<base::Prefix>& more);

  resource::Snapshot world;
  std::vector<std::string> assumptions;

  /// The pods of a workload, or a pod, on the nodes where they are or can land; `only`, if not empty, are the nodes that count.
  Actor take(const resource::Workload& workload, const std::vector<std::string>& only);
  Actor take(const resource::Pod& pod, const std::vector<std::string>& only);
  Actor take_address(const base::Address& address);
  Actor take_node(const std::string& name);

  /// As verify::tunnel_addresses.
  std::vector<base::Address> tunnel_addresses(const std::string& node) const;
  const base::AddressSet& pod_addresses() const { return pod_addresses_; }
  /// Of a pod's address: nothing tells it from another, because it is told from all.
  bool sole_of_its_kind(const base::Address& address) const;
  /// Equal for addresses that nothing tells apart.
  std::string cell_of(const std::vector<base::Address>& addresses) const;

 private:
  Actor on_nodes(const placement::Subject& subject, const resource::Labels& labels, const std::vector<std::string>& only);
  Spot materialise(const placement::Subject& subject, const resource::Labels& labels, const std::string& node);
  using Addresses = std::vector<base::Address>;
  std::vector<Addresses> choices(const std::string& node, bool& all);
  base::Address representative(const base::AddressSet& alike, const base::AddressSet& near, std::optional<base::Address>& anywhere);
  std::optional<base::Address> free_in(const base::AddressSet& addresses);

  const resource::Snapshot& snapshot_;
  std::vector<placement::Candidate> candidates_;
  base::AddressSet pod_addresses_;
  std::vector<base::Address> cuts_;       ///< first addresses of cells, sorted
  std::vector<size_t> kinds_[2];          ///< by family and number of cuts up to an address: equal for cells that no prefix tells apart
  std::vector<base::AddressSet> alike_[2];  ///< the pods' addresses by family, in sets that nothing tells apart
  std::set<base::Address> used_;
  std::map<std::pair<size_t, base::Family>, std::optional<base::Address>> anywhere_;  ///< of the actor: what its pods have on nodes whose own range has no such address
  std::set<std::string> names_;
};

}  // namespace npverify::verify
