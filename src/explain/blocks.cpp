// Repairs of what ipBlocks mean. An ipBlock is the one peer that CNIs read by two ideas: an address, or an identity that has it. The only
// edit that means the same everywhere is to name pods by selectors and leave ipBlocks to what is outside.
#include <algorithm>
#include <set>

#include "explain/axes.h"
#include "explain/edit.h"
#include "world/universe.h"

namespace npverify::explain {
namespace {

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

/// What stands in the block beside the outside.
struct Cover {
  bool pods = false, nodes = false;
};
Cover cover_of(const resource::IpBlock& block, const world::AddressPlan& plan) {
  base::AddressSet set = base::AddressSet::of(block.cidr);
  for (const auto& except : block.except) set = set.minus(base::AddressSet::of(except));
  return {!set.intersected(plan.pods).empty(), !set.intersected(plan.nodes).empty()};
}

/// Every ipBlock of the policies that the cause touches, each once, and what it covers.
std::vector<std::pair<Part, Cover>> blocks_inside(const verify::Finding& finding, const Material& material) {
  const world::AddressPlan plan = world::plan_addresses(material.right);
  std::vector<std::pair<Part, Cover>> blocks;
  std::set<const resource::NetworkPolicyPeer*> seen;
  for (const auto* places : {&finding.cause.policies, &finding.more})
    for (verify::PolicyPlace place : *places) {
      place.field.clear();  // the whole policy
      for (const Part& part : parts_at(place, material.right, is_block)) {
        const Cover cover = cover_of(*part.peer->ip_block, plan);
        if ((cover.pods || cover.nodes) && seen.insert(part.peer).second) blocks.emplace_back(part, cover);
      }
    }
  return blocks;
}

/// "pay/payment-to-account spec.egress[0].to[0].ipBlock (policies.yaml:51):", then the lines. The place is left out where the finding says it.
std::string selectors_edit(const verify::Finding& finding, const Part& part, const Material& material) {
  std::vector<std::string> comes;
  const auto meant = meant_pods(part, material);
  if (meant.size() <= 3)
    for (const Selection& pods : meant)
      for (const std::string& line : peer_lines(pods)) comes.push_back(line);
  const auto& span = part.peer->origin.span;
  const auto& places = finding.cause.policies;
  const bool named = std::any_of(places.begin(), places.end(), [&](const auto& place) { return span.file && place.file == span.file->name && place.line == span.line; });
  const std::string where = span.file && !named ? " (" + span.file->name + ":" + std::to_string(span.line) + ")" : "";
  return edit("\n" + name_of(*part.policy) + " " + field_of(part) + where + (comes.empty() ? "" : ":"), lines_of(part.peer->origin), comes);
}

}  // namespace

bool is_block(const Part& part) { return part.peer && part.peer->ip_block; }

std::string block_topic(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_block);
  const world::Endpoint* peer = found ? &peer_end(finding, *found) : nullptr;
  if (peer && peer->kind == logic::EndpointKind::host) return "an ipBlock that covers nodes";
  if (peer && peer->kind == logic::EndpointKind::pod) return "an ipBlock that covers pods";
  return "which ends an ipBlock matches";
}

std::string block_detail(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_block);
  if (!found) return "";
  const Part& part = *found;
  const world::Endpoint& peer = peer_end(finding, part);
  const base::Address* address = peer.address(finding.witness.family);
  if (!address || !in_block(*part.peer->ip_block, {*address})) return "";
  return "The ipBlock " + part.peer->ip_block->cidr.to_string() + " of " + name_of(*part.policy) + " holds " + address->to_string() + ", the address of a " + kind_text(peer) + ".";
}

std::string block_repair(const verify::Finding& finding, const Material& material) {
  constexpr size_t most = 3;
  std::string out = "Name pods by selectors, and leave ipBlocks to addresses outside the cluster.", nodes;
  size_t shown = 0;
  for (const auto& [part, cover] : blocks_inside(finding, material)) {
    if (cover.nodes) nodes += (nodes.empty() ? "" : ", ") + part.peer->ip_block->cidr.to_string();
    if (cover.pods && ++shown <= most) out += selectors_edit(finding, part, material);
  }
  if (shown > most) out += "\nand " + std::to_string(shown - most) + " more ipBlocks that cover pods";
  if (!nodes.empty())
    out += "\nNodes (" + nodes + ") can be named by an ipBlock alone, and Cilium takes one for nodes only with policy-cidr-match-mode=nodes (from 1.15). "
           "Set it; or let the client's own address arrive (externalTrafficPolicy: Local, or the ClusterIP) and name the client's pods.";
  return out;
}

std::string family_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_block);
  if (!found) return "Write two blocks of prefix length 1 in place of one of length 0: only length 0 leaks into the other family.";
  const bool v4 = found->peer->ip_block->cidr.network.family == base::Family::ipv4;
  const std::vector<std::string> halves = v4 ? std::vector<std::string>{"- ipBlock: {cidr: 0.0.0.0/1}", "- ipBlock: {cidr: 128.0.0.0/1}"} : std::vector<std::string>{"- ipBlock: {cidr: \"::/1\"}", "- ipBlock: {cidr: \"8000::/1\"}"};
  const bool excepts = !found->peer->ip_block->except.empty();
  const std::string sentence = "Write two blocks of prefix length 1 in place of one of length 0: only length 0 leaks into the other family";
  if (excepts) return sentence + ". Keep each except under the half that holds it.";
  return edit(sentence + ":", lines_of(found->peer->origin), halves);
}

std::string covered_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_block);
  if (!found) return "Remove the ipBlock: its excepts leave no address.";
  std::string out = "Remove the peer: the excepts of ipBlock " + found->peer->ip_block->cidr.to_string() + " leave no address.";
  if (found->rule->peers.size() == 1) out += " It is the rule's only one, and a rule without peers matches everybody: remove the whole rule.";
  return out;
}

}  // namespace npverify::explain
