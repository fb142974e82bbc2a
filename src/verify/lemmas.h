#pragma once

#include <optional>
#include <set>
#include <vector>

#include "verify/canonical.h"
#include "verify/question.h"

namespace npverify::verify {

/// The policies of one selector, or one policy, as two readings have them: what they select and what they allow there.
struct Lemma {
  logic::Expr left_selector, left, right_selector, right;
  Canonical::Policies left_policies, right_policies;
  auto key() const { return std::array{left_selector, left, right_selector, right}; }
};

/// Policies of one namespace and direction, paired by what they select, else by name; nothing where some have no partner.
/// PRECONDITION of what follows from lemmas: the verdict is the same function of (selects, allows) of each policy on both sides, as it is for
/// NetworkPolicies wherever Comparison finds the frame equal. Then policies may be replaced by others that mean the same, and where every
/// lemma of a namespace holds, both sides agree there. See docs/architecture.md.
std::optional<std::vector<Lemma>> lemmas_of(logic::Pool& pool, const Canonical::Policies& left, const Canonical::Policies& right);

/// Proves lemmas, many in one query and several queries at a time. A query costs little more than the sum of its lemmas, where a whole
/// namespace of n policies costs about n squared; and many namespaces share one.
class Lemmas {
 public:
  /// `within`: what else holds of every flow that counts.
  Lemmas(Question& question, std::vector<logic::Expr> within, unsigned jobs) : question_(question), within_(std::move(within)), jobs_(jobs) {}

  /// Asks those of which it is not known whether they hold. What is not decided then is not asked again.
  void prove(const std::vector<Lemma>& lemmas);
  bool holds(const Lemma& lemma) const { return proved_.contains(lemma.key()); }

 private:
  using Key = decltype(Lemma{}.key());
  logic::Expr differs(const Key& lemma);
  void prove(std::vector<std::vector<Key>> batches);

  Question& question_;
  std::vector<logic::Expr> within_;
  unsigned jobs_;
  std::set<Key> proved_, asked_;
};

}  // namespace npverify::verify
