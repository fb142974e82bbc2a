#pragma once

#include <z3++.h>

#include <vector>

#include "smt/laws.h"

namespace npverify::smt {

/// Terms over one Z3 context, for one query after another. Only the Z3 back end includes this.
class Z3Terms {
 public:
  explicit Z3Terms(z3::context& context) : context_(context), truth_(context.bool_val(true)), falsehood_(context.bool_val(false)) {}

  /// Adds laws and assertions to `solver`. Replaces what the last query left.
  void add(z3::solver& solver, const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const std::vector<logic::Expr>& nodes,
           const std::vector<logic::Expr>& atoms, const Laws& laws);

  z3::expr literal(Literal literal) const;
  Literal new_variable();
  z3::expr clause(const std::vector<Literal>& literals);

  /// The truth of variables 1..count under `model`.
  std::vector<bool> read(const z3::model& model, Literal count) const;

 private:
  const z3::expr& constant(size_t index);
  z3::expr disjunction(const std::vector<Z3_ast>& args);
  z3::expr conjunction(const std::vector<Z3_ast>& args);
  void add_laws(z3::solver& solver, const Laws& laws);
  void add_at_most_one(z3::solver& solver, const std::vector<Literal>& literals);
  void define(const Membership& membership);
  z3::expr term(const logic::Pool& pool, logic::Expr e) const;

  z3::context& context_;
  z3::expr truth_, falsehood_;
  std::vector<z3::expr> constants_;      // made once a context and used again by every query
  size_t used_ = 0;                      // of constants_
  std::vector<z3::expr> variables_;      // by variable: a constant, or the meaning of a membership
  std::vector<bool> defined_;            // by variable: whether it is a membership
  std::vector<uint32_t> slot_;           // by handle: index of node_terms_
  std::vector<z3::expr> node_terms_;
};

}  // namespace npverify::smt
