#pragma once

#include <string>
#include <vector>

#include "npverify/answer.h"
#include "npverify/snapshot.h"

namespace npverify {

struct PlaceOptions {
  std::string default_namespace = "default";  ///< of a workload that is named without one
  std::vector<std::string> pools;             ///< possible nodes: "key=value,key=value:Effect,..." each
  std::vector<std::string> without;           ///< nodes to exclude: names, or labels "key=value", "key!=value", "key"
};

/// Where can the pods of a workload ("namespace/name", "namespace/Kind/name") land, and why not elsewhere? With `without`: the requirement of
/// node affinity that excludes exactly those nodes. Exit code 0: somewhere; 1: nowhere, of nodes that are known; 3: no node is known.
/// Throws Error (input) for a workload, node or pool that is not there or not well formed.
Answer place(const Snapshot& snapshot, const std::string& workload, const PlaceOptions& options = {});

}  // namespace npverify
