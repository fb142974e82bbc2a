#include "reach/all_pairs.h"

#include <algorithm>
#include <map>

#include "reach/pair_rows.h"

namespace npverify::reach {

struct AllPairs::State {
  PairRows rows;
};

AllPairs::AllPairs(logic::Pool& pool, const policy::Reading& reading, const ClosedWorld& world, const PortTable& protocols) : state_(new State{PairRows(pool, reading, world, protocols)}) {}
AllPairs::~AllPairs() = default;

Reach AllPairs::between(uint32_t source, uint32_t destination) {
  std::vector<OutcomeId> of_class;
  state_->rows.take_rows(source, of_class);
  return state_->rows.reach(state_->rows.towards(destination, of_class));
}

bool AllPairs::isolated(uint32_t workload, policy::Direction direction) const { return state_->rows.isolated(workload, direction); }

namespace {

/// The destinations of a source, in order, with their outcomes. Most pairs have nothing to tell, and most of those are never looked at: where
/// the row is usually denied, only the workloads of the classes that some rule names are; of others, the only class is asked first.
class Destinations {
 public:
  using Found = std::function<void(uint32_t workload, OutcomeId outcome)>;  ///< `outcome` may be denied after all

  Destinations(PairRows& rows, uint32_t count) : rows_(rows), count_(count), only_class_(count), workloads_of_(rows.classes()) {
    for (uint32_t i = 0; i < count; ++i) {
      only_class_[i] = rows.classes_of(i).size() == 1 ? rows.classes_of(i)[0] : several_classes;
      for (const ClassId id : rows.classes_of(i)) workloads_of_[id].push_back(i);
    }
  }

  void of(uint32_t source, const Found& found) {
    if (only_class_[source] != several_classes) {
      rows_.take_row(only_class_[source]);
      if (rows_.usually_denied()) return of_sparse_row(found);
    }
    of_dense_row(source, found);
  }

 private:
  static constexpr ClassId several_classes = UINT32_MAX;

  void of_sparse_row(const Found& found) {
    told_.clear();
    for (const ClassId id : rows_.touched())
      if (rows_.category(rows_.outcome(id)) != PairRows::Category::denied) told_.insert(told_.end(), workloads_of_[id].begin(), workloads_of_[id].end());
    std::sort(told_.begin(), told_.end());
    told_.erase(std::unique(told_.begin(), told_.end()), told_.end());
    for (const uint32_t destination : told_) {
      OutcomeId outcome = 0;
      for (const ClassId id : rows_.classes_of(destination)) outcome = rows_.unite(outcome, rows_.outcome(id));
      found(destination, outcome);
    }
  }

  void of_dense_row(uint32_t source, const Found& found) {
    rows_.take_rows(source, of_class_);
    tells_.resize(of_class_.size());
    for (ClassId id = 0; id < of_class_.size(); ++id) tells_[id] = rows_.category(of_class_[id]) != PairRows::Category::denied;
    for (uint32_t destination = 0; destination < count_; ++destination)
      if (only_class_[destination] == several_classes || tells_[only_class_[destination]]) found(destination, rows_.towards(destination, of_class_));
  }

  PairRows& rows_;
  uint32_t count_;
  std::vector<ClassId> only_class_;                   ///< by workload
  std::vector<std::vector<uint32_t>> workloads_of_;   ///< by class, those that can be of it
  std::vector<uint32_t> told_;
  std::vector<OutcomeId> of_class_;
  std::vector<uint8_t> tells_;
};

}  // namespace

void AllPairs::list(const std::function<void(const Connection&)>& found, const Wanted& wanted) {
  PairRows& rows = state_->rows;
  const ClosedWorld& world = rows.world();
  const auto count = static_cast<uint32_t>(world.universe.classes.pods ? world.workloads.size() : 0);
  const bool nodes = world.universe.classes.nodes, external = world.universe.classes.external;
  const auto emit = [&](const ListedEnd& source, const ListedEnd& destination, OutcomeId outcome) {
    const Reach& reach = rows.reach(outcome);
    if (!reach.empty()) found({source, destination, outcome, &reach});
  };
  const auto is_wanted = [&](uint32_t workload) { return !wanted || wanted(workload); };
  Destinations destinations(rows, count);
  for (uint32_t source = 0; source < count; ++source) {
    const ListedEnd from{.workload = source};
    destinations.of(source, [&](uint32_t destination, OutcomeId outcome) {
      if ((source != destination || world.workloads[source].several) && (is_wanted(source) || is_wanted(destination))) emit(from, {.workload = destination}, outcome);
    });
    if (!is_wanted(source)) continue;
    if (nodes) emit(from, {.kind = ListedEnd::Kind::nodes}, rows.nodes(source, true));
    if (!external) continue;
    for (const auto& part : rows.outside(source, true)) emit(from, {.kind = ListedEnd::Kind::outside, .addresses = &part.addresses}, part.outcome);
  }
  for (uint32_t destination = 0; nodes && destination < count; ++destination)
    if (is_wanted(destination)) emit({.kind = ListedEnd::Kind::nodes}, {.workload = destination}, rows.nodes(destination, false));
  for (uint32_t destination = 0; external && destination < count; ++destination) {
    if (!is_wanted(destination)) continue;
    for (const auto& part : rows.outside(destination, false)) emit({.kind = ListedEnd::Kind::outside, .addresses = &part.addresses}, {.workload = destination}, part.outcome);
  }
}

namespace {

using Category = PairRows::Category;

struct Weight {
  uint64_t workloads = 0, pods = 0;
  uint64_t single = 0;  ///< workloads that cannot reach another pod of themselves
};

void add(PairCounts& counts, Category category, uint64_t pairs) {
  if (category == Category::always) counts.always += pairs;
  if (category == Category::depends) counts.depends += pairs;
  if (category == Category::unknown) counts.unknown += pairs;
}

/// Workloads whose pods are of one class are counted by class; the few others each by itself.
class Counting {
 public:
  explicit Counting(PairRows& rows) : rows_(rows), weights_(rows.classes()) {
    const auto& workloads = rows.world().workloads;
    for (uint32_t i = 0; i < workloads.size(); ++i) {
      counts_.workloads.pairs += workloads[i].several ? 1 : 0;
      total_.workloads += 1;
      total_.pods += workloads[i].replicas;
      if (rows.classes_of(i).size() != 1) {
        mixed_.push_back(i);
        continue;
      }
      Weight& weight = weights_[rows.classes_of(i)[0]];
      weight.workloads += 1;
      weight.pods += workloads[i].replicas;
      weight.single += !workloads[i].several;
    }
    counts_.workloads.pairs += total_.workloads * (total_.workloads - (total_.workloads > 0));
    counts_.pods.pairs = total_.pods * total_.pods - total_.pods;
    counts_.classes = rows.classes();
    weights_of_groups_.resize(rows.forms());
  }

  Counts run() {
    for (ClassId source = 0; source < weights_.size(); ++source)
      if (weights_[source].workloads > 0) count_class(source);
    for (const uint32_t source : mixed_) count_mixed(source);
    return counts_;
  }

 private:
  const std::vector<Weight>& weights_of(const PairRows::Groups& groups, ClassId source) {
    std::vector<Weight>& weights = weights_of_groups_[rows_.form(source)];
    if (!weights.empty()) return weights;
    weights.resize(groups.member.size());
    for (ClassId id = 0; id < weights_.size(); ++id) {
      weights[groups.of_class[id]].workloads += weights_[id].workloads;
      weights[groups.of_class[id]].pods += weights_[id].pods;
    }
    return weights;
  }

  void add_pairs(const Weight& source, uint64_t workloads, uint64_t pods, OutcomeId outcome) {
    if (source.workloads * workloads == 0) return;
    const Category category = rows_.category(outcome);
    counts_.any_unknown |= !rows_.reach(outcome).unknown.empty();
    add(counts_.workloads, category, source.workloads * workloads);
    add(counts_.pods, category, source.pods * pods);
  }

  /// A pod and itself are no pair.
  void leave_out_self(uint64_t single, uint64_t pods, OutcomeId outcome) {
    const Category category = rows_.category(outcome);
    add(counts_.workloads, category, 0 - single);
    add(counts_.pods, category, 0 - pods);
  }

  void count_class(ClassId source) {
    rows_.take_row(source);
    const Weight& weight = weights_[source];
    const PairRows::Groups& groups = rows_.groups_for(source);
    left_ = weights_of(groups, source);
    for (const ClassId id : rows_.touched()) {
      left_[groups.of_class[id]].workloads -= weights_[id].workloads;
      left_[groups.of_class[id]].pods -= weights_[id].pods;
      add_pairs(weight, weights_[id].workloads, weights_[id].pods, rows_.outcome(id));
    }
    for (uint32_t g = 0; g < left_.size(); ++g)
      if (left_[g].workloads > 0) add_pairs(weight, left_[g].workloads, left_[g].pods, rows_.usual_outcome(groups.member[g]));
    leave_out_self(weight.single, weight.pods, rows_.outcome(source));
    for (const uint32_t destination : mixed_) {
      OutcomeId outcome = 0;
      for (const ClassId id : rows_.classes_of(destination)) outcome = rows_.unite(outcome, rows_.outcome(id));
      add_pairs(weight, 1, rows_.world().workloads[destination].replicas, outcome);
    }
  }

  void count_mixed(uint32_t source) {
    const auto& workloads = rows_.world().workloads;
    const Weight weight{.workloads = 1, .pods = workloads[source].replicas};
    rows_.take_rows(source, of_class_);
    for (ClassId id = 0; id < weights_.size(); ++id)
      if (weights_[id].workloads > 0) add_pairs(weight, weights_[id].workloads, weights_[id].pods, of_class_[id]);
    for (const uint32_t destination : mixed_) {
      const OutcomeId outcome = rows_.towards(destination, of_class_);
      add_pairs(weight, 1, workloads[destination].replicas, outcome);
      if (destination == source) leave_out_self(!workloads[source].several, workloads[source].replicas, outcome);
    }
  }

  PairRows& rows_;
  std::vector<Weight> weights_;  ///< by class
  std::vector<uint32_t> mixed_;  ///< workloads whose pods can be of several classes
  Weight total_;
  std::vector<std::vector<Weight>> weights_of_groups_;  ///< by form of the source
  std::vector<Weight> left_;
  std::vector<OutcomeId> of_class_;
  Counts counts_;
};

}  // namespace

Counts AllPairs::count() { return Counting(state_->rows).run(); }

}  // namespace npverify::reach
