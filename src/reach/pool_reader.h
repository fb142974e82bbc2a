#pragma once

#include <map>
#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "oracle/evaluate.h"
#include "policy/reading.h"
#include "world/endpoint.h"

namespace npverify::reach {

/// What the agents of one pool, or of a whole cluster, make of its policies: as they see ends that they know, and ends that are an address to them.
/// Neither copied nor moved: what is made of the readings points into it.
struct PoolReader {
  /// One profile on every node.
  PoolReader(const resource::Snapshot& snapshot, const semantics::Profile& of);
  /// A pool of `cluster`, which must outlive it.
  PoolReader(const resource::Snapshot& snapshot, const matrix::Cluster& cluster, size_t pool);
  PoolReader(const PoolReader&) = delete;
  PoolReader& operator=(const PoolReader&) = delete;

  /// One way in which they may know the cluster, with the running pods that they know then.
  struct Eyes {
    matrix::View view;
    std::vector<const world::Endpoint*> known;
    oracle::Cluster surroundings;  ///< port names among `known`
  };

  const semantics::Profile* profile = nullptr;
  std::string label;
  std::map<std::string, std::string> datapath;  ///< flags of the pool
  logic::Pool expressions;
  policy::Reading plain, stranger;
  world::Directory directory;
  std::vector<Eyes> eyes;  ///< at least one
};

}  // namespace npverify::reach
