#pragma once

#include <functional>
#include <memory>

#include "policy/reading.h"
#include "reach/ends.h"
#include "reach/port_table.h"

namespace npverify::reach {

/// On which ports one end reaches another: disjoint tables. What is in none is denied.
struct Reach {
  PortTable always;   ///< wherever the two ends stand
  PortTable depends;  ///< on addresses, nodes, families, or labels that controllers add: allowed in some cases, denied in others
  PortTable unknown;  ///< in some case it is not known what the CNI does
  bool empty() const { return always.empty() && depends.empty() && unknown.empty(); }
};

/// An end of a connection of the list.
struct ListedEnd {
  enum class Kind : uint8_t { workload, nodes, outside } kind = Kind::workload;
  uint32_t workload = 0;                         ///< into ClosedWorld::workloads
  const base::AddressSet* addresses = nullptr;   ///< of outside: exactly those for which the connection has these ports
};

struct Connection {
  ListedEnd source, destination;
  uint32_t reach_number = 0;  ///< equal for equal `reach`
  const Reach* reach = nullptr;
};

/// Ordered pairs of workloads, or of pods; each counted once, by the best that some port has.
struct PairCounts {
  uint64_t pairs = 0, always = 0, depends = 0, unknown = 0;
};
struct Counts {
  PairCounts workloads, pods;  ///< pods: by the replicas that are declared; a pod and itself are no pair
  uint64_t classes = 0;        ///< of pods that no expression tells apart
  bool any_unknown = false;    ///< some pair is not known on some port
};

/// Who reaches whom in a closed world, under one reading, on every port. Exact: a connection is listed as always, depends or unknown
/// just where the oracle, asked for every address, node and free label that the ends can have, says so.
///
/// Pods that no expression of the reading tells apart are one class. What a class lets out and in is counted up from inverted indexes:
/// only pairs that some rule names are touched, all others have the default outcome of their policies and are counted in groups.
class AllPairs {
 public:
  /// The first three must outlive it. Only ports of `protocols` are listed and counted.
  /// Throws Unsupported, naming the condition, where the reading depends on what a list does not model.
  AllPairs(logic::Pool& pool, const policy::Reading& reading, const ClosedWorld& world, const PortTable& protocols = PortTable::all());
  ~AllPairs();

  Counts count();
  /// Workloads for which this is false are neither sources nor destinations of a connection, unless the other end makes it one.
  using Wanted = std::function<bool(uint32_t workload)>;
  /// Every connection that is not wholly denied, of which at least one end is policed: sources in the order of the workloads, then nodes,
  /// then outside; destinations likewise. References are valid during the call alone. A pod to itself is not listed.
  void list(const std::function<void(const Connection&)>& found, const Wanted& wanted = {});
  /// Of two workloads (which may be the same one, if several).
  Reach between(uint32_t source, uint32_t destination);
  /// Whether some policy isolates some pod of the workload in that direction.
  bool isolated(uint32_t workload, policy::Direction direction) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
