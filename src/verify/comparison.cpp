#include "verify/comparison.h"

#include <algorithm>

#include "base/diagnostics.h"

namespace npverify::verify {
namespace {

using logic::Expr;
using logic::Pool;
using policy::Direction;
using policy::DirectionReading;
using policy::Policy;
using policy::Reading;

const std::vector<uint32_t>& policies_in(const DirectionReading& side, const std::string& name) {
  static const std::vector<uint32_t> none;
  const auto it = side.by_namespace.find(name);
  return it == side.by_namespace.end() ? none : it->second;
}

template <class T, class Equal>
bool alike(const std::vector<T>& a, const std::vector<T>& b, Equal equal) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

// What holds for every subject, whatever the policies. Drops count only where they are compared: else no flow in scope meets one.
bool same_frame(const DirectionReading& a, const DirectionReading& b, bool with_drops) {
  const auto same = [](const auto& x, const auto& y) { return x.when == y.when; };
  return a.enforced == b.enforced && a.unisolated_denied == b.unisolated_denied && (!with_drops || alike(a.drops, b.drops, same)) && alike(a.admits, b.admits, same) &&
         alike(a.gaps, b.gaps, [](const auto& x, const auto& y) { return x.when == y.when && x.scope == y.scope; });
}

std::set<std::string> all_namespaces(const Reading& a, const Reading& b) {
  std::set<std::string> names;
  for (const auto* reading : {&a, &b})
    for (const auto& name : policy_namespaces(*reading)) names.insert(name);
  return names;
}

}  // namespace

bool Comparison::same_policies(const DirectionReading& a, const DirectionReading& b, Direction direction, const std::string& name) {
  const auto &left = policies_in(a, name), &right = policies_in(b, name);
  return alike(left, right, [&](uint32_t x, uint32_t y) { return canonical_.same(a.policies[x], b.policies[y], policy::peer_of(direction)); });
}

std::vector<Comparison::Slice> Comparison::differing_slices(const Reading& right) {
  std::vector<Slice> slices;
  for (const Direction d : policy::both_directions) {
    const DirectionReading &a = sides_.left.direction(d), &b = right.direction(d);
    const bool frame = same_frame(a, b, options_.datapath);
    for (const auto& name : all_namespaces(sides_.left, right))
      if (!frame || !same_policies(a, b, d, name)) slices.push_back({d, name});
    if (!frame) slices.push_back({d, ""});
  }
  return slices;
}

policy::Verdict Comparison::slice_verdict(const Reading& reading, const Slice& slice) {
  const auto& side = reading.direction(slice.direction);
  return slice.namespace_name.empty() ? policy::verdict_elsewhere(pool_, side, slice.direction) : policy::verdict_in_namespace(pool_, side, slice.direction, slice.namespace_name);
}

// Flows that both datapaths leave to policy, unless the datapaths themselves are compared.
Expr Comparison::in_scope() {
  if (options_.datapath) return logic::True;
  std::vector<Expr> dropped;
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      const Expr is_pod = pool_.kind_is(policy::subject_of(d), logic::EndpointKind::pod);
      dropped.push_back(pool_.both(is_pod, policy::dropped(pool_, reading->direction(d))));
    }
  return pool_.negation(pool_.disjunction(std::move(dropped)));
}

Expr Comparison::differs(Change change, const FlowFormula& left, const FlowFormula& right) {
  const Expr known = pool_.negation(pool_.either(left.unknown, right.unknown));
  switch (change) {
    case Change::none: return pool_.both(known, pool_.different(left.allowed, right.allowed));
    case Change::opened: return pool_.conjunction({known, pool_.negation(left.allowed), right.allowed});
    case Change::closed: return pool_.conjunction({known, left.allowed, pool_.negation(right.allowed)});
  }
  return logic::False;
}

std::optional<Finding> Comparison::next_finding(Change change, const std::set<size_t>& known) {
  const Reading right_now = known.empty() ? sides_.right : sides_.right_with(known, {});
  for (const Slice& slice : differing_slices(right_now)) {
    ++slices_;
    if (auto finding = search(change, right_now, slice)) return finding;
  }
  return std::nullopt;
}

// One slice: first alone, then with the other end's policies, nearest first.
std::optional<Finding> Comparison::search(Change change, const Reading& right_now, const Slice& slice) {
  const policy::Verdict left = slice_verdict(sides_.left, slice), right = slice_verdict(right_now, slice);
  const logic::Role subject = policy::subject_of(slice.direction);
  const std::set<std::string> names = all_namespaces(sides_.left, sides_.right);
  std::vector<Expr> asserted{pool_.kind_is(subject, logic::EndpointKind::pod), in_scope(), pool_.different(left.allowed, right.allowed),
                             pool_.negation(pool_.either(left.unknown, right.unknown))};
  if (!slice.namespace_name.empty()) asserted.push_back(pool_.namespace_is(subject, slice.namespace_name));
  const std::string where = std::string(to_string(slice.direction)) + " of " + (slice.namespace_name.empty() ? "pods without policies" : slice.namespace_name);
  const smt::Result alone = question_.ask(asserted, "slice: " + where);
  if (alone.answer == smt::Answer::unsat) return std::nullopt;
  if (alone.answer == smt::Answer::unknown) {
    if (unknown_.empty()) unknown_ = where + ": " + alone.reason;
    return std::nullopt;
  }
  if (auto finding = confirm(change, right_now, slice, {}, true)) return finding;
  for (const auto& peer : names) {
    if (names.size() <= 12) break;  // few enough for one query below
    if (auto finding = confirm(change, right_now, slice, {peer}, false)) return finding;
  }
  return names.size() <= 12 ? confirm(change, right_now, slice, {names.begin(), names.end()}, false) : std::nullopt;
}

// The whole flow, the peer's end included. `peer_elsewhere`: the peer is no pod of a namespace with policies.
std::optional<Finding> Comparison::confirm(Change change, const Reading& right_now, const Slice& slice, const std::vector<std::string>& peers, bool peer_elsewhere) {
  const logic::Role subject = policy::subject_of(slice.direction), peer = policy::peer_of(slice.direction);
  const std::vector<std::string> own = slice.namespace_name.empty() ? std::vector<std::string>{} : std::vector<std::string>{slice.namespace_name};
  const auto flow = [&](const Reading& reading) {
    const bool ingress = slice.direction == Direction::ingress;
    return flow_verdict(pool_, reading, reading, ingress ? peers : own, ingress ? own : peers);
  };
  const FlowFormula left = flow(sides_.left);
  std::vector<Expr> asserted{pool_.kind_is(subject, logic::EndpointKind::pod), in_scope(), differs(change, left, flow(right_now)), differs(change, left, flow(sides_.right))};
  std::vector<Expr> in_names, in_peers;
  for (const auto& name : all_namespaces(sides_.left, sides_.right)) {
    in_names.push_back(pool_.namespace_is(peer, name));
    if (slice.namespace_name.empty()) asserted.push_back(pool_.negation(pool_.namespace_is(subject, name)));
  }
  for (const auto& name : peers) in_peers.push_back(pool_.namespace_is(peer, name));
  if (!own.empty()) asserted.push_back(pool_.namespace_is(subject, own[0]));
  asserted.push_back(peer_elsewhere ? pool_.negation(pool_.disjunction(in_names)) : pool_.disjunction(in_peers));
  const std::string title = "pair: " + std::string(to_string(slice.direction)) + " of " + slice.namespace_name;
  const smt::Result found = question_.ask(asserted, title);
  if (found.answer == smt::Answer::unknown && unknown_.empty()) unknown_ = title + ": " + found.reason;
  if (found.answer != smt::Answer::sat) return std::nullopt;
  const smt::Result smallest = question_.smallest(asserted, title + ", smallest");
  return witness_of(change, asserted, smallest.answer == smt::Answer::sat ? smallest : found);
}

std::optional<Finding> Comparison::witness_of(Change change, const std::vector<Expr>& asserted, const smt::Result& smallest) {
  Finding finding;
  finding.change = change;
  finding.witness = realise(pool_, question_.universe(), *smallest.assignment, pool_.atoms_of(asserted));
  Witness& w = finding.witness;
  w.left = replay(pool_, sides_.left, sides_.left, w);
  w.right = replay(pool_, sides_.right, sides_.right, w);
  if (w.left.verdict() == w.right.verdict() || w.left.verdict() == oracle::EndVerdict::unknown || w.right.verdict() == oracle::EndVerdict::unknown)
    throw base::InternalError("a difference that the solver found does not hold in the oracle: " + w.source.name + " -> " + w.destination.name + " " + base::to_string(w.protocol) + "/" +
                              std::to_string(w.port) + ": left " + w.left.egress.reason + " / " + w.left.ingress.reason + ", right " + w.right.egress.reason + " / " + w.right.ingress.reason +
                              "\n" + smt::to_smtlib_script(pool_, asserted, "the query"));
  return finding;
}

bool Comparison::agree_with(const std::set<size_t>& on, const Witness& witness) {
  std::vector<std::string> namespaces;
  for (const auto* end : {&witness.source, &witness.destination})
    if (end->kind == logic::EndpointKind::pod) namespaces.push_back(end->namespace_name);
  const Reading right = sides_.right_with(on, namespaces);
  return replay(pool_, right, right, witness).verdict() == witness.left.verdict();
}

// A smallest set by inclusion: one switch alone if one does, else all of them less those that are not needed.
std::set<size_t> Comparison::blame(const Witness& witness) {
  for (size_t i = 0; i < sides_.switches.size(); ++i)
    if (agree_with({i}, witness)) return {i};
  std::set<size_t> cause;
  for (size_t i = 0; i < sides_.switches.size(); ++i) cause.insert(i);
  base::require(agree_with(cause, witness), "two readings made equal still differ on a witness");
  for (size_t i = 0; i < sides_.switches.size(); ++i) {
    cause.erase(i);
    if (!agree_with(cause, witness)) cause.insert(i);
  }
  return cause;
}

void Comparison::count_affected(Finding& finding, const std::set<size_t>& cause) {
  const Reading changed = sides_.right_with(cause, {});
  std::set<std::string> seen;
  for (const Direction d : policy::both_directions) {
    std::map<std::string, const Policy*> right;
    for (const Policy& p : sides_.right.direction(d).policies) right[p.id()] = &p;
    for (const Policy& p : changed.direction(d).policies) {
      const auto it = right.find(p.id());
      if ((it != right.end() && canonical_.same(p, *it->second, policy::peer_of(d))) || !seen.insert(p.id()).second) continue;
      ++finding.policies_affected;
      if (finding.more.size() < 5)
        finding.more.push_back({.namespace_name = p.namespace_name, .name = p.name, .file = p.origin.span.file ? p.origin.span.file->name : "", .line = p.origin.span.line});
    }
  }
}

void Comparison::complete(Finding& finding, Change change, const std::set<size_t>& cause) {
  for (const size_t i : cause)
    if (sides_.switches[i].is_axis) finding.cause.axes.push_back(sides_.switches[i].name);
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

void Comparison::run(ComparisonResult& result, const std::vector<Change>& changes) {
  for (const Change change : changes) {
    std::set<size_t> known;
    while (result.findings.size() < options_.max_findings) {
      auto finding = next_finding(change, known);
      if (!finding) break;
      const std::set<size_t> cause = blame(finding->witness);
      complete(*finding, change, cause);
      result.findings.push_back(std::move(*finding));
      const size_t before = known.size();
      known.insert(cause.begin(), cause.end());
      if (known.size() == before || known.size() == sides_.switches.size()) break;
    }
  }
  decide_rest(result);
  result.counts["slices"] = slices_;
  result.counts["queries"] = question_.queries();
  result.counts["findings"] = result.findings.size();
}

// No difference left: proved, unless something stayed open or a gap of the encodings lies inside the universe.
void Comparison::decide_rest(ComparisonResult& result) {
  result.verdict = result.findings.empty() ? Verdict::proved : Verdict::violated;
  if (!unknown_.empty()) {
    result.limits.gaps.push_back(unknown_);
    if (result.findings.empty()) result.verdict = Verdict::unknown, result.reason = unknown_;
  }
  if (result.verdict != Verdict::proved) return;
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      if (reading->direction(d).gaps.empty()) continue;
      std::vector<std::string> names = policy_namespaces(*reading);
      names.push_back("");
      for (const auto& name : names) {
        // One CNI that is given the same policies decides alike, also where nobody says how.
        if (one_profile_ && same_frame(sides_.left.direction(d), sides_.right.direction(d), true) && same_policies(sides_.left.direction(d), sides_.right.direction(d), d, name)) continue;
        const Expr unknown = slice_verdict(*reading, {d, name}).unknown;
        if (unknown.is_false()) continue;
        const logic::Role subject = policy::subject_of(d);
        std::vector<Expr> asserted{unknown, in_scope(), pool_.kind_is(subject, logic::EndpointKind::pod)};
        if (!name.empty()) asserted.push_back(pool_.namespace_is(subject, name));
        if (question_.ask(asserted, "gap").answer == smt::Answer::unsat) continue;
        const auto& gaps = reading->direction(d).gaps;
        result.verdict = Verdict::unknown;
        result.reason = reading->profile.name() + " does not determine every flow: " + (gaps.empty() ? std::string("a gap") : gaps.front().axis + ": " + gaps.front().reason);
        return;
      }
    }
}

}  // namespace npverify::verify
