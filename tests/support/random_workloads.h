#pragma once

#include "support/random_world.h"

namespace npverify::test {

/// A random world in which some pods become workloads, some are owned by a controller that is not there, some have no address yet, and every
/// third one is dual stack.
inline resource::Snapshot world_of(uint64_t seed) {
  RandomWorld random(seed);
  resource::Snapshot s = random.make();
  std::vector<resource::Pod> kept;
  for (auto& pod : s.pods) {
    if (random.chance(45)) {
      s.workloads.push_back({.kind = random.one_of({"Deployment", "StatefulSet", "Job"}), .meta = pod.meta, .pod_labels = pod.meta.labels, .pod = pod.spec, .replicas = random.pick(4)});
      s.workloads.back().pod.node_name.clear();
      continue;
    }
    if (random.chance(25)) pod.owner = random.one_of({"ReplicaSet/gone-1", "DaemonSet/gone"});
    if (random.chance(10)) pod.addresses.clear();
    if (seed % 3 == 0 && !pod.addresses.empty() && random.chance(60)) pod.addresses.push_back(*base::Address::parse("fd00::" + std::to_string(random.pick(9))));
    kept.push_back(pod);
  }
  s.pods = kept;
  return s;
}

}  // namespace npverify::test
