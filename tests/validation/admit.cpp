// One NetworkPolicy a line (JSON) on stdin; on stdout, one line each: whether our loader takes it, its errors, and what it read, in the plain
// form that compare.py also makes of what the API server stored.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "resource/load.h"

namespace {

using namespace npverify;
using nlohmann::json;

json selector_to_json(const resource::LabelSelector& selector) {
  const char* const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};
  json out = json::array();
  for (const auto& r : selector.requirements) out.push_back({r.key, names[static_cast<size_t>(r.op)], r.values});
  return out;
}

json peer_to_json(const resource::NetworkPolicyPeer& peer) {
  json out = json::object();
  if (peer.pod_selector) out["podSelector"] = selector_to_json(*peer.pod_selector);
  if (peer.namespace_selector) out["namespaceSelector"] = selector_to_json(*peer.namespace_selector);
  if (peer.ip_block) {
    json excepts = json::array();
    for (const auto& except : peer.ip_block->except) excepts.push_back(except.to_string());
    out["ipBlock"] = {peer.ip_block->cidr.to_string(), excepts};
  }
  return out;
}

json port_to_json(const resource::NetworkPolicyPort& port) {
  json number;
  if (const auto* value = std::get_if<base::Port>(&port.port)) number = *value;
  if (const auto* name = std::get_if<std::string>(&port.port)) number = *name;
  return {base::to_string(port.protocol), number, port.end_port ? json(*port.end_port) : json()};
}

json rules_to_json(const std::vector<resource::NetworkPolicyRule>& rules) {
  json out = json::array();
  for (const auto& rule : rules) {
    json peers = json::array(), ports = json::array();
    for (const auto& peer : rule.peers) peers.push_back(peer_to_json(peer));
    for (const auto& port : rule.ports) ports.push_back(port_to_json(port));
    out.push_back({{"peers", peers}, {"ports", ports}});
  }
  return out;
}

json answer(const std::string& line) {
  base::Diagnostics diagnostics;
  const auto snapshot = resource::load_snapshot(manifest::read_text("policy", line, diagnostics), {}, diagnostics);
  json out{{"accepted", !diagnostics.has_errors()}, {"errors", json::array()}};
  for (const auto& d : diagnostics.all()) out["errors"].push_back(d.field + ": " + d.message);
  if (snapshot.network_policies.size() != 1) return out;
  const auto& policy = snapshot.network_policies.front();
  out["policy"] = {{"name", policy.meta.name}, {"labels", policy.meta.labels}, {"podSelector", selector_to_json(policy.pod_selector)},
                   {"types", {policy.type_ingress, policy.type_egress}}, {"ingress", rules_to_json(policy.ingress)}, {"egress", rules_to_json(policy.egress)}};
  return out;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line).dump() << "\n";
}
