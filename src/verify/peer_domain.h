#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "logic/expression.h"
#include "resource/snapshot.h"
#include "verify/spec.h"
#include "world/universe.h"

/// Peers, ports, exceptions and assumptions of a spec as formulas over one flow.
///
/// Pods by selectors are pods with an address of their own. A host-network pod is its node, as policies see it: `workloads` that run with
/// hostNetwork, and `hostNetwork: true`, are hosts; a selector that happens to match such a pod leaves it out, and `host_network_pods` names it,
/// so that no answer about the selector passes for one about that pod. A workload's pods carry the labels of its template; labels that
/// others add are left free. A Service stands for the pods that its selector selects.
namespace npverify::verify {

/// The flows whose end in `role` is in `peer`. REQUIRES: check_names found nothing.
logic::Expr peer_expr(logic::Pool& pool, const Peer& peer, logic::Role role, const resource::Snapshot& snapshot, const world::Universe& universe);

/// The flows whose destination port is in `ports`. A name counts where the destination pod gives it in a container or a sidecar.
logic::Expr ports_expr(logic::Pool& pool, const PortSpec& ports);

/// from, to and ports together, on whatever path.
logic::Expr exception_expr(logic::Pool& pool, const Exception& exception, const resource::Snapshot& snapshot, const world::Universe& universe);

/// What the assumption says of both ends.
logic::Expr assumption_expr(logic::Pool& pool, const Assumption& assumption, const resource::Snapshot& snapshot, const world::Universe& universe);

/// Workloads and services that a set names and the snapshot does not have: an error each, with the nearest name.
void check_names(const InvariantSet& set, const resource::Snapshot& snapshot, base::Diagnostics& diagnostics);

/// What the snapshot lacks for an answer about `peer`: namespaces that nothing else mentions, Nodes to select from, endpoints of a Service
/// without selector. Sentences. Under a negation a namespace that does not exist takes nothing away, and is not named.
std::vector<std::string> missing_for(const Peer& peer, const resource::Snapshot& snapshot);

/// Pods with hostNetwork ("monitoring/DaemonSet/node-exporter") that `peer` names or selects.
struct HostNetworkPods {
  std::vector<std::string> named;     ///< by `workloads`: they are in peer_expr, as hosts
  std::vector<std::string> selected;  ///< by selectors: they are not
  std::vector<std::string> among_all; ///< by {any: true} alone, which means every pod with an address of its own
};
HostNetworkPods host_network_pods(const Peer& peer, const resource::Snapshot& snapshot);

/// A workload's template, or a pod that no template of the snapshot speaks for.
struct PodTemplate {
  std::string id;  ///< "shop/Deployment/web", "shop/Pod/web-1"
  const resource::ObjectMeta* meta = nullptr;
  const resource::Labels* labels = nullptr;
  const resource::PodSpec* spec = nullptr;
  const resource::Workload* workload = nullptr;  ///< this, or `pod`
  const resource::Pod* pod = nullptr;
};
/// Those whose pods are in `peer`, in the order of the snapshot; pods on the host network too.
std::vector<PodTemplate> templates_of(const Peer& peer, const resource::Snapshot& snapshot);

/// Names of namespaces that the API server always has.
const std::vector<std::string>& built_in_namespaces();
/// Every namespace name that `peer` writes.
std::vector<std::string> namespace_names(const Peer& peer);

}  // namespace npverify::verify
