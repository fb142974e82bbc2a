// A substitution in every formula of a reading: each question about the peer gets the answer of an end outside.
#include "policy/stranger.h"

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

class Stranger {
 public:
  Stranger(logic::Pool& pool, logic::Role peer) : pool_(pool), peer_(peer) {}

  void see(DirectionReading& side) {
    for (auto* conditions : {&side.drops, &side.admits})
      for (Condition& condition : *conditions) see(condition.when);
    for (Gap& gap : side.gaps) see(gap.when);
    for (Policy& policy : side.policies)
      for (Rule& rule : policy.rules) {
        see(rule.peer);
        see(rule.ports);
        for (auto* terms : {&rule.peer_terms, &rule.port_terms})
          for (Term& term : *terms) see(term.when);
      }
  }

 private:
  void see(Expr& e) {
    e = pool_.substitute(e, [&](Expr atom) { return outside_answer(pool_.atom_of(atom), peer_); });
  }

  logic::Pool& pool_;
  logic::Role peer_;
};

}  // namespace

Reading seen_by_a_stranger(logic::Pool& pool, const Reading& reading) {
  Reading seen = reading;
  for (const Direction direction : both_directions) Stranger(pool, peer_of(direction)).see(seen.direction(direction));
  return seen;
}

}  // namespace npverify::policy
