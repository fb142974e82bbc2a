// Laws and expressions as Z3 terms: Booleans only. Intervals are written where they are used, so Z3 shares them by itself; at-most-one is
// pairwise for few and a ladder for many.
#include "smt/z3_query.h"

#include "base/diagnostics.h"

namespace npverify::smt {

using logic::Expr;
using logic::Op;

namespace {
constexpr size_t pairwise_limit = 6;  // measured: a ladder pays above this
}

const z3::expr& Z3Terms::constant(size_t index) {
  while (constants_.size() <= index) {
    const Z3_symbol symbol = Z3_mk_int_symbol(context_, static_cast<int>(constants_.size()));
    constants_.emplace_back(context_, Z3_mk_const(context_, symbol, context_.bool_sort()));
  }
  return constants_[index];
}

Literal Z3Terms::new_variable() {
  variables_.push_back(constant(used_++));
  defined_.push_back(false);
  return static_cast<Literal>(variables_.size() - 1);
}

z3::expr Z3Terms::literal(Literal literal) const { return literal > 0 ? variables_[static_cast<size_t>(literal)] : !variables_[static_cast<size_t>(-literal)]; }

z3::expr Z3Terms::disjunction(const std::vector<Z3_ast>& args) {
  if (args.size() == 1) return {context_, args[0]};
  return {context_, Z3_mk_or(context_, static_cast<unsigned>(args.size()), args.data())};
}

z3::expr Z3Terms::conjunction(const std::vector<Z3_ast>& args) {
  if (args.size() == 1) return {context_, args[0]};
  return {context_, Z3_mk_and(context_, static_cast<unsigned>(args.size()), args.data())};
}

z3::expr Z3Terms::clause(const std::vector<Literal>& literals) {
  std::vector<z3::expr> kept;
  std::vector<Z3_ast> args;
  for (const Literal l : literals) args.push_back(kept.emplace_back(literal(l)));
  return disjunction(args);
}

void Z3Terms::define(const Membership& membership) {
  std::vector<z3::expr> kept;
  std::vector<Z3_ast> cubes;
  for (const auto& cube : membership.cubes) {
    std::vector<z3::expr> kept_literals;
    std::vector<Z3_ast> literals;
    for (const Literal l : cube) literals.push_back(kept_literals.emplace_back(literal(l)));
    cubes.push_back(kept.emplace_back(conjunction(literals)));
  }
  variables_[static_cast<size_t>(membership.defined)] = disjunction(cubes);
}

void Z3Terms::add_at_most_one(z3::solver& solver, const std::vector<Literal>& literals) {
  if (literals.size() <= pairwise_limit) {
    for (size_t i = 0; i < literals.size(); ++i)
      for (size_t j = i + 1; j < literals.size(); ++j) solver.add(clause({-literals[i], -literals[j]}));
    return;
  }
  Literal before = 0;  // one of the literals so far holds
  for (size_t i = 0; i < literals.size(); ++i) {
    if (before) solver.add(clause({-before, -literals[i]}));
    if (i + 1 == literals.size()) break;
    const Literal now = new_variable();
    solver.add(clause({-literals[i], now}));
    if (before) solver.add(clause({-before, now}));
    before = now;
  }
}

void Z3Terms::add_laws(z3::solver& solver, const Laws& laws) {
  std::vector<Literal> open;
  for (const Literal l : laws.clauses) {
    if (l != 0) {
      open.push_back(l);
      continue;
    }
    solver.add(clause(open));
    open.clear();
  }
  for (const auto& group : laws.at_most_one) add_at_most_one(solver, group);
}

z3::expr Z3Terms::term(const logic::Pool& pool, Expr e) const {
  if (e.is_false()) return falsehood_;
  if (e.is_true()) return truth_;
  if (pool.op(e) == Op::negation) return !term(pool, *pool.args_begin(e));
  return node_terms_[slot_[e.id]];
}

void Z3Terms::add(z3::solver& solver, const logic::Pool& pool, const std::vector<Expr>& asserted, const std::vector<Expr>& nodes,
                  const std::vector<Expr>& atoms, const Laws& laws) {
  variables_.clear();
  defined_.clear();
  node_terms_.clear();
  used_ = 0;
  for (Literal v = 0; v <= laws.variables; ++v) new_variable();
  for (const Membership& membership : laws.memberships) {
    define(membership);
    defined_[static_cast<size_t>(membership.defined)] = true;
  }
  add_laws(solver, laws);

  if (slot_.size() < pool.size()) slot_.resize(pool.size());
  size_t next_atom = 0;
  std::vector<z3::expr> kept;
  std::vector<Z3_ast> args;
  for (const Expr e : nodes) {
    if (pool.op(e) == Op::negation) continue;  // written where it is used
    slot_[e.id] = static_cast<uint32_t>(node_terms_.size());
    if (pool.op(e) == Op::atom) {
      node_terms_.push_back(literal(laws.atoms[next_atom++]));
      continue;
    }
    kept.clear();
    args.clear();
    for (const Expr* arg = pool.args_begin(e); arg != pool.args_end(e); ++arg) args.push_back(kept.emplace_back(term(pool, *arg)));
    node_terms_.push_back(pool.op(e) == Op::conjunction ? conjunction(args) : disjunction(args));
  }
  base::require(next_atom == atoms.size(), "laws of other atoms");
  for (const Expr e : asserted) solver.add(term(pool, e));
}

std::vector<bool> Z3Terms::read(const z3::model& model, Literal count) const {
  std::vector<bool> holds(static_cast<size_t>(count) + 1, false);
  for (size_t v = 1; v < holds.size(); ++v) {
    if (defined_[v]) continue;  // nothing asks for these
    const Z3_ast value = Z3_model_get_const_interp(context_, model, Z3_get_app_decl(context_, Z3_to_app(context_, variables_[v])));
    holds[v] = value && Z3_get_bool_value(context_, value) == Z3_L_TRUE;
  }
  return holds;
}

}  // namespace npverify::smt
