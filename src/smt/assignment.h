#pragma once

#include <vector>

#include "smt/laws.h"
#include "smt/solver.h"

namespace npverify::smt {

/// The concrete flow that a model of `laws` stands for. `holds[v]` is the truth of variable v; `atoms` are those of laws_of.
Assignment assignment_of(const logic::Pool& pool, const std::vector<logic::Expr>& atoms, const Laws& laws, const std::vector<bool>& holds);

/// As assignment_of, then checked: throws InternalError where the flow breaks a law or falsifies one of `asserted`.
Assignment checked_assignment(const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const std::vector<logic::Expr>& atoms, const Laws& laws,
                              const std::vector<bool>& holds);

/// The truth of each of `roots` for `flow`; shared nodes are evaluated once.
std::vector<bool> evaluate_all(const logic::Pool& pool, const std::vector<logic::Expr>& roots, const Assignment& flow);

}  // namespace npverify::smt
