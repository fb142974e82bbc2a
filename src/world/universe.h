#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "logic/expression.h"
#include "policy/reading.h"
#include "world/endpoint.h"

namespace npverify::world {

enum class UniverseKind : uint8_t {
  observed,  ///< the pods of the snapshot, as they are
  declared,  ///< what the workload templates (and bare pods) of the snapshot can create: address and node free
  possible,  ///< any pod that could be admitted: any labels, in a declared namespace or a fresh one
};
const char* to_string(UniverseKind kind);

/// Which kinds of ends a question ranges over.
struct EndClasses {
  bool pods = true, nodes = true, external = true;
};

/// Which addresses pods, nodes and everything else can have, and where that was learned.
struct AddressPlan {
  base::AddressSet pods, nodes, services;
  base::AddressSet external;          ///< of no pod, node or service
  bool ipv4 = true, ipv6 = false;     ///< the families of the cluster
  bool families_told = true;          ///< objects show them; false: it has one of them, or both
  bool pods_told = true;              ///< objects show `pods`; false: every private address may be one of theirs
  std::vector<std::string> sources;   ///< sentences for the report: "pod addresses 10.244.0.0/16 (spec.podCIDRs of 2 nodes)"
  base::AddressSet of_pods_alone() const { return pods_told ? pods.minus(nodes) : base::AddressSet{}; }
};

/// From Node podCIDRs, IP pools and CNI configuration, addresses of pods, else the private ranges; said aloud in `sources`.
AddressPlan plan_addresses(const resource::Snapshot& snapshot);

/// A pod that a closed universe holds. In `declared`, `pod.addresses` and `pod.node` are empty: free.
struct ClosedPod {
  Endpoint pod;
  std::string workload;                 ///< "shop/Deployment/web", or "shop/Pod/web-1"
  bool namespace_known = true;           ///< false: no Namespace object, its labels are free
  bool several = true;                   ///< more than one like it can be there at a time: not of a pod that is there as it is, without a controller
  std::optional<std::vector<std::string>> nodes;  ///< on which it can be, sorted; absent: any
  std::vector<std::string> free_labels;  ///< keys that controllers add with values of their own (pod-template-hash, ...)
};

/// What the two ends of a flow range over.
struct Universe {
  UniverseKind kind = UniverseKind::possible;
  EndClasses classes;
  AddressPlan addresses;
  std::vector<resource::Namespace> namespaces;     ///< of the snapshot: their labels are known
  std::vector<std::string> unlabelled_namespaces;  ///< that policies or pods name without a Namespace object: their labels are free
  std::vector<ClosedPod> pods;                     ///< of observed and declared
  size_t orphans = 0;                              ///< of `declared`: how many of them are pods whose controller is not in the snapshot
  std::optional<std::vector<uint32_t>> sources, destinations;  ///< which of `pods` can be that end of what is asked, ascending; absent: any
  std::vector<Endpoint> hosts;                     ///< the Nodes of the snapshot; empty: any node
  std::map<std::string, base::AddressSet> pod_ranges;  ///< spec.podCIDRs by node, where given: a witness's pods get addresses of their nodes
  std::vector<std::string> assumptions;            ///< sentences for the report
};

Universe make_universe(const resource::Snapshot& snapshot, UniverseKind kind, EndClasses classes = {});

/// Everything a flow's ends must satisfy to be in the universe, as far as `mentioned` can tell: kinds, namespace labels of declared
/// namespaces, addresses by kind, families, for closed universes one disjunct a class of pods that `mentioned` cannot tell apart
/// (they are interchangeable in any formula over these atoms). A flow of a pod to itself is in no domain; one between two pods of a template is.
/// `mentioned`: the atoms of the question. Deterministic.
logic::Expr domain(logic::Pool& pool, const Universe& universe, const std::vector<logic::Expr>& mentioned);

}  // namespace npverify::world
