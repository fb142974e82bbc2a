// The second encoder: clauses straight from the expressions, made without Z3 and differently on purpose. Every and/or is a Tseitin
// variable of its own (equivalent in both directions, so no polarity can be mistaken), asserted connectives are split instead, and
// at-most-one is pairwise over small groups where Z3's encoder builds a ladder.
#include "smt/cnf.h"

#include <algorithm>
#include <unordered_map>

#include "base/diagnostics.h"

namespace npverify::smt {

using logic::Expr;
using logic::Op;

namespace {

constexpr size_t pairwise_limit = 8;

class Encoder {
 public:
  Encoder(const logic::Pool& pool, const Laws& laws) : pool_(pool), laws_(laws) { cnf_.variables = laws.variables; }

  Cnf encode(const std::vector<Expr>& asserted, const Scan& scan) {
    cnf_.clauses = laws_.clauses;
    for (const auto& group : laws_.at_most_one) at_most_one(group);
    for (const Membership& m : laws_.memberships) define(m);
    size_t next_atom = 0;
    for (const Expr e : scan.nodes())
      if (pool_.op(e) == Op::atom) literals_.emplace(e.id, laws_.atoms[next_atom++]);
    for (const Expr e : asserted) hold(e);
    return std::move(cnf_);
  }

 private:
  Literal fresh() { return ++cnf_.variables; }

  void clause(std::initializer_list<Literal> literals) {
    cnf_.clauses.insert(cnf_.clauses.end(), literals);
    cnf_.clauses.push_back(0);
  }

  // At most one of the first three and a switch; the switch's negation counts as one of the rest.
  void at_most_one(std::vector<Literal> literals) {
    size_t begin = 0;
    while (literals.size() - begin > pairwise_limit) {
      const Literal rest = fresh();
      pairwise({literals[begin], literals[begin + 1], literals[begin + 2], rest});
      begin += 2;
      literals[begin] = -rest;
    }
    pairwise({literals.begin() + static_cast<std::ptrdiff_t>(begin), literals.end()});
  }

  void pairwise(const std::vector<Literal>& literals) {
    for (size_t i = 0; i < literals.size(); ++i)
      for (size_t j = 0; j < i; ++j) clause({-literals[j], -literals[i]});
  }

  // gate <=> and(inputs)
  void define_and(Literal gate, const std::vector<Literal>& inputs) {
    for (const Literal input : inputs) clause({-gate, input});
    for (const Literal input : inputs) cnf_.clauses.push_back(-input);
    clause({gate});
  }

  void define_or(Literal gate, std::vector<Literal> inputs) {
    for (Literal& input : inputs) input = -input;
    define_and(-gate, inputs);
  }

  void define(const Membership& membership) {
    std::vector<Literal> cubes;
    for (const auto& cube : membership.cubes) {
      cubes.push_back(cube.size() == 1 ? cube[0] : fresh());
      if (cube.size() > 1) define_and(cubes.back(), cube);
    }
    define_or(membership.defined, cubes);
  }

  Literal literal_of(Expr e) {
    if (e.is_false()) return -always;
    if (e.is_true()) return always;
    if (pool_.op(e) == Op::negation) return -literal_of(*pool_.args_begin(e));
    if (const auto it = literals_.find(e.id); it != literals_.end()) return it->second;
    std::vector<Literal> inputs;
    for (const Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e); ++arg) inputs.push_back(literal_of(*arg));
    const Literal gate = fresh();
    if (pool_.op(e) == Op::conjunction)
      define_and(gate, inputs);
    else
      define_or(gate, std::move(inputs));
    literals_.emplace(e.id, gate);
    return gate;
  }

  void hold(Expr e) {
    if (pool_.op(e) == Op::conjunction) {
      for (const Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e); ++arg) hold(*arg);
    } else if (pool_.op(e) == Op::disjunction) {
      std::vector<Literal> literals;
      for (const Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e); ++arg) literals.push_back(literal_of(*arg));
      cnf_.clauses.insert(cnf_.clauses.end(), literals.begin(), literals.end());
      cnf_.clauses.push_back(0);
    } else {
      clause({literal_of(e)});
    }
  }

  const logic::Pool& pool_;
  const Laws& laws_;
  Cnf cnf_;
  std::unordered_map<uint32_t, Literal> literals_;
};

}  // namespace

Cnf cnf_of(const logic::Pool& pool, const std::vector<Expr>& asserted, const Scan& scan, const Laws& laws) { return Encoder(pool, laws).encode(asserted, scan); }

std::string to_dimacs(const Cnf& cnf, const std::vector<std::string>& names) {
  std::string out;
  for (size_t v = 1; v < names.size(); ++v) out += "c " + std::to_string(v) + " " + names[v] + "\n";
  out += "p cnf " + std::to_string(cnf.variables) + " " + std::to_string(std::count(cnf.clauses.begin(), cnf.clauses.end(), 0)) + "\n";
  for (const Literal literal : cnf.clauses) out += std::to_string(literal) + (literal ? " " : "\n");
  return out;
}

}  // namespace npverify::smt
