#pragma once

#include <string>

#include "resource/snapshot.h"

namespace npverify::verify {

/// What shows that a service mesh may have a say in the connections of a workload's or pod's pods; empty where nothing does.
/// `id`: "shop/Deployment/web", "shop/Pod/web-1". Annotations of a workload's template are not kept, so they show nothing.
std::string mesh_of(const resource::Snapshot& snapshot, const std::string& id);

}  // namespace npverify::verify
