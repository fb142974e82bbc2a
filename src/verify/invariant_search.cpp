// The search for one flow that breaks an invariant under one reading.
//
// A flow is allowed where its egress and its ingress are. So `forbid` is cut by the namespaces of the end that can be in fewer of them: where
// that end alone denies the whole domain, the other one need not be looked at. `require` falls apart: it is broken where one end denies, so
// each end is asked by itself. Each piece is asked twice at most: may a flow break the invariant (gaps count as either), and does one for
// sure. A policy selects pods of its own namespace only, so the policies of a piece's namespaces decide all there is to decide in it.
#include <algorithm>

#include "verify/invariant_run.h"

namespace npverify::verify {

using logic::Expr;
using logic::Role;
using policy::Direction;
using policy::Reading;

InvariantRun::End InvariantRun::end_of(const Reading& reading, Direction direction, const std::vector<std::string>& namespaces, Other other) {
  const policy::Verdict verdict = verdict_in(pool_, reading, direction, namespaces);
  const Expr is_pod = pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod), known = pool_.negation(verdict.unknown);
  End end{pool_.implies(is_pod, pool_.both(known, verdict.allowed)), pool_.conjunction({is_pod, known, pool_.negation(verdict.allowed)}), pool_.both(is_pod, verdict.unknown)};
  for (Expr* e : {&end.allowed, &end.denied, &end.unknown})
    if (known_) *e = known_->simplified(*e, other == Other::itself ? std::nullopt : std::optional(policy::subject_of(direction)));
  return end;
}

// Allowed or denied where every reading that may hold says so.
InvariantRun::End InvariantRun::end_of(const Ends& ends, Direction direction, const std::vector<std::string>& namespaces, Other other) {
  if (ends.at(direction).size() == 1) return end_of(reading(ends.first(direction), namespaces), direction, namespaces, other);
  std::vector<Expr> allowed, denied;
  for (const Reader& reader : ends.at(direction)) {
    const End one = end_of(reading(reader, namespaces), direction, namespaces, other);
    allowed.push_back(one.allowed);
    denied.push_back(one.denied);
  }
  const Expr all_allow = pool_.conjunction(std::move(allowed)), all_deny = pool_.conjunction(std::move(denied));
  return {all_allow, all_deny, pool_.negation(pool_.either(all_allow, all_deny))};
}

std::vector<Slice> InvariantRun::slices(const Readers& readers, Direction direction, Expr end) {
  return slices(context_.policies->at(&policies_of(readers)).of(direction), direction, end);
}

std::vector<Slice> InvariantRun::slices(const PoliciesByNamespace& policies, Direction direction, Expr end) {
  const Role role = policy::subject_of(direction);
  std::vector<std::string> names;
  for (const auto& [name, indices] : policies) names.push_back(name);
  return slices_of(pool_, policies, role, candidate_namespaces(pool_, end, role, universe_, names), context_.options.most_policies);
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
  const smt::Result first = ask_for_flow(with(possible), name);
  if (first.answer == smt::Answer::unknown && open_.empty()) open_ = title + ": " + first.reason;
  if (first.answer != smt::Answer::sat) return std::nullopt;
  const smt::Result smallest = question_->smallest(with(definite), name + ", smallest");
  if (smallest.answer == smt::Answer::sat) return found(true, smallest, definite);
  const smt::Result plain = smallest.answer == smt::Answer::unknown ? question_->ask(with(definite), name + ", definite") : smallest;
  if (plain.answer == smt::Answer::sat) return found(true, plain, definite);  // not the smallest, but a flow all the same
  if (plain.answer == smt::Answer::unknown && open_.empty()) open_ = title + ": " + plain.reason;
  const smt::Result least = question_->smallest(with(possible), name + ", smallest possible");
  return found(false, least.answer == smt::Answer::sat ? least : first, possible);
}

std::optional<InvariantRun::Found> InvariantRun::find_allowed(const Ends& ends, const Flows& flows, std::optional<Direction> side) {
  const reach::PairQuestion asked{.from = flows.from, .to = flows.to, .ports = flows.ports, .verdict = reach::PairQuestion::Verdict::allowed, .side = side, .leave_out_admitted = !flows.left_out.is_false()};
  if (ruled_out(ends, asked, "allowed from " + flows.from_text)) return std::nullopt;
  std::vector<Expr> domain = domain_of(flows);
  domain.push_back(ends.where);
  for (const Expr out : {excepted_, flows.left_out}) domain.push_back(pool_.negation(out));
  struct Half {
    Direction direction;
    bool asked;  ///< else it allows everything
    std::vector<Slice> pieces;
  };
  const auto half = [&](Direction direction) -> Half {
    if (side && *side != direction) return {direction, false, {{{}, logic::True}}};
    const bool ingress = direction == Direction::ingress;
    return {direction, true, slices(ingress ? ends.of->destination : ends.of->source, direction, ingress ? flows.to : flows.from)};
  };
  const auto end = [&](const Half& of, const Slice& piece) { return of.asked ? end_of(ends, of.direction, piece.namespaces) : End{logic::True, logic::False, logic::False}; };
  Half near = half(Direction::ingress), far = half(Direction::egress);
  if (far.pieces.size() < near.pieces.size()) std::swap(near, far);
  for (Half* one : {&near, &far})
    if (one->asked) leave_out(one->pieces, one->direction);
  std::optional<Found> best;
  for (const Slice& at : near.pieces) {
    const End one = end(near, at);
    std::vector<Expr> here = domain, alone = domain;
    here.push_back(pool_.negation(one.denied));
    alone.push_back(here.back());
    alone.push_back(in_slice(at, near.direction, alone));
    if (far.pieces.size() > 1 && !satisfiable(alone, std::string(to_string(near.direction)) + " alone")) continue;
    for (const Slice& from : far.pieces) {
      const End other = end(far, from);
      const Expr possible = pool_.negation(other.denied), definite = pool_.both(one.allowed, other.allowed);
      std::vector<Expr> all = here, both = here;
      all.insert(all.end(), {possible, definite});
      both.push_back(in_slice(at, near.direction, all));
      both.push_back(in_slice(from, far.direction, all));
      if (keep(best, search(std::move(both), possible, definite, "allowed"))) return best;
    }
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_denied(const Ends& ends, const Flows& flows, std::optional<Direction> side) {
  std::optional<Found> best;
  for (const Direction direction : policy::both_directions) {
    if (side && *side != direction) continue;
    const Expr end = direction == Direction::ingress ? flows.to : flows.from;
    const reach::PairQuestion asked{.from = flows.from, .to = flows.to, .ports = flows.ports, .verdict = reach::PairQuestion::Verdict::denied, .side = direction};
    if (ruled_out(ends, asked, std::string(to_string(direction)) + " denied")) continue;
    std::vector<Slice> pieces = slices(direction == Direction::ingress ? ends.of->destination : ends.of->source, direction, end);
    leave_out(pieces, direction);
    for (const Slice& slice : pieces) {
      const End here = end_of(ends, direction, slice.namespaces);
      std::vector<Expr> domain = domain_of(flows);
      for (const Expr e : {pool_.negation(excepted_), ends.where}) domain.push_back(e);
      std::vector<Expr> all = domain;
      all.insert(all.end(), {here.allowed, here.denied});
      domain.push_back(in_slice(slice, direction, all));
      if (keep(best, search(std::move(domain), pool_.negation(here.allowed), here.denied, std::string(to_string(direction)) + " denied"))) return best;
    }
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_reaching_fresh(const Ends& ends, const Flows& group, Direction direction) {
  const Role subject = policy::subject_of(direction);
  const reach::PairQuestion asked{.from = group.from, .to = group.to, .ports = group.ports, .verdict = reach::PairQuestion::Verdict::allowed, .side = direction};
  if (ruled_out(ends, asked, std::string(to_string(direction)) + " of a fresh pod", logic::other(subject))) return std::nullopt;
  std::optional<Found> best;
  std::vector<Slice> pieces = slices(subject == Role::source ? ends.of->source : ends.of->destination, direction, subject == Role::source ? group.from : group.to);
  leave_out(pieces, direction);
  for (const Slice& slice : pieces) {
    const End here = end_of(ends, direction, slice.namespaces);
    std::vector<Expr> domain = domain_of(group);
    for (const Expr e : {pool_.kind_is(subject, logic::EndpointKind::pod), pool_.negation(excepted_), ends.where}) domain.push_back(e);
    std::vector<Expr> all = domain;
    for (const Expr e : {here.allowed, here.denied, here.unknown}) all.push_back(e);
    domain.push_back(in_slice(slice, direction, all));
    all.push_back(domain.back());
    domain.push_back(fresh_pod(logic::other(subject), all));
    if (keep(best, search(std::move(domain), pool_.negation(here.denied), here.allowed, std::string(to_string(direction)) + " of a fresh pod"))) return best;
  }
  return best;
}

std::optional<InvariantRun::Found> InvariantRun::find_different(const Reader& left, const Reader& right, const Flows& flows, Direction direction) {
  std::optional<Found> best;
  const Expr end = direction == Direction::ingress ? flows.to : flows.from;
  for (const Slice& slice : slices(*left.of, direction, end)) {
    const End a = end_of(reading(left, slice.namespaces), direction, slice.namespaces), b = end_of(reading(right, slice.namespaces), direction, slice.namespaces);
    std::vector<Expr> domain = domain_of(flows);
    domain.push_back(pool_.negation(pool_.either(excepted_, flows.left_out)));
    const Expr definite = pool_.either(pool_.both(a.allowed, b.denied), pool_.both(a.denied, b.allowed));
    const Expr possible = pool_.negation(pool_.either(pool_.both(a.allowed, b.allowed), pool_.both(a.denied, b.denied)));
    std::vector<Expr> all = domain;
    all.insert(all.end(), {possible, definite});
    domain.push_back(in_slice(slice, direction, all));
    if (keep(best, search(std::move(domain), possible, definite, std::string(to_string(direction)) + " decided differently"))) return best;
  }
  return best;
}

}  // namespace npverify::verify
