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

/// By the snapshot's policies and the profile alone, with the other end known.
bool read_plainly(const Readers& readers, const Knowledge& knowledge) { return !readers.policies && knowledge.may_know; }

std::vector<std::string> namespaces_of(const Witness& w) {
  std::vector<std::string> names;
  for (const auto* end : {&w.source, &w.destination})
    if (end->kind == logic::EndpointKind::pod) names.push_back(end->namespace_name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Witness InvariantRun::witness_of(const Found& found) const { return realise(pool_, universe_, found.assignment, found.mentioned); }

Witness InvariantRun::witness_of(const Found& found, const Ends& ends) const {
  return realise(pool_, universe_, found.assignment, found.mentioned, ends.of->source_knows.may_know);
}

void InvariantRun::decide_each(const std::vector<Flows>& all, const Search& search, const Breaks& breaks) {
  narrow_to(all);
  std::vector<Ends> cases;
  std::vector<logic::Expr> where;
  for (const ReaderCase& one : context_.cases) where.push_back(cases.emplace_back(ends_in(one, all)).where);
  // Ends can be on a node that is in no case: then a domain that is empty elsewhere is not empty for sure.
  const auto problems = context_.cluster ? context_.cluster->problems() : std::vector<std::string>{};
  for (const std::string& problem : problems) cap(problem);
  if (!occupied(all, problems.empty() ? pool_.disjunction(std::move(where)) : logic::True)) return;
  for (const Ends& ends : cases) {
    const std::optional<Found> found = search(ends);
    open_flows_.reset();
    if (found && found->definite) return tell_violated(*found, ends, breaks);
    if (found) tell_gap(*found, ends);
    if (found && gap_.empty()) gap_ = "what " + ends.of->text() + " make of a flow is not decided";  // never a proof
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
    if (end->kind == logic::EndpointKind::pod && (end == &w.source || w.source_knows_destination)) pods.push_back(end);
  for (const auto& pod : w.bystanders) pods.push_back(&pod);
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(pods)};
  const world::Flow flow{.source = &w.source, .destination = &w.destination, .protocol = w.protocol, .port = w.port, .family = w.family};
  for (const logic::Expr e : found.asserted)
    if (!pool_.evaluate(e, [&](const logic::Atom& atom) { return oracle::holds(pool_, atom, flow, cluster); }))
      throw base::InternalError("the witness of invariant '" + context_.invariant.id + "' is no answer to its question: " + flow_text(w) + " does not satisfy " + pool_.to_smtlib(e));
}

// By the oracle, one verdict for each way in which the ends may be read.
std::vector<oracle::FlowVerdict> InvariantRun::replays(const Ends& ends, const Witness& witness) {
  const std::vector<std::string> namespaces = namespaces_of(witness);
  std::vector<oracle::FlowVerdict> out;
  for (const Reader& egress : ends.egress)
    for (const Reader& ingress : ends.ingress) out.push_back(replay(pool_, reading(egress, namespaces), reading(ingress, namespaces), witness));
  return out;
}

// Where nodes read differently, who judged an end is part of what is said of it.
void InvariantRun::name_readers(const Ends& ends, Witness& witness) const {
  if (ends.of->one_reading()) return;
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    const Readers& readers = ingress ? ends.of->destination : ends.of->source;
    const Knowledge& knowledge = ingress ? ends.of->destination_knows : ends.of->source_knows;
    const world::Endpoint &end = ingress ? witness.destination : witness.source, &peer = ingress ? witness.source : witness.destination;
    EndDecision& decision = ingress ? witness.left.ingress : witness.left.egress;
    if (end.kind == logic::EndpointKind::outside) continue;
    Witness::Reader& reader = ingress ? witness.destination_reader : witness.source_reader;
    reader.pool = readers.pool;
    reader.profile = readers.label;
    if (!readers.phase.empty()) reader.profile += ", " + readers.phase;
    if (decision.verdict == EndVerdict::unpoliced) continue;
    std::string who = readers.label;
    if (!readers.phase.empty()) who += " with " + readers.phase;
    decision.reason = who + " on " + end.node + ": " + decision.reason;
    if (!knowledge.may_know && peer.kind != logic::EndpointKind::outside) decision.reason += "; " + peer.name + " is an address to it: it does not know the nodes of another CNI and their pods";
  }
}

void InvariantRun::tell_violated(const Found& found, const Ends& ends, const Breaks& breaks) {
  InvariantResult& result = answer_.result;
  Witness witness = witness_of(found, ends);
  const auto verdicts = replays(ends, witness);
  for (const auto& verdict : verdicts)
    if (!breaks(verdict)) refuse(context_, witness, verdict);
  witness.left = verdicts.front();
  recheck(found, witness);
  result.verdict = Verdict::violated;
  result.profile = ends.of->text();
  if (context_.reference) result.axes = axes_of(witness, ends, breaks);
  const std::vector<std::string> namespaces = namespaces_of(witness);
  result.policies = deciding_places(reading(ends.first(Direction::egress), namespaces), {witness.left.egress, {}}, "");
  for (auto& place : deciding_places(reading(ends.first(Direction::ingress), namespaces), {{}, witness.left.ingress}, "")) result.policies.push_back(std::move(place));
  for (auto& place : result.policies)
    if (place.role.ends_with(", ")) place.role.resize(place.role.size() - 2);
  if (!result.axes.empty() && result.axes.front() != "identity_scope") name_rules_without(result.axes.front(), ends, witness);
  name_readers(ends, witness);
  result.reason = flow_text(witness) + ": " + told(witness.left);
  const bool at_host = witness.source.kind == logic::EndpointKind::host || witness.destination.kind == logic::EndpointKind::host;
  if (at_host)
    for (const std::string& said : said_of_hosts_) result.reason += "; " + said;
  result.witness = std::move(witness);
}

std::vector<std::string> InvariantRun::axes_of(const Witness& witness, const Ends& ends, const Breaks& breaks) {
  if (ends.of->one_reading()) return context_.reference->name() == ends.of->source.profile.name() ? std::vector<std::string>{} : axes_of(witness, ends.of->source.profile, *context_.reference, breaks);
  std::vector<std::string> out;
  const std::vector<std::string> namespaces = namespaces_of(witness);
  const auto innocent = [&](const Reader& at_source, const Reader& at_destination) {
    const Reading &egress = reading(at_source, namespaces), &ingress = reading(at_destination, namespaces);
    Witness known = witness;
    known.source_knows_destination = true;
    return !breaks(replay(pool_, egress, ingress, known)) && !breaks(replay(pool_, egress, ingress, witness));
  };
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    const Readers& readers = ingress ? ends.of->destination : ends.of->source;
    const Knowledge& knowledge = ingress ? ends.of->destination_knows : ends.of->source_knows;
    const auto without = [&](const Reader& changed) { return ingress ? innocent(ends.first(Direction::egress), changed) : innocent(changed, ends.first(Direction::ingress)); };
    const auto add = [&](const std::string& axis) {
      if (std::find(out.begin(), out.end(), axis) == out.end()) out.push_back(axis);
    };
    if (!knowledge.may_know && without({&readers, false, std::nullopt})) add("identity_scope");
    for (const auto& [id, axis] : readers.profile.axes) {
      if (axis.rule == context_.reference->axis(id).rule && axis.parameters == context_.reference->axis(id).parameters) continue;
      Readers changed = readers;
      changed.profile = semantics::Encodings::with_axis(readers.profile, id, *context_.reference);
      changed.label += " with axis " + id;
      if (without({&changed, !knowledge.may_know, std::nullopt})) add(id);
    }
  }
  // Where one profile denies at both ends, its other answer is needed at both.
  const bool alike = ends.of->source.label == ends.of->destination.label && ends.of->source.phase == ends.of->destination.phase;
  if (out.empty() && alike && read_plainly(ends.of->source, ends.of->source_knows) && read_plainly(ends.of->destination, ends.of->destination_knows))
    return axes_of(witness, ends.of->source.profile, *context_.reference, breaks);
  return out;
}

void InvariantRun::name_rules_without(const std::string& axis, const Ends& ends, const Witness& witness) {
  const std::vector<std::string> namespaces = namespaces_of(witness);
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    const Readers& readers = ingress ? ends.of->destination : ends.of->source;
    const EndDecision& decided = ingress ? witness.left.ingress : witness.left.egress;
    if (decided.verdict != EndVerdict::deny || !read_plainly(readers, ingress ? ends.of->destination_knows : ends.of->source_knows)) continue;
    const ReaderCase one = whole_cluster(semantics::Encodings::with_axis(readers.profile, axis, *context_.reference));
    const Reading changed = read(one.source, namespaces);
    oracle::FlowVerdict verdict = replay(pool_, changed, changed, witness);
    if ((ingress ? verdict.ingress : verdict.egress).verdict != EndVerdict::allow) continue;
    (ingress ? verdict.egress : verdict.ingress) = {};
    for (auto& place : deciding_places(changed, verdict, "with axis " + axis + " as " + context_.reference->name() + " has it")) answer_.result.policies.push_back(std::move(place));
  }
}

void InvariantRun::tell_different(const Found& found, const Reader& at_left, const Reader& at_right, Direction direction) {
  InvariantResult& result = answer_.result;
  Witness witness = witness_of(found);
  const std::vector<std::string> namespaces = namespaces_of(witness);
  const Reading &left = reading(at_left, namespaces), &right = reading(at_right, namespaces);
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
    const ReaderCase one = whole_cluster(semantics::Encodings::with_axis(profile, id, donor));
    const Reading changed = read(one.source, namespaces);
    if (!breaks(replay(pool_, changed, changed, witness))) out.push_back(id);
  }
  return out;
}

void InvariantRun::tell_gap(const Found& found, const Ends& ends) {
  const Witness witness = witness_of(found, ends);
  const auto verdicts = replays(ends, witness);
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    const auto at = [&](const oracle::FlowVerdict& v) -> const EndDecision& { return ingress ? v.ingress : v.egress; };
    const Readers& readers = ingress ? ends.of->destination : ends.of->source;
    const auto silent = std::find_if(verdicts.begin(), verdicts.end(), [&](const auto& v) { return at(v).verdict == EndVerdict::unknown; });
    if (silent != verdicts.end()) {
      const EndDecision& end = at(*silent);
      answer_.gaps.insert(readers.label + ": " + end.reason);
      if (gap_.empty()) gap_ = readers.label + " does not say: " + end.reason + " (" + flow_text(witness) + ")";
      if (!end.axis.empty() && std::find(answer_.result.axes.begin(), answer_.result.axes.end(), end.axis) == answer_.result.axes.end()) answer_.result.axes.push_back(end.axis);
    } else if (std::any_of(verdicts.begin(), verdicts.end(), [&](const auto& v) { return at(v).verdict != at(verdicts.front()).verdict; })) {
      if (const std::string fault = fault_to_supply(readers); !fault.empty()) {
        answer_.gaps.insert(readers.label + ": " + fault);
        if (gap_.empty()) gap_ = fault + ", and it decides " + flow_text(witness);
        continue;
      }
      const Knowledge& knowledge = ingress ? ends.of->destination_knows : ends.of->source_knows;
      const world::Endpoint &end = ingress ? witness.destination : witness.source, &peer = ingress ? witness.source : witness.destination;
      const std::string reason = "nobody says what the agents of " + readers.label + " on " + end.node + " know of the pods of other pools, and it decides " + flow_text(witness) + " (" + peer.name +
                                 " on " + peer.node + "); " + knowledge.supply;
      answer_.gaps.insert(readers.label + ": which pods of other pools its agents know is not said; " + knowledge.supply);
      if (gap_.empty()) gap_ = reason;
      if (std::find(answer_.result.axes.begin(), answer_.result.axes.end(), "identity_scope") == answer_.result.axes.end()) answer_.result.axes.push_back("identity_scope");
    }
  }
}

}  // namespace npverify::verify
