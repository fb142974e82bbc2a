#include "reach/evaluation.h"

#include "base/diagnostics.h"
#include "world/universe.h"

namespace npverify::reach {
namespace {

policy::ClusterFacts facts_of(const resource::Snapshot& snapshot) {
  const world::AddressPlan plan = world::plan_addresses(snapshot);
  return {plan.ipv4, plan.ipv6};
}

bool decides_alone(const oracle::EndDecision& d) { return d.verdict == oracle::EndVerdict::unpoliced || d.by == oracle::EndDecision::By::not_isolated; }

}  // namespace

std::string no_such_end(const std::string& name, const world::Directory& directory) {
  const auto near = base::nearest(name, directory.names());
  return "no end '" + name + "' in the manifests; expected namespace/pod, ip:ADDRESS or node:NAME" + (near ? " (did you mean '" + *near + "'?)" : "");
}

struct Evaluation::State {
  State(const resource::Snapshot& snapshot, const semantics::Profile& profile)
      : reading(policy::read_policies(pool, snapshot, facts_of(snapshot), profile)), directory(snapshot, profile), evaluator(pool, reading, directory.running_pods()) {}
  logic::Pool pool;
  policy::Reading reading;
  world::Directory directory;
  Evaluator evaluator;
};

Evaluation::Evaluation(const resource::Snapshot& snapshot, const semantics::Profile& profile) : state_(std::make_unique<State>(snapshot, profile)) {}
Evaluation::~Evaluation() = default;

const policy::Reading& Evaluation::reading() const { return state_->reading; }

Evaluation::Answer Evaluation::answer(const std::string& source, const std::string& destination, base::Protocol protocol, base::Port port) {
  const world::Endpoint* ends[2] = {};
  const std::string* names[2] = {&source, &destination};
  std::string problem;
  for (int i = 0; i < 2; ++i) {
    ends[i] = state_->directory.find(*names[i]);
    if (!ends[i]) problem += (problem.empty() ? "" : "; ") + no_such_end(*names[i], state_->directory);
  }
  if (!problem.empty()) return {.problem = problem};
  const auto found = state_->evaluator.answer(*ends[0], *ends[1], protocol, port);
  return {.egress = found.egress, .ingress = found.ingress};
}

std::string Evaluation::Answer::reason() const {
  const oracle::EndVerdict whole = verdict();
  for (const auto* end : {egress, ingress})
    if (whole != oracle::EndVerdict::allow && end->verdict == whole) return end->reason;
  if (decides_alone(*egress) && !decides_alone(*ingress)) return ingress->reason;
  if (decides_alone(*ingress) && !decides_alone(*egress)) return egress->reason;
  return egress->reason == ingress->reason ? egress->reason : egress->reason + "; " + ingress->reason;
}

}  // namespace npverify::reach
