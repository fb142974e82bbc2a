// The fold: one direction's verdict as formulas. The oracle folds the same Reading by plain code of its own; a test compares the two.
#include "policy/reading.h"

namespace npverify::policy {
namespace {

using logic::Expr;
using logic::Pool;

Expr any(Pool& pool, const std::vector<Condition>& conditions) {
  std::vector<Expr> all;
  for (const Condition& c : conditions) all.push_back(c.when);
  return pool.disjunction(std::move(all));
}

// The datapath's admissions, their "isolated" replaced by the formula it stands for.
Expr admitted_where(Pool& pool, const DirectionReading& reading, Expr isolated) {
  const Expr flag = pool.flag("isolated");
  return pool.substitute(any(pool, reading.admits), [&](Expr atom) { return atom == flag ? std::optional(isolated) : std::nullopt; });
}

Expr gaps_of(Pool& pool, const DirectionReading& reading, Gap::Scope scope, logic::Role subject, const std::string* namespace_name) {
  std::vector<Expr> all;
  const auto add = [&](const std::string& owner) {
    const auto it = reading.gaps_by_namespace.find(owner);
    if (it == reading.gaps_by_namespace.end()) return;
    for (const uint32_t index : it->second)
      if (reading.gaps[index].scope == scope) all.push_back(reading.gaps[index].when);
  };
  add("");
  if (namespace_name) add(*namespace_name);
  Expr when = pool.disjunction(std::move(all));
  if (!namespace_name) return when;
  const Expr here = pool.namespace_is(subject, *namespace_name);
  return pool.substitute(when, [&](Expr atom) { return atom == here ? std::optional(logic::True) : std::nullopt; });
}

Verdict fold(Pool& pool, const DirectionReading& reading, Direction direction, Expr isolated, Expr matched, const std::string* namespace_name) {
  if (!reading.enforced) isolated = logic::False;
  const Expr drops = any(pool, reading.drops), admits = admitted_where(pool, reading, isolated);
  const Expr unisolated = reading.unisolated_denied ? logic::False : pool.negation(isolated);
  const Expr by_policy = reading.enforced ? pool.either(unisolated, matched) : logic::True;
  const Expr allowed = pool.both(pool.negation(drops), pool.either(admits, by_policy));
  const logic::Role subject = subject_of(direction);
  const Expr always = gaps_of(pool, reading, Gap::Scope::always, subject, namespace_name);
  const Expr where_isolated = pool.both(isolated, gaps_of(pool, reading, Gap::Scope::isolated, subject, namespace_name));
  const Expr where_denied = pool.both(pool.negation(allowed), gaps_of(pool, reading, Gap::Scope::denied, subject, namespace_name));
  const Expr beneath = pool.negation(pool.either(drops, admits));
  return {allowed, pool.both(beneath, pool.disjunction({always, where_isolated, where_denied}))};
}

}  // namespace

Verdict verdict_in_namespace(Pool& pool, const DirectionReading& reading, Direction direction, const std::string& namespace_name) {
  std::vector<Expr> isolated, matched;
  if (const auto it = reading.by_namespace.find(namespace_name); it != reading.by_namespace.end()) {
    for (const uint32_t index : it->second) {
      const Policy& policy = reading.policies[index];
      isolated.push_back(policy.selector);
      std::vector<Expr> rules;
      for (const Rule& rule : policy.rules) rules.push_back(pool.both(rule.peer, rule.ports));
      matched.push_back(pool.both(policy.selector, pool.disjunction(std::move(rules))));
    }
  }
  return fold(pool, reading, direction, pool.disjunction(std::move(isolated)), pool.disjunction(std::move(matched)), &namespace_name);
}

Verdict verdict_elsewhere(Pool& pool, const DirectionReading& reading, Direction direction) {
  return fold(pool, reading, direction, logic::False, logic::False, nullptr);
}

Expr dropped(Pool& pool, const DirectionReading& reading) { return any(pool, reading.drops); }
Expr admitted(Pool& pool, const DirectionReading& reading) { return admitted_where(pool, reading, logic::True); }

}  // namespace npverify::policy
