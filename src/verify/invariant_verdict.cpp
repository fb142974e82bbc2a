// From what the search found to a verdict that can be shown: realised, replayed by the oracle, and told.
#include <algorithm>

#include "base/diagnostics.h"
#include "verify/invariant_run.h"

namespace npverify::verify {

using oracle::EndDecision;
using oracle::EndVerdict;
using policy::Direction;
using policy::Reading;

namespace {

std::string flow_text(const Witness& w) {
  return w.source.name + " -> " + w.destination.name + " " + base::to_string(w.protocol) + (w.protocol == base::Protocol::icmp ? "" : "/" + std::to_string(w.port));
}

std::string told(const oracle::FlowVerdict& v) {
  const auto end = [](const char* name, const EndDecision& d) {
    if (d.verdict == EndVerdict::unpoliced) return std::string();
    return std::string(name) + " " + oracle::to_string(d.verdict) + " (" + d.reason + ")";
  };
  const std::string out = end("egress", v.egress), in = end("ingress", v.ingress);
  if (out.empty() && in.empty()) return "no policy applies at either end";
  return out + (out.empty() || in.empty() ? "" : ", ") + in;
}

[[noreturn]] void refuse(const ProofContext& context, const Witness& w, const oracle::FlowVerdict& v) {
  throw base::InternalError("a flow that the solver found for invariant '" + context.invariant.id + "' does not hold in the oracle: " + flow_text(w) + ": " + told(v));
}

std::vector<std::string> namespaces_of(const Witness& w) {
  std::vector<std::string> names;
  for (const auto* end : {&w.source, &w.destination})
    if (end->kind == logic::EndpointKind::pod) names.push_back(end->namespace_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Witness InvariantRun::witness_of(const Found& found) const { return realise(pool_, universe_, found.assignment, found.mentioned); }

void InvariantRun::find_relevant(const std::vector<Flows>& all) {
  std::set<std::string> with_policies, relevant;
  for (const auto& policy : context_.snapshot.network_policies) with_policies.insert(policy.meta.namespace_name);
  const std::vector<std::string> names(with_policies.begin(), with_policies.end());
  for (const Flows& flows : all) {
    for (const auto& name : candidate_namespaces(pool_, flows.from, logic::Role::source, universe_, names)) relevant.insert(name);
    for (const auto& name : candidate_namespaces(pool_, flows.to, logic::Role::destination, universe_, names)) relevant.insert(name);
  }
  relevant_.assign(relevant.begin(), relevant.end());
}

void InvariantRun::decide_each(const std::vector<Flows>& all, const Search& search, const Breaks& breaks) {
  find_relevant(all);
  if (!occupied(all)) return;
  for (const semantics::Profile& profile : context_.profiles) {
    const Reading reading = read(profile, relevant_);
    const std::optional<Found> found = search(reading);
    if (found && found->definite) return tell_violated(*found, reading, breaks);
    if (found) tell_gap(*found, reading);
  }
  conclude();
}

// Nothing breaks the invariant for sure. Whatever keeps that from being a proof is named, most pointed first.
void InvariantRun::conclude() {
  InvariantResult& result = answer_.result;
  std::vector<std::string> reasons = caps_;
  if (!gap_.empty()) reasons.insert(reasons.begin(), gap_);
  if (!open_.empty()) reasons.push_back("the solver did not decide (" + open_ + ")");
  result.verdict = reasons.empty() ? Verdict::proved : Verdict::unknown;
  for (const std::string& reason : reasons) result.reason += (result.reason.empty() ? "" : "; ") + reason;
}

void InvariantRun::recheck(const Found& found, const Witness& w) const {
  std::vector<const world::Endpoint*> pods;
  for (const auto* end : {&w.source, &w.destination})
    if (end->kind == logic::EndpointKind::pod) pods.push_back(end);
  for (const auto& pod : w.bystanders) pods.push_back(&pod);
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(pods)};
  const world::Flow flow{.source = &w.source, .destination = &w.destination, .protocol = w.protocol, .port = w.port, .family = w.family};
  for (const logic::Expr e : found.asserted)
    if (!pool_.evaluate(e, [&](const logic::Atom& atom) { return oracle::holds(pool_, atom, flow, cluster); }))
      throw base::InternalError("the witness of invariant '" + context_.invariant.id + "' is no answer to its question: " + flow_text(w) + " does not satisfy " + pool_.to_smtlib(e));
}

void InvariantRun::tell_violated(const Found& found, const Reading& reading, const Breaks& breaks) {
  InvariantResult& result = answer_.result;
  Witness witness = witness_of(found);
  witness.left = replay(pool_, reading, reading, witness);
  if (!breaks(witness.left)) refuse(context_, witness, witness.left);
  recheck(found, witness);
  result.verdict = Verdict::violated;
  result.profile = reading.profile.name();
  result.reason = flow_text(witness) + ": " + told(witness.left);
  const bool at_host = witness.source.kind == logic::EndpointKind::host || witness.destination.kind == logic::EndpointKind::host;
  if (at_host)
    for (const std::string& said : said_of_hosts_) result.reason += "; " + said;
  result.policies = deciding_places(reading, witness.left, "");
  for (auto& place : result.policies)
    if (place.role.ends_with(", ")) place.role.resize(place.role.size() - 2);
  if (context_.reference && context_.reference->name() != reading.profile.name()) result.axes = axes_of(witness, reading.profile, *context_.reference, breaks);
  result.witness = std::move(witness);
}

void InvariantRun::tell_different(const Found& found, const Reading& left, const Reading& right, Direction direction) {
  InvariantResult& result = answer_.result;
  Witness witness = witness_of(found);
  witness.left = replay(pool_, left, left, witness);
  witness.right = replay(pool_, right, right, witness);
  recheck(found, witness);
  const auto at = [&](const oracle::FlowVerdict& v) { return (direction == Direction::ingress ? v.ingress : v.egress).verdict; };
  if (at(witness.left) == at(witness.right) || at(witness.left) == EndVerdict::unknown || at(witness.right) == EndVerdict::unknown) refuse(context_, witness, witness.left);
  result.verdict = Verdict::violated;
  result.profile = left.profile.name();
  result.reason = flow_text(witness) + ": " + left.profile.name() + ": " + told(witness.left) + "; " + right.profile.name() + ": " + told(witness.right);
  result.policies = deciding_places(left, witness.left, "under " + left.profile.name());
  for (auto& place : deciding_places(right, witness.right, "under " + right.profile.name())) result.policies.push_back(std::move(place));
  const EndVerdict wanted = at(witness.left);
  result.axes = axes_of(witness, right.profile, left.profile, [&](const oracle::FlowVerdict& v) { return at(v) != wanted; });
  result.witness = std::move(witness);
}

// An axis bears on the witness where the donor's answer to it alone would make the flow an innocent one.
std::vector<std::string> InvariantRun::axes_of(const Witness& witness, const semantics::Profile& profile, const semantics::Profile& donor, const Breaks& breaks) {
  std::vector<std::string> out;
  const std::vector<std::string> namespaces = namespaces_of(witness);
  for (const auto& [id, axis] : profile.axes) {
    if (axis.rule == donor.axis(id).rule && axis.parameters == donor.axis(id).parameters) continue;
    const Reading changed = read(semantics::Encodings::with_axis(profile, id, donor), namespaces);
    if (!breaks(replay(pool_, changed, changed, witness))) out.push_back(id);
  }
  return out;
}

void InvariantRun::tell_gap(const Found& found, const Reading& reading) {
  const Witness witness = witness_of(found);
  const oracle::FlowVerdict v = replay(pool_, reading, reading, witness);
  for (const EndDecision* end : {&v.egress, &v.ingress}) {
    if (end->verdict != EndVerdict::unknown) continue;
    answer_.gaps.insert(reading.profile.name() + ": " + end->reason);
    if (gap_.empty()) gap_ = reading.profile.name() + " does not say: " + end->reason + " (" + flow_text(witness) + ")";
    if (!end->axis.empty() && std::find(answer_.result.axes.begin(), answer_.result.axes.end(), end->axis) == answer_.result.axes.end()) answer_.result.axes.push_back(end->axis);
  }
}

}  // namespace npverify::verify
