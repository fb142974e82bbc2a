// equiv and diff: what is compared, and what of it can be blamed. How, is comparison.h.
#include "verify/compare.h"

#include <algorithm>

#include "semantics/rules.h"
#include "verify/comparison.h"

namespace npverify::verify {
namespace {

using logic::Expr;
using logic::Pool;
using policy::Direction;
using policy::Reading;
using semantics::Profile;

policy::ClusterFacts facts_of(const world::Universe& universe) { return {universe.addresses.ipv4, universe.addresses.ipv6}; }

SolverOptions solver_options(const Options& options) {
  SolverOptions solver{.second_solver = options.second_solver, .dump_smt2 = options.dump_smt2, .proofs = options.proofs};
  solver.limits.timeout = options.timeout;
  return solver;
}

// Labels and constants of a view may come from options, so the option counts as part of the axis.
bool same_answer(const Profile& a, const Profile& b, const std::string& axis) {
  const auto &x = a.axis(axis), &y = b.axis(axis);
  if (x.rule != y.rule || x.parameters != y.parameters) return false;
  if (axis != "labels.keys") return true;
  const auto value = [](const Profile& p, const char* name) { return p.options.contains(name) ? p.options.at(name).value : std::string(); };
  return value(a, "labels") == value(b, "labels") && value(a, "cluster-name") == value(b, "cluster-name");
}

Profile with_answer(Profile profile, const Profile& donor, const std::string& axis) {
  profile = semantics::Encodings::with_axis(profile, axis, donor);
  if (axis == "labels.keys")
    for (const char* name : {"labels", "cluster-name"}) {
      profile.options.erase(name);
      if (donor.options.contains(name)) profile.options[name] = donor.options.at(name);
    }
  return profile;
}

std::vector<uint32_t> policies_of(const resource::Snapshot& snapshot, const std::vector<std::string>& namespaces) {
  std::vector<uint32_t> indices;
  for (uint32_t i = 0; i < snapshot.network_policies.size(); ++i)
    if (std::find(namespaces.begin(), namespaces.end(), snapshot.network_policies[i].meta.namespace_name) != namespaces.end()) indices.push_back(i);
  return indices;
}

void note_assumed(const Profile& profile, Limits& limits) {
  for (const auto& [id, axis] : profile.axes) {
    if (axis.gap()) limits.gaps.push_back("axis " + id + ": " + semantics::missing_evidence(profile, axis));
    if (!axis.gap() && axis.confidence == semantics::Confidence::assumed) limits.approximations.push_back("axis " + id + " of " + profile.name() + " is assumed: " + axis.sentence);
  }
}

// Everything that could carry policy and was read past makes the answer partial.
void note_unmodelled(const resource::Snapshot& snapshot, Limits& limits) {
  for (const auto& kind : snapshot.unmodelled) {
    if (!kind.carries_policy) continue;
    limits.partial = true;
    limits.not_modelled.push_back(kind.kind + " (" + kind.api_version + "): " + std::to_string(kind.objects.size()) + (kind.objects.size() == 1 ? " object" : " objects") + " that can carry policy");
  }
}

void note_datapath(const Reading& reading, Limits& limits) {
  for (const Direction d : policy::both_directions)
    for (const auto& drop : reading.direction(d).drops) {
      const std::string note = reading.profile.name() + ": " + drop.sentence;
      if (std::find(limits.datapath.begin(), limits.datapath.end(), note) == limits.datapath.end()) limits.datapath.push_back(note);
    }
}

void describe(ComparisonResult& result, const Reading& left, const Reading& right) {
  result.left = {left.profile, left.refused};
  result.right = {right.profile, right.refused};
  note_datapath(left, result.limits);
  if (right.profile.name() != left.profile.name() || right.profile.axes.size() != left.profile.axes.size()) note_datapath(right, result.limits);
}

bool same_reading(const Profile& a, const Profile& b) {
  if (a.cni != b.cni || a.version != b.version) return false;
  return std::equal(a.options.begin(), a.options.end(), b.options.begin(), b.options.end(), [](const auto& x, const auto& y) { return x.first == y.first && x.second.value == y.second.value; });
}

// Severities by what a difference does to the user: what the right side opens is worse than what it closes.
void rank(ComparisonResult& result) {
  for (size_t i = 0; i < result.findings.size(); ++i) {
    Finding& f = result.findings[i];
    const bool opens = f.witness.right.verdict() == oracle::EndVerdict::allow;
    f.severity = opens ? "critical" : "high";
  }
}

}  // namespace

ComparisonResult equiv(const resource::Snapshot& snapshot, const Profile& left, const Profile& right, const Options& options) {
  Pool pool;
  const world::Universe universe = world::make_universe(snapshot, options.universe, options.peers);
  const auto facts = facts_of(universe);
  Sides sides{.left = policy::read_policies(pool, snapshot, facts, left), .right = policy::read_policies(pool, snapshot, facts, right)};
  for (const auto& [id, axis] : left.axes)
    if (!same_answer(left, right, id)) sides.switches.push_back({id, true});
  const auto switches = sides.switches;
  sides.right_with = [&, switches](const std::set<size_t>& on, const std::vector<std::string>& namespaces) {
    Profile profile = right;
    for (const size_t i : on) profile = with_answer(std::move(profile), left, switches[i].name);
    if (namespaces.empty()) return policy::read_policies(pool, snapshot, facts, profile);
    const auto only = policies_of(snapshot, namespaces);
    return policy::read_policies(pool, snapshot, facts, profile, &only);
  };
  ComparisonResult result{.universe = options.universe};
  describe(result, sides.left, sides.right);
  result.assumptions = universe.assumptions;
  result.counts["policies"] = snapshot.network_policies.size();
  result.counts["namespaces"] = snapshot.namespaces.size() + universe.unlabelled_namespaces.size();
  note_unmodelled(snapshot, result.limits);
  note_assumed(left, result.limits);
  if (!same_reading(left, right)) note_assumed(right, result.limits);
  const bool closed_by_default = sides.left.ingress.unisolated_denied || sides.right.ingress.unisolated_denied;
  if (snapshot.network_policies.empty() && !closed_by_default) {
    result.verdict = Verdict::vacuous;
    result.reason = "no NetworkPolicy was loaded: there is nothing to compare";
    return result;
  }
  if (same_reading(left, right)) {
    result.verdict = Verdict::proved;  // one reading is one function of the policies: it agrees with itself, gaps included
    result.counts["findings"] = result.counts["queries"] = result.counts["slices"] = 0;
    return result;
  }
  Question question(pool, universe, solver_options(options));
  if (question.ask({pool.either(pool.kind_is(logic::Role::source, logic::EndpointKind::pod), pool.kind_is(logic::Role::destination, logic::EndpointKind::pod))}, "domain").answer == smt::Answer::unsat) {
    result.verdict = Verdict::vacuous;
    result.reason = std::string("the universe '") + world::to_string(options.universe) + "' holds no flow of a pod: the manifests have no pods of that kind";
    return result;
  }
  Comparison(question, std::move(sides), options).run(result, {Change::none});
  rank(result);
  return result;
}

namespace {

// Each side's namespace labels by its own Namespaces, so that an edited label is part of the difference.
void settle_namespace_labels(Pool& pool, Reading& reading, const resource::Snapshot& snapshot) {
  const auto settle = [&](Expr& e) {
    e = pool.substitute(e, [&](Expr atom) -> std::optional<Expr> {
      const logic::Atom a = pool.atom_of(atom);
      if (a.kind != logic::AtomKind::namespace_label_is && a.kind != logic::AtomKind::namespace_label_exists) return std::nullopt;
      std::vector<Expr> declared, having;
      for (const auto& ns : snapshot.namespaces) {
        declared.push_back(pool.namespace_is(a.role, ns.meta.name));
        const auto label = ns.meta.labels.find(pool.text(a.name));
        if (label != ns.meta.labels.end() && (a.kind == logic::AtomKind::namespace_label_exists || label->second == pool.text(a.value))) having.push_back(declared.back());
      }
      return pool.either(pool.disjunction(having), pool.both(pool.negation(pool.disjunction(declared)), atom));
    });
  };
  for (const Direction d : policy::both_directions)
    for (auto& p : reading.direction(d).policies) {
      settle(p.subject);
      settle(p.selector);
      for (auto& rule : p.rules) {
        settle(rule.peer);
        for (auto& term : rule.peer_terms) settle(term.when);
      }
    }
}

std::string content_key(const resource::NetworkPolicy& policy) { return policy.meta.namespace_name + "/" + policy.meta.name; }

resource::Snapshot joined(const resource::Snapshot& a, const resource::Snapshot& b) {
  resource::Snapshot both = b;
  for (const auto& policy : a.network_policies) both.network_policies.push_back(policy);
  for (const auto& ns : a.namespaces)
    if (!both.find_namespace(ns.meta.name)) both.namespaces.push_back(ns);
  both.nodes.insert(both.nodes.end(), a.nodes.begin(), a.nodes.end());
  both.configurations.insert(both.configurations.end(), a.configurations.begin(), a.configurations.end());
  for (const auto& kind : a.unmodelled) both.unmodelled.push_back(kind);
  return both;
}

bool same_namespaces(const resource::Snapshot& a, const resource::Snapshot& b) {
  return std::all_of(a.namespaces.begin(), a.namespaces.end(), [&](const auto& ns) {
    const auto* other = b.find_namespace(ns.meta.name);
    return !other || other->meta.labels == ns.meta.labels;
  });
}

}  // namespace

ComparisonResult diff(const resource::Snapshot& old_snapshot, const resource::Snapshot& new_snapshot, const Profile& profile, const Options& options) {
  Pool pool;
  const resource::Snapshot both = joined(old_snapshot, new_snapshot);
  world::Universe universe = world::make_universe(both, options.universe, options.peers);
  const auto facts = facts_of(universe);
  const bool settle = !same_namespaces(old_snapshot, new_snapshot);
  if (settle) universe.namespaces.clear();
  const auto read = [&](const resource::Snapshot& policies, const resource::Snapshot& labels, const std::vector<uint32_t>* only) {
    Reading reading = policy::read_policies(pool, policies, facts, profile, only);
    if (settle) settle_namespace_labels(pool, reading, labels);
    return reading;
  };
  Sides sides{.left = read(old_snapshot, old_snapshot, nullptr), .right = read(new_snapshot, new_snapshot, nullptr)};
  // A switch a policy name: with it set, the right side has the old policy of that name (or none).
  std::map<std::string, std::pair<const resource::NetworkPolicy*, const resource::NetworkPolicy*>> by_name;
  for (const auto& p : old_snapshot.network_policies) by_name[content_key(p)].first = &p;
  for (const auto& p : new_snapshot.network_policies) by_name[content_key(p)].second = &p;
  for (const auto& [name, pair] : by_name) sides.switches.push_back({name, false});
  const auto switches = sides.switches;
  sides.right_with = [&, switches](const std::set<size_t>& on, const std::vector<std::string>& namespaces) {
    resource::Snapshot mixed = on.size() == switches.size() ? old_snapshot : new_snapshot;
    mixed.network_policies.clear();
    for (size_t i = 0; i < switches.size(); ++i) {
      const auto& pair = by_name.at(switches[i].name);
      if (const auto* p = on.contains(i) ? pair.first : pair.second) mixed.network_policies.push_back(*p);
    }
    std::vector<uint32_t> only;
    if (!namespaces.empty()) only = policies_of(mixed, namespaces);
    return read(mixed, mixed, namespaces.empty() ? nullptr : &only);
  };
  ComparisonResult result{.universe = options.universe};
  describe(result, sides.left, sides.right);
  result.assumptions = universe.assumptions;
  result.counts["policies"] = new_snapshot.network_policies.size();
  result.counts["policiesBefore"] = old_snapshot.network_policies.size();
  note_unmodelled(both, result.limits);
  note_assumed(profile, result.limits);
  if (by_name.empty()) {
    result.verdict = Verdict::vacuous;
    result.reason = "no NetworkPolicy was loaded on either side";
    return result;
  }
  Question question(pool, universe, solver_options(options));
  Comparison(question, std::move(sides), options).run(result, {Change::opened, Change::closed});
  rank(result);
  return result;
}

int exit_code(const ComparisonResult& result) {
  switch (result.verdict) {
    case Verdict::violated: return 1;
    case Verdict::unknown:
    case Verdict::vacuous: return 3;
    case Verdict::proved: return result.limits.partial ? 3 : 0;
  }
  return 3;
}

}  // namespace npverify::verify
