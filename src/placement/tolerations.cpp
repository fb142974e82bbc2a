// Taints and tolerations. Only NoSchedule and NoExecute keep pods away; PreferNoSchedule is a matter of score.
#include "placement/placement.h"

namespace npverify::placement {

bool tolerates(const resource::Toleration& toleration, const resource::Taint& taint) {
  if (!toleration.effect.empty() && toleration.effect != taint.effect) return false;
  if (!toleration.key.empty() && toleration.key != taint.key) return false;
  if (toleration.op == "Equal") return toleration.value == taint.value;
  return true;  // Exists ignores values; Lt and Gt: see the header
}

std::vector<resource::Toleration> effective_tolerations(const Subject& subject) {
  std::vector<resource::Toleration> all = subject.spec->tolerations;
  const auto add = [&](const char* key, const char* effect) { all.push_back({std::string("node.kubernetes.io/") + key, "Exists", "", effect, {}}); };
  // The admission plugin DefaultTolerationSeconds; the DaemonSet controller's are the same without an end.
  if (subject.template_only || subject.daemon_set) {
    add("not-ready", "NoExecute");
    add("unreachable", "NoExecute");
  }
  if (!subject.daemon_set) return all;
  for (const char* key : {"disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"}) add(key, "NoSchedule");
  if (subject.spec->host_network) add("network-unavailable", "NoSchedule");
  return all;
}

}  // namespace npverify::placement
