// Repairs of what policyTypes, selectors and labels mean.
#include "explain/axes.h"
#include "explain/edit.h"

namespace npverify::explain {
namespace {

bool has_unlisted(const Part& part) {
  return (!part.policy->type_ingress && !part.policy->ingress.empty()) || (!part.policy->type_egress && !part.policy->egress.empty());
}

bool has_negative_selector(const Part& part) { return part.peer && part.peer->namespace_selector && !part.peer->namespace_selector->empty(); }

}  // namespace

std::string types_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_unlisted);
  if (!found) return "Delete the rules of the direction that policyTypes does not list, or list it.";
  const resource::NetworkPolicy& policy = *found->second.policy;
  const bool ingress = !policy.type_ingress && !policy.ingress.empty();
  const std::string section = ingress ? "spec.ingress" : "spec.egress", type = ingress ? "Ingress" : "Egress";
  const std::string listed = policy.type_ingress ? "Ingress" : policy.type_egress ? "Egress" : "";
  return edit("Delete " + section + " of " + name_of(policy) + " if the direction is meant to be open; or list " + type + " if the rules are meant:", {"policyTypes: [" + listed + "]"},
              {"policyTypes: [" + (listed.empty() ? "" : listed + ", ") + type + "]"});
}

std::string beyond_pods_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, has_negative_selector);
  const std::string sentence = "Add a requirement that only namespaces satisfy, so that ends without labels do not";
  if (!found) return sentence + ": {key: kubernetes.io/metadata.name, operator: Exists}.";
  return sentence + ": {key: kubernetes.io/metadata.name, operator: Exists} under namespaceSelector.matchExpressions of " + name_of(*found->second.policy) + " " + found->first.field + ".";
}

std::string labels_detail(const verify::Finding& finding, const Material&) {
  std::string keys;
  for (const auto* end : {&finding.witness.source, &finding.witness.destination})
    for (const auto& [key, value] : end->labels) keys += (keys.empty() ? "" : ", ") + key;
  return keys.empty() ? "" : "The flow's pods carry " + keys + ".";
}

}  // namespace npverify::explain
