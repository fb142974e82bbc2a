#include "world/endpoint.h"

#include <algorithm>

namespace npverify::world {
namespace {

resource::Labels namespace_labels(const resource::Snapshot& snapshot, const std::string& name) {
  if (const resource::Namespace* found = snapshot.find_namespace(name)) return found->meta.labels;
  return {{"kubernetes.io/metadata.name", name}};
}

bool ended(const resource::Pod& pod) { return pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed; }

Endpoint describe(const resource::Pod& pod, const resource::Snapshot& snapshot) {
  return {.kind = logic::EndpointKind::pod,
          .name = pod.meta.namespace_name + "/" + pod.meta.name,
          .namespace_name = pod.meta.namespace_name,
          .labels = pod.meta.labels,
          .namespace_labels = namespace_labels(snapshot, pod.meta.namespace_name),
          .service_account = pod.spec.service_account,
          .node = pod.spec.node_name,
          .addresses = pod.addresses,
          .ports = pod.spec.ports};
}

}  // namespace

const base::Address* Endpoint::address(base::Family family) const {
  const auto it = std::find_if(addresses.begin(), addresses.end(), [&](const base::Address& a) { return a.family == family; });
  return it == addresses.end() ? nullptr : &*it;
}

std::optional<base::Family> shared_family(const Endpoint& a, const Endpoint& b) {
  for (const auto family : {base::Family::ipv4, base::Family::ipv6})
    if (a.address(family) && b.address(family)) return family;
  return std::nullopt;
}

bool same_node(const Flow& flow) {
  const Endpoint &a = *flow.source, &b = *flow.destination;
  return a.kind != logic::EndpointKind::outside && b.kind != logic::EndpointKind::outside && !a.node.empty() && a.node == b.node;
}

Directory::Directory(const resource::Snapshot& snapshot, const semantics::Profile& profile) {
  for (const auto& node : snapshot.nodes) {
    const auto& addresses = node.internal_ips.empty() ? node.addresses : node.internal_ips;
    endpoints_.push_back({.kind = logic::EndpointKind::host, .name = "node:" + node.meta.name, .node = node.meta.name, .addresses = addresses});
    listed_.push_back(&endpoints_.back());
    by_name_[endpoints_.back().name] = &endpoints_.back();
    for (const auto& address : node.addresses) by_address_.emplace(address, &endpoints_.back());
  }
  for (const auto& pod : snapshot.pods)
    if (!ended(pod)) add_pod(pod, snapshot);
  for (const auto& pod : snapshot.pods)
    if (ended(pod)) add_ended(pod, snapshot, profile.axis("pods.ended").rule);
}

void Directory::add_pod(const resource::Pod& pod, const resource::Snapshot& snapshot) {
  Endpoint end = describe(pod, snapshot);
  if (pod.spec.host_network) {
    // On its node's host network: policies see the node, and its addresses are the node's.
    end.kind = logic::EndpointKind::host;
    end.labels.clear();
    end.namespace_labels.clear();
    end.namespace_name.clear();
    end.ports.clear();
    if (const auto* node = snapshot.find_node(pod.spec.node_name); end.addresses.empty() && node) end.addresses = node->internal_ips;
  }
  endpoints_.push_back(std::move(end));
  const Endpoint* stored = &endpoints_.back();
  listed_.push_back(stored);
  by_name_[stored->name] = stored;
  if (stored->kind != logic::EndpointKind::pod) return;
  running_.push_back(stored);
  for (const auto& address : stored->addresses) by_address_[address] = stored;
}

void Directory::add_ended(const resource::Pod& pod, const resource::Snapshot& snapshot, const std::string& rule) {
  Endpoint end = describe(pod, snapshot);
  end.policed = false;
  const Endpoint* holder = nullptr;
  for (const auto& address : end.addresses)
    if (const auto it = by_address_.find(address); it != by_address_.end() && !holder) holder = it->second;
  const bool still_matched = rule == "ended.succeeded-still-matched" && pod.phase == resource::PodPhase::succeeded && !pod.spec.host_network;
  if (holder && rule != "ended.nobody") {
    const std::string name = end.name;
    end = *holder;
    end.name = name;
    end.policed = false;
  } else if (!still_matched) {
    end = {.kind = logic::EndpointKind::outside, .name = end.name, .addresses = end.addresses, .policed = false};
  }
  endpoints_.push_back(std::move(end));
  listed_.push_back(&endpoints_.back());
  by_name_[endpoints_.back().name] = &endpoints_.back();
}

const Endpoint* Directory::find(const std::string& text) {
  if (const auto it = by_name_.find(text); it != by_name_.end()) return it->second;
  if (!text.starts_with("ip:")) return nullptr;
  const auto address = base::Address::parse(std::string_view(text).substr(3));
  if (!address) return nullptr;
  const Endpoint*& found = by_name_[text];
  if (const auto it = by_address_.find(*address); it != by_address_.end()) {
    const base::Address* own = it->second->address(address->family);
    if (it->second->kind != logic::EndpointKind::host || (own && *own == *address)) return found = it->second;
    // A node under another of its addresses: what is asked about is a flow with that one.
    Endpoint node = *it->second;
    std::erase(node.addresses, *address);
    node.addresses.insert(node.addresses.begin(), *address);
    endpoints_.push_back(std::move(node));
    return found = &endpoints_.back();
  }
  endpoints_.push_back({.kind = logic::EndpointKind::outside, .name = text, .addresses = {*address}});
  return found = &endpoints_.back();
}

std::vector<const Endpoint*> Directory::all() const { return listed_; }
std::vector<const Endpoint*> Directory::running_pods() const { return running_; }

std::vector<std::string> Directory::names() const {
  std::vector<std::string> names;
  for (const Endpoint* end : listed_) names.push_back(end->name);
  return names;
}

}  // namespace npverify::world
