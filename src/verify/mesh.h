#pragma once

#include <map>
#include <set>
#include <string>

#include "resource/snapshot.h"
#include "verify/result.h"

namespace npverify::verify {

/// What shows that a service mesh may have a say in the connections of a workload's or pod's pods; empty where nothing does.
/// `id`: "shop/Deployment/web", "shop/Pod/web-1".
std::string mesh_of(const resource::Snapshot& snapshot, const std::string& id);

/// The same of every workload and pod that shows something, by id.
std::map<std::string, std::string> meshes_of(const resource::Snapshot& snapshot);

/// Names the ends of an answer that are in a mesh, by what shows it; the answer is partial then. `meshes`: of meshes_of.
void note_meshed(const std::set<std::string>& ends, const std::map<std::string, std::string>& meshes, Limits& limits);

}  // namespace npverify::verify
