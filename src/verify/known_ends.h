#pragma once

#include <map>
#include <vector>

#include "logic/expression.h"
#include "world/universe.h"

/// What is the same for every flow that a question speaks of: an end that can only be the pods of one workload has their namespace and labels, so
/// the policies that select others need not be put to the solver.
namespace npverify::verify {

class KnownEnds {
 public:
  /// `from`, `to`: one each flow set of the question; an end is in one of them.
  KnownEnds(logic::Pool& pool, const world::Universe& universe, logic::Expr from, logic::Expr to);

  /// `e` with every atom that has one value at all of these ends put in. Equal to `e` for every flow of the question.
  /// `only`: atoms of that end alone, where the other end of `e` is not the flow's.
  logic::Expr simplified(logic::Expr e, std::optional<logic::Role> only = std::nullopt);

  /// The pods of a closed universe that can be the end, as indices into Universe::pods; all of them in an open one.
  const std::vector<uint32_t>& candidates(logic::Role role) const { return end(role).candidates; }

 private:
  struct End {
    logic::Expr formula;
    bool pods_only = false;                  ///< no host and no address outside
    bool small = false;                      ///< the formula is short enough to be asked about every atom
    std::vector<uint32_t> candidates;
    std::map<logic::Expr, std::optional<logic::Expr>> values;
  };

  const End& end(logic::Role role) const { return role == logic::Role::source ? source_ : destination_; }
  End& end(logic::Role role) { return role == logic::Role::source ? source_ : destination_; }
  void learn(logic::Role role);
  bool can_be(logic::Role role, const world::ClosedPod& closed);
  std::optional<logic::Expr> value(logic::Expr atom);
  std::optional<logic::Expr> value_at_candidates(const End& here, const logic::Atom& atom) const;
  std::optional<logic::Expr> value_by_formula(const End& here, const logic::Atom& atom);
  bool excluded(const End& here, const logic::Atom& atom, bool value);

  logic::Pool& pool_;
  const world::Universe& universe_;
  End source_, destination_;
};

}  // namespace npverify::verify
