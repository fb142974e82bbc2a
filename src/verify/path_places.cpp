#include "verify/path_places.h"

#include <algorithm>
#include <map>
#include <set>

namespace npverify::verify {
namespace {

std::string key_of(const Readers& readers) { return readers.label + "\n" + readers.pool + "\n" + readers.phase; }

std::string text_of(const path::NodeSettings& settings) {
  std::string text = settings.cni;
  for (const auto& [id, value] : settings.values) text += "|" + id + "=" + value.value;
  for (const auto* prefixes : {&settings.ranges, &settings.cluster_cidrs}) {
    text += "#";
    for (const auto& prefix : *prefixes) text += prefix.to_string() + ",";
  }
  if (settings.masquerade_agent) {
    text += settings.masquerade_agent->origin + (settings.masquerade_agent->rest_is_masqueraded ? "!" : "?");
    for (const auto& prefix : settings.masquerade_agent->keeps) text += prefix.to_string() + ",";
  }
  return text;
}

/// Which of the sets the addresses are in.
std::string membership(const std::vector<base::Address>& addresses, const std::vector<const base::AddressSet*>& asked) {
  std::string text;
  for (const auto& address : addresses) {
    text += address.family == base::Family::ipv4 ? "4" : "6";
    for (const auto* set : asked) text += set->contains(address) ? '1' : '0';
  }
  return text;
}

/// Every node that the input speaks of.
std::vector<std::string> nodes_of(const resource::Snapshot& snapshot) {
  std::set<std::string> nodes;
  for (const auto& node : snapshot.nodes) nodes.insert(node.meta.name);
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty()) nodes.insert(pod.spec.node_name);
  return {nodes.begin(), nodes.end()};
}

}  // namespace

Places::Places(const Input& input) {
  add_kinds(input);
  add_classes(input);
}

void Places::add_kinds(const Input& input) {
  std::map<std::string, size_t> index, settings;
  const auto kind = [&](const Readers& readers) {
    const auto [at, fresh] = index.try_emplace(key_of(readers), kinds_.size());
    if (!fresh) return at->second;
    ReaderKind one{.readers = &readers,
                   .settings = path::settings_of(input.facts, input.snapshot, readers.profile, input.given, readers.settings ? readers.settings->datapath : std::map<std::string, std::string>{})};
    one.settings_class = settings.try_emplace(text_of(one.settings), settings.size()).first->second;
    kinds_.push_back(std::move(one));
    return at->second;
  };
  for (const ReaderCase& one : input.cases) {
    const size_t source = kind(one.source), destination = kind(one.destination);
    cases_.try_emplace({source, destination}, &one);
  }
}

void Places::add_classes(const Input& input) {
  const std::vector<std::string> everywhere = nodes_of(input.snapshot);
  for (size_t kind = 0; kind < kinds_.size(); ++kind) {
    const std::vector<std::string>& nodes = kinds_[kind].readers->nodes.empty() ? everywhere : kinds_[kind].readers->nodes;
    if (nodes.empty()) {
      classes_.push_back({.kind = kind, .nodes = {}, .host = {.kind = logic::EndpointKind::host, .name = "node:"}, .tunnel = {}});
      continue;
    }
    named_ = true;
    std::map<std::string, size_t> index;
    std::map<std::string, size_t> taken;
    for (const std::string& node : nodes) {
      const resource::Node* object = input.snapshot.find_node(node);
      world::Endpoint host{.kind = logic::EndpointKind::host, .name = "node:" + node, .node = node};
      std::vector<base::Address> tunnel;
      if (object) {
        host.addresses = object->internal_ips.empty() ? object->addresses : object->internal_ips;
        tunnel = tunnel_addresses(*object);
      }
      const std::string signature = membership(host.addresses, input.asked) + "/" + membership(tunnel, input.asked);
      const auto [at, fresh] = index.try_emplace(signature, classes_.size());
      if (fresh) classes_.push_back({.kind = kind, .nodes = {}, .host = host, .tunnel = tunnel});
      if (taken[signature + "|" + input.apart(node)]++ < 3) classes_[at->second].nodes.push_back(node);
    }
  }
}

const ReaderCase* Places::case_of(size_t source, size_t destination) const {
  const auto found = cases_.find({source, destination});
  return found == cases_.end() ? nullptr : found->second;
}

size_t Places::kind_of(const Readers& readers) const {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const ReaderKind& kind) { return key_of(*kind.readers) == key_of(readers); });
  base::require(found != kinds_.end(), "the readers are of a case of the run");
  return static_cast<size_t>(found - kinds_.begin());
}

std::vector<base::Address> tunnel_addresses(const resource::Node& node) {
  std::vector<base::Address> addresses;
  for (const char* key : {"projectcalico.org/IPv4IPIPTunnelAddr", "projectcalico.org/IPv4VXLANTunnelAddr", "projectcalico.org/IPv6VXLANTunnelAddr"})
    if (const auto found = node.meta.annotations.find(key); found != node.meta.annotations.end())
      if (const auto address = base::Address::parse(found->second)) addresses.push_back(*address);
  return addresses;
}

std::string tunnel_to_supply(const std::string& node) {
  return "the address of the tunnel device of node " + node + ": give its Node as the cluster has it, with the annotation projectcalico.org/IPv4VXLANTunnelAddr, IPv4IPIPTunnelAddr or IPv6VXLANTunnelAddr";
}

}  // namespace npverify::verify
