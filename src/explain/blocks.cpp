// Repairs of what ipBlocks mean. An ipBlock is the one peer that CNIs read by two ideas: an address, or an identity that has it. The only
// edit that means the same everywhere is to name pods by selectors and leave ipBlocks to what is outside.
#include <algorithm>
#include <set>

#include "explain/axes.h"
#include "explain/edit.h"

namespace npverify::explain {
namespace {

bool has_block(const Part& part) { return part.peer && part.peer->ip_block; }

const char* kind_text(const world::Endpoint& end) {
  switch (end.kind) {
    case logic::EndpointKind::pod: return "pod";
    case logic::EndpointKind::host: return "node";
    case logic::EndpointKind::outside: return "outside";
  }
  return "";
}

/// Namespace and labels of pods that stand at the block's other end: first the witness's own, if it says more than "any pod".
struct Selection {
  std::string namespace_name;
  resource::Labels labels;
  bool operator<(const Selection& other) const { return std::tie(namespace_name, labels) < std::tie(other.namespace_name, other.labels); }
};

bool in_block(const resource::IpBlock& block, const std::vector<base::Address>& addresses) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
    return block.cidr.contains(address) && std::none_of(block.except.begin(), block.except.end(), [&](const auto& except) { return except.contains(address); });
  });
}

/// Labels that controllers add say nothing about who a pod is.
resource::Labels own_labels(resource::Labels labels) {
  std::erase_if(labels, [](const auto& label) {
    return label.first == "pod-template-hash" || label.first == "controller-revision-hash" || label.first.find("kubernetes.io/") != std::string::npos;
  });
  return labels;
}

/// Whom the block was written for, as far as the manifests tell: running pods inside it; else workloads that a policy of the other
/// direction lets talk to the subject's port. At most three.
std::set<Selection> meant_pods(const Part& part, const Material& material) {
  std::set<Selection> meant;
  for (const auto& pod : material.right.pods)
    if (!pod.spec.host_network && in_block(*part.peer->ip_block, pod.addresses)) meant.insert({pod.meta.namespace_name, own_labels(pod.meta.labels)});
  if (!meant.empty() || material.right.workloads.size() > 8) return meant;
  for (const auto& workload : material.right.workloads)
    if (workload.meta.namespace_name != part.policy->meta.namespace_name && workload.kind != "DaemonSet" && !workload.pod.host_network)
      meant.insert({workload.meta.namespace_name, own_labels(workload.pod_labels)});
  return meant;
}

std::vector<std::string> peer_lines(const Selection& pods) {
  return {"- namespaceSelector: " + selector_text({{"kubernetes.io/metadata.name", pods.namespace_name}}), "  podSelector: " + selector_text(pods.labels)};
}

std::string selectors_edit(const std::string& sentence, const Part& part, const Material& material) {
  std::vector<std::string> comes;
  const auto meant = meant_pods(part, material);
  if (meant.size() <= 3)
    for (const Selection& pods : meant)
      for (const std::string& line : peer_lines(pods)) comes.push_back(line);
  return edit(sentence, lines_of(part.peer->origin), comes);
}

}  // namespace

std::string block_topic(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_block);
  const world::Endpoint* peer = found ? &peer_end(finding, found->second) : nullptr;
  if (peer && peer->kind == logic::EndpointKind::host) return "an ipBlock that covers nodes";
  if (peer && peer->kind == logic::EndpointKind::pod) return "an ipBlock that covers pods";
  return "which ends an ipBlock matches";
}

std::string block_detail(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_block);
  if (!found) return "";
  const auto& [place, part] = *found;
  const world::Endpoint& peer = peer_end(finding, part);
  const base::Address* address = peer.address(finding.witness.family);
  if (!address || !in_block(*part.peer->ip_block, {*address})) return "";
  return "The ipBlock " + part.peer->ip_block->cidr.to_string() + " of " + name_of(*part.policy) + " holds " + address->to_string() + ", the address of a " + kind_text(peer) + ".";
}

std::string block_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_block);
  if (!found) return "Name pods by selectors; leave ipBlocks to addresses outside the cluster.";
  const Part& part = found->second;
  const std::string block = "ipBlock " + part.peer->ip_block->cidr.to_string();
  if (peer_end(finding, part).kind == logic::EndpointKind::host)
    return "Nodes can be named by nothing but an ipBlock, and Cilium takes " + block + " for nodes only with policy-cidr-match-mode=nodes (from 1.15): set it, or let the client's own address arrive "
           "(externalTrafficPolicy: Local, or the ClusterIP in place of the NodePort) and name the client's pods by selectors.";
  return selectors_edit("Name the pods by selectors in place of " + block + ":", part, material);
}

std::string family_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_block);
  if (!found) return "Write two blocks of prefix length 1 in place of one of length 0: only length 0 leaks into the other family.";
  const bool v4 = found->second.peer->ip_block->cidr.network.family == base::Family::ipv4;
  const std::vector<std::string> halves = v4 ? std::vector<std::string>{"- ipBlock: {cidr: 0.0.0.0/1}", "- ipBlock: {cidr: 128.0.0.0/1}"} : std::vector<std::string>{"- ipBlock: {cidr: \"::/1\"}", "- ipBlock: {cidr: \"8000::/1\"}"};
  const bool excepts = !found->second.peer->ip_block->except.empty();
  const std::string sentence = "Write two blocks of prefix length 1 in place of one of length 0: only length 0 leaks into the other family";
  if (excepts) return sentence + ". Keep each except under the half that holds it.";
  return edit(sentence + ":", lines_of(found->second.peer->origin), halves);
}

std::string covered_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_block);
  if (!found) return "Remove the ipBlock: its excepts leave no address.";
  std::string out = "Remove the peer: the excepts of ipBlock " + found->second.peer->ip_block->cidr.to_string() + " leave no address.";
  if (found->second.rule->peers.size() == 1) out += " It is the rule's only one, and a rule without peers matches everybody: remove the whole rule.";
  return out;
}

}  // namespace npverify::explain
