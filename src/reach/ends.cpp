#include "reach/ends.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using resource::Pod;
using resource::Snapshot;
using world::ClosedPod;

bool ended(const Pod& pod) { return pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed; }

/// Whether the owner of a pod is made by an object of the snapshot. Deployments own through a ReplicaSet whose name ends in the pods'
/// pod-template-hash, CronJobs through a Job whose name ends in a number.
class Controllers {
 public:
  explicit Controllers(const Snapshot& snapshot) {
    for (const auto& workload : snapshot.workloads) names_.insert(workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name);
  }

  bool declare(const Pod& pod) const {
    const std::string in = pod.meta.namespace_name + "/";
    if (names_.contains(in + pod.owner)) return true;
    const size_t slash = pod.owner.find('/'), dash = pod.owner.rfind('-');
    if (slash == std::string::npos || dash == std::string::npos || dash < slash) return false;
    const std::string kind = pod.owner.substr(0, slash), stem = pod.owner.substr(slash + 1, dash - slash - 1), suffix = pod.owner.substr(dash + 1);
    if (kind == "ReplicaSet") {
      const auto hash = pod.meta.labels.find("pod-template-hash");
      return hash != pod.meta.labels.end() && hash->second == suffix && names_.contains(in + "Deployment/" + stem);
    }
    const bool number = !suffix.empty() && suffix.find_first_not_of("0123456789") == std::string::npos;
    return kind == "Job" && number && names_.contains(in + "CronJob/" + stem);
  }

 private:
  std::set<std::string> names_;
};

/// Owned pods that no declared controller makes, by their owner.
void add_orphans(ClosedWorld& world, const Snapshot& snapshot) {
  const Controllers controllers(snapshot);
  Snapshot orphans;
  orphans.namespaces = snapshot.namespaces;
  std::vector<std::string> owners;
  for (const Pod& pod : snapshot.pods) {
    if (pod.owner.empty() || ended(pod) || pod.spec.host_network || controllers.declare(pod)) continue;
    owners.push_back(pod.meta.namespace_name + "/" + pod.owner);
    orphans.pods.push_back(pod);
    orphans.pods.back().owner.clear();
  }
  auto pods = world::make_universe(orphans, world::UniverseKind::declared).pods;
  std::map<std::string, WorkloadEnd> by_owner;
  for (size_t i = 0; i < pods.size(); ++i) {
    WorkloadEnd& end = by_owner.try_emplace(owners[i], WorkloadEnd{.name = owners[i], .several = true, .replicas = 0, .pods = {}}).first->second;
    ++end.replicas;
    end.pods.push_back(static_cast<uint32_t>(world.universe.pods.size()));
    world.universe.pods.push_back(std::move(pods[i]));
  }
  for (auto& [name, end] : by_owner) world.workloads.push_back(std::move(end));
}

void add_workloads(ClosedWorld& world, const Snapshot& snapshot) {
  std::map<std::string, uint64_t> replicas;
  for (const auto& workload : snapshot.workloads)
    replicas[workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name] = static_cast<uint64_t>(std::max(1, workload.replicas));
  const bool observed = world.universe.kind == world::UniverseKind::observed;
  for (uint32_t i = 0; i < world.universe.pods.size(); ++i) {
    const ClosedPod& pod = world.universe.pods[i];
    const auto found = replicas.find(pod.workload);
    const bool is_template = !observed && found != replicas.end();
    world.workloads.push_back({.name = observed ? pod.pod.name : pod.workload, .several = is_template, .replicas = is_template ? found->second : 1, .pods = {i}});
  }
}

void note_host_network(ClosedWorld& world, const Snapshot& snapshot) {
  for (const auto& workload : snapshot.workloads)
    if (workload.pod.host_network) world.on_host_network.push_back(workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name);
  const Controllers controllers(snapshot);
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
  add_workloads(world, snapshot);
  if (kind == world::UniverseKind::declared) add_orphans(world, snapshot);
  std::sort(world.workloads.begin(), world.workloads.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  note_host_network(world, snapshot);
  note_namespaces(world);
  return world;
}

}  // namespace npverify::reach
