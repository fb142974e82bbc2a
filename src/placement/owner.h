#pragma once

#include <string>
#include <unordered_set>

#include "resource/snapshot.h"

namespace npverify::placement {

/// Whether the controller of a pod is made by an object of the snapshot. Deployments own through a ReplicaSet whose name ends in the pods'
/// pod-template-hash, CronJobs through a Job whose name ends in a number.
class Controllers {
 public:
  explicit Controllers(const resource::Snapshot& snapshot);
  bool declare(const resource::Pod& pod) const;
  /// An owned pod that no object of the snapshot makes: no template speaks for it.
  bool orphaned(const resource::Pod& pod) const { return !pod.owner.empty() && !declare(pod); }

 private:
  std::unordered_set<std::string> names_;
};

/// Does the pod come from the workload? By its controller; a Deployment's and a CronJob's pods belong to an object between them, whose name
/// begins with theirs.
bool owns(const resource::Workload& workload, const resource::Pod& pod);

}  // namespace npverify::placement
