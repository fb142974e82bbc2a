#include "verify/lemmas.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace npverify::verify {

using logic::Expr;
using logic::Pool;
using Policies = Canonical::Policies;

namespace {

constexpr size_t lemmas_of_a_query = 16;  ///< measured: 8 to 24 cost the same, 64 half as much again
constexpr size_t most_rounds = 4;  ///< flows that one query may give before it is left: where most policies differ, lemmas say nothing

Expr allows(Pool& pool, const Policies& policies) {
  std::vector<Expr> any;
  for (const policy::Policy* policy : policies)
    for (const policy::Rule& rule : policy->rules) any.push_back(pool.both(rule.peer, rule.ports));
  return pool.disjunction(std::move(any));
}

template <class KeyOf>
auto grouped(const Policies& policies, const KeyOf& key_of) {
  std::map<decltype(key_of(*policies[0])), Policies> groups;
  for (const policy::Policy* policy : policies) groups[key_of(*policy)].push_back(policy);
  return groups;
}

/// Nothing where a group has no partner.
template <class KeyOf>
std::optional<std::vector<Lemma>> paired(Pool& pool, const Policies& left, const Policies& right, const KeyOf& key_of) {
  const auto here = grouped(left, key_of), there = grouped(right, key_of);
  if (!std::equal(here.begin(), here.end(), there.begin(), there.end(), [](const auto& a, const auto& b) { return a.first == b.first; })) return std::nullopt;
  std::vector<Lemma> lemmas;
  for (const auto& [key, policies] : here) {
    const Policies& others = there.at(key);
    lemmas.push_back({policies[0]->selector, allows(pool, policies), others[0]->selector, allows(pool, others), policies, others});
  }
  return lemmas;
}

}  // namespace

std::optional<std::vector<Lemma>> lemmas_of(Pool& pool, const Policies& left, const Policies& right) {
  if (left.empty() && right.empty()) return std::vector<Lemma>{};
  if (left.empty() || right.empty()) return std::nullopt;
  if (auto by_selector = paired(pool, left, right, [](const policy::Policy& policy) { return policy.selector; })) return by_selector;
  return paired(pool, left, right, [](const policy::Policy& policy) { return policy.id(); });
}

Expr Lemmas::differs(const Key& lemma) {
  Pool& pool = question_.pool();
  const auto& [left_selector, left, right_selector, right] = lemma;
  return pool.either(pool.different(left_selector, right_selector), pool.different(left, right));
}

void Lemmas::prove(const std::vector<Lemma>& lemmas) {
  std::vector<std::vector<Key>> batches;
  for (const Lemma& lemma : lemmas) {
    if (!asked_.insert(lemma.key()).second) continue;
    if (batches.empty() || batches.back().size() == lemmas_of_a_query) batches.emplace_back();
    batches.back().push_back(lemma.key());
  }
  prove(std::move(batches));
}

// A flow breaks some lemmas of its query, and these are left out of the next round.
void Lemmas::prove(std::vector<std::vector<Key>> batches) {
  Pool& pool = question_.pool();
  for (size_t round = 0; round < most_rounds && !batches.empty(); ++round) {
    std::vector<std::vector<Expr>> queries;
    for (const auto& batch : batches) {
      std::vector<Expr> any;
      for (const Key& lemma : batch) any.push_back(differs(lemma));
      queries.push_back(within_);
      queries.back().push_back(pool.disjunction(std::move(any)));
    }
    const std::vector<smt::Result> answers = question_.aside(queries, jobs_);
    std::vector<std::vector<Key>> left;
    for (size_t i = 0; i < batches.size(); ++i) {
      if (answers[i].answer == smt::Answer::unsat) proved_.insert(batches[i].begin(), batches[i].end());
      if (answers[i].answer != smt::Answer::sat) continue;
      std::erase_if(batches[i], [&](const Key& lemma) { return smt::evaluate(pool, differs(lemma), *answers[i].assignment); });
      if (!batches[i].empty()) left.push_back(std::move(batches[i]));
    }
    batches = std::move(left);
  }
}

}  // namespace npverify::verify
