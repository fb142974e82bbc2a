#pragma once

#include <string>
#include <vector>

#include "logic/expression.h"
#include "policy/reading.h"
#include "world/universe.h"

/// Cutting a question by the namespace of the policed end. A policy selects pods of its own namespace only, so the verdict at an end
/// depends on the policies of one namespace; an end in none of them meets no policy.
namespace npverify::verify {

/// Namespaces of one piece of a question.
struct Slice {
  std::vector<std::string> namespaces;  ///< to spell out
  logic::Expr when;                     ///< the end is in this piece; pieces cover every end that the candidates leave possible
};

/// The namespaces of `names` in which an end that satisfies `end` can be: where the labels of a declared namespace rule it out, it is dropped.
std::vector<std::string> candidate_namespaces(logic::Pool& pool, logic::Expr end, logic::Role role, const world::Universe& universe, const std::vector<std::string>& names);

/// Pieces of at most about `most_policies` policies. One piece without condition where everything fits into it.
std::vector<Slice> slices_of(logic::Pool& pool, const policy::DirectionReading& reading, logic::Role role, const std::vector<std::string>& candidates, size_t most_policies = 60);

}  // namespace npverify::verify
