#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "reach/closed_pairs.h"
#include "verify/prove.h"
#include "verify/readers.h"
#include "verify/slices.h"

/// What classes of pods rule out of the invariants of a run, in closed universes: built once for all invariants that one profile reads, and asked
/// before the solver is. What they do not rule out the solver is asked about as ever.
namespace npverify::verify {

/// The universe that an invariant is asked of.
world::UniverseKind universe_kind_of(const ProveOptions& options, const InvariantSet& set, const Invariant& invariant);
Placement placement_of(const InvariantSet& set, const Invariant& invariant);
/// The paths that the invariant or its set lists; nothing where none does.
std::optional<PathChoice> paths_of(const InvariantSet& set, const Invariant& invariant);
/// A pod that nobody has heard of: no label, in a namespace that nothing in the universe names.
world::ClosedPod pod_of_nobody(const world::Universe& universe);

/// A question about flows, over the atoms of some pool; see reach::PairQuestion.
struct ClosedQuestion {
  const logic::Pool& pool;
  reach::PairQuestion asked;
  std::optional<logic::Role> nobody = {};  ///< that end is the pod of nobody; absent: it is in no flow
};

/// An invariant as far as the classes are made for it.
struct ClosedTask {
  const InvariantSet* set;
  const Invariant* invariant;
  const std::vector<ReaderCase>* cases;
};

/// One profile, one universe. For several threads.
class ClosedWorld {
 public:
  ClosedWorld(const resource::Snapshot& snapshot, const SnapshotPolicies& policies, const semantics::Profile& profile, world::Universe universe, std::vector<const Invariant*> invariants,
              size_t few_policies);
  ~ClosedWorld();

  /// Nothing: not decided. Pods are numbered as in the universe, the pod of nobody behind the others.
  std::optional<reach::PossibleFlows> possible(const ClosedQuestion& question);
  /// The first invariant of the run that may be asked of it.
  const Invariant* first() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::mutex mutex_;
};

/// All of a run, made where they are first asked for.
class ClosedWorlds {
 public:
  /// The arguments, and what the tasks point to, must outlive it. Nothing is made where the user wants every answer from a solver: to be
  /// written down, or to be given by two.
  ClosedWorlds(const resource::Snapshot& snapshot, const SnapshotPolicies& policies, const ProveOptions& options, const std::vector<ClosedTask>& tasks);

  /// Where flows are judged as `one` says and the invariant asks for no more than classes tell; else null.
  ClosedWorld* world_for(const ReaderCase& one, const InvariantSet& set, const Invariant& invariant);
  bool any() const { return !slots_.empty(); }
  /// As world::make_universe. A copy costs nearly as much as making one, so that what nobody uses any longer is handed out again.
  std::unique_ptr<world::Universe> borrow(world::UniverseKind kind, world::EndClasses classes);
  /// REQUIRES: it is as it was borrowed but for `sources` and `destinations`.
  void give_back(std::unique_ptr<world::Universe> universe);

 private:
  struct Slot {
    std::once_flag once;
    semantics::Profile profile;
    world::UniverseKind kind = world::UniverseKind::declared;
    std::vector<const Invariant*> invariants;
    std::unique_ptr<ClosedWorld> world;
  };
  bool takes(const InvariantSet& set, const Invariant& invariant) const;

  const resource::Snapshot& snapshot_;
  const SnapshotPolicies& policies_;
  const ProveOptions& options_;
  std::map<std::pair<std::string, world::UniverseKind>, Slot> slots_;  ///< by reader
  std::mutex mutex_;
  std::vector<std::unique_ptr<world::Universe>> unused_;
};

}  // namespace npverify::verify
