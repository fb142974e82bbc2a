#pragma once

#include <map>
#include <string>
#include <vector>

#include "resource/snapshot.h"

/// Where pods can land: the filters of kube-scheduler that do not depend on what else runs. What it gives is never smaller than where the
/// scheduler could put the pod: resources, volumes, ports of the host, affinity between pods and the skew of spread are not counted.
/// Source: kube-scheduler's plugins NodeName, NodeUnschedulable, NodeAffinity, TaintToleration and PodTopologySpread
/// (pkg/scheduler/framework/plugins), k8s.io/component-helpers scheduling/corev1/nodeaffinity, k8s.io/api core/v1 toleration.go.
namespace npverify::placement {

/// What pods can land on: a node of the snapshot, or any node of a pool that is described by its labels.
struct Candidate {
  std::string name;
  resource::Labels labels;
  std::vector<resource::Taint> taints;
  bool unschedulable = false;
  resource::Origin origin, unschedulable_origin;
  bool labels_complete = true;  ///< false: a possible node, whose name and whose labels beyond `labels` are open
};

std::vector<Candidate> candidates_of(const resource::Snapshot& snapshot);

/// A pool's possible nodes, from "key=value,key=value:Effect,...": labels, and taints (with an effect). Throws InputError.
Candidate parse_pool(const std::string& text);

/// What decides about a pod's placement.
struct Subject {
  std::string id;  ///< "shop/Deployment/web", "shop/Pod/web-1"
  resource::Origin origin;
  const resource::PodSpec* spec = nullptr;  ///< of the snapshot
  bool daemon_set = false;
  bool template_only = false;  ///< the spec is a template's: admission has still to add its tolerations
  std::vector<std::string> running_on;  ///< nodes on which its pods are; a node's labels may have changed since
};

Subject subject_of(const resource::Workload& workload, const resource::Snapshot& snapshot);
Subject subject_of(const resource::Pod& pod);
/// Of every workload, then of every pod, in the order of the snapshot; the pods are gone through once.
std::vector<Subject> subjects_of(const resource::Snapshot& snapshot);

/// The workload or pod that `name` means: "namespace/name", "namespace/Kind/name", or "name" in `default_namespace`. Throws InputError with
/// what there is.
Subject find_subject(const resource::Snapshot& snapshot, const std::string& name, const std::string& default_namespace);

enum class Landing : uint8_t {
  no,    ///< no pod of the subject can land there
  open,  ///< depends on labels that a pool does not state
  yes,
};

/// One filter that keeps pods away (or, for open ones, may).
struct Reason {
  enum class Filter : uint8_t { node_name, unschedulable, node_selector, affinity, taint, spread, gate } filter = Filter::node_name;
  std::string sentence;     ///< "nodeSelector wants pool=a, the node has pool=b"
  resource::Origin origin;  ///< the field that says so, of the pod or of the node
  bool passing = false;     ///< set by a condition of the node or by cordon: gone when that is over
};
const char* to_string(Reason::Filter filter);

struct NodePlacement {
  Landing landing = Landing::yes;
  std::vector<Reason> against;  ///< every filter that says no
  std::vector<Reason> open;     ///< every filter that depends on what is not stated
  bool runs_there = false;      ///< a pod of it is there, whatever the filters say now
};

struct Placement {
  Subject subject;
  std::vector<NodePlacement> nodes;      ///< as the candidates
  std::vector<std::string> not_counted;  ///< what the subject has that no filter here judges, sentences
};

/// `subject` on every candidate, with all reasons.
Placement place(const Subject& subject, const std::vector<Candidate>& candidates);

/// The same for one candidate, without reasons.
Landing landing(const Subject& subject, const Candidate& candidate);

/// `landing` for many subjects: those that ask for the same are judged once.
class ManyLandings {
 public:
  explicit ManyLandings(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  const std::vector<Candidate>& candidates() const { return candidates_; }
  /// By candidate. The subject's spec need not outlive the call.
  const std::vector<Landing>& of(const Subject& subject);

 private:
  std::vector<Candidate> candidates_;
  std::map<std::string, std::vector<Landing>> by_request_;
};

/// The tolerations that count: the spec's, those that admission adds to every pod of a template, and those that the DaemonSet controller adds.
std::vector<resource::Toleration> effective_tolerations(const Subject& subject);

/// Does the toleration match the taint? Lt and Gt count as tolerating: whether they do is a feature gate of the cluster.
bool tolerates(const resource::Toleration& toleration, const resource::Taint& taint);

}  // namespace npverify::placement
