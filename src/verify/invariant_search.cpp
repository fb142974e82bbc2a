// The search for one flow that breaks an invariant under one reading.
//
// A flow is allowed where its egress and its ingress are. So `forbid` is cut by the destination's namespace first: where ingress alone
// denies the whole domain, the other end need not be looked at. `require` falls apart: it is broken where one end denies, so each end is
// asked by itself. Each piece is asked twice at most: may a flow break the invariant (gaps count as either), and does one for sure.
#include <algorithm>

#include "verify/invariant_run.h"

namespace npverify::verify {

using logic::Expr;
using logic::Role;
using policy::Direction;
using policy::Reading;

// `namespaces`, sorted: those whose policies are translated.
std::vector<uint32_t> InvariantRun::policies_in(const resource::Snapshot& snapshot, const std::vector<std::string>& namespaces) const {
  std::vector<uint32_t> only;
  const auto& policies = snapshot.network_policies;
  for (uint32_t i = 0; i < policies.size(); ++i)
    if (std::binary_search(namespaces.begin(), namespaces.end(), policies[i].meta.namespace_name)) only.push_back(i);
  return only;
}

Reading InvariantRun::read(const semantics::Profile& profile, const std::vector<std::string>& namespaces) {
  const std::vector<uint32_t> only = policies_in(context_.snapshot, namespaces);
  return policy::read_policies(pool_, context_.snapshot, {universe_.addresses.ipv4, universe_.addresses.ipv6}, profile, &only);
}

InvariantRun::End InvariantRun::end_of(const Reading& reading, Direction direction, const std::vector<std::string>& namespaces) {
  const policy::Verdict verdict = verdict_in(pool_, reading, direction, namespaces);
  const Expr is_pod = pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod), known = pool_.negation(verdict.unknown);
  return {pool_.implies(is_pod, pool_.both(known, verdict.allowed)), pool_.conjunction({is_pod, known, pool_.negation(verdict.allowed)}), pool_.both(is_pod, verdict.unknown)};
}

// Allowed or denied where every reading that may hold says so.
InvariantRun::End InvariantRun::end_of(const Ends& ends, Direction direction, const std::vector<std::string>& namespaces) {
  if (ends.at(direction).size() == 1) return end_of(ends.first(direction), direction, namespaces);
  std::vector<Expr> allowed, denied;
  for (const Reading* reading : ends.at(direction)) {
    const End one = end_of(*reading, direction, namespaces);
    allowed.push_back(one.allowed);
    denied.push_back(one.denied);
  }
  const Expr all_allow = pool_.conjunction(std::move(allowed)), all_deny = pool_.conjunction(std::move(denied));
  return {all_allow, all_deny, pool_.negation(pool_.either(all_allow, all_deny))};
}

std::vector<Slice> InvariantRun::slices(const Reading& reading, Direction direction, Expr end) {
  const Role role = policy::subject_of(direction);
  std::vector<std::string> names;
  for (const auto& [name, policies] : reading.direction(direction).by_namespace) names.push_back(name);
  return slices_of(pool_, reading.direction(direction), role, candidate_namespaces(pool_, end, role, universe_, names));
}

bool InvariantRun::keep(std::optional<Found>& best, std::optional<Found> found) {
  if (found && (!best || found->definite)) best = std::move(found);
  return best && best->definite;
}

std::optional<InvariantRun::Found> InvariantRun::search(std::vector<Expr> domain, Expr possible, Expr definite, const std::string& title) {
  const std::string name = context_.invariant.id + ": " + title;
  const auto with = [&](Expr e) {
    std::vector<Expr> all = domain;
    all.push_back(e);
    return all;
  };
  const auto found = [&](bool sure, const smt::Result& result, Expr e) { return Found{sure, *result.assignment, with(e), pool_.atoms_of(with(e))}; };
  const smt::Result first = question_->ask(with(possible), name);
  if (first.answer == smt::Answer::unknown && open_.empty()) open_ = title + ": " + first.reason;
  if (first.answer != smt::Answer::sat) return std::nullopt;
  const smt::Result smallest = question_->smallest(with(definite), name + ", smallest");
  if (smallest.answer == smt::Answer::sat) return found(true, smallest, definite);
  const smt::Result plain = smallest.answer == smt::Answer::unknown ? question_->ask(with(definite), name + ", definite") : smallest;
  if (plain.answer == smt::Answer::sat) return found(true, plain, definite);  // not the smallest, but a flow all the same
  if (plain.answer == smt::Answer::unknown && open_.empty()) open_ = title + ": " + plain.reason;
  return found(false, first, possible);
}

std::optional<InvariantRun::Found> InvariantRun::find_allowed(const Ends& ends, const Flows& flows, std::optional<Direction> side) {
  std::vector<Expr> domain = domain_of(flows);
  domain.push_back(ends.where);
  for (const Expr out : {excepted_, flows.left_out}) domain.push_back(pool_.negation(out));
  const bool asks_in = side != Direction::egress, asks_out = side != Direction::ingress;
  const std::vector<Slice> everywhere{{{}, logic::True}};
  const auto destinations = asks_in ? slices(ends.first(Direction::ingress), Direction::ingress, flows.to) : everywhere;
  const auto sources = asks_out ? slices(ends.first(Direction::egress), Direction::egress, flows.from) : everywhere;
  std::optional<Found> best;
  for (const Slice& to : destinations) {
    const End in = asks_in ? end_of(ends, Direction::ingress, to.namespaces) : End{logic::True, logic::False, logic::False};
    std::vector<Expr> here = domain;
    here.push_back(to.when);
    here.push_back(pool_.negation(in.denied));
    if (sources.size() > 1 && !satisfiable(here, "ingress alone")) continue;
    for (const Slice& from : sources) {
      const End out = asks_out ? end_of(ends, Direction::egress, from.namespaces) : End{logic::True, logic::False, logic::False};
      std::vector<Expr> both = here;
      both.push_back(from.when);
      if (keep(best, search(std::move(both), pool_.negation(out.denied), pool_.both(in.allowed, out.allowed), "allowed"))) return best;
    }
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_denied(const Ends& ends, const Flows& flows, std::optional<Direction> side) {
  std::optional<Found> best;
  for (const Direction direction : policy::both_directions) {
    if (side && *side != direction) continue;
    const Expr end = direction == Direction::ingress ? flows.to : flows.from;
    for (const Slice& slice : slices(ends.first(direction), direction, end)) {
      const End here = end_of(ends, direction, slice.namespaces);
      std::vector<Expr> domain = domain_of(flows);
      for (const Expr e : {pool_.negation(excepted_), slice.when, ends.where}) domain.push_back(e);
      if (keep(best, search(std::move(domain), pool_.negation(here.allowed), here.denied, std::string(to_string(direction)) + " denied"))) return best;
    }
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_reaching_fresh(const Ends& ends, const Flows& group, Direction direction) {
  const Role subject = policy::subject_of(direction);
  std::optional<Found> best;
  for (const Slice& slice : slices(ends.first(direction), direction, subject == Role::source ? group.from : group.to)) {
    const End here = end_of(ends, direction, slice.namespaces);
    std::vector<Expr> domain = domain_of(group);
    for (const Expr e : {pool_.kind_is(subject, logic::EndpointKind::pod), pool_.negation(excepted_), slice.when, ends.where}) domain.push_back(e);
    std::vector<Expr> all = domain;
    for (const Expr e : {here.allowed, here.denied, here.unknown}) all.push_back(e);
    domain.push_back(fresh_pod(logic::other(subject), all));
    if (keep(best, search(std::move(domain), pool_.negation(here.denied), here.allowed, std::string(to_string(direction)) + " of a fresh pod"))) return best;
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_different(const Reading& left, const Reading& right, const Flows& flows, Direction direction) {
  std::optional<Found> best;
  const Expr end = direction == Direction::ingress ? flows.to : flows.from;
  for (const Slice& slice : slices(left, direction, end)) {
    // Namespaces whose policies the left side refuses are in no piece of its own: they belong to the one without policies.
    std::vector<std::string> names = slice.namespaces;
    if (slice.when.is_true() || slice.namespaces.empty())
      for (const auto& [name, policies] : right.direction(direction).by_namespace)
        if (!left.direction(direction).by_namespace.contains(name)) names.push_back(name);
    const End a = end_of(left, direction, names), b = end_of(right, direction, names);
    std::vector<Expr> domain = domain_of(flows);
    for (const Expr e : {pool_.negation(pool_.either(excepted_, flows.left_out)), slice.when}) domain.push_back(e);
    const Expr definite = pool_.either(pool_.both(a.allowed, b.denied), pool_.both(a.denied, b.allowed));
    const Expr possible = pool_.negation(pool_.either(pool_.both(a.allowed, b.allowed), pool_.both(a.denied, b.denied)));
    if (keep(best, search(std::move(domain), possible, definite, std::string(to_string(direction)) + " decided differently"))) return best;
  }
  return best;
}

}  // namespace npverify::verify
