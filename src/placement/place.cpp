// The filters in the order of the scheduler. Each filter that says no leaves its reason; `landing` runs the same code without them.
#include <algorithm>

#include "placement/affinity.h"
#include "placement/placement.h"

namespace npverify::placement {
namespace {

using resource::NodeSelectorTerm;
using resource::Origin;

constexpr const char* unschedulable_key = "node.kubernetes.io/unschedulable";

/// Taints that node conditions and cordon set, and take away again.
bool is_passing(const std::string& key) {
  static const std::vector<std::string> keys{"node.kubernetes.io/not-ready",       "node.kubernetes.io/unreachable",         "node.kubernetes.io/memory-pressure",
                                             "node.kubernetes.io/disk-pressure",   "node.kubernetes.io/pid-pressure",        "node.kubernetes.io/network-unavailable",
                                             "node.kubernetes.io/unschedulable",   "node.cloudprovider.kubernetes.io/uninitialized"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string taint_text(const resource::Taint& taint) { return taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect; }

// One subject on one candidate.
class Filters {
 public:
  Filters(const Subject& subject, const std::vector<resource::Toleration>& tolerations, const Candidate& candidate, NodePlacement* reasons)
      : subject_(subject), spec_(*subject.spec), tolerations_(tolerations), candidate_(candidate), reasons_(reasons) {}

  Landing run() {
    if (!spec_.node_name.empty()) {  // bound already: no scheduler asks anything more
      judge(satisfies_field({"metadata.name", "In", {spec_.node_name}, {}}, candidate_), Reason::Filter::node_name, spec_.node_name_origin,
            [&] { return "nodeName is " + spec_.node_name; });
      return result_;
    }
    scheduling_gates();
    unschedulable();
    node_selector();
    affinity();
    taints();
    spread();
    return result_;
  }

 private:
  /// Takes one filter's answer. `sentence` is asked for only where reasons are wanted.
  template <typename Sentence>
  void judge(Landing landing, Reason::Filter filter, const Origin& origin, Sentence sentence, bool passing = false) {
    if (landing == Landing::yes) return;
    result_ = std::min(result_, landing);
    if (!reasons_) return;
    auto& list = landing == Landing::no ? reasons_->against : reasons_->open;
    list.push_back({filter, sentence(), origin, passing});
  }

  void scheduling_gates() {
    for (const auto& gate : spec_.scheduling_gates)
      judge(Landing::no, Reason::Filter::gate, subject_.origin, [&] { return "the scheduling gate " + gate + " keeps its pods from being scheduled"; }, true);
  }

  void unschedulable() {
    if (!candidate_.unschedulable || tolerates_taint({unschedulable_key, "", "NoSchedule", {}})) return;
    judge(Landing::no, Reason::Filter::unschedulable, candidate_.unschedulable_origin, [] { return std::string("the node is unschedulable (cordoned)"); }, true);
  }

  void node_selector() {
    for (const auto& wanted : spec_.node_selector)
      judge(satisfies({wanted.key, "In", {wanted.value}, {}}, candidate_), Reason::Filter::node_selector, wanted.origin,
            [&] { return "nodeSelector wants " + wanted.key + "=" + wanted.value + ", the node has " + label_text(candidate_, wanted.key); });
  }

  // -------------------------------------------------------------------------------------------------------- node affinity
  Landing landing_of(const NodeSelectorTerm& term) const {
    if (term.expressions.empty() && term.fields.empty()) return Landing::no;
    Landing landing = Landing::yes;
    for (const auto& requirement : term.expressions) landing = std::min(landing, satisfies(requirement, candidate_));
    for (const auto& requirement : term.fields) landing = std::min(landing, satisfies_field(requirement, candidate_));
    return landing;
  }

  void affinity() {
    if (!spec_.required_node_affinity) return;
    Landing best = Landing::no;
    for (const auto& term : *spec_.required_node_affinity) best = std::max(best, landing_of(term));
    result_ = std::min(result_, best);
    if (best == Landing::yes || !reasons_) return;
    for (const auto& term : *spec_.required_node_affinity)
      if (landing_of(term) == best) explain(term, best);
  }

  void explain(const NodeSelectorTerm& term, Landing landing) {
    auto& list = landing == Landing::no ? reasons_->against : reasons_->open;
    const auto add = [&](const std::string& sentence, const Origin& origin) { list.push_back({Reason::Filter::affinity, sentence, origin, false}); };
    if (term.expressions.empty() && term.fields.empty()) add("a term of node affinity without requirements selects no node", term.origin);
    for (const auto& requirement : term.expressions) {
      if (satisfies(requirement, candidate_) != landing) continue;
      const std::string problem = parse_problem(requirement), wants = "node affinity wants " + text_of(requirement);
      add(problem.empty() ? wants + ", the node has " + label_text(candidate_, requirement.key) : wants + "; " + problem + ", so the term selects no node", requirement.origin);
    }
    for (const auto& requirement : term.fields)
      if (satisfies_field(requirement, candidate_) == landing) add("node affinity wants " + text_of(requirement), requirement.origin);
  }

  // ------------------------------------------------------------------------------------------------------ taints and spread
  bool tolerates_taint(const resource::Taint& taint) const {
    return std::any_of(tolerations_.begin(), tolerations_.end(), [&](const auto& toleration) { return tolerates(toleration, taint); });
  }

  void taints() {
    for (const auto& taint : candidate_.taints) {
      if (taint.effect == "PreferNoSchedule" || tolerates_taint(taint)) continue;
      if (taint.key == unschedulable_key && candidate_.unschedulable) continue;  // the same cordon, said above
      judge(Landing::no, Reason::Filter::taint, taint.origin, [&] { return "the taint " + taint_text(taint) + " is not tolerated"; }, is_passing(taint.key));
    }
  }

  void spread() {
    if (subject_.daemon_set) return;  // its controller names the node, and one pod a node is what it wants
    for (const auto& constraint : spec_.topology_spread) {
      if (constraint.when_unsatisfiable != "DoNotSchedule") continue;
      judge(satisfies({constraint.topology_key, "Exists", {}, {}}, candidate_), Reason::Filter::spread, constraint.origin,
            [&] { return "topology spread counts by " + constraint.topology_key + ", the node has " + label_text(candidate_, constraint.topology_key); });
    }
  }

  const Subject& subject_;
  const resource::PodSpec& spec_;
  const std::vector<resource::Toleration>& tolerations_;
  const Candidate& candidate_;
  NodePlacement* reasons_;
  Landing result_ = Landing::yes;
};

/// What the subject asks for and no filter here judges.
std::vector<std::string> not_counted(const Subject& subject) {
  std::vector<std::string> sentences;
  const resource::PodSpec& spec = *subject.spec;
  if (!spec.node_name.empty()) return sentences;
  if (spec.inter_pod_affinity) sentences.push_back("required affinity between pods is not counted: it may leave fewer nodes");
  for (const auto& constraint : spec.topology_spread)
    if (constraint.when_unsatisfiable == "DoNotSchedule") {
      sentences.push_back("the skew of topology spread is not counted: it may leave fewer nodes at a time");
      break;
    }
  if (!spec.scheduler_name.empty() && spec.scheduler_name != "default-scheduler")
    sentences.push_back("scheduler '" + spec.scheduler_name + "' is taken to filter as the default one does");
  if (!spec.runtime_class.empty() && subject.template_only)
    sentences.push_back("RuntimeClass '" + spec.runtime_class + "' may add a node selector and tolerations at admission; they are not counted");
  for (const auto& toleration : spec.tolerations)
    if (toleration.op == "Lt" || toleration.op == "Gt") sentences.push_back("a toleration with " + toleration.op + " is taken to tolerate: whether it does is a feature gate of the cluster");
  return sentences;
}

}  // namespace

const char* to_string(Reason::Filter filter) {
  switch (filter) {
    case Reason::Filter::node_name: return "nodeName";
    case Reason::Filter::unschedulable: return "unschedulable";
    case Reason::Filter::node_selector: return "nodeSelector";
    case Reason::Filter::affinity: return "nodeAffinity";
    case Reason::Filter::taint: return "taint";
    case Reason::Filter::spread: return "topologySpread";
    case Reason::Filter::gate: return "schedulingGate";
  }
  return "";
}

std::vector<Candidate> candidates_of(const resource::Snapshot& snapshot) {
  std::vector<Candidate> all;
  for (const auto& node : snapshot.nodes)
    all.push_back({.name = node.meta.name, .labels = node.meta.labels, .taints = node.taints, .unschedulable = node.unschedulable, .origin = node.meta.origin,
                   .unschedulable_origin = node.unschedulable_origin});
  return all;
}

Placement place(const Subject& subject, const std::vector<Candidate>& candidates) {
  Placement placement{.subject = subject, .nodes = {}, .not_counted = not_counted(subject)};
  const auto tolerations = effective_tolerations(subject);
  for (const auto& candidate : candidates) {
    NodePlacement node;
    node.landing = Filters(subject, tolerations, candidate, &node).run();
    node.runs_there = candidate.labels_complete && std::binary_search(subject.running_on.begin(), subject.running_on.end(), candidate.name);
    placement.nodes.push_back(std::move(node));
  }
  return placement;
}

Landing landing(const Subject& subject, const Candidate& candidate) { return Filters(subject, effective_tolerations(subject), candidate, nullptr).run(); }

}  // namespace npverify::placement
