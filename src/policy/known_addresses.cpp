#include "policy/known_addresses.h"

#include <algorithm>

namespace npverify::policy {
namespace {

using base::AddressSet;
using base::Family;
using logic::Expr;

bool meets(const AddressSet& block, const std::vector<base::Address>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const base::Address& a) { return block.contains(a); });
}

bool has_own_addresses(const resource::Pod& pod) {
  return !pod.spec.host_network && pod.phase != resource::PodPhase::succeeded && pod.phase != resource::PodPhase::failed;
}

// Cilium writes its router's address to the node, if it is told to (annotate-k8s-node). Source: pkg/annotation/k8s.go CiliumHostIP.
std::optional<base::Address> written_by_agent(const resource::Node& node, Family family) {
  const std::string name = std::string(family == Family::ipv4 ? "ipv4" : "ipv6") + "-cilium-host";
  for (const std::string& key : {"network.cilium.io/" + name, "io.cilium.network." + name})
    if (const auto it = node.meta.annotations.find(key); it != node.meta.annotations.end()) return base::Address::parse(it->second);
  return std::nullopt;
}

// The node's pod network; everything where the objects do not tell it: no podCIDRs, or a pod with an address outside them.
AddressSet pod_network(const resource::Node& node, const resource::Snapshot& snapshot, Family family) {
  AddressSet network;
  for (const auto& cidr : node.pod_cidrs) network = network.united(AddressSet::of(cidr));
  network = network.only(family);
  const bool told = !network.empty() && std::all_of(snapshot.pods.begin(), snapshot.pods.end(), [&](const resource::Pod& pod) {
    return pod.spec.node_name != node.meta.name || !has_own_addresses(pod) ||
           std::all_of(pod.addresses.begin(), pod.addresses.end(), [&](const base::Address& a) { return a.family != family || network.contains(a); });
  });
  return told ? network : AddressSet::all(family);
}

}  // namespace

KnownAddresses::NodeAddresses KnownAddresses::addresses_of(const resource::Node& node, const resource::Snapshot& snapshot) const {
  NodeAddresses out{.name = node.meta.name};
  for (const Family family : families_) {
    for (const auto& address : node.addresses)
      if (address.family == family) out.known = out.known.united(AddressSet::of(address));
    if (const auto written = written_by_agent(node, family))
      out.known = out.known.united(AddressSet::of(*written));
    else
      out.hidden = out.hidden.united(pod_network(node, snapshot, family));
  }
  return out;
}

KnownAddresses::KnownAddresses(const semantics::Profile& profile, const resource::Snapshot& snapshot, const ClusterFacts& facts) {
  if (facts.ipv4) families_.push_back(Family::ipv4);
  if (facts.ipv6) families_.push_back(Family::ipv6);
  const std::string& rule = profile.axis("ip-blocks.addresses").rule;
  of_pods_ = rule == "addresses.any-of-pods" || rule == "addresses.any-of-pods-and-own-node";
  of_own_node_ = rule == "addresses.any-of-own-node" || rule == "addresses.any-of-pods-and-own-node";
  if (of_pods_) {
    for (const auto& pod : snapshot.pods)
      if (has_own_addresses(pod)) pods_.push_back(pod.addresses);
    std::vector<AddressSet::Interval> all;
    for (const auto& addresses : pods_)
      for (const auto& address : addresses) all.push_back({address, address});
    pod_addresses_ = AddressSet::of(std::move(all));
  }
  if (of_own_node_)
    for (const auto& node : snapshot.nodes) nodes_.push_back(addresses_of(node, snapshot));
}

Expr KnownAddresses::matched(logic::Pool& pool, Direction direction, const AddressSet& block) const {
  if (!may_be_unknown()) return logic::False;
  const logic::Role peer = peer_of(direction);
  std::vector<AddressSet::Interval> others;
  for (const auto& addresses : pods_)
    if (addresses.size() > 1 && meets(block, addresses))
      for (const auto& address : addresses) others.push_back({address, address});
  const Expr pods = pool.both(pool.kind_is(peer, logic::EndpointKind::pod), pool.address_in(peer, AddressSet::of(std::move(others))));
  std::vector<Expr> own;
  for (const auto& node : nodes_)
    if (!node.known.intersected(block).empty()) own.push_back(pool.node_is(peer, node.name));
  const Expr own_node = pool.conjunction({pool.kind_is(peer, logic::EndpointKind::host), pool.same_node(), pool.disjunction(std::move(own))});
  return pool.either(pods, own_node);
}

Expr KnownAddresses::unknown(logic::Pool& pool, Direction direction, const AddressSet& block) const {
  const logic::Role peer = peer_of(direction);
  std::vector<Expr> any;
  if (of_pods_) {
    // Of a pod that nobody described only the address that the flow has is told: whether the block holds the other one is not.
    for (const Family family : families_)
      if (families_.size() > 1 && !block.minus(block.only(family)).empty())
        any.push_back(pool.conjunction({pool.family_is(family), pool.kind_is(peer, logic::EndpointKind::pod), pool.negation(pool.address_in(peer, pod_addresses_))}));
  }
  if (of_own_node_) {
    std::vector<Expr> told;
    for (const auto& node : nodes_)
      if (node.hidden.intersected(block).empty()) told.push_back(pool.node_is(peer, node.name));
    any.push_back(pool.conjunction({pool.kind_is(peer, logic::EndpointKind::host), pool.same_node(), pool.negation(pool.disjunction(std::move(told)))}));
  }
  return pool.disjunction(std::move(any));
}

}  // namespace npverify::policy
