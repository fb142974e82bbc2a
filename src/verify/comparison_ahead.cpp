// Slices that are likely to agree, looked at before their turn: policy by policy, and what is left on several threads.
#include <algorithm>
#include <iterator>

#include "verify/comparison.h"
#include "verify/readings_by_namespace.h"

namespace npverify::verify {

using logic::Expr;
using policy::Direction;
using policy::DirectionReading;
using policy::Policy;
using policy::Reading;

namespace {

constexpr size_t most_policies = 60;  ///< of a slice that is asked as a whole: above, what has to be proved grows with the square of the policies

}  // namespace

bool Comparison::is_large(const Slice& slice) const {
  return std::max(policies_in(sides_.left.direction(slice.direction), slice.namespace_name).size(), policies_in(sides_.right.direction(slice.direction), slice.namespace_name).size()) > most_policies;
}

// What would have to be proved for the two sides to agree in the slice, beside what is equal as it is written. Whoever wants to see every query, or a
// proof of it, is not content with lemmas.
std::optional<std::vector<Lemma>> Comparison::lemmas_in(const Altered& right_now, const Slice& slice) {
  if (!slice.by_policies || question_.options().every_answer_by_solver()) return std::nullopt;
  Canonical::Policies left = policies_listed(sides_.left.direction(slice.direction), slice.namespace_name), right = policies_listed(right_now.in(slice.namespace_name).direction(slice.direction), slice.namespace_name);
  canonical_.same(left, right, policy::peer_of(slice.direction));
  return lemmas_of(pool_, left, right);
}

bool Comparison::all_hold(const std::vector<Lemma>& lemmas) const {
  return std::all_of(lemmas.begin(), lemmas.end(), [&](const Lemma& lemma) { return lemmas_.holds(lemma); });
}

void Comparison::look_ahead(Change change, const Altered& right_now, std::span<const Slice> slices, const std::set<size_t>& known) {
  if (question_.options().every_answer_by_solver()) return;
  struct Open {
    const Slice* slice;
    std::string key;
    std::optional<std::vector<Lemma>> lemmas;
  };
  std::vector<Open> open;
  std::vector<Lemma> all;
  for (const Slice& slice : slices) {
    std::string key = query_key(change, slice, "alone", {}, known);
    if (slice.remembered || without_finding_.contains(key) || with_difference_.contains(key) || ahead_.contains(key)) continue;
    open.push_back({&slice, std::move(key), lemmas_in(right_now, slice)});
    if (open.back().lemmas) all.insert(all.end(), open.back().lemmas->begin(), open.back().lemmas->end());
  }
  tell(options_, "solving", "what " + std::to_string(open.size()) + " namespaces say in other words");
  lemmas_.prove(all);
  std::erase_if(open, [&](const Open& one) {
    const bool agrees = one.lemmas && all_hold(*one.lemmas);
    if (agrees) ahead_.emplace(one.key, smt::Answer::unsat);
    return agrees;
  });
  std::vector<std::vector<Expr>> queries;
  for (const Open& one : open) queries.push_back(difference_in(change, right_now, *one.slice));
  const std::vector<smt::Result> answers = question_.aside(queries, options_.jobs);
  for (size_t i = 0; i < open.size(); ++i)
    if (answers[i].answer != smt::Answer::unknown) ahead_.emplace(open[i].key, answers[i].answer);
  tell(options_, "comparing");
}

// Policies that were proved to say what the left's say are asked about in the left's words: what is the same on both sides then is so by its form, and
// a query about thousands of policies is as hard as the few of them that differ.
Altered Comparison::in_words_of_the_left(const Altered& right_now, const Slice& slice, const std::vector<Lemma>& lemmas) {
  const std::string& name = slice.namespace_name;
  Canonical::Policies words = policies_listed(sides_.left.direction(slice.direction), name), right = policies_listed(right_now.in(name).direction(slice.direction), name), left = words;
  canonical_.same(left, right, policy::peer_of(slice.direction));
  std::set<const Policy*> apart(left.begin(), left.end()), own(right.begin(), right.end());
  for (const Lemma& lemma : lemmas) {
    if (!lemmas_.holds(lemma)) continue;
    for (const Policy* policy : lemma.left_policies) apart.erase(policy);
    for (const Policy* policy : lemma.right_policies) own.erase(policy);
  }
  std::erase_if(words, [&](const Policy* policy) { return apart.contains(policy); });
  std::copy_if(right.begin(), right.end(), std::back_inserter(words), [&](const Policy* policy) { return own.contains(policy); });
  Reading reading = restricted(right_now.in(name), {name});
  DirectionReading& here = reading.direction(slice.direction);
  here.policies.clear();
  here.by_namespace[name].clear();
  for (const Policy* policy : words) {
    here.by_namespace[name].push_back(static_cast<uint32_t>(here.policies.size()));
    here.policies.push_back(*policy);
  }
  Altered out = right_now;
  out.respelled_namespace = name;
  out.respelled = std::make_shared<const Reading>(std::move(reading));
  return out;
}

}  // namespace npverify::verify
