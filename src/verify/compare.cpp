// equiv and diff: what is compared, and what of it can be blamed. How, is comparison.h.
#include "verify/compare.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "semantics/rules.h"
#include "verify/comparison.h"
#include "verify/limits.h"
#include "verify/slices.h"
#include "world/namespaces.h"

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

size_t policies_in_all(const resource::Snapshot& snapshot, const Options& options) {
  size_t count = snapshot.network_policies.size();
  for (const auto& [name, policies] : options.unread) count += policies;
  return count;
}

/// `names`: namespaces that matter though the snapshot may not name them; those left unread are added.
world::Universe universe_of(const resource::Snapshot& snapshot, const Options& options, std::set<std::string> names = {}) {
  world::Universe universe = world::make_universe(snapshot, options.universe, options.peers);
  for (const auto& [name, policies] : options.unread) names.insert(name);
  if (!names.empty()) world::add_namespaces(universe, std::move(names));
  return universe;
}

void leave_unread(Sides& sides, const Options& options) {
  for (const auto& [name, policies] : options.unread) sides.unread.insert(name);
  sides.namespaces.insert(sides.unread.begin(), sides.unread.end());
}

void note_profile(const Profile& profile, const Options& options, Limits& limits) {
  for (const auto& [id, axis] : profile.axes)
    if (axis.gap()) limits.gaps.push_back("axis " + id + ": " + semantics::missing_evidence(profile, axis));
  note_assumed(profile, options.datapath ? AxesAsked::all : AxesAsked::without_drops, limits);
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

// Does the universe hold a flow of a pod?
smt::Answer holds_pods(Question& question) {
  Pool& pool = question.pool();
  return question.ask({pool.either(pool.kind_is(logic::Role::source, logic::EndpointKind::pod), pool.kind_is(logic::Role::destination, logic::EndpointKind::pod))}, "domain").answer;
}

/// False where the universe holds none, which makes the answer vacuous. A fact of no namespace, whatever the policies: `remembered` where an
/// earlier run found it out.
bool has_pods(Question& question, const Options& options, ComparisonResult& result, bool& remembered) {
  const char* fact = "pods are in the universe";
  remembered = options.memory && options.memory->recall(fact, "");
  const smt::Answer answer = remembered ? smt::Answer::sat : holds_pods(question);
  if (answer == smt::Answer::unsat) {
    result.verdict = Verdict::vacuous;
    result.reason = std::string("the universe '") + world::to_string(options.universe) + "' holds no flow of a pod: the manifests have no pods of that kind";
  } else if (options.memory && answer == smt::Answer::sat && !remembered) {
    options.memory->learn(fact, "", 1);
  }
  return answer != smt::Answer::unsat;
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
  tell(options, "translating policies");
  Pool pool;
  const world::Universe universe = universe_of(snapshot, options);
  const auto facts = facts_of(universe);
  Sides sides{.left = policy::read_policies(pool, snapshot, facts, left), .right = policy::read_policies(pool, snapshot, facts, right)};
  for (const auto& [id, axis] : left.axes)
    if (!same_answer(left, right, id)) sides.switches.push_back({Switch::Kind::axis, id});
  const PoliciesByNamespace policies = policies_by_namespace(snapshot);
  for (const auto& [name, indices] : policies) sides.namespaces.insert(name);
  leave_unread(sides, options);
  sides.alterable = sides.namespaces;
  const auto switches = sides.switches;
  sides.right_with = [&, switches](const std::set<size_t>& on, const std::set<std::string>& namespaces) {
    Profile profile = right;
    for (const size_t i : on) profile = with_answer(std::move(profile), left, switches[i].name);
    const auto only = policies_of(policies, namespaces);
    return policy::read_policies(pool, snapshot, facts, profile, &only);
  };
  ComparisonResult result{.universe = options.universe};
  describe(result, sides.left, sides.right);
  result.assumptions = universe.assumptions;
  result.counts["policies"] = policies_in_all(snapshot, options);
  result.counts["namespaces"] = snapshot.namespaces.size() + universe.unlabelled_namespaces.size();
  note_unmodelled(snapshot, result.limits);
  note_unknown_pods(snapshot, options.universe, result.limits);
  note_profile(left, options, result.limits);
  if (!same_reading(left, right)) note_profile(right, options, result.limits);
  const bool closed_by_default = sides.left.ingress.unisolated_denied || sides.right.ingress.unisolated_denied;
  if (sides.namespaces.empty() && !closed_by_default) {
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
  bool remembered = false;
  if (!has_pods(question, options, result, remembered)) return result;
  tell(options, "comparing");
  Comparison(question, std::move(sides), options).run(result, {Change::none});
  if (remembered) ++result.counts["queries"];
  rank(result);
  return result;
}

namespace {

using LabelsByNamespace = std::map<std::string, resource::Labels>;

/// Namespaces that both snapshots declare, with other labels, and the labels they have on each side.
struct Relabelled {
  LabelsByNamespace before, after;
};

Relabelled relabelled(const resource::Snapshot& a, const resource::Snapshot& b) {
  Relabelled found;
  std::unordered_map<std::string, const resource::Labels*> after;
  for (const auto& ns : b.namespaces) after.emplace(ns.meta.name, &ns.meta.labels);
  for (const auto& ns : a.namespaces)
    if (const auto it = after.find(ns.meta.name); it != after.end() && *it->second != ns.meta.labels) {
      found.before[ns.meta.name] = ns.meta.labels;
      found.after[ns.meta.name] = *it->second;
    }
  return found;
}

// What policies ask of the labels of these namespaces, answered by `labels`, so that an edited label is part of the difference.
class SettledLabels {
 public:
  SettledLabels(Pool& pool, const LabelsByNamespace& labels) : pool_(pool), labels_(labels) {}

  void settle(Reading& reading) {
    if (labels_.empty()) return;
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

 private:
  void settle(Expr& e) {
    e = pool_.substitute(e, [&](Expr atom) -> std::optional<Expr> {
      const logic::Atom a = pool_.atom_of(atom);
      if (a.kind != logic::AtomKind::namespace_label_is && a.kind != logic::AtomKind::namespace_label_exists) return std::nullopt;
      const auto [it, fresh] = settled_.try_emplace(atom.id);
      if (fresh) it->second = settled(atom, a);
      return it->second;
    });
  }

  Expr settled(Expr atom, const logic::Atom& a) {
    std::vector<Expr> known, having;
    for (const auto& [name, labels] : labels_) {
      known.push_back(pool_.namespace_is(a.role, name));
      const auto label = labels.find(pool_.text(a.name));
      if (label != labels.end() && (a.kind == logic::AtomKind::namespace_label_exists || label->second == pool_.text(a.value))) having.push_back(known.back());
    }
    return pool_.either(pool_.disjunction(having), pool_.both(pool_.negation(pool_.disjunction(known)), atom));
  }

  Pool& pool_;
  const LabelsByNamespace& labels_;
  std::unordered_map<uint32_t, Expr> settled_;
};

/// Objects of the older side that the newer lacks: pods of either are in the question.
template <typename Object, typename Kind>
void add_missing(std::vector<Object>& objects, const std::vector<Object>& older, Kind kind_of) {
  const auto name_of = [&](const Object& one) { return one.meta.namespace_name + "/" + kind_of(one) + "/" + one.meta.name; };
  std::unordered_set<std::string> known;
  for (const Object& one : objects) known.insert(name_of(one));
  for (const Object& one : older)
    if (!known.contains(name_of(one))) objects.push_back(one);
}

/// What both sides hold, but for the policies: these are many, and only their namespaces matter to who is in the question.
resource::Snapshot joined(const resource::Snapshot& a, const resource::Snapshot& b) {
  resource::Snapshot both{.namespaces = b.namespaces, .nodes = b.nodes, .service_accounts = b.service_accounts, .services = b.services, .endpoints = b.endpoints, .pods = b.pods, .workloads = b.workloads,
                          .configurations = b.configurations, .unmodelled = b.unmodelled};
  std::unordered_set<std::string> declared;
  for (const auto& ns : b.namespaces) declared.insert(ns.meta.name);
  for (const auto& ns : a.namespaces)
    if (!declared.contains(ns.meta.name)) both.namespaces.push_back(ns);
  add_missing(both.workloads, a.workloads, [](const resource::Workload& one) { return one.kind; });
  add_missing(both.pods, a.pods, [](const resource::Pod&) { return std::string(); });
  const auto stands = [&](const resource::Node& node) {
    return std::any_of(b.nodes.begin(), b.nodes.end(), [&](const resource::Node& other) {
      return other.meta.name == node.meta.name && other.meta.labels == node.meta.labels && other.addresses == node.addresses && other.pod_cidrs == node.pod_cidrs;
    });
  };
  std::copy_if(a.nodes.begin(), a.nodes.end(), std::back_inserter(both.nodes), std::not_fn(stands));
  both.configurations.insert(both.configurations.end(), a.configurations.begin(), a.configurations.end());
  for (const auto& kind : a.unmodelled) both.unmodelled.push_back(kind);
  return both;
}

/// A policy before and after; nullptr where it is missing.
struct Versions {
  const resource::NetworkPolicy *before = nullptr, *after = nullptr;
  std::optional<size_t> of_switch;  ///< absent: both versions read alike
};
using VersionsByName = std::map<std::string, std::map<std::string, Versions>>;  ///< namespace, then policy

VersionsByName versions_of(const resource::Snapshot& a, const resource::Snapshot& b) {
  VersionsByName versions;
  for (const auto& p : a.network_policies) versions[p.meta.namespace_name][p.meta.name].before = &p;
  for (const auto& p : b.network_policies) versions[p.meta.namespace_name][p.meta.name].after = &p;
  return versions;
}

// What a reading makes of one policy: in each direction its selector and rules, or that it does not isolate.
using Meaning = std::vector<Expr>;

std::unordered_map<std::string, Meaning> meanings_of(const Reading& reading) {
  std::unordered_map<std::string, Meaning> meanings;
  for (const Direction d : policy::both_directions)
    for (const auto& p : reading.direction(d).policies) {
      Meaning& meaning = meanings[p.id()];
      meaning.push_back(d == Direction::ingress ? logic::True : logic::False);
      meaning.push_back(p.selector);
      for (const auto& rule : p.rules) meaning.insert(meaning.end(), {rule.peer, rule.ports});
    }
  return meanings;
}

// The policies that the two sides read differently: equal handles are equal meanings. In a namespace with a gap, whose formula does not tell
// which policy it comes from, every policy counts.
std::set<std::string> changed_policies(const Reading& left, const Reading& right, const VersionsByName& versions) {
  const auto before = meanings_of(left), after = meanings_of(right);
  const auto silent = [&](const std::string& name) {
    return std::any_of(std::begin(policy::both_directions), std::end(policy::both_directions),
                       [&](Direction d) { return left.direction(d).gaps_by_namespace.contains(name) || right.direction(d).gaps_by_namespace.contains(name); });
  };
  std::set<std::string> changed;
  for (const auto& [ns, policies] : versions) {
    const bool has_gap = silent(ns);
    for (const auto& [name, both] : policies) {
      const std::string id = ns + "/" + name;
      const auto x = before.find(id), y = after.find(id);
      const bool same = x == before.end() ? y == after.end() : y != after.end() && x->second == y->second;
      if (!same || has_gap) changed.insert(id);
    }
  }
  return changed;
}

// Namespaces of which some policy reads differently, its labels and those of its peers' namespaces settled.
std::set<std::string> namespaces_that_differ(const Reading& left, const Reading& right, const std::set<std::string>& changed) {
  std::set<std::string> names;
  for (const auto& id : changed) names.insert(id.substr(0, id.find('/')));
  for (const Direction d : policy::both_directions) {
    const auto &a = left.direction(d), &b = right.direction(d);
    std::unordered_map<std::string, const policy::Policy*> before;
    for (const auto& p : a.policies) before[p.id()] = &p;
    for (const auto& p : b.policies)
      if (const auto it = before.find(p.id()); it != before.end() && !std::equal(p.rules.begin(), p.rules.end(), it->second->rules.begin(), it->second->rules.end(), [](const auto& x, const auto& y) { return x.peer == y.peer && x.ports == y.ports; }))
        names.insert(p.namespace_name);
  }
  return names;
}

}  // namespace

ComparisonResult diff(const resource::Snapshot& old_snapshot, const resource::Snapshot& new_snapshot, const Profile& profile, const Options& options) {
  tell(options, "translating policies");
  Pool pool;
  const resource::Snapshot both = joined(old_snapshot, new_snapshot);
  VersionsByName versions = versions_of(old_snapshot, new_snapshot);
  std::set<std::string> with_policies;
  for (const auto& [name, policies] : versions) with_policies.insert(with_policies.end(), name);
  world::Universe universe = universe_of(both, options, with_policies);
  const auto facts = facts_of(universe);
  const Relabelled labels = relabelled(old_snapshot, new_snapshot);
  std::erase_if(universe.namespaces, [&](const auto& ns) { return labels.before.contains(ns.meta.name); });
  for (const auto& [name, of_before] : labels.before) universe.unlabelled_namespaces.push_back(name);
  Sides sides{.left = policy::read_policies(pool, old_snapshot, facts, profile), .right = policy::read_policies(pool, new_snapshot, facts, profile), .one_profile = true};
  sides.namespaces = with_policies;
  leave_unread(sides, options);
  const std::set<std::string> changed = changed_policies(sides.left, sides.right, versions);
  SettledLabels(pool, labels.before).settle(sides.left);
  SettledLabels(pool, labels.after).settle(sides.right);
  sides.alterable = namespaces_that_differ(sides.left, sides.right, changed);
  // A switch a changed policy: with it set, the right side has the old policy of that name (or none). And one a namespace with other labels.
  for (const auto& id : changed) {
    const std::string ns = id.substr(0, id.find('/'));
    versions.at(ns).at(id.substr(ns.size() + 1)).of_switch = sides.switches.size();
    sides.switches.push_back({Switch::Kind::policy, id, ns});
  }
  const size_t first_label_switch = sides.switches.size();
  for (const auto& [name, of_before] : labels.before) sides.switches.push_back({Switch::Kind::namespace_labels, name, name});
  const std::vector<Switch> switches = sides.switches;
  sides.right_with = [&, switches](const std::set<size_t>& on, const std::set<std::string>& namespaces) {
    resource::Snapshot mixed;
    for (const auto& name : namespaces) {
      const auto found = versions.find(name);
      if (found == versions.end()) continue;
      for (const auto& [policy, of_policy] : found->second)
        if (const auto* p = of_policy.of_switch && on.contains(*of_policy.of_switch) ? of_policy.before : of_policy.after) mixed.network_policies.push_back(*p);
    }
    LabelsByNamespace mixed_labels = labels.after;
    for (const size_t i : on)
      if (i >= first_label_switch) mixed_labels[switches[i].name] = labels.before.at(switches[i].name);
    Reading reading = policy::read_policies(pool, mixed, facts, profile);
    SettledLabels(pool, mixed_labels).settle(reading);
    return reading;
  };
  ComparisonResult result{.universe = options.universe};
  describe(result, sides.left, sides.right);
  result.assumptions = universe.assumptions;
  result.counts["policies"] = policies_in_all(new_snapshot, options);
  result.counts["policiesBefore"] = policies_in_all(old_snapshot, options);
  note_unmodelled(both, result.limits);
  note_unknown_pods(both, options.universe, result.limits);
  note_profile(profile, options, result.limits);
  if (sides.namespaces.empty()) {
    result.verdict = Verdict::vacuous;
    result.reason = "no NetworkPolicy was loaded on either side";
    return result;
  }
  Question question(pool, universe, solver_options(options));
  bool remembered = false;
  if (!has_pods(question, options, result, remembered)) return result;
  tell(options, "comparing");
  Comparison(question, std::move(sides), options).run(result, {Change::opened, Change::closed});
  if (remembered) ++result.counts["queries"];
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
