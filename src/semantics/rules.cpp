#include "semantics/rules.h"

#include <algorithm>
#include <set>

#include "semantics/instantiate.h"
#include "semantics/vocabulary.h"

namespace npverify::semantics {
namespace {

using base::Diagnostics;
using logic::SExpr;

constexpr std::pair<Sort, const char*> sort_names[] = {{Sort::boolean, "Bool"},     {Sort::number, "Number"}, {Sort::name, "Name"},          {Sort::protocol, "Protocol"},
                                                       {Sort::family, "Family"}, {Sort::kind, "Kind"},     {Sort::direction, "Direction"}};

// Checks one body: every word known, every operator given the sorts it takes.
class Checker {
 public:
  Checker(const RuleDefinition& rule, const std::map<std::string, RuleDefinition>& rules, Diagnostics& diagnostics)
      : rule_(rule), rules_(rules), diagnostics_(diagnostics) {}

  std::optional<Sort> sort_of(const SExpr& e) { return e.is_list ? sort_of_list(e) : sort_of_word(e); }

 private:
  std::optional<Sort> fail(const SExpr& e, const std::string& message, const std::string& hint = "") {
    diagnostics_.error({rule_.span.file, e.line, e.column}, rule_.name, message, hint);
    return std::nullopt;
  }

  std::optional<Sort> sort_of_word(const SExpr& e) {
    if (e.is("true") || e.is("false")) return Sort::boolean;
    if (is_number_word(e.word)) {
      if (e.word.size() > 9) return fail(e, "the number " + e.word + " is too large; expected at most 999999999");
      return Sort::number;
    }
    for (const auto& [name, sort] : rule_.parameters)
      if (e.word == name) return sort;
    if (const auto it = vocabulary().find(e.word); it != vocabulary().end() && it->second.parameters.empty()) return it->second.sort;
    if (const auto value = enumeration_value(e.word)) return value->sort;
    return unknown_word(e, e.word);
  }

  std::optional<Sort> unknown_word(const SExpr& e, const std::string& word) {
    std::vector<std::string> known;
    for (const auto& [name, sort] : rule_.parameters) known.push_back(name);
    for (const auto& [name, w] : vocabulary()) known.push_back(name);
    for (const auto& [name, r] : rules_) known.push_back(name);
    const auto near = base::nearest(word, known);
    return fail(e, "'" + word + "' is no parameter, no earlier rule and no word of the vocabulary", near ? "did you mean '" + *near + "'?" : "");
  }

  std::optional<Sort> sort_of_list(const SExpr& e) {
    if (e.items.empty() || e.items[0].is_list) return fail(e, "expected an operator or a rule after '('");
    const std::string& head = e.items[0].word;
    std::vector<Sort> sorts;
    for (size_t i = 1; i < e.items.size(); ++i) {
      const auto sort = sort_of(e.items[i]);
      if (!sort) return std::nullopt;
      sorts.push_back(*sort);
    }
    static const std::set<std::string> connectives{"and", "or", "xor", "=>"}, comparisons{"<=", "<", ">=", ">"};
    if (connectives.contains(head)) return all_are(e, sorts, Sort::boolean, 1);
    if (head == "not") return sorts.size() == 1 ? all_are(e, sorts, Sort::boolean, 1) : fail(e, "'not' takes one argument");
    if (comparisons.contains(head)) return all_are(e, sorts, Sort::number, 2) ? std::optional(Sort::boolean) : std::nullopt;
    if (head == "=" || head == "distinct") return equality(e, sorts);
    if (head == "ite") return if_then_else(e, sorts);
    return application(e, head, sorts);
  }

  std::optional<Sort> all_are(const SExpr& e, const std::vector<Sort>& sorts, Sort wanted, size_t least) {
    if (sorts.size() < least) return fail(e, "'" + e.items[0].word + "' takes at least " + std::to_string(least) + " arguments");
    for (size_t i = 0; i < sorts.size(); ++i)
      if (sorts[i] != wanted) return fail(e.items[i + 1], std::string("expected a ") + to_string(wanted) + ", found a " + to_string(sorts[i]));
    return wanted;
  }

  std::optional<Sort> equality(const SExpr& e, const std::vector<Sort>& sorts) {
    if (sorts.size() != 2) return fail(e, "'" + e.items[0].word + "' takes two arguments");
    return all_are(e, sorts, sorts[0], 2) ? std::optional(Sort::boolean) : std::nullopt;
  }

  std::optional<Sort> if_then_else(const SExpr& e, const std::vector<Sort>& sorts) {
    if (sorts.size() != 3) return fail(e, "'ite' takes three arguments");
    return all_are(e, sorts, Sort::boolean, 3);
  }

  std::optional<Sort> application(const SExpr& e, const std::string& head, const std::vector<Sort>& sorts) {
    std::vector<Sort> wanted;
    if (const auto rule = rules_.find(head); rule != rules_.end()) {
      for (const auto& [name, sort] : rule->second.parameters) wanted.push_back(sort);
    } else if (const auto word = vocabulary().find(head); word != vocabulary().end() && !word->second.parameters.empty()) {
      wanted = word->second.parameters;
    } else {
      return unknown_word(e.items[0], head);
    }
    if (sorts.size() != wanted.size()) return fail(e, "'" + head + "' takes " + std::to_string(wanted.size()) + " arguments, found " + std::to_string(sorts.size()));
    for (size_t i = 0; i < sorts.size(); ++i)
      if (sorts[i] != wanted[i]) return fail(e.items[i + 1], std::string("expected a ") + to_string(wanted[i]) + ", found a " + to_string(sorts[i]));
    return Sort::boolean;
  }

  const RuleDefinition& rule_;
  const std::map<std::string, RuleDefinition>& rules_;
  Diagnostics& diagnostics_;
};

bool read_parameters(const SExpr& list, RuleDefinition& rule, Diagnostics& diagnostics) {
  for (const SExpr& p : list.items) {
    const auto sort = p.items.size() == 2 && !p.items[1].is_list ? parse_sort(p.items[1].word) : std::nullopt;
    if (!sort || p.items[0].is_list) {
      diagnostics.error({rule.span.file, p.line, p.column}, rule.name, "expected a parameter '(name Sort)' with Sort Bool, Number, Name or Protocol");
      return false;
    }
    rule.parameters.emplace_back(p.items[0].word, *sort);
  }
  return true;
}

}  // namespace

const char* to_string(Sort sort) {
  for (const auto& [value, name] : sort_names)
    if (value == sort) return name;
  return "?";
}

std::optional<Sort> parse_sort(const std::string& word) {
  for (const auto& [value, name] : sort_names)
    if (word == name) return value;
  return std::nullopt;
}

void RuleLibrary::add(const std::shared_ptr<const base::SourceFile>& file, Diagnostics& diagnostics) {
  for (const SExpr& e : logic::read_sexprs(file, diagnostics)) {
    const bool shape = e.is_list && e.items.size() == 5 && e.items[0].is("define-fun") && !e.items[1].is_list && e.items[2].is_list && e.items[3].is("Bool");
    if (!shape) {
      diagnostics.error({file, e.line, e.column}, "", "expected (define-fun NAME ((parameter Sort) ...) Bool BODY); nothing else may stand in a rule file");
      continue;
    }
    RuleDefinition rule{e.items[1].word, e.comment, {}, e.items[4], {file, e.line, e.column}};
    if (rules_.contains(rule.name)) {
      diagnostics.error(rule.span, rule.name, "a rule of this name is already defined at " + rules_.at(rule.name).span.to_string());
      continue;
    }
    if (rule.sentence.empty()) diagnostics.error(rule.span, rule.name, "expected a comment above the rule that says in one sentence what it means");
    if (!read_parameters(e.items[2], rule, diagnostics)) continue;
    const auto sort = Checker(rule, rules_, diagnostics).sort_of(rule.body);
    if (sort && *sort != Sort::boolean) diagnostics.error({file, rule.body.line, rule.body.column}, rule.name, std::string("expected a Bool, found a ") + to_string(*sort));
    if (sort == Sort::boolean) rules_.emplace(rule.name, std::move(rule));
  }
}

const RuleDefinition* RuleLibrary::find(const std::string& name) const {
  const auto it = rules_.find(name);
  return it == rules_.end() ? nullptr : &it->second;
}

std::vector<std::string> RuleLibrary::names() const {
  std::vector<std::string> names;
  for (const auto& [name, rule] : rules_) names.push_back(name);
  return names;
}

logic::Expr RuleLibrary::instantiate(logic::Pool& pool, const std::string& name, const std::vector<Argument>& arguments, const RuleContext& context) const {
  const RuleDefinition* rule = find(name);
  base::require(rule != nullptr, "no rule " + name);
  return instantiate_rule(pool, *this, *rule, arguments, context);
}

}  // namespace npverify::semantics
