#include "resource/placement.h"

#include <algorithm>

#include "resource/meta.h"
#include "resource/syntax.h"

namespace npverify::resource {
namespace {

/// Is `text` one of `words`? Reported where it is not; an empty text is taken where `empty_allowed`.
bool check_word(const Field& field, const std::string& text, const char* what, const std::vector<std::string>& words, bool empty_allowed) {
  if (text.empty() && empty_allowed) return true;
  if (std::find(words.begin(), words.end(), text) != words.end()) return true;
  const auto near = base::nearest(text, words);
  field.error((text.empty() ? "missing " + std::string(what) : "unknown " + std::string(what) + " " + quoted(text)) + "; expected " + alternatives(words),
              near ? "did you mean " + quoted(*near) + "?" : "");
  return false;
}

void check_key(const Field& key, const std::string& text) {
  if (const auto expected = label_key_problem(text)) key.error(text.empty() ? "a key is missing" : "key " + quoted(text) + " is not valid; expected " + *expected);
}

void check_value(const Field& value, const std::string& text) {
  if (const auto expected = label_value_problem(text)) value.error("value " + quoted(text) + " is not valid; expected " + *expected);
}

// ---------------------------------------------------------------------------------------------------------- node affinity
void check_label_requirement(const Field& key, const Field& op, const Field& values, const NodeSelectorRequirement& requirement) {
  check_key(key, requirement.key);
  if (!check_word(op, requirement.op, "operator", {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}, false)) return;
  const bool one = requirement.op == "Gt" || requirement.op == "Lt", none = requirement.op == "Exists" || requirement.op == "DoesNotExist";
  if (none && !requirement.values.empty()) values.error("operator " + requirement.op + " takes no values");
  if (one && requirement.values.size() != 1) values.error("operator " + requirement.op + " needs exactly one value");
  if (!none && !one && requirement.values.empty()) values.error("operator " + requirement.op + " needs at least one value");
}

void check_field_requirement(const Field& key, const Field& op, const Field& values, const NodeSelectorRequirement& requirement) {
  if (requirement.key != "metadata.name") key.error("field " + quoted(requirement.key) + " cannot be matched; expected metadata.name");
  if (check_word(op, requirement.op, "operator of a field", {"In", "NotIn"}, false) && requirement.values.size() != 1)
    values.error("a field is matched with exactly one value, found " + std::to_string(requirement.values.size()));
}

std::vector<NodeSelectorRequirement> decode_requirements(const Field& list, bool fields) {
  std::vector<NodeSelectorRequirement> result;
  for (size_t i = 0; i < list.size(); ++i) {
    const Field entry = list.item(i);
    if (!entry.mapping()) continue;
    const Field key = entry.child("key"), op = entry.child("operator"), values = entry.child("values");
    NodeSelectorRequirement requirement{key.text_or(""), op.text_or(""), values.text_list(), entry.origin()};
    (fields ? check_field_requirement : check_label_requirement)(key, op, values, requirement);
    result.push_back(std::move(requirement));
  }
  return result;
}

// ------------------------------------------------------------------------------------------------------------ tolerations
void check_toleration(const Field& entry, const Toleration& toleration) {
  const Field key = entry.child("key"), op = entry.child("operator"), value = entry.child("value"), effect = entry.child("effect"), seconds = entry.child("tolerationSeconds");
  if (!toleration.key.empty()) check_key(key, toleration.key);
  const bool known = check_word(op, toleration.op, "operator", {"Equal", "Exists", "Lt", "Gt"}, true);
  if (known && toleration.key.empty() && toleration.op != "Exists") op.error("without a key the operator must be Exists, which tolerates every taint");
  if (toleration.op == "Exists" && !toleration.value.empty()) value.error("operator Exists takes no value");
  if (toleration.op == "Equal") check_value(value, toleration.value);
  check_word(effect, toleration.effect, "effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"}, true);
  if (seconds.present() && toleration.effect != "NoExecute") effect.error("tolerationSeconds needs the effect NoExecute");
}

// ------------------------------------------------------------------------------------------------------------------ spread
bool honoured(const Field& policy, bool otherwise) {
  const std::string text = policy.text_or("");
  if (text.empty()) return otherwise;
  check_word(policy, text, "policy", {"Honor", "Ignore"}, false);
  return text == "Honor";
}

TopologySpreadConstraint decode_constraint(const Field& entry) {
  const Field key = entry.child("topologyKey"), when = entry.child("whenUnsatisfiable"), skew = entry.child("maxSkew"), selector = entry.child("labelSelector"),
              affinity = entry.child("nodeAffinityPolicy"), taints = entry.child("nodeTaintsPolicy");
  TopologySpreadConstraint constraint{.topology_key = key.text_or(""), .when_unsatisfiable = when.text_or(""), .origin = entry.origin()};
  if (!skew.present()) skew.error("maxSkew is missing; expected 1 or more");
  constraint.max_skew = static_cast<int>(skew.integer(1, INT32_MAX).value_or(1));
  check_key(key, constraint.topology_key);
  check_word(when, constraint.when_unsatisfiable, "whenUnsatisfiable", {"DoNotSchedule", "ScheduleAnyway"}, false);
  if (selector.present()) constraint.selector = decode_selector(selector, false);
  constraint.affinity_honoured = honoured(affinity, true);
  constraint.taints_honoured = honoured(taints, false);
  return constraint;
}

bool requires_pods(const Field& affinity) {
  const Field required = affinity.child("requiredDuringSchedulingIgnoredDuringExecution");
  return required.size() > 0;
}

}  // namespace

Taint decode_taint(const Field& entry) {
  const Field key = entry.child("key"), value = entry.child("value"), effect = entry.child("effect");
  Taint taint{key.text_or(""), value.text_or(""), effect.text_or(""), entry.origin()};
  check_key(key, taint.key);
  check_value(value, taint.value);
  check_word(effect, taint.effect, "effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"}, false);
  return taint;
}

std::vector<NodeLabel> decode_node_selector(const Field& selector) {
  std::vector<NodeLabel> result;
  for (auto& [key, value] : decode_labels(selector)) {
    const Field at = selector.child(key);
    result.push_back({key, value, at.origin()});
  }
  return result;
}

void decode_affinity(const Field& affinity, PodSpec& spec) {
  const Field node = affinity.child("nodeAffinity"), pods = affinity.child("podAffinity"), anti = affinity.child("podAntiAffinity");
  spec.inter_pod_affinity = requires_pods(pods) || requires_pods(anti);
  const Field required = node.child("requiredDuringSchedulingIgnoredDuringExecution");
  if (!required.mapping()) return;
  const Field terms = required.child("nodeSelectorTerms");
  if (terms.size() == 0) terms.error("required node affinity needs at least one term");
  spec.required_node_affinity.emplace();
  for (size_t i = 0; i < terms.size(); ++i) {
    const Field term = terms.item(i);
    if (term.present() && !term.mapping()) continue;
    const Field expressions = term.child("matchExpressions"), fields = term.child("matchFields");
    spec.required_node_affinity->push_back({decode_requirements(expressions, false), decode_requirements(fields, true), term.origin()});
  }
}

void decode_tolerations(const Field& tolerations, PodSpec& spec) {
  for (size_t i = 0; i < tolerations.size(); ++i) {
    const Field entry = tolerations.item(i);
    if (!entry.mapping()) continue;
    const Field key = entry.child("key"), op = entry.child("operator"), value = entry.child("value"), effect = entry.child("effect");
    Toleration toleration{key.text_or(""), op.text_or(""), value.text_or(""), effect.text_or(""), entry.origin()};
    if (toleration.op.empty()) toleration.op = "Equal";
    check_toleration(entry, toleration);
    spec.tolerations.push_back(std::move(toleration));
  }
}

void decode_spread(const Field& constraints, PodSpec& spec) {
  for (size_t i = 0; i < constraints.size(); ++i) {
    const Field entry = constraints.item(i);
    if (entry.mapping()) spec.topology_spread.push_back(decode_constraint(entry));
  }
}

}  // namespace npverify::resource
