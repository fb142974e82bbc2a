#pragma once

#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

/// Who judges the two ends of a flow. An invariant holds if it holds in every case.
namespace npverify::verify {

/// Nodes that read alike: all of them, those of pools that cannot be told apart, or those on which a rollout has come equally far.
struct Readers {
  std::string label;                             ///< "cilium@1.16.19"
  std::string pool;                              ///< name of the pool; empty: every node
  semantics::Profile profile;
  const matrix::Pool* settings = nullptr;        ///< of the pool, where there is one
  const resource::Snapshot* policies = nullptr;  ///< whose policies these nodes enforce; null: the snapshot's
  std::string phase;                             ///< of a rollout: "old", "new"; "its agent down (fail_open)"
  std::vector<matrix::FaultMode> faults;         ///< not empty: the agent is down, and the node does one of these; which is not known where there are several
  std::vector<std::string> nodes;                ///< empty: any node
  std::string key() const;                       ///< equal for readers that make the same of every policy
};

/// What the readers at one end know of the other end's nodes and their pods: at least one is true, both where nobody says.
struct Knowledge {
  bool may_know = true, may_not_know = false;
  bool whole_cluster = true;  ///< they know every pod for certain, so port names of the cluster are those of all its pods
  std::string supply;         ///< what would settle it
};

/// One pair of readers, the source's and the destination's.
struct ReaderCase {
  Readers source, destination;
  Knowledge source_knows, destination_knows;
  bool never_one_node = false;  ///< the two kinds of nodes are different nodes, though `nodes` does not say so
  bool always_one_node = false; ///< both ends are on one node

  bool one_reading() const { return source.pool.empty() && source.phase.empty(); }
  /// "calico@3.28.5", or "calico@3.28.5 at the source, cilium@1.16.19 at the destination".
  std::string text() const;
};

/// One profile on every node.
ReaderCase whole_cluster(const semantics::Profile& profile);
/// Every pair of pools. Pools with one profile that know, and are known by, the same are one: what no formula tells apart need not be told
/// apart. Pools without a node get three that could join (two for the ends, one that is asked on the way), "POOL-1" to "POOL-3".
std::vector<ReaderCase> cases_of(const matrix::Cluster& cluster);
/// Every mixture of a rollout in which each node by itself runs the old or the new: `cases` once a pair of phases. One node is in one phase.
std::vector<ReaderCase> with_policies(const std::vector<ReaderCase>& cases, const resource::Snapshot& before, const resource::Snapshot& after);
/// Beside `cases`, every way in which the agents of at most `nodes` nodes are down. `modes`: what such a node does, each by itself; empty: what its pool says.
std::vector<ReaderCase> with_faults(const std::vector<ReaderCase>& cases, unsigned nodes, const std::vector<matrix::FaultMode>& modes);
std::vector<ReaderCase> rollout_of(const semantics::Profile& before, const semantics::Profile& after);

}  // namespace npverify::verify
