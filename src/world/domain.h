#pragma once

#include "world/universe.h"

namespace npverify::world {

/// `domain` for a question that asserts all of `asserted`: pods of a closed universe that one of these formulas keeps from an end are left out there.
/// The conjunction with `asserted` means the same as with the plain domain.
logic::Expr domain(logic::Pool& pool, const Universe& universe, const std::vector<logic::Expr>& mentioned, const std::vector<logic::Expr>& asserted);

}  // namespace npverify::world
