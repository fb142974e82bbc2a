#pragma once

#include <deque>
#include <memory>

#include "reach/all_pairs.h"
#include "reach/side.h"

namespace npverify::reach {

/// The pairs of a closed world, a source at a time: what AllPairs lists and counts. Inside the room only.
class PairRows {
 public:
  PairRows(logic::Pool& pool, const policy::Reading& reading, const ClosedWorld& world, const PortTable& protocols);

  // ------------------------------------------------------------------------------------------------ by class
  /// Makes `source` the row that outcome() and touched() speak of.
  void take_row(ClassId source);
  /// Of the row's class towards `destination`.
  OutcomeId outcome(ClassId destination);
  /// The same, were `destination` named by no rule.
  OutcomeId usual_outcome(ClassId destination);
  /// The destinations that some rule names.
  const std::vector<ClassId>& touched() const { return touched_; }
  /// Destinations that have the same usual outcome for every source of one form.
  struct Groups {
    std::vector<uint32_t> of_class;
    std::vector<ClassId> member;  ///< a class of each group
  };
  /// Those of the form of `source`.
  const Groups& groups_for(ClassId source);
  /// Is the row's usual outcome towards every class that nothing is allowed and nothing unknown? Then only touched() has anything to tell.
  bool usually_denied();

  // ------------------------------------------------------------------------------------------------ by workload
  /// The classes that its pods can be of, sorted.
  const std::vector<ClassId>& classes_of(uint32_t workload) const { return classes_of_[workload]; }
  /// Towards every class, for all classes that the workload's pods can be of.
  void take_rows(uint32_t workload, std::vector<OutcomeId>& towards);
  OutcomeId towards(uint32_t workload, const std::vector<OutcomeId>& of_class);
  std::vector<Side::Outside> outside(uint32_t workload, bool as_source);
  OutcomeId nodes(uint32_t workload, bool as_source);
  bool isolated(uint32_t workload, policy::Direction direction) const;

  // ------------------------------------------------------------------------------------------------ outcomes
  enum class Category : uint8_t { denied, always, depends, unknown };
  Category category(OutcomeId id) { return id < known_.size() && !known_[id].fresh ? known_[id].category : known(id).category; }
  const Reach& reach(OutcomeId id);
  OutcomeId unite(OutcomeId a, OutcomeId b) { return a == 0 ? b : b == 0 ? a : tables_.unite_outcomes(a, b); }

  const ClosedWorld& world() const { return world_; }
  size_t classes() const { return classes_.size(); }
  uint32_t form(ClassId id) const { return form_of_[id]; }
  size_t forms() const { return forms_.size(); }

 private:
  /// One family.
  struct Lane {
    Lane(Context& context, base::Family family);
    base::Family family;
    Side egress, ingress;
    std::vector<std::vector<ClassId>> members;       ///< of each profile of ingress
    std::vector<OutcomeId> lets_out, lets_in;        ///< of the row, by class; not_set: the usual outcome
    std::vector<OutcomeId> usual_out;                ///< of the row, by form of the destination
    std::vector<std::vector<OutcomeId>> usual_in;    ///< by form of the source and profile of the destination
  };
  struct Known {
    bool fresh = true;
    Reach reach;
    Category category = Category::denied;
  };

  void read_forms();
  void touch(ClassId id);
  const Known& known(OutcomeId id);
  OutcomeId usual_in(const Lane& lane, ClassId destination) const;
  std::vector<uint32_t> usual_key(ClassId source, ClassId destination) const;
  void add_row(std::vector<OutcomeId>& towards);

  const ClosedWorld& world_;
  PortTable protocols_;
  Tables tables_;
  PodClasses classes_;
  std::vector<std::vector<ClassId>> classes_of_;
  std::unique_ptr<Context> context_;
  std::deque<Lane> lanes_;
  std::vector<uint32_t> form_of_;  ///< peers of one form have the same usual outcome whoever the subject is
  std::vector<ClassId> forms_;     ///< a class of each form
  std::vector<Groups> groups_;     ///< by form; empty until they are asked for
  std::vector<uint32_t> stamps_;   ///< by class: the row that touched it last
  uint32_t stamp_ = 0;
  std::vector<ClassId> touched_;
  ClassId row_ = 0;
  std::deque<Known> known_;
};

}  // namespace npverify::reach
