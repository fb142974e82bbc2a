// Workloads and pods as what decides about placement, and the names by which a user means them.
#include <algorithm>

#include "placement/placement.h"

namespace npverify::placement {
namespace {

std::string id_of(const std::string& kind, const resource::ObjectMeta& meta) { return meta.namespace_name + "/" + kind + "/" + meta.name; }

/// Does the pod come from the workload? By its controller; a Deployment's and a CronJob's pods belong to an object between them, whose name
/// begins with theirs.
bool owns(const resource::Workload& workload, const resource::Pod& pod) {
  if (pod.meta.namespace_name != workload.meta.namespace_name) return false;
  const std::string &name = workload.meta.name, &owner = pod.owner;
  if (workload.kind == "Deployment") return owner.starts_with("ReplicaSet/" + name + "-") && owner.find('-', 11 + name.size() + 1) == std::string::npos;
  if (workload.kind == "CronJob") return owner.starts_with("Job/" + name + "-") && owner.find('-', 4 + name.size() + 1) == std::string::npos;
  return owner == workload.kind + "/" + name;
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

Subject subject_of(const resource::Workload& workload, const resource::Snapshot& snapshot) {
  Subject subject{.id = id_of(workload.kind, workload.meta), .origin = workload.meta.origin, .spec = &workload.pod, .daemon_set = workload.kind == "DaemonSet", .template_only = true};
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty() && owns(workload, pod)) subject.running_on.push_back(pod.spec.node_name);
  std::sort(subject.running_on.begin(), subject.running_on.end());
  subject.running_on.erase(std::unique(subject.running_on.begin(), subject.running_on.end()), subject.running_on.end());
  return subject;
}

Subject subject_of(const resource::Pod& pod) {
  Subject subject{.id = id_of("Pod", pod.meta), .origin = pod.meta.origin, .spec = &pod.spec};
  if (!pod.spec.node_name.empty()) subject.running_on.push_back(pod.spec.node_name);
  return subject;
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
