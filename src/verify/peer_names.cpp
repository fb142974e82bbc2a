// What a peer names, looked up in the snapshot: objects that are missing, and pods on the host network.
#include <algorithm>
#include <functional>
#include <set>

#include "path/service.h"
#include "placement/owner.h"
#include "resource/load.h"
#include "verify/peer_domain.h"
#include "world/universe.h"

namespace npverify::verify {
namespace {

using resource::Snapshot;

// A pod template, or a bare pod, as selectors see it.
struct PodView {
  std::string namespace_name, kind, name;
  const resource::Labels* labels;
  const resource::PodSpec* spec;
  std::string text() const { return namespace_name + "/" + kind + "/" + name; }
};

std::vector<PodView> pod_views(const Snapshot& snapshot) {
  std::vector<PodView> out;
  for (const auto& w : snapshot.workloads) out.push_back({w.meta.namespace_name, w.kind, w.meta.name, &w.pod_labels, &w.pod});
  for (const auto& p : snapshot.pods) out.push_back({p.meta.namespace_name, "Pod", p.meta.name, &p.meta.labels, &p.spec});
  return out;
}

bool in_namespaces(const NamespaceSelector& selector, const PodView& pod, const Snapshot& snapshot) {
  if (!selector.names.empty() && std::find(selector.names.begin(), selector.names.end(), pod.namespace_name) == selector.names.end()) return false;
  resource::Labels labels;
  if (const auto* found = snapshot.find_namespace(pod.namespace_name)) labels = found->meta.labels;
  labels["kubernetes.io/metadata.name"] = pod.namespace_name;
  return resource::selects(selector.labels, labels);
}

bool service_selects(const ObjectName& name, const PodView& pod, const Snapshot& snapshot) {
  if (name.namespace_name != pod.namespace_name) return false;
  for (const auto& service : snapshot.services) {
    if (service.meta.namespace_name != name.namespace_name || service.meta.name != name.name || !service.selector || service.selector->empty()) continue;
    return std::all_of(service.selector->begin(), service.selector->end(), [&](const auto& label) {
      const auto it = pod.labels->find(label.first);
      return it != pod.labels->end() && it->second == label.second;
    });
  }
  return false;
}

bool names_workload(const Peer& peer, const PodView& pod) {
  return std::any_of(peer.workloads.begin(), peer.workloads.end(), [&](const ObjectName& name) { return name.namespace_name == pod.namespace_name && name.kind == pod.kind && name.name == pod.name; });
}

// Does `peer` hold of the pod, seen as a pod whatever network it is on? Addresses are not asked: they say nothing about a selector.
bool selects_pod(const Peer& peer, const PodView& pod, const Snapshot& snapshot) {
  const auto operand = [&](const Peer& p) { return selects_pod(p, pod, snapshot); };
  switch (peer.kind) {
    case Peer::Kind::any: return true;
    case Peer::Kind::pods: break;
    case Peer::Kind::addresses: return false;
    case Peer::Kind::nodes: return false;
    case Peer::Kind::reference: return peer.target && selects_pod(*peer.target, pod, snapshot);
    case Peer::Kind::any_of: return std::any_of(peer.operands.begin(), peer.operands.end(), operand);
    case Peer::Kind::all_of: return std::all_of(peer.operands.begin(), peer.operands.end(), operand);
    case Peer::Kind::negation: return !operand(peer.operands.at(0));
  }
  if (peer.host_network && *peer.host_network != pod.spec->host_network) return false;
  if (peer.namespaces && !in_namespaces(*peer.namespaces, pod, snapshot)) return false;
  if (peer.pods && !resource::selects(peer.pods->labels, *pod.labels)) return false;
  if (!peer.workloads.empty() && !names_workload(peer, pod)) return false;
  const auto is_account = [&](const ObjectName& name) { return name.namespace_name == pod.namespace_name && name.name == pod.spec->service_account; };
  if (!peer.service_accounts.empty() && std::none_of(peer.service_accounts.begin(), peer.service_accounts.end(), is_account)) return false;
  const auto is_behind = [&](const ObjectName& name) { return service_selects(name, pod, snapshot); };
  return peer.services.empty() || std::any_of(peer.services.begin(), peer.services.end(), is_behind);
}

// Calls `visit` on every peer below, references followed; `positive` is false under an odd number of negations.
void walk(const Peer& peer, bool positive, const std::function<void(const Peer&, bool)>& visit) {
  visit(peer, positive);
  for (const Peer& operand : peer.operands) walk(operand, peer.kind == Peer::Kind::negation ? !positive : positive, visit);
  if (peer.kind == Peer::Kind::reference && peer.target) walk(*peer.target, positive, visit);
}

std::set<std::string> known_namespaces(const Snapshot& snapshot) {
  std::set<std::string> out(built_in_namespaces().begin(), built_in_namespaces().end());
  for (const auto& n : snapshot.namespaces) out.insert(n.meta.name);
  for (const auto& x : snapshot.pods) out.insert(x.meta.namespace_name);
  for (const auto& x : snapshot.workloads) out.insert(x.meta.namespace_name);
  for (const auto& x : snapshot.services) out.insert(x.meta.namespace_name);
  for (const auto& x : snapshot.service_accounts) out.insert(x.meta.namespace_name);
  for (const auto& x : snapshot.network_policies) out.insert(x.meta.namespace_name);
  return out;
}

class NameCheck {
 public:
  NameCheck(const Snapshot& snapshot, base::Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    for (const PodView& pod : pod_views(snapshot)) workloads_.push_back(pod.text());
    for (const auto& service : snapshot.services) services_.push_back(service.meta.namespace_name + "/" + service.meta.name);
  }

  void check(const Peer& peer) {
    walk(peer, true, [this](const Peer& p, bool) {
      for (const ObjectName& name : p.workloads) check(name, workloads_, "workload");
      for (const ObjectName& name : p.services) check(name, services_, "Service");
    });
  }

 private:
  void check(const ObjectName& name, const std::vector<std::string>& known, const std::string& what) {
    if (std::find(known.begin(), known.end(), name.text()) != known.end()) return;
    if (!said_.insert(name.origin.span.to_string() + name.text()).second) return;  // a peer that several invariants refer to
    const auto near = base::nearest(name.text(), known);
    diagnostics_.error(name.origin.span, name.origin.field, "the input has no " + what + " '" + name.text() + "'; give its manifest with -f, or select pods by labels", near ? "did you mean '" + *near + "'?" : "");
  }

  base::Diagnostics& diagnostics_;
  std::vector<std::string> workloads_, services_;
  std::set<std::string> said_;
};

struct PeersOf {
  std::function<void(const Peer&)> visit;
  void operator()(const Forbid& body) const { visit(body.from), visit(body.to); }
  void operator()(const Isolate& body) const { visit(body.group); }
  void operator()(const DefaultDeny& body) const { visit(body.group); }
  void operator()(const Equivalent& body) const { visit(body.scope); }
  void operator()(const PathAgreement& body) const { visit(body.from), visit(body.to); }
  void operator()(const Capability& body) const { visit(body.workloads); }
  void operator()(const ConflictFree& body) const { visit(body.scope); }
  void operator()(const Undecided&) const {}
};

bool is_listed(const resource::Service& service, const Snapshot& snapshot) {
  return std::any_of(snapshot.endpoints.begin(), snapshot.endpoints.end(), [&](const auto& one) { return one.service == service.meta.name && one.meta.namespace_name == service.meta.namespace_name; });
}

std::string missing_namespace(const std::string& name, const std::set<std::string>& known) {
  const auto near = base::nearest(name, {known.begin(), known.end()});
  return "namespace '" + name + "' appears nowhere in the input" + (near ? " (did you mean '" + *near + "'?)" : "; give its Namespace object");
}

}  // namespace

const std::vector<std::string>& built_in_namespaces() {
  static const std::vector<std::string> names{"default", "kube-node-lease", "kube-public", "kube-system"};
  return names;
}

std::vector<std::string> namespace_names(const Peer& peer) {
  std::set<std::string> out;
  walk(peer, true, [&](const Peer& p, bool) {
    if (p.namespaces) out.insert(p.namespaces->names.begin(), p.namespaces->names.end());
    for (const auto* names : {&p.service_accounts, &p.workloads, &p.services})
      for (const ObjectName& name : *names) out.insert(name.namespace_name);
  });
  return {out.begin(), out.end()};
}

void check_names(const InvariantSet& set, const Snapshot& snapshot, base::Diagnostics& diagnostics) {
  NameCheck names(snapshot, diagnostics);
  const auto check = [&](const Peer& peer) { names.check(peer); };
  for (const Invariant& invariant : set.invariants) {
    std::visit(PeersOf{check}, invariant.body);
    for (const Exception& exception : invariant.except) check(exception.from), check(exception.to);
  }
  for (const Assumption& assumption : set.assume)
    if (const auto* fact = std::get_if<Assumption::Implication>(&assumption.fact)) check(fact->when), check(fact->then);
}

std::vector<PodTemplate> templates_of(const Peer& peer, const Snapshot& snapshot) {
  std::vector<PodTemplate> out;
  const auto add = [&](const std::string& kind, const resource::ObjectMeta& meta, const resource::Labels& labels, const resource::PodSpec& spec, const resource::Workload* workload, const resource::Pod* pod) {
    if (selects_pod(peer, {meta.namespace_name, kind, meta.name, &labels, &spec}, snapshot)) out.push_back({meta.namespace_name + "/" + kind + "/" + meta.name, &meta, &labels, &spec, workload, pod});
  };
  for (const auto& workload : snapshot.workloads) add(workload.kind, workload.meta, workload.pod_labels, workload.pod, &workload, nullptr);
  for (const auto& pod : snapshot.pods) {
    const bool ended = pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed;
    const bool of_template = std::any_of(snapshot.workloads.begin(), snapshot.workloads.end(), [&](const auto& workload) { return placement::owns(workload, pod); });
    if (!ended && !of_template) add("Pod", pod.meta, pod.meta.labels, pod.spec, nullptr, &pod);
  }
  return out;
}

std::vector<std::string> missing_for(const Peer& peer, const Snapshot& snapshot) {
  std::vector<std::string> out;
  const auto say = [&](const std::string& sentence) {
    if (std::find(out.begin(), out.end(), sentence) == out.end()) out.push_back(sentence);
  };
  const auto declared = [&](const std::string& name) { return std::any_of(snapshot.namespaces.begin(), snapshot.namespaces.end(), [&](const auto& ns) { return ns.meta.name == name; }); };
  std::optional<std::set<std::string>> known;  // looks at everything, so only where it must
  walk(peer, true, [&](const Peer& p, bool positive) {
    if (p.namespaces && positive)
      for (const std::string& name : p.namespaces->names) {
        if (declared(name)) continue;
        if (!known) known = known_namespaces(snapshot);
        if (!known->contains(name)) say(missing_namespace(name, *known));
      }
    if (p.nodes && !p.nodes->any && snapshot.nodes.empty()) say("the input has no Node objects to select from; give them with -f");
    for (const ObjectName& name : p.services)
      for (const auto& service : snapshot.services)
        if (service.meta.namespace_name == name.namespace_name && service.meta.name == name.name && (!service.selector || service.selector->empty()) && !is_listed(service, snapshot))
          say("the Service " + name.text() + " has no selector, and no EndpointSlice of it is in the input: which pods stand behind it is not known");
    for (const ObjectName& name : p.services)
      for (const auto& service : snapshot.services)
        if (service.meta.namespace_name == name.namespace_name && service.meta.name == name.name && (!service.selector || service.selector->empty()) && is_listed(service, snapshot))
          for (const auto& port : service.ports)
            if (const auto found = path::resolve(snapshot, service, port, world::plan_addresses(snapshot).of_pods_alone()); !found.to_supply.empty()) say("Service " + name.text() + ": " + found.to_supply);
  });
  return out;
}

namespace {

// {pods: {any: true}}, with or without {namespaces: {any: true}}: no property is asked.
bool selects_all(const Peer& peer) {
  return (!peer.namespaces || peer.namespaces->any) && (!peer.pods || peer.pods->any) && peer.workloads.empty() && peer.services.empty() && peer.service_accounts.empty() && !peer.host_network;
}

}  // namespace

HostNetworkPods host_network_pods(const Peer& peer, const Snapshot& snapshot) {
  HostNetworkPods out;
  for (const PodView& pod : pod_views(snapshot)) {
    if (!pod.spec->host_network || !selects_pod(peer, pod, snapshot)) continue;
    bool named = false, selected = false;
    walk(peer, true, [&](const Peer& p, bool) {
      named = named || names_workload(p, pod);
      selected = selected || (p.kind == Peer::Kind::pods && !selects_all(p));
    });
    (named ? out.named : selected ? out.selected : out.among_all).push_back(pod.text());
  }
  return out;
}

}  // namespace npverify::verify
