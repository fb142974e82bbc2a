#pragma once

#include <string>
#include <vector>

#include "world/universe.h"

namespace npverify::reach {

/// One line of a list of who reaches whom: a workload with all its pods, or a pod.
struct WorkloadEnd {
  std::string name;          ///< "shop/Deployment/web", "shop/Pod/debug"; in the observed universe "shop/web-1", as in `eval`
  bool several = false;      ///< it can have two pods at a time, so that it can reach itself
  uint64_t replicas = 1;     ///< how many pods it has or asks for
  std::vector<uint32_t> pods;  ///< what its pods can be, beside addresses and nodes that are free: indices of Universe::pods; not empty
};

/// The closed world of a list. What the snapshot does not declare is not there.
struct ClosedWorld {
  world::Universe universe;
  std::vector<WorkloadEnd> workloads;       ///< sorted by name; those on the host network left out
  std::vector<std::string> on_host_network; ///< names of those: policies see their nodes in their place
  std::vector<std::string> unlabelled_namespaces;  ///< of workloads, without a Namespace object: taken to have no label but their name
};

/// `kind`: declared or observed. In the declared world a controller stands for its pods; pods whose controller is not in the snapshot
/// are put together by the name of their controller.
ClosedWorld closed_world(const resource::Snapshot& snapshot, world::UniverseKind kind, world::EndClasses classes = {});

}  // namespace npverify::reach
