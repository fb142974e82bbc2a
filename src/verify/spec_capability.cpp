// Bodies that ask about nodes and rules, not about flows.
#include <algorithm>

#include "matrix/features.h"
#include "verify/spec_reader.h"

namespace npverify::verify::reading {

Capability read_capability(Context& context, const YAML::Node& node, const std::string& field) {
  Capability body;
  body.workloads = need_peer(context, node, "workloads", field);
  if (node["paths"].IsDefined()) context.yaml.error(node["paths"], join(field, "paths"), "capability asks about nodes; paths have no place in it");
  if (const YAML::Node placement = node["placement"]; placement.IsDefined() && placement.IsScalar() && (placement.Scalar() == "sameNode" || placement.Scalar() == "crossNode"))
    context.yaml.error(placement, join(field, "placement"), "capability asks about each pod by itself; expected any or observed");
  const YAML::Node needs = node["requires"];
  const std::string path = join(field, "requires");
  if (!needs.IsDefined()) {
    context.yaml.error(node, field, "the field 'requires' is missing; expected {fromPolicies: true}, {features: [...]} or both");
    return body;
  }
  if (!context.yaml.mapping(needs, path, {"fromPolicies", "features"})) return body;
  body.from_policies = read_flag(context, needs, "fromPolicies", path, false);
  body.features = read_strings(context, needs, "features", path);
  for (size_t i = 0; i < body.features.size(); ++i)
    if (const auto meant = matrix::misspelt_feature(body.features[i])) context.yaml.error(needs["features"][i], at(join(path, "features"), i), "unknown feature '" + body.features[i] + "'", "did you mean '" + *meant + "'?");
  if (!body.from_policies && body.features.empty()) context.yaml.error(needs, path, "nothing is required; expected fromPolicies: true, or features");
  return body;
}

ConflictFree read_conflict_free(Context& context, const YAML::Node& node, const std::string& field) {
  ConflictFree body;
  if (node["scope"].IsDefined()) body.scope = read_peer(context, node["scope"], join(field, "scope"));
  for (const char* key : {"paths", "placement"})
    if (node[key].IsDefined()) context.yaml.error(node[key], join(field, key), std::string("conflictFree asks about rules; ") + key + " has no place in it");
  return body;
}

}  // namespace npverify::verify::reading
