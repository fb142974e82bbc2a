// Signs of a service mesh at a pod: the proxy among its containers, or what asks for one to be put there.
#include "verify/mesh.h"

#include <algorithm>
#include <array>

namespace npverify::verify {
namespace {

struct Sign {
  const char *key, *value;  ///< value nullptr: any
};

/// Istio (istio.io/docs/setup/additional-setup/sidecar-injection, ambient/usage/add-workloads), Linkerd (linkerd.io/2/features/proxy-injection).
constexpr std::array<Sign, 8> signs{{{"istio-injection", "enabled"}, {"istio.io/rev", nullptr}, {"istio.io/dataplane-mode", "ambient"}, {"sidecar.istio.io/inject", "true"}, {"sidecar.istio.io/status", nullptr},
                                     {"linkerd.io/inject", "enabled"}, {"linkerd.io/inject", "ingress"}, {"linkerd.io/control-plane-ns", nullptr}}};
constexpr std::array<const char*, 3> proxies{"istio/proxyv2", "/proxyv2:", "linkerd/proxy"};

std::string sign_in(const resource::Labels& values) {
  for (const Sign& sign : signs)
    if (const auto found = values.find(sign.key); found != values.end() && (!sign.value || found->second == sign.value)) return found->first + "=" + found->second;
  return "";
}

bool taken_out(const resource::Labels& values) {
  const auto is = [&](const char* key, const char* value) {
    const auto found = values.find(key);
    return found != values.end() && found->second == value;
  };
  return is("sidecar.istio.io/inject", "false") || is("istio.io/dataplane-mode", "none") || is("linkerd.io/inject", "disabled");
}

std::string sign_at_pods(const resource::Labels& labels, const resource::Labels& annotations, const resource::PodSpec& spec) {
  for (const std::string& image : spec.images)
    if (std::any_of(proxies.begin(), proxies.end(), [&](const char* proxy) { return image.find(proxy) != std::string::npos; })) return "its container " + image;
  if (const std::string sign = sign_in(labels); !sign.empty()) return "its label " + sign;
  if (const std::string sign = sign_in(annotations); !sign.empty()) return "its annotation " + sign;
  return "";
}

std::string sign_at_namespace(const resource::Snapshot& snapshot, const std::string& name) {
  const resource::Namespace* space = snapshot.find_namespace(name);
  if (!space) return "";
  for (const auto* values : {&space->meta.labels, &space->meta.annotations})
    if (const std::string sign = sign_in(*values); !sign.empty()) return "Namespace " + name + " with " + sign;
  return "";
}

std::string sign_at(const resource::Snapshot& snapshot, const std::string& namespace_name, const resource::Labels& labels, const resource::Labels& annotations, const resource::PodSpec& spec) {
  const std::string own = sign_at_pods(labels, annotations, spec);
  if (!own.empty() || taken_out(labels) || taken_out(annotations)) return own;
  return sign_at_namespace(snapshot, namespace_name);
}

}  // namespace

std::map<std::string, std::string> meshes_of(const resource::Snapshot& snapshot) {
  std::map<std::string, std::string> found;
  const auto add = [&](const resource::ObjectMeta& meta, const std::string& kind, std::string sign) {
    if (!sign.empty()) found.emplace(meta.namespace_name + "/" + kind + "/" + meta.name, std::move(sign));
  };
  for (const auto& workload : snapshot.workloads) add(workload.meta, workload.kind, sign_at(snapshot, workload.meta.namespace_name, workload.pod_labels, workload.pod_annotations, workload.pod));
  for (const auto& pod : snapshot.pods) add(pod.meta, "Pod", sign_at(snapshot, pod.meta.namespace_name, pod.meta.labels, pod.meta.annotations, pod.spec));
  return found;
}

void note_meshed(const std::set<std::string>& ends, const std::map<std::string, std::string>& meshes, Limits& limits) {
  constexpr size_t shown = 3;
  std::map<std::string, std::vector<std::string>> by_sign;
  for (const std::string& end : ends) by_sign[meshes.at(end)].push_back(end);
  for (const auto& [sign, members] : by_sign) {
    std::string who;
    for (size_t i = 0; i < std::min(members.size(), shown); ++i) who += (i > 0 ? ", " : "") + members[i];
    if (members.size() > shown) who += " and " + std::to_string(members.size() - shown) + " more";
    limits.not_modelled.push_back(who + (members.size() == 1 ? " is" : " are") + " in a mesh (" + sign + "): what its proxies do to a connection, and the ports that they use, are outside of this answer");
    limits.partial = true;
  }
}

std::string mesh_of(const resource::Snapshot& snapshot, const std::string& id) {
  const auto all = meshes_of(snapshot);
  const auto found = all.find(id);
  return found == all.end() ? "" : found->second;
}

}  // namespace npverify::verify
