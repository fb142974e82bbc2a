#include "explain/place.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

namespace npverify::explain {
namespace {

/// The number in "word[7]" within `field`.
std::optional<size_t> index_after(std::string_view field, std::string_view word) {
  const std::string open = std::string(word) + "[";
  const size_t at = field.find(open);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = field.substr(at + open.size());
  size_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end == digits.data() + digits.size() || *end != ']') return std::nullopt;
  return number;
}

template <typename T>
const T* at(const std::vector<T>& list, std::optional<size_t> index) {
  return index && *index < list.size() ? &list[*index] : nullptr;
}

}  // namespace

Part part_of(const verify::PolicyPlace& place, const resource::Snapshot& snapshot) {
  Part part;
  const auto found = std::find_if(snapshot.network_policies.begin(), snapshot.network_policies.end(), [&](const auto& policy) {
    return place.kind == "NetworkPolicy" && policy.meta.name == place.name && policy.meta.namespace_name == place.namespace_name;
  });
  if (found == snapshot.network_policies.end()) return part;
  part.policy = &*found;
  part.ingress = place.field.find("egress[") == std::string::npos;
  part.rule = part.ingress ? at(found->ingress, index_after(place.field, "ingress")) : at(found->egress, index_after(place.field, "egress"));
  if (!part.rule) return part;
  part.peer = at(part.rule->peers, index_after(place.field, part.ingress ? "from" : "to"));
  part.port = at(part.rule->ports, index_after(place.field, "ports"));
  return part;
}

std::vector<Part> parts_at(const verify::PolicyPlace& place, const resource::Snapshot& snapshot, Wanted wanted) {
  const Part exact = part_of(place, snapshot);
  if (!exact.policy) return {};
  if (wanted(exact)) return {exact};
  std::vector<Part> parts;
  for (const bool ingress : {true, false})
    for (const auto& rule : ingress ? exact.policy->ingress : exact.policy->egress) {
      if (exact.rule && exact.rule != &rule) continue;
      std::vector<Part> inside{{exact.policy, &rule, nullptr, nullptr, ingress}};
      for (const auto& peer : rule.peers) inside.push_back({exact.policy, &rule, &peer, nullptr, ingress});
      for (const auto& port : rule.ports) inside.push_back({exact.policy, &rule, nullptr, &port, ingress});
      std::copy_if(inside.begin(), inside.end(), std::back_inserter(parts), wanted);
    }
  return parts;
}

namespace {

/// Does an end of the witness name this very part as what decided: "shop/web egress[0].ports[1]"?
bool decides(const Part& part, const verify::Witness& witness) {
  const std::string field = field_of(part);
  if (field.empty()) return false;
  const std::string reason = name_of(*part.policy) + " " + field.substr(field.find('.') + 1);
  for (const auto* verdict : {&witness.left, &witness.right})
    for (const auto* end : {&verdict->egress, &verdict->ingress})
      if (end->reason == reason) return true;
  return false;
}

}  // namespace

std::optional<Part> deciding(const std::vector<Part>& parts, const verify::Witness& witness) {
  for (const Part& part : parts)
    if (decides(part, witness)) return part;
  return parts.empty() ? std::nullopt : std::optional(parts.front());
}

std::optional<Part> find_part(const verify::Finding& finding, const Material& material, Wanted wanted) {
  std::vector<Part> all;
  for (const auto* places : {&finding.cause.policies, &finding.more})
    for (const auto& place : *places)
      for (const auto* snapshot : {&material.right, &material.left}) {
        const auto parts = parts_at(place, *snapshot, wanted);
        all.insert(all.end(), parts.begin(), parts.end());
      }
  return deciding(all, finding.witness);
}

std::string field_of(const Part& part) {
  if (!part.rule) return "";
  const auto& rules = part.ingress ? part.policy->ingress : part.policy->egress;
  const auto index = [](const auto& list, const auto* item) { return "[" + std::to_string(item - list.data()) + "]"; };
  const std::string rule = std::string("spec.") + (part.ingress ? "ingress" : "egress") + index(rules, part.rule);
  if (part.port) return rule + ".ports" + index(part.rule->ports, part.port);
  if (part.peer) return rule + (part.ingress ? ".from" : ".to") + index(part.rule->peers, part.peer) + (part.peer->ip_block ? ".ipBlock" : "");
  return rule;
}

const resource::Origin& origin_of(const Part& part) {
  return part.port ? part.port->origin : part.peer ? part.peer->origin : part.rule ? part.rule->origin : part.policy->meta.origin;
}

std::string name_of(const resource::NetworkPolicy& policy) { return policy.meta.namespace_name + "/" + policy.meta.name; }

const world::Endpoint& peer_end(const verify::Finding& finding, const Part& part) {
  return part.ingress ? finding.witness.source : finding.witness.destination;
}

}  // namespace npverify::explain
