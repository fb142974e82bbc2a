#include "explain/place.h"

#include <algorithm>
#include <charconv>
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

std::optional<std::pair<verify::PolicyPlace, Part>> find_part(const verify::Finding& finding, const Material& material, bool (*wanted)(const Part&)) {
  for (const auto* places : {&finding.cause.policies, &finding.more})
    for (const auto& place : *places)
      for (const auto* snapshot : {&material.right, &material.left})
        if (const Part part = part_of(place, *snapshot); part.policy && wanted(part)) return std::pair(place, part);
  return std::nullopt;
}

std::string name_of(const resource::NetworkPolicy& policy) { return policy.meta.namespace_name + "/" + policy.meta.name; }

const world::Endpoint& peer_end(const verify::Finding& finding, const Part& part) {
  return part.ingress ? finding.witness.source : finding.witness.destination;
}

}  // namespace npverify::explain
