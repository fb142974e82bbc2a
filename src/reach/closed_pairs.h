#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/reading.h"
#include "world/universe.h"

namespace npverify::reach {

/// Flows of which it is asked whether some may have a verdict.
struct PairQuestion {
  enum class Verdict : uint8_t { allowed, denied };
  logic::Expr from, to;                     ///< about the source alone, about the destination alone
  logic::Expr ports = logic::True;          ///< about the destination's port
  Verdict verdict = Verdict::allowed;
  std::optional<policy::Direction> side;    ///< as judged at that end alone; absent: allowed where both ends allow, denied where one denies
  bool leave_out_admitted = false;          ///< flows between a pod and a node that the CNI lets through at the pod whatever policy says do not count
};

/// The pods (indices of Universe::pods, ascending) that can be an end of such a flow: no other pod is one.
struct PossibleFlows {
  bool any = false;  ///< false: there is no such flow, for certain
  std::vector<uint32_t> sources, destinations;
};

/// All flows of a closed world under one reading, by classes of pods: may some have a verdict? An over-approximation, for proofs. `no` is
/// certain. `yes` means that it was not ruled out: nodes and free addresses are chosen anew for each policy and each end, a verdict that is
/// not known counts as any, an atom that no class tells counts as true where it stands.
///
/// The flows are those of world::domain: between pods of the universe (never one pod and itself), nodes and addresses outside, of the kinds
/// that Universe::classes has, less those from outside to outside. Every agent knows the whole cluster. Namespaces without an object can have
/// any labels. Which pods Universe::sources and destinations leave, and on which nodes pods are, is not looked at.
///
/// Not for several threads at a time: the pool and what is found out grow.
class ClosedPairs {
 public:
  /// `pool` and `reading` must outlive it. `asked`: expressions of questions to come; pods are told apart by their atoms.
  /// `unread`: namespaces whose policies `reading` leaves out: at their pods every verdict is possible.
  /// Throws Unsupported where the reading depends on what classes do not model.
  ClosedPairs(logic::Pool& pool, const policy::Reading& reading, world::Universe universe, const std::vector<logic::Expr>& asked, const std::set<std::string>& unread = {});
  ~ClosedPairs();

  /// The expressions are of the pool. Nothing: not decided; as good as that any pod may.
  std::optional<PossibleFlows> possible(const PairQuestion& question);

  size_t classes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
