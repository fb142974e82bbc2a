#pragma once

#include <map>
#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "resource/snapshot.h"
#include "verify/readers.h"

/// Where the pods of workloads can be, where nodes differ.
namespace npverify::verify {

struct Landings {
  /// By workload ("shop/Deployment/web"): nodes, sorted; those whose pods can be on any are left out.
  std::map<std::string, std::vector<std::string>> nodes;
  /// Nodes of one class can hold the pods of the same workloads.
  std::map<std::string, uint32_t> class_of;
};

/// By the scheduler's filters, over every node that the snapshot, the cluster (where there is one) or the cases speak of. Nodes without an object are taken as open to all: nothing tells
/// what keeps pods from them.
Landings landings_of(const resource::Snapshot& snapshot, const matrix::Cluster* cluster, const std::vector<ReaderCase>& cases);

}  // namespace npverify::verify
