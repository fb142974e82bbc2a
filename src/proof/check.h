#pragma once

#include <string>

/// Re-checks that a formula has no model, without a solver and without any other code of ours.
namespace npverify::proof {

struct Certificate {
  std::string cnf;   ///< DIMACS; comments name the variables
  std::string drup;  ///< one clause a line, each ending with 0; "d" before one that is deleted
};

struct Check {
  bool accepted = false;
  std::string reason;  ///< why it is not, with the line of the proof
  size_t clauses = 0, steps = 0;
};

/// Does the proof show that the formula is unsatisfiable? Every added clause must follow by unit propagation from the formula and the
/// clauses added before, and the empty clause must be reached.
Check check(const Certificate& certificate);

}  // namespace npverify::proof
