#include "verify/flow_ends.h"

#include <algorithm>

#include "verify/path_places.h"
#include "world/universe.h"

namespace npverify::verify {
namespace {

using base::Address;

constexpr size_t most_cells = 16;

Address moved(Address address, uint64_t by) {
  address.bits += by;
  return address;
}

void add_cuts(const base::Prefix& prefix, std::vector<Address>& cuts) {
  cuts.push_back(prefix.first());
  if (prefix.last() < base::last_address(prefix.network.family)) cuts.push_back(moved(prefix.last(), 1));
}

std::vector<Address> cuts_of(const resource::Snapshot& snapshot, const std::vector<base::Prefix>& more) {
  std::vector<Address> cuts;
  for (const auto& prefix : more) add_cuts(prefix, cuts);
  for (const auto& policy : snapshot.network_policies)
    for (const auto* rules : {&policy.ingress, &policy.egress})
      for (const auto& rule : *rules)
        for (const auto& peer : rule.peers) {
          if (!peer.ip_block) continue;
          add_cuts(peer.ip_block->cidr, cuts);
          for (const auto& except : peer.ip_block->except) add_cuts(except, cuts);
        }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

/// Two nodes for a snapshot that has none: one placement on one node, one across.
void add_stand_ins(resource::Snapshot& world, const base::AddressSet& addresses) {
  for (const auto& interval : addresses.intervals()) {
    if (interval.last.bits - interval.first.bits < 8) continue;
    for (uint64_t i = 1; i <= 2; ++i) {
      resource::Node node;
      node.meta.name = i == 1 ? "some-node" : "another-node";
      node.internal_ips = node.addresses = {moved(interval.first, i)};
      world.nodes.push_back(node);
    }
    return;
  }
}

bool counts(const std::vector<std::string>& only, const std::string& node) { return only.empty() || std::find(only.begin(), only.end(), node) != only.end(); }

}  // namespace

Stage::Stage(const resource::Snapshot& snapshot, const std::vector<base::Prefix>& more) : world(snapshot), snapshot_(snapshot), cuts_(cuts_of(snapshot, more)) {
  const world::AddressPlan plan = world::plan_addresses(snapshot);
  pod_addresses_ = plan.pods;
  if (world.nodes.empty()) {
    // Where nothing tells pods from nodes, both have any private address: theirs are then kept from the pods one by one.
    const base::AddressSet apart = plan.nodes.minus(plan.pods);
    add_stand_ins(world, apart.empty() ? plan.nodes : apart);
    for (const auto& node : world.nodes) used_.insert(node.addresses.begin(), node.addresses.end());
    assumptions.push_back("the manifests have no Node: two nodes alike stand for all, and pods can land on both");
  }
  candidates_ = placement::candidates_of(world);
  for (const auto& pod : snapshot.pods) {
    used_.insert(pod.addresses.begin(), pod.addresses.end());
    names_.insert(pod.meta.namespace_name + "/" + pod.meta.name);
  }
}

std::string Stage::cell_of(const std::vector<Address>& addresses) const {
  std::string text;
  for (const auto& address : addresses)
    text += std::to_string(static_cast<int>(address.family)) + "." + std::to_string(std::upper_bound(cuts_.begin(), cuts_.end(), address) - cuts_.begin()) + " ";
  return text;
}

std::optional<Address> Stage::free_in(const Address& first, const Address& last) {
  const bool wide = last.bits - first.bits >= 8;
  for (Address at = wide ? moved(first, 4) : first; at <= last; at = moved(at, 1)) {
    if (used_.insert(at).second) return at;
    if (at == last) break;
  }
  return std::nullopt;
}

/// One free address of each cell of the addresses that pods of the node can have.
std::vector<Address> Stage::representatives(const std::string& node) {
  base::AddressSet range;
  const resource::Node* object = world.find_node(node);
  for (const auto& cidr : object ? object->pod_cidrs : std::vector<base::Prefix>{}) range = range.united(base::AddressSet::of(cidr));
  if (range.empty()) range = pod_addresses_;
  std::vector<Address> found;
  for (const auto& interval : range.intervals()) {
    Address first = interval.first;
    for (auto cut = std::upper_bound(cuts_.begin(), cuts_.end(), first); found.size() <= most_cells; ++cut) {
      const bool end = cut == cuts_.end() || cut->family != first.family || *cut > interval.last;
      Address last = interval.last;
      if (!end) {
        last = *cut;
        last.bits -= 1;
      }
      if (const auto free = free_in(first, last)) found.push_back(*free);
      if (end) break;
      first = *cut;
    }
  }
  return found;
}

Spot Stage::materialise(const placement::Subject& subject, const resource::Labels& labels, const std::string& node) {
  const size_t first = subject.id.find('/'), last = subject.id.rfind('/');
  resource::Pod pod;
  pod.meta.namespace_name = subject.id.substr(0, first);
  pod.meta.labels = labels;
  pod.meta.origin = subject.origin;
  pod.spec = *subject.spec;
  pod.spec.node_name = node;
  Spot spot{.node = node, .ends = {}, .what = pod.spec.host_network ? path::Client::What::node : path::Client::What::pod};
  std::vector<std::vector<Address>> choices;
  if (pod.spec.host_network) {
    choices.emplace_back();  // the node's own
  } else {
    std::vector<Address> by_family[2];
    for (const auto& address : representatives(node)) by_family[static_cast<size_t>(address.family)].push_back(address);
    for (size_t i = 0; i < std::max(by_family[0].size(), by_family[1].size()); ++i) {
      choices.emplace_back();
      for (const auto& addresses : by_family)
        if (!addresses.empty()) choices.back().push_back(addresses[std::min(i, addresses.size() - 1)]);
    }
  }
  for (const auto& addresses : choices) {
    pod.addresses = addresses;
    std::string name = subject.id.substr(last + 1) + "@" + node;
    for (int i = 2; !names_.insert(pod.meta.namespace_name + "/" + name).second; ++i) name = subject.id.substr(last + 1) + "@" + node + "#" + std::to_string(i);
    pod.meta.name = name;
    spot.ends.push_back(pod.meta.namespace_name + "/" + name);
    world.pods.push_back(pod);
  }
  return spot;
}

Actor Stage::on_nodes(const placement::Subject& subject, const resource::Labels& labels, const std::vector<std::string>& only) {
  // A DaemonSet has a pod on every node where it lands.
  Actor actor{.id = subject.id, .spots = {}, .fixed = !only.empty() || subject.daemon_set};
  const placement::Placement placement = placement::place(subject, candidates_);
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const bool lands = placement.nodes[i].landing == placement::Landing::yes || placement.nodes[i].runs_there;
    if (lands && counts(only, candidates_[i].name)) actor.spots.push_back(materialise(subject, labels, candidates_[i].name));
  }
  for (const auto& sentence : placement.not_counted) assumptions.push_back(subject.id + ": " + sentence);
  if (!actor.spots.empty()) return actor;
  actor.problem = "the pods of " + subject.id + " can land on no node";
  if (!only.empty()) actor.problem += " of those asked for";
  for (size_t i = 0; i < candidates_.size() && i < 3; ++i)
    for (const auto& reason : placement.nodes[i].against) actor.problem += (reason.sentence.empty() ? "" : "; " + candidates_[i].name + ": " + reason.sentence);
  return actor;
}

Actor Stage::take(const resource::Workload& workload, const std::vector<std::string>& only) { return on_nodes(placement::subject_of(workload, snapshot_), workload.pod_labels, only); }

Actor Stage::take(const resource::Pod& pod, const std::vector<std::string>& only) {
  const placement::Subject subject = placement::subject_of(pod);
  if (pod.spec.node_name.empty() || (pod.addresses.empty() && !pod.spec.host_network)) return on_nodes(subject, pod.meta.labels, only);
  Actor actor{.id = subject.id, .spots = {}};
  if (counts(only, pod.spec.node_name))
    actor.spots.push_back({pod.spec.node_name, {pod.meta.namespace_name + "/" + pod.meta.name}, pod.spec.host_network ? path::Client::What::node : path::Client::What::pod});
  else
    actor.problem = "pod " + subject.id + " is on node " + pod.spec.node_name + ", not on one of those asked for";
  return actor;
}

Actor Stage::take_address(const Address& address) {
  for (const auto& pod : snapshot_.pods)
    if (!pod.spec.host_network && std::find(pod.addresses.begin(), pod.addresses.end(), address) != pod.addresses.end()) return take(pod, {});
  for (const auto& node : snapshot_.nodes)
    if (std::find(node.addresses.begin(), node.addresses.end(), address) != node.addresses.end()) return take_node(node.meta.name);
  return {.id = "ip:" + address.to_string(), .spots = {{"", {"ip:" + address.to_string()}, path::Client::What::external}}};
}

Actor Stage::take_node(const std::string& name) { return {.id = "node:" + name, .spots = {{name, {"node:" + name}, path::Client::What::node}}}; }

std::vector<Address> Stage::tunnel_addresses(const std::string& node) const {
  const resource::Node* object = world.find_node(node);
  if (!object) return {};
  return verify::tunnel_addresses(*object, pod_addresses_);
}

}  // namespace npverify::verify
