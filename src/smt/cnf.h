#pragma once

#include <string>
#include <vector>

#include "smt/laws.h"
#include "smt/scan.h"

namespace npverify::smt {

/// A formula in conjunctive normal form: variables 1..variables, clauses that each end with 0.
struct Cnf {
  Literal variables = 0;
  std::vector<Literal> clauses;
};

/// `asserted` and its laws, clause by clause. Variables 1..laws.variables keep their meaning. `scan` and `laws` are those of `asserted`.
Cnf cnf_of(const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const Scan& scan, const Laws& laws);

/// DIMACS text; `names` (by variable, may be empty) become comments.
std::string to_dimacs(const Cnf& cnf, const std::vector<std::string>& names);

}  // namespace npverify::smt
