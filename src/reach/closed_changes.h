#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/reading.h"
#include "world/universe.h"

namespace npverify::reach {

/// Flows whose end that is policed in `direction` is a pod of a namespace and decided differently there by two readings, and which differ as a whole.
struct ChangeQuestion {
  enum class Change : uint8_t { opened, closed, either };  ///< allowed by the second reading alone; by the first alone; by one of them
  Change change = Change::either;
  policy::Direction direction = policy::Direction::ingress;
  std::string namespace_name;
};

/// The ends that such a flow can have: no other pod is one.
struct PossibleChanges {
  bool any = false;                       ///< false: there is no such flow, for certain
  bool with_others = false;               ///< with a node or an address outside
  std::vector<uint32_t> subjects, peers;  ///< indices of Universe::pods, ascending
};

/// All flows of a closed world under two readings, by classes of pods: may some be decided differently? As ClosedPairs an over-approximation, for
/// proofs: `no` is certain, `yes` was not ruled out. A flow that opens is allowed by the second reading at both ends and denied by the first at one
/// of them, so it is on ports on which that end has a way to be denied before and a way to be allowed after, and the other end a way to be
/// allowed after. What a way is, is told in ClosedPairs.
///
/// Not for several threads at a time.
class ClosedChanges {
 public:
  /// `pool` and the readings, which are of it, must outlive it. `unread`: namespaces whose policies the readings leave out: at their pods every
  /// verdict is possible, and no question is about them.
  /// Throws Unsupported where a reading depends on what classes do not model.
  ClosedChanges(logic::Pool& pool, const policy::Reading& before, const policy::Reading& after, world::Universe universe, const std::set<std::string>& unread = {});
  ~ClosedChanges();

  /// Nothing: not decided.
  std::optional<PossibleChanges> possible(const ChangeQuestion& question);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
