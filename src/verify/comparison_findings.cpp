// A flow that differs becomes a finding: replayed, blamed on the fewest switches, and counted.
#include <algorithm>

#include "base/diagnostics.h"
#include "base/fingerprint.h"
#include "verify/comparison.h"
#include "verify/readings_by_namespace.h"

namespace npverify::verify {

using logic::Expr;
using policy::Direction;
using policy::DirectionReading;
using policy::Policy;
using policy::Reading;

namespace {

// What tells one finding from another: its change and its cause, whatever the flow that shows it.
std::string id_of(const Finding& finding) {
  std::string text = finding.change == Change::none ? "differs" : finding.change == Change::opened ? "opened" : "closed";
  for (const auto* names : {&finding.cause.axes, &finding.cause.changed})
    for (const auto& name : *names) text += "\n" + name;
  return base::fingerprint(text).substr(0, 16);
}

}  // namespace

std::optional<Finding> Comparison::witness_of(Change change, const std::vector<Expr>& asserted, const smt::Result& smallest) {
  Finding finding;
  finding.change = change;
  finding.witness = realise(pool_, question_.universe(), *smallest.assignment, pool_.atoms_of(asserted));
  Witness& w = finding.witness;
  need({w.source.namespace_name, w.destination.namespace_name});
  w.left = replay(pool_, sides_.left, sides_.left, w);
  w.right = replay(pool_, sides_.right, sides_.right, w);
  if (w.left.verdict() == w.right.verdict() || w.left.verdict() == oracle::EndVerdict::unknown || w.right.verdict() == oracle::EndVerdict::unknown)
    throw base::InternalError("a difference that the solver found does not hold in the oracle: " + w.source.name + " -> " + w.destination.name + " " + base::to_string(w.protocol) + "/" +
                              std::to_string(w.port) + ": left " + w.left.egress.reason + " / " + w.left.ingress.reason + ", right " + w.right.egress.reason + " / " + w.right.ingress.reason +
                              "\n" + smt::to_smtlib_script(pool_, asserted, "the query"));
  return finding;
}

bool Comparison::agree_with(const std::set<size_t>& on, const Witness& witness) {
  std::set<std::string> namespaces;
  for (const auto* end : {&witness.source, &witness.destination})
    if (end->kind == logic::EndpointKind::pod) namespaces.insert(end->namespace_name);
  const Reading right = sides_.right_with(on, namespaces);
  return replay(pool_, right, right, witness).verdict() == witness.left.verdict();
}

// The switches that can have a say in the verdicts of a witness. A policy does not where it selects neither end, before and after.
std::set<size_t> Comparison::bearing_on(const Witness& witness) {
  const world::Flow flow{.source = &witness.source, .destination = &witness.destination, .protocol = witness.protocol, .port = witness.port, .family = witness.family};
  const auto holds = [&](Expr e) { return pool_.evaluate(e, [&](const logic::Atom& atom) { return oracle::holds(pool_, atom, flow, {}); }); };
  std::set<std::string> selecting, silent;  // policies; namespaces with gaps, which name no policy
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      const world::Endpoint& end = flow.end(policy::subject_of(d));
      if (end.kind != logic::EndpointKind::pod) continue;
      const DirectionReading& side = reading->direction(d);
      for (const uint32_t index : policies_in(side, end.namespace_name))
        if (holds(side.policies[index].selector)) selecting.insert(side.policies[index].id());
      if (side.gaps_by_namespace.contains(end.namespace_name)) silent.insert(end.namespace_name);
    }
  std::set<size_t> bearing;
  for (size_t i = 0; i < sides_.switches.size(); ++i) {
    const Switch& one = sides_.switches[i];
    if (one.kind != Switch::Kind::policy || selecting.contains(one.name) || silent.contains(one.namespace_name)) bearing.insert(i);
  }
  return bearing;
}

// A smallest set by inclusion: one switch alone if one does, else all of them less those that are not needed.
std::set<size_t> Comparison::blame(const Witness& witness) {
  const std::set<size_t> bearing = bearing_on(witness);
  for (const size_t i : bearing)
    if (agree_with({i}, witness)) return {i};
  std::set<size_t> cause = bearing;
  base::require(agree_with(cause, witness), "two readings made equal still differ on a witness");
  for (const size_t i : bearing) {
    cause.erase(i);
    if (!agree_with(cause, witness)) cause.insert(i);
  }
  return cause;
}

void Comparison::count_affected(Finding& finding, const std::set<size_t>& cause) {
  const Altered& altered = altered_by(cause);
  if (!altered.reading) return;
  const std::string fact = with_switches("nothing altered by", cause);
  std::set<std::string> seen, touched, missing;  // policies; their namespaces; namespaces of which nothing is known
  for (const Direction d : policy::both_directions) {
    std::unordered_map<std::string, const Policy*> right;
    for (const auto& name : altered.namespaces)
      for (const uint32_t index : policies_in(sides_.right.direction(d), name)) right[sides_.right.direction(d).policies[index].id()] = &sides_.right.direction(d).policies[index];
    for (const Policy& p : altered.reading->direction(d).policies) {
      const auto it = right.find(p.id());
      if ((it != right.end() && canonical_.same(p, *it->second, policy::peer_of(d))) || !seen.insert(p.id()).second) continue;
      touched.insert(p.namespace_name);
      ++finding.policies_affected;
      if (finding.more.size() < 5)
        finding.more.push_back({.namespace_name = p.namespace_name, .name = p.name, .file = p.origin.span.file ? p.origin.span.file->name : "", .line = p.origin.span.line});
    }
  }
  for (const auto& name : altered.namespaces) {
    if (!sides_.unread.contains(name)) {
      if (!touched.contains(name)) learn(fact, name, 0);
    } else if (!recall(fact, name)) {
      missing.insert(name);
    }
  }
  need(missing);
}

void Comparison::complete(Finding& finding, Change change, const std::set<size_t>& cause) {
  for (const size_t i : cause) {
    const bool axis = sides_.switches[i].kind == Switch::Kind::axis;
    (axis ? finding.cause.axes : finding.cause.changed).push_back(sides_.switches[i].name);
  }
  finding.id = id_of(finding);
  finding.cause.policies = deciding_places(sides_.left, finding.witness.left, change == Change::none ? "on the left" : "before");
  for (auto& place : deciding_places(sides_.right, finding.witness.right, change == Change::none ? "on the right" : "after")) {
    const auto same = std::find_if(finding.cause.policies.begin(), finding.cause.policies.end(), [&](const PolicyPlace& p) {
      return p.namespace_name == place.namespace_name && p.name == place.name && p.field == place.field && p.file == place.file && p.line == place.line;
    });
    if (same == finding.cause.policies.end())
      finding.cause.policies.push_back(std::move(place));
    else
      same->role += "; " + place.role;
  }
  count_affected(finding, cause);
}

}  // namespace npverify::verify
