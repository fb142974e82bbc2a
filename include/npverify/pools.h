#pragma once

#include <memory>
#include <string>
#include <vector>

#include "npverify/profile.h"
#include "npverify/snapshot.h"

namespace npverify {

/// A cluster whose nodes read policies differently: the pools of its nodes, what each runs, and what its agents know of the others.
/// A value; copies share.
class NodePools {
 public:
  /// From a file of kind NodeCapabilityMatrix (docs/mixed-clusters.md). Throws Error (input) with every problem of the file.
  static NodePools from_matrix(const std::string& path, const Snapshot& snapshot, const Encodings& encodings, const InstallationOptions& options = {});
  /// From the agents and the configuration in the snapshot. Throws Error (input) where an agent has no profile here, or none is found.
  static NodePools detect(const Snapshot& snapshot, const Encodings& encodings, const InstallationOptions& options = {});

  size_t size() const;
  /// A line a pool: "gpu: cilium@1.16.19 on n2, n3; identity_scope own_managed".
  std::vector<std::string> lines() const;
  /// Nodes that are in no pool or in several, and what to supply.
  std::vector<std::string> problems() const;

  struct State;
  explicit NodePools(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace npverify
