#include "verify/flow_ends.h"

#include <algorithm>

#include "verify/path_places.h"
#include "world/universe.h"

namespace npverify::verify {
namespace {

using base::Address;

constexpr size_t most_ends = 32;  ///< of one place

Address moved(Address address, uint64_t by) {
  address.bits += by;
  return address;
}

Address before(Address address) {
  address.bits -= 1;
  return address;
}

/// What policies of these namespaces ask of addresses, each once.
std::vector<base::Prefix> asked_of_addresses(const resource::Snapshot& snapshot, const std::set<std::string>& judging, const std::vector<base::Prefix>& more) {
  std::vector<base::Prefix> asked = more;
  for (const auto& policy : snapshot.network_policies) {
    if (!judging.empty() && !judging.contains(policy.meta.namespace_name)) continue;
    for (const auto* rules : {&policy.ingress, &policy.egress})
      for (const auto& rule : *rules)
        for (const auto& peer : rule.peers) {
          if (!peer.ip_block) continue;
          asked.push_back(peer.ip_block->cidr);
          asked.insert(asked.end(), peer.ip_block->except.begin(), peer.ip_block->except.end());
        }
  }
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  return asked;
}

std::vector<Address> cuts_of(const std::vector<base::Prefix>& asked) {
  std::vector<Address> cuts;
  for (const auto& prefix : asked) {
    cuts.push_back(prefix.first());
    if (prefix.last() < base::last_address(prefix.network.family)) cuts.push_back(moved(prefix.last(), 1));
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

std::vector<size_t> kinds_of_cells(const std::vector<base::Prefix>& asked, const std::vector<Address>& cuts, base::Family family) {
  std::map<std::vector<bool>, size_t> by_membership;
  std::vector<size_t> kinds;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const Address first = i > 0 && cuts[i - 1].family == family ? cuts[i - 1] : Address{family, 0};
    std::vector<bool> held;
    for (const auto& prefix : asked) held.push_back(prefix.contains(first));
    kinds.push_back(by_membership.try_emplace(held, by_membership.size()).first->second);
  }
  return kinds;
}

/// The addresses in sets that no prefix tells apart. `cuts`: cuts_of(asked).
std::vector<base::AddressSet> told_apart(const base::AddressSet& addresses, const std::vector<base::Prefix>& asked, const std::vector<Address>& cuts) {
  std::map<std::vector<bool>, std::vector<base::AddressSet::Interval>> by_membership;
  for (const auto& interval : addresses.intervals()) {
    auto cut = std::upper_bound(cuts.begin(), cuts.end(), interval.first);
    for (Address first = interval.first;; first = *cut++) {
      const bool end = cut == cuts.end() || cut->family != first.family || *cut > interval.last;
      std::vector<bool> held;
      for (const auto& prefix : asked) held.push_back(prefix.contains(first));
      by_membership[held].push_back({first, end ? interval.last : before(*cut)});
      if (end) break;
    }
  }
  std::vector<base::AddressSet> sets;
  for (auto& [held, intervals] : by_membership) sets.push_back(base::AddressSet::of(std::move(intervals)));
  return sets;
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

Stage::Stage(const resource::Snapshot& snapshot, const std::set<std::string>& judging, const std::vector<base::Prefix>& more) : world(snapshot), snapshot_(snapshot) {
  const auto asked = asked_of_addresses(snapshot, judging, more);
  cuts_ = cuts_of(asked);
  const world::AddressPlan plan = world::plan_addresses(snapshot);
  pod_addresses_ = plan.pods;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) kinds_[static_cast<size_t>(family)] = kinds_of_cells(asked, cuts_, family);
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) alike_[static_cast<size_t>(family)] = told_apart(plan.pods.only(family), asked, cuts_);
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
    text += std::to_string(static_cast<int>(address.family)) + "." + std::to_string(kinds_[static_cast<size_t>(address.family)][static_cast<size_t>(std::upper_bound(cuts_.begin(), cuts_.end(), address) - cuts_.begin())]) + " ";
  return text;
}

bool Stage::sole_of_its_kind(const Address& address) const {
  const auto& sets = alike_[static_cast<size_t>(address.family)];
  const auto held = std::find_if(sets.begin(), sets.end(), [&](const auto& set) { return set.contains(address); });
  return held != sets.end() && held->intervals().size() == 1 && held->intervals()[0].first == held->intervals()[0].last;
}

/// An address that nobody has; where all are taken, the first: its pod may be gone by then.
std::optional<Address> Stage::free_in(const base::AddressSet& addresses) {
  for (const auto& [first, last] : addresses.intervals()) {
    const bool wide = last.bits - first.bits >= 8;
    for (Address at = wide ? moved(first, 4) : first; at <= last; at = moved(at, 1)) {
      if (used_.insert(at).second) return at;
      if (at == last) break;
    }
  }
  return std::nullopt;
}

/// One of these addresses, of the node's own range (`near`) if it can be: so many CNIs give them out. An actor takes few, for the other may need them.
Address Stage::representative(const base::AddressSet& alike, const base::AddressSet& near, std::optional<Address>& anywhere) {
  if (anywhere && near.contains(*anywhere)) return *anywhere;
  const auto own = free_in(alike.intersected(near));
  if (!anywhere) anywhere = own ? own : free_in(alike);
  if (own) return *own;
  return anywhere ? *anywhere : alike.intervals()[0].first;
}

/// Addresses of each kind that is told apart; of two families each kind of the one with each of the other, as far as there are few. `all`: these are all.
std::vector<Stage::Addresses> Stage::choices(const std::string& node, bool& all) {
  base::AddressSet near;
  const resource::Node* object = world.find_node(node);
  for (const auto& cidr : object ? object->pod_cidrs : std::vector<base::Prefix>{}) near = near.united(base::AddressSet::of(cidr));
  const size_t of_ipv4 = alike_[0].size(), of_ipv6 = alike_[1].size();
  const size_t pairs = std::max<size_t>(of_ipv4, 1) * std::max<size_t>(of_ipv6, 1);
  all = pairs <= most_ends;
  std::vector<Addresses> found(all ? pairs : std::min(most_ends, std::max(of_ipv4, of_ipv6)));
  for (size_t i = 0; i < found.size(); ++i)
    for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
      const auto& sets = alike_[static_cast<size_t>(family)];
      if (sets.empty()) continue;
      const size_t at = !all ? std::min(i, sets.size() - 1) : family == base::Family::ipv4 || of_ipv4 == 0 ? i % sets.size() : i / of_ipv4;
      found[i].push_back(representative(sets[at], near, anywhere_[{i, family}]));
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
  const auto of_the_node = std::vector<Addresses>(1);
  for (const auto& addresses : pod.spec.host_network ? of_the_node : choices(node, spot.all_addresses)) {
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
  anywhere_.clear();
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
    if (std::find(node.addresses.begin(), node.addresses.end(), address) != node.addresses.end()) {
      Actor actor = take_node(node.meta.name);
      actor.spots[0].ends = {"ip:" + address.to_string()};  // the node under that address, which need not be the one that it is named for
      return actor;
    }
  return {.id = "ip:" + address.to_string(), .spots = {{"", {"ip:" + address.to_string()}, path::Client::What::external}}};
}

Actor Stage::take_node(const std::string& name) { return {.id = "node:" + name, .spots = {{name, {"node:" + name}, path::Client::What::node}}}; }

std::vector<Address> Stage::tunnel_addresses(const std::string& node) const {
  const resource::Node* object = world.find_node(node);
  if (!object) return {};
  return verify::tunnel_addresses(*object);
}

}  // namespace npverify::verify
