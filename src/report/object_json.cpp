#include "report/object_json.h"

#include <algorithm>

namespace npverify::report {
namespace {

const char* operator_word(resource::SelectorOperator op) {
  switch (op) {
    case resource::SelectorOperator::in: return "In";
    case resource::SelectorOperator::not_in: return "NotIn";
    case resource::SelectorOperator::exists: return "Exists";
    case resource::SelectorOperator::does_not_exist: return "DoesNotExist";
  }
  return "";
}

Json metadata_of(const resource::ObjectMeta& meta) {
  Json json{{"name", meta.name}};
  if (!meta.namespace_name.empty()) json["namespace"] = meta.namespace_name;
  if (!meta.labels.empty()) json["labels"] = Json(meta.labels);
  return json;
}

Json peer_of(const resource::NetworkPolicyPeer& peer) {
  Json json = Json::object();
  if (peer.namespace_selector) json["namespaceSelector"] = selector_of(*peer.namespace_selector);
  if (peer.pod_selector) json["podSelector"] = selector_of(*peer.pod_selector);
  if (!peer.ip_block) return json;
  Json& block = json["ipBlock"] = {{"cidr", peer.ip_block->cidr.to_string()}};
  for (const auto& except : peer.ip_block->except) block["except"].push_back(except.to_string());
  return json;
}

Json port_of(const resource::NetworkPolicyPort& port) {
  Json json{{"protocol", base::to_string(port.protocol)}};
  if (const auto* number = std::get_if<base::Port>(&port.port)) json["port"] = *number;
  if (const auto* name = std::get_if<std::string>(&port.port)) json["port"] = *name;
  if (port.end_port) json["endPort"] = *port.end_port;
  return json;
}

Json rules_of(const std::vector<resource::NetworkPolicyRule>& rules, const char* peers) {
  Json list = Json::array();
  for (const auto& rule : rules) {
    Json json = Json::object();
    for (const auto& peer : rule.peers) json[peers].push_back(peer_of(peer));
    for (const auto& port : rule.ports) json["ports"].push_back(port_of(port));
    list.push_back(json);
  }
  return list;
}

}  // namespace

Json selector_of(const resource::LabelSelector& selector) {
  Json json = Json::object();
  for (const auto& one : selector.requirements) {
    if (one.match_label) {  // as written: some CNIs read a key differently in the two places
      json["matchLabels"][one.key] = one.values.front();
      continue;
    }
    Json expression{{"key", one.key}, {"operator", operator_word(one.op)}};
    if (!one.values.empty()) expression["values"] = one.values;
    json["matchExpressions"].push_back(expression);
  }
  return json;
}

Json object_of(const resource::NetworkPolicy& policy) {
  Json types = Json::array();
  if (policy.type_ingress) types.push_back("Ingress");
  if (policy.type_egress) types.push_back("Egress");
  Json spec{{"podSelector", selector_of(policy.pod_selector)}, {"policyTypes", types}};
  if (!policy.ingress.empty()) spec["ingress"] = rules_of(policy.ingress, "from");
  if (!policy.egress.empty()) spec["egress"] = rules_of(policy.egress, "to");
  return {{"apiVersion", "networking.k8s.io/v1"}, {"kind", "NetworkPolicy"}, {"metadata", metadata_of(policy.meta)}, {"spec", spec}};
}

Json object_of(const resource::Node& node) {
  Json spec = Json::object(), addresses = Json::array();
  for (const auto& cidr : node.pod_cidrs) {
    if (!spec.contains("podCIDR")) spec["podCIDR"] = cidr.to_string();
    spec["podCIDRs"].push_back(cidr.to_string());
  }
  // Readings ask for every address of a node, and for what its agent wrote to it.
  for (const auto& address : node.internal_ips) addresses.push_back({{"type", "InternalIP"}, {"address", address.to_string()}});
  for (const auto& address : node.addresses)
    if (std::find(node.internal_ips.begin(), node.internal_ips.end(), address) == node.internal_ips.end()) addresses.push_back({{"type", "ExternalIP"}, {"address", address.to_string()}});
  Json metadata = metadata_of(node.meta);
  if (!node.meta.annotations.empty()) metadata["annotations"] = Json(node.meta.annotations);
  return {{"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", metadata}, {"spec", spec}, {"status", {{"addresses", addresses}}}};
}

Json object_of(const resource::ServiceAccount& account) { return {{"apiVersion", "v1"}, {"kind", "ServiceAccount"}, {"metadata", metadata_of(account.meta)}}; }

Json namespace_object(const std::string& name, const resource::Labels& labels) {
  Json metadata{{"name", name}};
  if (!labels.empty()) metadata["labels"] = Json(labels);
  return {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", metadata}};
}

}  // namespace npverify::report
