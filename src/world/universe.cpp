#include "world/universe.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "placement/owner.h"
#include "world/namespaces.h"

namespace npverify::world {
namespace {

using base::Address;
using base::AddressSet;
using base::Family;
using base::Prefix;

AddressSet prefixes(std::initializer_list<const char*> texts) {
  AddressSet set;
  for (const char* text : texts) set = set.united(AddressSet::of(*Prefix::parse(text)));
  return set;
}

// Addresses that no packet between two ends carries as a source or destination of its own: unspecified, loopback, link-local, multicast, reserved.
AddressSet never_on_the_wire() {
  return prefixes({"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "::1/128", "fe80::/10", "ff00::/8"});
}

AddressSet private_ranges() { return prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8"}); }

bool names_pod_prefix(const resource::Configuration& object, const std::string& path) {
  if (object.kind == "IPPool") return path == "spec.cidr";
  if (object.kind == "Installation") return path.find("calicoNetwork.ipPools[") != std::string::npos && path.ends_with(".cidr");
  if (object.kind == "CiliumNode") return path.starts_with("spec.ipam.podCIDRs[");
  return object.kind == "ConfigMap" && (path == "data.cluster-pool-ipv4-cidr" || path == "data.cluster-pool-ipv6-cidr");
}

// Collected and then made a set at once: a set that grows by one address at a time costs the square of their number.
using Intervals = std::vector<AddressSet::Interval>;
void add(Intervals& to, const Prefix& prefix) { to.push_back({prefix.first(), prefix.last()}); }
void add(Intervals& to, const Address& address) { to.push_back({address, address}); }

struct Found {
  AddressSet addresses;
  std::vector<std::string> from;
};

Found pod_prefixes(const resource::Snapshot& snapshot) {
  Found found;
  Intervals prefixes;
  size_t nodes = 0;
  for (const auto& node : snapshot.nodes) {
    nodes += !node.pod_cidrs.empty();
    for (const auto& prefix : node.pod_cidrs) add(prefixes, prefix);
  }
  if (nodes > 0) found.from.push_back("spec.podCIDRs of " + std::to_string(nodes) + (nodes == 1 ? " Node" : " Nodes"));
  for (const auto& object : snapshot.configurations)
    for (const auto& [path, value] : object.values) {
      const auto prefix = names_pod_prefix(object, path) ? Prefix::parse(value) : std::nullopt;
      if (!prefix) continue;
      add(prefixes, *prefix);
      found.from.push_back(object.kind + " " + object.meta.name);
    }
  found.addresses = AddressSet::of(std::move(prefixes));
  std::set<Address> pods;
  for (const auto& pod : snapshot.pods) {
    if (pod.spec.host_network) continue;
    for (const auto& address : pod.addresses)
      if (!found.addresses.contains(address)) pods.insert(address);
  }
  Intervals alone;
  for (const auto& address : pods) add(alone, address);
  found.addresses = found.addresses.united(AddressSet::of(std::move(alone)));
  if (!pods.empty()) found.from.push_back(std::to_string(pods.size()) + " addresses of Pods");
  return found;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool has_family(const AddressSet& set, Family family) { return !set.only(family).empty(); }

void decide_families(AddressPlan& plan, const AddressSet& evidence) {
  plan.ipv4 = has_family(evidence, Family::ipv4);
  plan.ipv6 = has_family(evidence, Family::ipv6);
  if (plan.ipv4 || plan.ipv6) {
    plan.sources.push_back(std::string("address families: ") + (plan.ipv4 && plan.ipv6 ? "IPv4 and IPv6" : plan.ipv4 ? "IPv4" : "IPv6") + " (as the addresses of pods, nodes and pools show)");
    return;
  }
  plan.ipv4 = plan.ipv6 = true;
  plan.families_told = false;
  plan.sources.push_back("address families: no object tells them, so both IPv4 and IPv6 are considered");
}

}  // namespace

const char* to_string(UniverseKind kind) {
  switch (kind) {
    case UniverseKind::observed: return "observed";
    case UniverseKind::declared: return "declared";
    case UniverseKind::possible: return "possible";
  }
  return "?";
}

AddressPlan plan_addresses(const resource::Snapshot& snapshot) {
  AddressPlan plan;
  const Found pods = pod_prefixes(snapshot);
  plan.pods = pods.addresses;
  Intervals nodes, services;
  for (const auto& node : snapshot.nodes)
    for (const auto& address : node.addresses) add(nodes, address);
  for (const auto& service : snapshot.services)
    for (const auto& address : service.cluster_ips) add(services, address);
  plan.nodes = AddressSet::of(std::move(nodes));
  plan.services = AddressSet::of(std::move(services));
  decide_families(plan, plan.pods.united(plan.nodes).united(plan.services));
  const bool pods_known = !plan.pods.empty(), nodes_known = !plan.nodes.empty();
  plan.pods_told = pods_known;
  if (pods_known) {
    plan.sources.push_back("pod addresses: " + join(pods.from));
  } else {
    plan.pods = private_ranges();
    plan.sources.push_back("pod addresses: no Node, pool or CNI configuration names them, so any private address is considered");
  }
  if (nodes_known) {
    plan.sources.push_back("node addresses: those of " + std::to_string(snapshot.nodes.size()) + (snapshot.nodes.size() == 1 ? " Node" : " Nodes"));
  } else {
    plan.nodes = pods_known ? private_ranges().minus(plan.pods) : private_ranges();
    plan.sources.push_back("node addresses: no Node is given, so any private address is considered");
  }
  plan.external = AddressSet::everything().minus(never_on_the_wire()).minus(plan.services);
  if (pods_known) plan.external = plan.external.minus(plan.pods);
  if (nodes_known) plan.external = plan.external.minus(plan.nodes);
  return plan;
}

namespace {

// Keys that controllers put on the pods they make, with values that no manifest holds.
std::vector<std::string> controller_labels(const std::string& kind) {
  if (kind == "Deployment" || kind == "ReplicaSet") return {"pod-template-hash"};
  if (kind == "StatefulSet") return {"controller-revision-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"};
  if (kind == "DaemonSet") return {"controller-revision-hash", "pod-template-generation"};
  if (kind == "Job" || kind == "CronJob")
    return {"batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name", "batch.kubernetes.io/job-completion-index"};
  return {};
}

/// The declared namespaces by name: asked once a pod.
class Namespaces {
 public:
  explicit Namespaces(const resource::Snapshot& snapshot) {
    for (const auto& ns : snapshot.namespaces) by_name_.emplace(ns.meta.name, &ns);
  }
  bool declared(const std::string& name) const { return by_name_.contains(name); }
  resource::Labels labels(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? resource::Labels{{"kubernetes.io/metadata.name", name}} : found->second->meta.labels;
  }

 private:
  std::unordered_map<std::string, const resource::Namespace*> by_name_;
};

ClosedPod template_of(const resource::Workload& workload, const Namespaces& namespaces) {
  ClosedPod closed;
  closed.workload = workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name;
  closed.namespace_known = namespaces.declared(workload.meta.namespace_name);
  closed.free_labels = controller_labels(workload.kind);
  closed.pod = {.kind = workload.pod.host_network ? logic::EndpointKind::host : logic::EndpointKind::pod,
                .name = workload.meta.namespace_name + "/" + workload.meta.name,
                .namespace_name = workload.meta.namespace_name,
                .labels = workload.pod_labels,
                .namespace_labels = namespaces.labels(workload.meta.namespace_name),
                .service_account = workload.pod.service_account,
                .node = workload.pod.node_name,
                .ports = workload.pod.ports};
  std::erase_if(closed.free_labels, [&](const std::string& key) { return workload.pod_labels.contains(key); });
  return closed;
}

ClosedPod bare_pod(const resource::Pod& pod, const Namespaces& namespaces, bool observed) {
  ClosedPod closed;
  closed.workload = pod.meta.namespace_name + "/Pod/" + pod.meta.name;
  closed.several = !observed && !pod.owner.empty();
  closed.namespace_known = namespaces.declared(pod.meta.namespace_name);
  closed.pod = {.kind = pod.spec.host_network ? logic::EndpointKind::host : logic::EndpointKind::pod,
                .name = pod.meta.namespace_name + "/" + pod.meta.name,
                .namespace_name = pod.meta.namespace_name,
                .labels = pod.meta.labels,
                .namespace_labels = namespaces.labels(pod.meta.namespace_name),
                .service_account = pod.spec.service_account,
                .node = pod.spec.node_name,
                .addresses = observed ? pod.addresses : std::vector<Address>{},
                .ports = pod.spec.ports};
  return closed;
}

void add_pods(Universe& universe, const resource::Snapshot& snapshot, const Namespaces& namespaces) {
  const bool observed = universe.kind == UniverseKind::observed;
  const placement::Controllers controllers(snapshot);
  for (const auto& pod : snapshot.pods) {
    const bool ended = pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed;
    if (ended || pod.spec.host_network || (!observed && controllers.declare(pod))) continue;  // of these the template speaks
    universe.pods.push_back(bare_pod(pod, namespaces, observed));
    universe.orphans += !observed && !pod.owner.empty();
  }
  if (observed) return;
  for (const auto& workload : snapshot.workloads)
    if (!workload.pod.host_network) universe.pods.push_back(template_of(workload, namespaces));
}

}  // namespace

namespace {

void assume_from_objects(Universe& universe) {
  if (universe.orphans > 0)
    universe.assumptions.push_back(std::to_string(universe.orphans) + (universe.orphans == 1 ? " pod whose controller is not among the manifests stands for itself" : " pods whose controllers are not among the manifests stand for themselves"));
  if (!universe.unlabelled_namespaces.empty())
    universe.assumptions.push_back("namespaces without a Namespace object may have any labels: " + join(universe.unlabelled_namespaces));
}

}  // namespace

Universe make_universe(const resource::Snapshot& snapshot, UniverseKind kind, EndClasses classes) {
  Universe universe{.kind = kind, .classes = classes, .addresses = plan_addresses(snapshot), .namespaces = snapshot.namespaces};
  std::set<std::string> named;
  for (const auto& policy : snapshot.network_policies) named.insert(policy.meta.namespace_name);
  for (const auto& pod : snapshot.pods) named.insert(pod.meta.namespace_name);
  for (const auto& workload : snapshot.workloads) named.insert(workload.meta.namespace_name);
  const Namespaces namespaces(snapshot);
  for (const auto& name : named)
    if (!namespaces.declared(name)) universe.unlabelled_namespaces.push_back(name);
  for (const auto& node : snapshot.nodes) {
    universe.hosts.push_back({.kind = logic::EndpointKind::host, .name = "node:" + node.meta.name, .node = node.meta.name,
                              .addresses = node.internal_ips.empty() ? node.addresses : node.internal_ips});
    for (const auto& prefix : node.pod_cidrs) universe.pod_ranges[node.meta.name] = universe.pod_ranges[node.meta.name].united(AddressSet::of(prefix));
  }
  if (kind != UniverseKind::possible) add_pods(universe, snapshot, namespaces);
  universe.assumptions = universe.addresses.sources;
  assume_from_objects(universe);
  return universe;
}

void add_namespaces(Universe& universe, std::set<std::string> names) {
  for (const auto& ns : universe.namespaces) names.erase(ns.meta.name);
  names.insert(universe.unlabelled_namespaces.begin(), universe.unlabelled_namespaces.end());
  universe.unlabelled_namespaces.assign(names.begin(), names.end());
  universe.assumptions = universe.addresses.sources;
  assume_from_objects(universe);
}

}  // namespace npverify::world
