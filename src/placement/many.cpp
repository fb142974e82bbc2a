// Thousands of workloads ask for a handful of things. What a subject asks for is all that the filters of place.cpp read of it.
#include "placement/placement.h"

namespace npverify::placement {
namespace {

/// A text that is the same for two subjects only if every filter treats them alike: each part with its length, so that nothing runs together.
class Request {
 public:
  explicit Request(const Subject& subject) {
    const resource::PodSpec& spec = *subject.spec;
    add(spec.node_name);
    count(spec.node_selector.size());
    for (const auto& label : spec.node_selector) add(label.key), add(label.value);
    count(spec.required_node_affinity ? spec.required_node_affinity->size() + 1 : 0);
    if (spec.required_node_affinity)
      for (const auto& term : *spec.required_node_affinity) add(term.expressions), add(term.fields);
    const auto tolerations = effective_tolerations(subject);
    count(tolerations.size());
    for (const auto& toleration : tolerations) add(toleration.key), add(toleration.op), add(toleration.value), add(toleration.effect);
    count(subject.daemon_set ? 0 : spec.topology_spread.size() + 1);
    if (!subject.daemon_set)
      for (const auto& constraint : spec.topology_spread) add(constraint.topology_key), add(constraint.when_unsatisfiable);
    count(spec.scheduling_gates.size());
  }

  const std::string& text() const { return text_; }

 private:
  void count(size_t number) { text_ += std::to_string(number) + ";"; }

  void add(const std::string& part) {
    count(part.size());
    text_ += part;
  }

  void add(const std::vector<resource::NodeSelectorRequirement>& requirements) {
    count(requirements.size());
    for (const auto& requirement : requirements) {
      add(requirement.key);
      add(requirement.op);
      count(requirement.values.size());
      for (const auto& value : requirement.values) add(value);
    }
  }

  std::string text_;
};

}  // namespace

const std::vector<Landing>& ManyLandings::of(const Subject& subject) {
  const auto [found, fresh] = by_request_.try_emplace(Request(subject).text());
  if (fresh)
    for (const Candidate& candidate : candidates_) found->second.push_back(landing(subject, candidate));
  return found->second;
}

}  // namespace npverify::placement
