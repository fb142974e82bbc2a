#pragma once

#include <optional>
#include <string>

#include "proof/check.h"
#include "smt/solver.h"

namespace npverify::smt {

struct CertifiedResult {
  Result result;
  std::optional<proof::Certificate> certificate;  ///< where unsat
};

/// As the second solver's check; where the answer is unsat, with a proof that proof::check accepts.
/// Throws InternalError where it does not: such an answer is worth nothing.
CertifiedResult check_with_proof(const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const Limits& limits = {});

}  // namespace npverify::smt
