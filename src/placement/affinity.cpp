// Requirements of node affinity on one node.
#include "placement/affinity.h"

#include <algorithm>
#include <charconv>

#include "resource/syntax.h"

namespace npverify::placement {
namespace {

/// As Go's strconv.ParseInt(text, 10, 64): an optional sign and digits, leading zeros allowed, nothing else.
std::optional<int64_t> parse_integer(const std::string& text) {
  const size_t from = !text.empty() && text[0] == '+' ? 1 : 0;
  if (from == 1 && text.size() > 1 && text[1] == '-') return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + from, text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Landing truth(bool holds) { return holds ? Landing::yes : Landing::no; }

bool is_comparison(const resource::NodeSelectorRequirement& requirement) { return requirement.op == "Gt" || requirement.op == "Lt"; }

/// For a label that the candidate has.
bool holds(const resource::NodeSelectorRequirement& requirement, const std::string& value) {
  const bool listed = std::find(requirement.values.begin(), requirement.values.end(), value) != requirement.values.end();
  if (requirement.op == "In") return listed;
  if (requirement.op == "NotIn") return !listed;
  if (requirement.op == "Exists") return true;
  if (requirement.op == "DoesNotExist") return false;
  const auto has = parse_integer(value), wanted = parse_integer(requirement.values[0]);
  return has && (requirement.op == "Gt" ? *has > *wanted : *has < *wanted);
}

}  // namespace

std::string parse_problem(const resource::NodeSelectorRequirement& requirement) {
  if (is_comparison(requirement) && !parse_integer(requirement.values.at(0))) return "'" + requirement.values[0] + "' is no integer";
  for (const auto& value : requirement.values)
    if (const auto expected = resource::label_value_problem(value)) return "'" + value + "' is no label value";
  return "";
}

Landing satisfies(const resource::NodeSelectorRequirement& requirement, const Candidate& candidate) {
  if (!parse_problem(requirement).empty()) return Landing::no;
  const auto found = candidate.labels.find(requirement.key);
  if (found != candidate.labels.end()) return truth(holds(requirement, found->second));
  if (!candidate.labels_complete) return Landing::open;
  return truth(requirement.op == "NotIn" || requirement.op == "DoesNotExist");
}

Landing satisfies_field(const resource::NodeSelectorRequirement& requirement, const Candidate& candidate) {
  if (!candidate.labels_complete) return Landing::open;
  return truth((candidate.name == requirement.values.at(0)) == (requirement.op == "In"));
}

std::string text_of(const resource::NodeSelectorRequirement& requirement) {
  if (requirement.values.empty()) return requirement.key + " " + requirement.op;
  if (is_comparison(requirement)) return requirement.key + " " + requirement.op + " " + requirement.values[0];
  std::string list;
  for (const auto& value : requirement.values) list += (list.empty() ? "" : ", ") + value;
  return requirement.key + " " + requirement.op + " [" + list + "]";
}

std::string label_text(const Candidate& candidate, const std::string& key) {
  const auto found = candidate.labels.find(key);
  if (found == candidate.labels.end()) return candidate.labels_complete ? "no label " + key : key + " open";
  return key + "=" + found->second;
}

}  // namespace npverify::placement
