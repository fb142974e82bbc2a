#pragma once

#include "resource/snapshot.h"

namespace npverify::placement {

/// Does the pod come from the workload? By its controller; a Deployment's and a CronJob's pods belong to an object between them, whose name
/// begins with theirs.
bool owns(const resource::Workload& workload, const resource::Pod& pod);

}  // namespace npverify::placement
