// From a define-fun to a formula: numbers and facts are computed at once, so only what the flow decides is left.
#include "semantics/instantiate.h"

#include <algorithm>

#include "base/diagnostics.h"
#include "semantics/vocabulary.h"

namespace npverify::semantics {
namespace {

using logic::Expr;
using logic::Pool;
using logic::SExpr;

/// The value of a subterm. A term of sort number is a known number or the flow's port; of an enumeration, a known value or a variable.
struct Value {
  Sort sort = Sort::boolean;
  Expr truth = logic::False;
  int64_t number = 0;      // also the index of an enumeration's value
  std::string variable;    // "flow.port", "peer.kind", ...; empty where the value is known
  std::string text;        // of sort name
};

class Instantiation {
 public:
  Instantiation(Pool& pool, const RuleLibrary& library, const RuleDefinition& rule, const std::vector<Argument>& arguments, const RuleContext& context)
      : pool_(pool), library_(library), rule_(rule), arguments_(arguments), context_(context) {
    base::require(arguments.size() == rule.parameters.size(), "rule " + rule.name + ": wrong number of arguments");
  }

  Value value(const SExpr& e) { return e.is_list ? list(e) : word(e.word); }

 private:
  static Value boolean(Expr e) { return {.sort = Sort::boolean, .truth = e}; }
  static Expr constant(bool b) { return b ? logic::True : logic::False; }

  Value word(const std::string& w) {
    if (w == "true" || w == "false") return boolean(constant(w == "true"));
    if (is_number_word(w)) return {.sort = Sort::number, .number = std::stoll(w)};
    for (size_t i = 0; i < rule_.parameters.size(); ++i)
      if (rule_.parameters[i].first == w) return argument(arguments_[i]);
    if (const auto it = vocabulary().find(w); it != vocabulary().end()) return vocabulary_word(w, it->second);
    const auto value = enumeration_value(w);
    base::require(value.has_value(), "rule " + rule_.name + ": unknown word " + w);
    return {.sort = value->sort, .number = value->index};
  }

  static Value argument(const Argument& a) {
    if (const auto* e = std::get_if<Expr>(&a)) return boolean(*e);
    if (const auto* n = std::get_if<int64_t>(&a)) return {.sort = Sort::number, .number = *n};
    if (const auto* p = std::get_if<base::Protocol>(&a)) return {.sort = Sort::protocol, .number = static_cast<int64_t>(*p)};
    return {.sort = Sort::name, .text = std::get<std::string>(a)};
  }

  Value vocabulary_word(const std::string& w, const Word& info) {
    if (info.fact) {
      const auto fact = context_.facts.find(w);
      base::require(fact != context_.facts.end(), "rule " + rule_.name + " asks for " + w + ", which is not known here");
      return info.sort == Sort::boolean ? boolean(constant(fact->second != 0)) : Value{.sort = info.sort, .number = fact->second};
    }
    if (w == "same-node") return boolean(pool_.same_node());
    if (w == "subject.knows-peer") return boolean(pool_.peer_known(context_.subject));
    if (w == "direction") return {.sort = Sort::direction, .number = context_.subject == logic::Role::destination ? 0 : 1};
    return {.sort = info.sort, .variable = w};
  }

  Value list(const SExpr& e) {
    const std::string& head = e.items[0].word;
    std::vector<Value> args;
    for (size_t i = 1; i < e.items.size(); ++i) args.push_back(value(e.items[i]));
    if (head == "=" || head == "distinct") return boolean(head == "=" ? equal(args[0], args[1]) : pool_.negation(equal(args[0], args[1])));
    if (head == "<=" || head == "<" || head == ">=" || head == ">") return boolean(ordered(head, args));
    if (args.empty() || args[0].sort == Sort::boolean || library_.find(head)) {
      if (const auto connected = connective(head, args)) return boolean(*connected);
    }
    if (const RuleDefinition* rule = library_.find(head)) return boolean(apply(*rule, args));
    return boolean(port_question(head, args));
  }

  std::optional<Expr> connective(const std::string& head, const std::vector<Value>& args) {
    std::vector<Expr> truths;
    for (const Value& a : args) truths.push_back(a.truth);
    if (head == "and") return pool_.conjunction(std::move(truths));
    if (head == "or") return pool_.disjunction(std::move(truths));
    if (head == "not") return pool_.negation(truths[0]);
    if (head == "ite") return pool_.choice(truths[0], truths[1], truths[2]);
    if (head == "xor") {
      Expr result = truths[0];
      for (size_t i = 1; i < truths.size(); ++i) result = pool_.different(result, truths[i]);
      return result;
    }
    if (head == "=>") {  // right-associative
      Expr result = truths.back();
      for (size_t i = truths.size() - 1; i-- > 0;) result = pool_.implies(truths[i], result);
      return result;
    }
    return std::nullopt;
  }

  Expr apply(const RuleDefinition& rule, const std::vector<Value>& args) {
    std::vector<Argument> arguments;
    for (const Value& a : args) {
      switch (a.sort) {
        case Sort::boolean: arguments.emplace_back(a.truth); break;
        case Sort::name: arguments.emplace_back(a.text); break;
        case Sort::protocol: arguments.emplace_back(static_cast<base::Protocol>(a.number)); break;
        case Sort::number:
        case Sort::family:
        case Sort::kind:
        case Sort::direction: arguments.emplace_back(a.number); break;
      }
    }
    return instantiate_rule(pool_, library_, rule, arguments, context_);
  }

  logic::Role role_of(const std::string& end) const {
    if (end == "destination") return logic::Role::destination;
    return end == "subject" ? context_.subject : logic::other(context_.subject);
  }

  Expr port_question(const std::string& head, const std::vector<Value>& args) {
    const auto protocol = static_cast<base::Protocol>(args[1].number);
    if (head == "cluster.port") return pool_.port_named_in_cluster(args[0].text, protocol);
    const auto dot = head.find('.');
    const std::string names = head.substr(dot + 1);
    for (const auto kind : {logic::PortNames::containers, logic::PortNames::sidecars, logic::PortNames::inits, logic::PortNames::last})
      if (names == std::string(logic::to_string(kind)) + "-port") return pool_.port_named(role_of(head.substr(0, dot)), args[0].text, protocol, kind);
    throw base::InternalError("rule " + rule_.name + ": unknown question " + head);
  }

  Expr equal(const Value& a, const Value& b) {
    if (a.sort == Sort::boolean) return pool_.same(a.truth, b.truth);
    if (a.variable.empty() && b.variable.empty()) return constant(a.sort == Sort::name ? a.text == b.text : a.number == b.number);
    base::require(a.variable.empty() || b.variable.empty(), "rule " + rule_.name + ": two variables compared");
    const Value& known = a.variable.empty() ? a : b;
    const std::string& variable = a.variable.empty() ? b.variable : a.variable;
    switch (a.sort) {
      case Sort::number: return port_between(known.number, known.number);
      case Sort::protocol: return pool_.protocol_is(static_cast<base::Protocol>(known.number));
      case Sort::family: return pool_.family_is(static_cast<base::Family>(known.number));
      case Sort::kind: return pool_.kind_is(role_of(variable.substr(0, variable.find('.'))), static_cast<logic::EndpointKind>(known.number));
      case Sort::boolean:
      case Sort::name:
      case Sort::direction: break;
    }
    throw base::InternalError("rule " + rule_.name + ": cannot compare " + to_string(a.sort));
  }

  Expr port_between(int64_t low, int64_t high) {
    if (low > high || high < 0 || low > 65535) return logic::False;
    return pool_.port_in(base::PortSet::range(static_cast<base::Port>(std::max<int64_t>(low, 0)), static_cast<base::Port>(std::min<int64_t>(high, 65535))));
  }

  // (<= a b c) means a <= b and b <= c.
  Expr ordered(const std::string& op, const std::vector<Value>& args) {
    std::vector<Expr> steps;
    for (size_t i = 0; i + 1 < args.size(); ++i) {
      const bool ascending = op[0] == '<';
      const Value& low = ascending ? args[i] : args[i + 1];
      const Value& high = ascending ? args[i + 1] : args[i];
      const int64_t strict = op.size() == 1 ? 1 : 0;
      if (low.variable.empty() && high.variable.empty())
        steps.push_back(constant(low.number + strict <= high.number));
      else if (low.variable.empty())
        steps.push_back(port_between(low.number + strict, 65535));
      else
        steps.push_back(port_between(0, high.number - strict));
    }
    return pool_.conjunction(std::move(steps));
  }

  Pool& pool_;
  const RuleLibrary& library_;
  const RuleDefinition& rule_;
  const std::vector<Argument>& arguments_;
  const RuleContext& context_;
};

}  // namespace

Expr instantiate_rule(Pool& pool, const RuleLibrary& library, const RuleDefinition& rule, const std::vector<Argument>& arguments, const RuleContext& context) {
  return Instantiation(pool, library, rule, arguments, context).value(rule.body).truth;
}

}  // namespace npverify::semantics
