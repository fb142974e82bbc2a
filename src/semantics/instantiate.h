#pragma once

#include "semantics/rules.h"

namespace npverify::semantics {

/// A rule's body as a formula, parameters and vocabulary replaced. REQUIRES: the rule was checked by RuleLibrary::add.
logic::Expr instantiate_rule(logic::Pool& pool, const RuleLibrary& library, const RuleDefinition& rule, const std::vector<Argument>& arguments, const RuleContext& context);

}  // namespace npverify::semantics
