#pragma once

#include <vector>

#include "smt/laws.h"
#include "smt/solver.h"

namespace npverify::smt {

/// A solver that holds one query and may be asked again with more clauses.
class Incremental {
 public:
  virtual ~Incremental() = default;
  virtual Literal new_variable() = 0;
  virtual void add(const std::vector<Literal>& clause) = 0;
  /// Is there a model in which `assumptions` hold? They are forgotten afterwards.
  virtual Answer solve(const std::vector<Literal>& assumptions) = 0;
  /// The truth of variables 1..count (index 0 is unused). REQUIRES: the last answer was sat.
  virtual std::vector<bool> model(Literal count) = 0;
};

/// The smallest model in the order of Solver::minimise, ties broken by the order of the variables: it depends on the query alone, not on
/// the solver. Where the solver gives up on the way down, the smallest model so far, and `result.reason` says so. Sets `result.answer`; no
/// model unless it is sat. Adds clauses to `solver`.
std::vector<bool> smallest_model(const Laws& laws, Incremental& solver, Result& result);

}  // namespace npverify::smt
