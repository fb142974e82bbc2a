#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reach/closed_changes.h"
#include "verify/canonical.h"
#include "verify/compare.h"
#include "verify/lemmas.h"
#include "verify/question.h"

namespace npverify::verify {

/// One thing in which two readings differ and that can be made equal. Blame is asked in switches.
struct Switch {
  enum class Kind : uint8_t {
    axis,              ///< alters policies anywhere
    policy,            ///< alters the policies of `namespace_name`
    namespace_labels,  ///< the labels of `namespace_name`: alters what policies anywhere select
  };
  Kind kind = Kind::axis;
  std::string name;  ///< the axis, "namespace/policy", or the namespace
  std::string namespace_name = {};
};

/// Two readings side by side, and the right one with some switches set as on the left.
/// PRECONDITION of all: with every switch set, the right reading says what the left one says.
struct Sides {
  policy::Reading left, right;
  std::vector<Switch> switches;
  std::set<std::string> namespaces;  ///< that hold a policy on either side
  /// Namespaces whose policies may read differently from the left side's under some set of switches; in all others they never do.
  std::set<std::string> alterable;
  /// Namespaces of which neither side holds the policies, though both have some. Of diff: the same on both sides.
  std::set<std::string> unread;
  bool one_profile = false;          ///< diff: the policies differ, not who reads them
  /// The right reading with these switches set, holding the policies of `namespaces` alone.
  std::function<policy::Reading(const std::set<size_t>& on, const std::set<std::string>& namespaces)> right_with;
};

/// The right side with some switches set. Only what they alter is read again.
struct Altered {
  const policy::Reading* plain = nullptr;   ///< no switch set
  std::set<std::string> namespaces;         ///< that the switches alter
  std::shared_ptr<const policy::Reading> reading;   ///< of these; null where no switch is set
  std::string respelled_namespace;                  ///< whose policies are asked about in other words
  std::shared_ptr<const policy::Reading> respelled;  ///< these words; null where there are none
  const policy::Reading& in(const std::string& name) const {
    if (respelled && name == respelled_namespace) return *respelled;
    return reading && (name.empty() || namespaces.contains(name)) ? *reading : *plain;
  }
};

/// Finds the differences between two readings, one a cause.
///
/// 1. canonical: per policy and direction, the two readings' formulas are hash-consed in one pool, so equal handles are equal meanings;
///    the verdict is one fixed function of (selects, rules) of each policy, so a namespace whose policies all agree agrees as a whole.
/// 2. slice: where they do not, the policies of one namespace and direction, the other end left free, are asked of the solver.
///    Sound: a flow is allowed if its egress and its ingress are; if both readings agree on both for every namespace, they agree.
///    Where slices turn out to agree, those that come next are looked at ahead: policy by policy (Lemmas), and what is left on several threads.
/// 3. pair: a difference in a slice is a candidate; the flow as a whole, both ends, must differ. The smallest one is the witness.
/// 4. blame: the smallest set of switches that, set, make the verdicts of the witness agree. Then the search goes on for flows that differ
///    even with these switches set, until none is left: one finding a cause, and its end is the proof that there is no other.
///
/// In a closed universe, classes of pods are asked before the solver (reach::ClosedChanges): where they say that no flow differs, or none with the
/// pods of a namespace, it is asked for a sample of these answers only.
class Comparison {
 public:
  Comparison(Question& question, Sides sides, const Options& options);

  /// Fills verdict, reason, findings, counts. `changes`: what to look for (none: any difference; opened and closed for diff).
  void run(ComparisonResult& result, const std::vector<Change>& changes);

 private:
  struct Slice {
    policy::Direction direction;
    std::string namespace_name;  ///< empty: a namespace without policies
    std::string fact;            ///< that is true if no flow of the slice is a difference
    std::optional<size_t> remembered;  ///< it is: an earlier run took so many queries
    bool by_policies = false;          ///< nothing but policies tells the two sides apart
  };
  bool takes(const std::string& namespace_name) const { return options_.shard.of == 1 || options_.shard.takes(positions_.at(namespace_name)); }
  const Altered& altered_by(const std::set<size_t>& on);  ///< valid until it is asked for other switches
  std::vector<Slice> differing_slices(const Altered& right, const std::set<size_t>& on);
  bool same_policies(const policy::DirectionReading& a, const policy::DirectionReading& b, policy::Direction direction, const std::string& name);
  bool as_written(const policy::DirectionReading& a, const policy::DirectionReading& b, policy::Direction direction, const std::string& name);
  policy::Verdict slice_verdict(const policy::Reading& reading, const Slice& slice);

  std::optional<Finding> next_finding(Change change, const std::set<size_t>& known);
  std::optional<Finding> search(Change change, const Altered& right_now, const Slice& slice, const std::set<size_t>& known);
  std::optional<Finding> search_pairs(Change change, const Altered& right_now, const Altered& as_it_is, const Slice& slice, const std::set<size_t>& known, const reach::PossibleChanges* possible);
  bool in_sample(const Slice& slice) const;
  bool contains(const reach::PossibleChanges& possible, const Witness& witness, const Slice& slice) const;
  void look_ahead(Change change, const Altered& right_now, std::span<const Slice> slices, const std::set<size_t>& known);
  std::optional<std::vector<Lemma>> lemmas_in(const Altered& right_now, const Slice& slice);
  bool all_hold(const std::vector<Lemma>& lemmas) const;
  bool is_large(const Slice& slice) const;
  Altered in_words_of_the_left(const Altered& right_now, const Slice& slice, const std::vector<Lemma>& lemmas);
  smt::Answer alone(Change change, const Altered& right_now, const Slice& slice, const std::set<size_t>& known);
  std::vector<logic::Expr> difference_in(Change change, const Altered& right_now, const Slice& slice);
  bool is_unread(const std::vector<std::string>& names) const;

  /// What classes of pods leave possible in a slice; nothing where they are not asked or cannot tell.
  std::optional<reach::PossibleChanges> by_classes(Change change, const Slice& slice, const std::set<size_t>& known);
  void make_classes();
  std::unique_ptr<reach::ClosedChanges> classes_reading(const std::set<std::string>& namespaces);
  std::set<std::string> namespaces_of(const reach::PossibleChanges& possible) const;
  void need_peers_of_all(const Altered& right_now, const std::set<size_t>& known);
  const std::vector<std::string>& peers_of(Change change, const Slice& slice, const std::vector<logic::Expr>& difference, const std::set<size_t>& known);
  std::vector<std::string> find_peers(Change change, const Slice& slice, logic::Expr asserted);
  std::string query_key(Change change, const Slice& slice, const char* where, const std::string& peer, const std::set<size_t>& on) const;
  std::optional<Finding> confirm(Change change, const Altered& right_now, const Slice& slice, const std::vector<std::string>& peers, bool peer_elsewhere);
  logic::Expr elsewhere(logic::Role role, const std::vector<logic::Expr>& asserted);
  logic::Expr differs(Change change, const FlowFormula& left, const FlowFormula& right);
  logic::Expr in_scope();
  std::optional<Finding> witness_of(Change change, const std::vector<logic::Expr>& asserted, const smt::Result& smallest);
  std::set<size_t> blame(const Witness& witness);
  std::set<size_t> bearing_on(const Witness& witness);
  bool agree_with(const std::set<size_t>& on, const Witness& witness);
  void complete(Finding& finding, Change change, const std::set<size_t>& cause);
  void count_affected(Finding& finding, const std::set<size_t>& cause);
  void decide_rest(ComparisonResult& result);
  std::string gap_fact(const policy::Reading& reading, policy::Direction direction) const;
  void need_gaps() const;
  bool meets_gap(const policy::Reading& reading, policy::Direction direction, const std::string& name);

  /// Asks the solver, and says so. `what`: in the user's words.
  smt::Result ask(const std::vector<logic::Expr>& asserted, const std::string& title, const std::string& what, bool smallest = false);
  std::string words(const Slice& slice) const;

  // What is remembered, and what was left unread because of it.
  std::string with_switches(const std::string& what, const std::set<size_t>& on) const;
  std::optional<size_t> recall(const std::string& fact, const std::string& name) const;
  void learn(const std::string& fact, const std::string& name, size_t queries) const;
  void need(const std::set<std::string>& namespaces) const;

  Question& question_;
  logic::Pool& pool_;
  Sides sides_;
  const Options& options_;
  Canonical canonical_;
  Lemmas lemmas_;
  policy::Reading left_of_classes_, right_of_classes_;  ///< the policies that can bear on a difference
  std::unique_ptr<reach::ClosedChanges> classes_;       ///< null: not made yet, or there are none
  std::set<std::string> namespaces_of_classes_;          ///< that differ, and can be asked about
  bool classes_made_ = false;
  std::vector<Change> changes_;  ///< that are looked for
  std::unordered_map<std::string, size_t> positions_;  ///< of namespaces, and of "", among the parts of a shard
  std::optional<std::pair<std::set<size_t>, Altered>> altered_;  ///< the last ones asked for: a cause is counted, then searched beyond
  std::unordered_map<std::string, std::vector<std::string>> peers_;  ///< of slices, by all that they depend on
  std::unordered_set<std::string> with_difference_;  ///< slices that differ alone, by all that the query depends on
  std::unordered_set<std::string> without_finding_;  ///< the same of pairs that do not; peers one by one
  std::unordered_map<std::string, smt::Answer> ahead_;  ///< of slices alone that were looked at before their turn; sat or unsat
  std::set<std::string> refusing_;  ///< namespaces with a policy that a side does not enforce
  std::string unknown_;  ///< the first reason why some query stayed open
  size_t slices_ = 0;
  size_t remembered_queries_ = 0;  ///< that an earlier run asked, or that were answered ahead: the numbers depend on neither
};

}  // namespace npverify::verify
