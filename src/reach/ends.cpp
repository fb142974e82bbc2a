#include "reach/ends.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/diagnostics.h"
#include "placement/owner.h"

namespace npverify::reach {
namespace {

using resource::Pod;
using resource::Snapshot;
using world::ClosedPod;

bool ended(const Pod& pod) { return pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed; }

/// Pods that no template speaks for, by the name of their controller: "shop/Pod/web-1" -> "shop/ReplicaSet/web".
std::unordered_map<std::string, std::string> orphans_of(const Snapshot& snapshot, const placement::Controllers& controllers) {
  std::unordered_map<std::string, std::string> owners;
  for (const Pod& pod : snapshot.pods)
    if (controllers.orphaned(pod)) owners.emplace(pod.meta.namespace_name + "/Pod/" + pod.meta.name, pod.meta.namespace_name + "/" + pod.owner);
  return owners;
}

void add_workloads(ClosedWorld& world, const Snapshot& snapshot, const placement::Controllers& controllers) {
  std::map<std::string, uint64_t> replicas;
  for (const auto& workload : snapshot.workloads)
    replicas[workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name] = static_cast<uint64_t>(std::max(1, workload.replicas));
  const bool observed = world.universe.kind == world::UniverseKind::observed;
  const auto orphans = observed ? std::unordered_map<std::string, std::string>{} : orphans_of(snapshot, controllers);
  std::map<std::string, size_t> by_owner;  // of orphans, in world.workloads
  for (uint32_t i = 0; i < world.universe.pods.size(); ++i) {
    const ClosedPod& pod = world.universe.pods[i];
    if (const auto orphan = orphans.find(pod.workload); orphan != orphans.end()) {
      const auto [at, fresh] = by_owner.emplace(orphan->second, world.workloads.size());
      if (fresh) world.workloads.push_back({.name = orphan->second, .several = true, .replicas = 0, .pods = {}});
      ++world.workloads[at->second].replicas;
      world.workloads[at->second].pods.push_back(i);
      continue;
    }
    const auto found = replicas.find(pod.workload);
    const bool is_template = !observed && found != replicas.end();
    world.workloads.push_back({.name = observed ? pod.pod.name : pod.workload, .several = is_template, .replicas = is_template ? found->second : 1, .pods = {i}});
  }
}

void note_host_network(ClosedWorld& world, const Snapshot& snapshot, const placement::Controllers& controllers) {
  for (const auto& workload : snapshot.workloads)
    if (workload.pod.host_network) world.on_host_network.push_back(workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name);
  for (const Pod& pod : snapshot.pods)
    if (pod.spec.host_network && !ended(pod) && !(!pod.owner.empty() && controllers.declare(pod))) world.on_host_network.push_back(pod.meta.namespace_name + "/Pod/" + pod.meta.name);
  std::sort(world.on_host_network.begin(), world.on_host_network.end());
}

void note_namespaces(ClosedWorld& world) {
  std::set<std::string> names;
  for (const auto& closed : world.universe.pods)
    if (!closed.namespace_known) names.insert(closed.pod.namespace_name);
  world.unlabelled_namespaces.assign(names.begin(), names.end());
}

}  // namespace

ClosedWorld closed_world(const Snapshot& snapshot, world::UniverseKind kind, world::EndClasses classes) {
  if (kind == world::UniverseKind::possible) throw base::InternalError("a list needs a closed universe");
  ClosedWorld world{.universe = world::make_universe(snapshot, kind, classes)};
  const placement::Controllers controllers(snapshot);
  add_workloads(world, snapshot, controllers);
  std::sort(world.workloads.begin(), world.workloads.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  note_host_network(world, snapshot, controllers);
  note_namespaces(world);
  return world;
}

}  // namespace npverify::reach
