// A substitution in every formula of a reading: each question about the peer gets the answer of an end outside.
#include "policy/stranger.h"

#include <functional>

namespace npverify::policy {
namespace {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;

// What an end outside answers; nothing where the atom is not about the peer, or about its address alone.
std::optional<Expr> outside_answer(const Atom& a, logic::Role peer) {
  switch (a.kind) {
    case AtomKind::same_node:
    case AtomKind::same_endpoint: return logic::False;
    case AtomKind::kind_is:
      if (a.role != peer) return std::nullopt;
      return static_cast<EndpointKind>(a.detail) == EndpointKind::outside ? logic::True : logic::False;
    case AtomKind::namespace_is:
    case AtomKind::label_is:
    case AtomKind::label_exists:
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
    case AtomKind::service_account_is:
    case AtomKind::node_is:
    case AtomKind::port_named: return a.role == peer ? std::optional(logic::False) : std::nullopt;
    case AtomKind::peer_known: return a.role != peer ? std::optional(logic::False) : std::nullopt;
    case AtomKind::address_in:
    case AtomKind::family_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named_in_cluster:
    case AtomKind::flag: return std::nullopt;
  }
  return std::nullopt;
}

/// Replaces atoms in every formula of a direction but the subjects of policies.
class Rewriting {
 public:
  using Replace = std::function<std::optional<Expr>(const Atom&)>;
  Rewriting(logic::Pool& pool, Replace replace) : pool_(pool), replace_(std::move(replace)) {}

  void apply(DirectionReading& side) {
    for (auto* conditions : {&side.drops, &side.admits})
      for (Condition& condition : *conditions) apply(condition.when);
    for (Gap& gap : side.gaps) apply(gap.when);
    for (Policy& policy : side.policies)
      for (Rule& rule : policy.rules) {
        apply(rule.peer);
        apply(rule.ports);
        for (auto* terms : {&rule.peer_terms, &rule.port_terms})
          for (Term& term : *terms) apply(term.when);
      }
  }

 private:
  // The atom is copied: replacing may grow the pool.
  void apply(Expr& e) {
    e = pool_.substitute(e, [&](Expr atom) { return replace_(Atom(pool_.atom_of(atom))); });
  }

  logic::Pool& pool_;
  Replace replace_;
};

}  // namespace

Reading seen_by_a_stranger(logic::Pool& pool, const Reading& reading) {
  Reading seen = reading;
  for (const Direction direction : both_directions)
    Rewriting(pool, [peer = peer_of(direction)](const Atom& a) { return outside_answer(a, peer); }).apply(seen.direction(direction));
  return seen;
}

Reading with_names_of_cluster(logic::Pool& pool, const Reading& reading, bool named) {
  Reading out = reading;
  const auto answer = [&](const Atom& a) -> std::optional<Expr> {
    if (a.kind != AtomKind::port_named_in_cluster) return std::nullopt;
    return named ? pool.protocol_is(static_cast<base::Protocol>(a.detail)) : logic::False;
  };
  for (const Direction direction : both_directions) Rewriting(pool, answer).apply(out.direction(direction));
  return out;
}

}  // namespace npverify::policy
