#pragma once

#include "policy/reading.h"

namespace npverify::policy {

/// `refused` of read_policies, without reading the others.
std::vector<Refused> refused_policies(const resource::Snapshot& snapshot, const ClusterFacts& facts, const semantics::Profile& profile);

}  // namespace npverify::policy
