#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "logic/expression.h"
#include "logic/sexpr.h"

namespace npverify::semantics {

/// The sorts of encodings/vocabulary.smt2.
enum class Sort : uint8_t { boolean, number, name, protocol, family, kind, direction };
const char* to_string(Sort sort);
std::optional<Sort> parse_sort(const std::string& word);

/// An argument of a rule: a formula, a number, a port name, or a protocol.
using Argument = std::variant<logic::Expr, int64_t, std::string, base::Protocol>;

/// What a rule is instantiated for: the vocabulary's "subject" and "peer" are the policed end and the other one.
struct RuleContext {
  logic::Role subject = logic::Role::destination;  ///< destination: ingress; source: egress
  std::map<std::string, int64_t> facts;            ///< of the cluster and of the policy by vocabulary name ("cluster.dual-stack" -> 0 or 1)
};

/// A define-fun of encodings/rules.
struct RuleDefinition {
  std::string name, sentence;
  std::vector<std::pair<std::string, Sort>> parameters;
  logic::SExpr body;
  base::SourceSpan span;
};

/// All predicate rules. Checked on loading: closed, well-sorted, quantifier-free, over the vocabulary and earlier rules only.
class RuleLibrary {
 public:
  /// Adds the define-funs of `file`; problems go to `diagnostics`.
  void add(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics);
  const RuleDefinition* find(const std::string& name) const;
  std::vector<std::string> names() const;

  /// The rule with its parameters replaced, as a formula over the flow. REQUIRES: the arguments fit the parameters.
  logic::Expr instantiate(logic::Pool& pool, const std::string& name, const std::vector<Argument>& arguments, const RuleContext& context) const;

 private:
  std::map<std::string, RuleDefinition> rules_;
};

}  // namespace npverify::semantics
