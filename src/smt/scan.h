#pragma once

#include <vector>

#include "logic/expression.h"

namespace npverify::smt {

/// The part of a pool that one query uses, children before parents. Keeps its scratch space, so a query costs what it uses and not
/// what the pool holds.
class Scan {
 public:
  /// Replaces what the last run found.
  void run(const logic::Pool& pool, const std::vector<logic::Expr>& roots);

  const std::vector<logic::Expr>& nodes() const { return nodes_; }  ///< no constants; ascending handles
  const std::vector<logic::Expr>& atoms() const { return atoms_; }  ///< the atoms among them, in the same order

 private:
  std::vector<logic::Expr> nodes_, atoms_, stack_;
  std::vector<uint32_t> seen_in_;  // by handle: the run that last saw it
  uint32_t run_ = 0;
};

}  // namespace npverify::smt
