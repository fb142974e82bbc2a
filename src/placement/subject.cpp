// Workloads and pods as what decides about placement, and the names by which a user means them.
#include <algorithm>

#include "placement/owner.h"
#include "placement/placement.h"

namespace npverify::placement {
namespace {

std::string id_of(const std::string& kind, const resource::ObjectMeta& meta) { return meta.namespace_name + "/" + kind + "/" + meta.name; }

/// The workloads that a pod with this owner comes from, as "Kind/name": its controller; and, as a Deployment's and a CronJob's pods belong to an
/// object between them whose name begins with theirs, that one.
std::vector<std::string> origins_of(const std::string& owner) {
  std::vector<std::string> all{owner};
  const size_t dash = owner.rfind('-');
  if (dash == std::string::npos) return all;
  if (owner.starts_with("ReplicaSet/")) all.push_back("Deployment/" + owner.substr(11, dash - 11));
  if (owner.starts_with("Job/")) all.push_back("CronJob/" + owner.substr(4, dash - 4));
  return all;
}

Subject unplaced(const resource::Workload& workload) {
  return {.id = id_of(workload.kind, workload.meta), .origin = workload.meta.origin, .spec = &workload.pod, .daemon_set = workload.kind == "DaemonSet", .template_only = true};
}

void settle(std::vector<std::string>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

/// Does "namespace/name" or "namespace/Kind/name" mean the object?
bool means(const std::string& name, const std::string& kind, const resource::ObjectMeta& meta) {
  return name == meta.namespace_name + "/" + meta.name || name == id_of(kind, meta);
}

std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += "\n  " + name;
  return text + "\n";
}

}  // namespace

Controllers::Controllers(const resource::Snapshot& snapshot) {
  for (const auto& workload : snapshot.workloads) names_.insert(id_of(workload.kind, workload.meta));
}

bool Controllers::declare(const resource::Pod& pod) const {
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

bool owns(const resource::Workload& workload, const resource::Pod& pod) {
  if (pod.meta.namespace_name != workload.meta.namespace_name) return false;
  const auto origins = origins_of(pod.owner);
  return std::find(origins.begin(), origins.end(), workload.kind + "/" + workload.meta.name) != origins.end();
}

Subject subject_of(const resource::Workload& workload, const resource::Snapshot& snapshot) {
  Subject subject = unplaced(workload);
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty() && owns(workload, pod)) subject.running_on.push_back(pod.spec.node_name);
  settle(subject.running_on);
  return subject;
}

Subject subject_of(const resource::Pod& pod) {
  Subject subject{.id = id_of("Pod", pod.meta), .origin = pod.meta.origin, .spec = &pod.spec};
  if (!pod.spec.node_name.empty()) subject.running_on.push_back(pod.spec.node_name);
  return subject;
}

std::vector<Subject> subjects_of(const resource::Snapshot& snapshot) {
  std::map<std::string, std::vector<std::string>> nodes;  // by namespace and origin
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty() && !pod.owner.empty())
      for (const auto& origin : origins_of(pod.owner)) nodes[pod.meta.namespace_name + "/" + origin].push_back(pod.spec.node_name);
  std::vector<Subject> all;
  for (const auto& workload : snapshot.workloads) {
    all.push_back(unplaced(workload));
    if (const auto found = nodes.find(all.back().id); found != nodes.end()) all.back().running_on = found->second;
    settle(all.back().running_on);
  }
  for (const auto& pod : snapshot.pods) all.push_back(subject_of(pod));
  return all;
}

Subject find_subject(const resource::Snapshot& snapshot, const std::string& name, const std::string& default_namespace) {
  const std::string full = name.find('/') == std::string::npos ? default_namespace + "/" + name : name;
  std::vector<Subject> found;
  std::vector<std::string> all;
  for (const auto& workload : snapshot.workloads) {
    all.push_back(id_of(workload.kind, workload.meta));
    if (means(full, workload.kind, workload.meta)) found.push_back(subject_of(workload, snapshot));
  }
  for (const auto& pod : snapshot.pods) {
    if (pod.owner.empty()) all.push_back(id_of("Pod", pod.meta));
    if (means(full, "Pod", pod.meta)) found.push_back(subject_of(pod));
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    std::vector<std::string> shorts;
    for (const auto& id : all) shorts.push_back(id.substr(0, id.find('/')) + id.substr(id.rfind('/')));
    auto near = base::nearest(full, shorts);
    if (!near) near = base::nearest(full, all);
    throw base::InputError("error: there is no workload or pod '" + name + "'" + (near ? " (did you mean '" + *near + "'?)" : "") +
                           (all.empty() ? "; the manifests have none\n" : "; the manifests have:" + lines_of(all)));
  }
  std::vector<std::string> ids;
  for (const auto& subject : found) ids.push_back(subject.id);
  throw base::InputError("error: '" + name + "' means several objects; name one of:" + lines_of(ids));
}

}  // namespace npverify::placement
