// Policies that one version prepares and another enforces. Nobody has measured what comes out where the two read differently; where both make the
// same formulas of a namespace's policies there is nothing to come out differently, and the formulas are one handle.
#include <algorithm>
#include <set>

#include "matrix/cluster.h"

namespace npverify::matrix {
namespace {

using policy::DirectionReading;
using policy::Reading;

bool alike(const policy::Policy& a, const policy::Policy& b) {
  return a.index == b.index && a.subject == b.subject &&
         std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(), [](const auto& x, const auto& y) { return x.peer == y.peer && x.ports == y.ports; });
}

template <typename T>
std::vector<const T*> of_namespace(const std::vector<T>& all, const std::map<std::string, std::vector<uint32_t>>& index, const std::string& name) {
  std::vector<const T*> out;
  if (const auto found = index.find(name); found != index.end())
    for (const uint32_t i : found->second) out.push_back(&all[i]);
  return out;
}

bool alike(const DirectionReading& a, const DirectionReading& b, const std::string& name) {
  const auto policies = [&](const DirectionReading& side) { return of_namespace(side.policies, side.by_namespace, name); };
  const auto gaps = [&](const DirectionReading& side) { return of_namespace(side.gaps, side.gaps_by_namespace, name); };
  const auto left = policies(a), right = policies(b);
  const auto own = gaps(a), other = gaps(b);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto* x, const auto* y) { return alike(*x, *y); }) &&
         std::equal(own.begin(), own.end(), other.begin(), other.end(), [](const auto* x, const auto* y) { return x->when == y->when && x->scope == y->scope && x->axis == y->axis; });
}

std::vector<uint32_t> refused_in(const Reading& reading, const std::string& name) {
  std::vector<uint32_t> out;
  for (const auto& refused : reading.refused)
    if (refused.namespace_name == name) out.push_back(refused.index);
  return out;
}

std::set<std::string> namespaces_of(const Reading& reading) {
  std::set<std::string> names;
  for (const policy::Direction direction : policy::both_directions)
    for (const auto& [name, policies] : reading.direction(direction).by_namespace) names.insert(name);
  for (const auto& refused : reading.refused) names.insert(refused.namespace_name);
  return names;
}

/// `gapped`, with the namespaces of `agreed` as `agent` reads them.
void take(DirectionReading& gapped, const DirectionReading& agent, const std::set<std::string>& agreed) {
  DirectionReading out{.drops = gapped.drops, .admits = gapped.admits, .unisolated_denied = gapped.unisolated_denied, .enforced = gapped.enforced, .policies = {}, .gaps = {}, .by_namespace = {}, .gaps_by_namespace = {}};
  for (const DirectionReading* side : {static_cast<const DirectionReading*>(&gapped), &agent}) {
    const auto wanted = [&](const std::string& name) { return agreed.contains(name) == (side == &agent); };
    for (const auto& policy : side->policies)
      if (wanted(policy.namespace_name)) out.policies.push_back(policy);
    for (const auto& gap : side->gaps)
      if (wanted(gap.namespace_name)) out.add(gap);
  }
  std::sort(out.policies.begin(), out.policies.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  for (uint32_t i = 0; i < out.policies.size(); ++i) out.by_namespace[out.policies[i].namespace_name].push_back(i);
  gapped = std::move(out);
}

void take_agreement(Reading& gapped, const Reading& agent, const Reading& controller) {
  std::set<std::string> agreed;
  for (const Reading* reading : {static_cast<const Reading*>(&gapped), &agent, &controller})
    for (const std::string& name : namespaces_of(*reading))
      if (alike(agent.egress, controller.egress, name) && alike(agent.ingress, controller.ingress, name) && refused_in(agent, name) == refused_in(controller, name)) agreed.insert(name);
  for (const policy::Direction direction : policy::both_directions) take(gapped.direction(direction), agent.direction(direction), agreed);
  std::erase_if(gapped.refused, [&](const auto& refused) { return agreed.contains(refused.namespace_name); });
  for (const auto& refused : agent.refused)
    if (agreed.contains(refused.namespace_name)) gapped.refused.push_back(refused);
  std::sort(gapped.refused.begin(), gapped.refused.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
}

}  // namespace

Reading read_policies(logic::Pool& expressions, const resource::Snapshot& snapshot, const policy::ClusterFacts& facts, const Pool& pool, const std::vector<uint32_t>* only) {
  Reading reading = policy::read_policies(expressions, snapshot, facts, pool.profile, only);
  if (pool.skewed.empty()) return reading;
  // Only what is a gap by the skew: the profile may answer an axis in another's words.
  semantics::Profile agent = pool.profile, controller = pool.profile;
  for (const Skew& skew : pool.skewed) {
    if (!pool.profile.axis(skew.axis).gap()) continue;
    agent.axes[skew.axis] = skew.agent;
    controller.axes[skew.axis] = skew.controller;
  }
  take_agreement(reading, policy::read_policies(expressions, snapshot, facts, agent, only), policy::read_policies(expressions, snapshot, facts, controller, only));
  for (const policy::Direction direction : policy::both_directions)
    for (policy::Gap& gap : reading.direction(direction).gaps)
      if (std::any_of(pool.skewed.begin(), pool.skewed.end(), [&](const Skew& skew) { return skew.axis == gap.axis; }))
        gap.reason = "axis " + gap.axis + ": the agent and the policy controller answer it differently (" + pool.label + "), and encodings hold no evidence for the pair";
  return reading;
}

}  // namespace npverify::matrix
