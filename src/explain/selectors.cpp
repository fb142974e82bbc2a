// Repairs of what policyTypes, selectors and labels mean.
#include "explain/axes.h"
#include "explain/edit.h"

namespace npverify::explain {
bool is_unlisted_rule(const Part& part) { return part.rule && !part.peer && !part.port && !(part.ingress ? part.policy->type_ingress : part.policy->type_egress); }

bool is_negative_peer(const Part& part) {
  return part.peer && part.peer->namespace_selector && !part.peer->namespace_selector->empty();
}

std::string types_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_unlisted_rule);
  if (!found) return "Delete the rules of the direction that policyTypes does not list, or list it.";
  const resource::NetworkPolicy& policy = *found->policy;
  const bool ingress = found->ingress;
  const std::string section = ingress ? "spec.ingress" : "spec.egress", type = ingress ? "Ingress" : "Egress";
  const std::string listed = policy.type_ingress ? "Ingress" : policy.type_egress ? "Egress" : "";
  return edit("Delete " + section + " of " + name_of(policy) + " if the direction is meant to be open; or list " + type + " if the rules are meant:", {"policyTypes: [" + listed + "]"},
              {"policyTypes: [" + (listed.empty() ? "" : listed + ", ") + type + "]"});
}

std::string beyond_pods_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_negative_peer);
  const std::string sentence = "Add a requirement that only namespaces satisfy, so that ends without labels do not";
  if (!found) return sentence + ": {key: kubernetes.io/metadata.name, operator: Exists}.";
  return sentence + ": {key: kubernetes.io/metadata.name, operator: Exists} under namespaceSelector.matchExpressions of " + name_of(*found->policy) + " " + field_of(*found) + ".";
}

std::string labels_detail(const verify::Finding& finding, const Material&) {
  std::string keys;
  for (const auto* end : {&finding.witness.source, &finding.witness.destination})
    for (const auto& [key, value] : end->labels) keys += (keys.empty() ? "" : ", ") + key;
  return keys.empty() ? "" : "The flow's pods carry " + keys + ".";
}

}  // namespace npverify::explain
