// The line between "read past" and "the answer is partial": kinds that could allow, deny or redirect traffic. Named kinds first; in the groups
// of CNIs and meshes a kind whose name speaks of policy counts too, because a new kind must not pass silently.
#include "resource/groups.h"

#include <algorithm>
#include <array>
#include <map>

namespace npverify::resource {
namespace {

struct GroupKind {
  std::string_view group, kind;
  bool operator==(const GroupKind&) const = default;
};

constexpr std::array carrying{
    GroupKind{"projectcalico.org", "Profile"},
    GroupKind{"projectcalico.org", "HostEndpoint"},
    GroupKind{"crd.projectcalico.org", "Profile"},
    GroupKind{"crd.projectcalico.org", "HostEndpoint"},
    // Sets decide only through policies that name them: a set without one is half of something. Tiers, which every Calico and Antrea has,
    // decide nothing while they are empty.
    GroupKind{"projectcalico.org", "NetworkSet"},
    GroupKind{"projectcalico.org", "GlobalNetworkSet"},
    GroupKind{"crd.projectcalico.org", "NetworkSet"},
    GroupKind{"crd.projectcalico.org", "GlobalNetworkSet"},
    GroupKind{"cilium.io", "CiliumCIDRGroup"},
    GroupKind{"crd.antrea.io", "Group"},
    GroupKind{"crd.antrea.io", "ClusterGroup"},
    GroupKind{"cilium.io", "CiliumEnvoyConfig"},
    GroupKind{"cilium.io", "CiliumClusterwideEnvoyConfig"},
    GroupKind{"crd.antrea.io", "Egress"},
    GroupKind{"crd.antrea.io", "TrafficControl"},
    GroupKind{"networking.istio.io", "Sidecar"},
    GroupKind{"networking.istio.io", "EnvoyFilter"},
    GroupKind{"policy.linkerd.io", "Server"},
    GroupKind{"policy.linkerd.io", "HTTPRoute"},
    GroupKind{"policy.linkerd.io", "EgressNetwork"},
    GroupKind{"k8s.otterize.com", "ClientIntents"},  // an operator makes NetworkPolicies of them
    GroupKind{"k8s.otterize.com", "ProtectedService"},
    GroupKind{"kuma.io", "Mesh"},  // with mTLS nothing is allowed that no permission allows
    GroupKind{"kuma.io", "MeshPassthrough"},
    GroupKind{"kuma.io", "MeshTLS"},
    GroupKind{"kuma.io", "ExternalService"},
    GroupKind{"access.smi-spec.io", "TrafficTarget"},
    GroupKind{"policy.openservicemesh.io", "Egress"},
    GroupKind{"policy.openservicemesh.io", "IngressBackend"},
    GroupKind{"neuvector.com", "NvSecurityRule"},
    GroupKind{"neuvector.com", "NvClusterSecurityRule"},
    GroupKind{"network.openshift.io", "NetNamespace"},
    GroupKind{"k8s.ovn.org", "EgressFirewall"},
    GroupKind{"k8s.ovn.org", "EgressIP"},
    GroupKind{"k8s.ovn.org", "EgressService"},
    GroupKind{"k8s.ovn.org", "UserDefinedNetwork"},
    GroupKind{"k8s.ovn.org", "ClusterUserDefinedNetwork"},
    GroupKind{"k8s.ovn.org", "AdminPolicyBasedExternalRoute"},
    GroupKind{"kubeovn.io", "SecurityGroup"},
    GroupKind{"kubeovn.io", "Subnet"},
    GroupKind{"kubeovn.io", "Vpc"},
    GroupKind{"consul.hashicorp.com", "ServiceIntentions"},
    GroupKind{"coil.cybozu.com", "Egress"},
    GroupKind{"networking.k8s.aws", "PolicyEndpoint"},
    GroupKind{"networking.k8s.aws", "ClusterPolicyEndpoint"},
};

/// Their names speak of policy, but nothing is allowed or denied by them: routing announcements, quality of service, drafts.
constexpr std::array not_carrying{
    GroupKind{"projectcalico.org", "StagedNetworkPolicy"},
    GroupKind{"projectcalico.org", "StagedGlobalNetworkPolicy"},
    GroupKind{"projectcalico.org", "StagedKubernetesNetworkPolicy"},
    GroupKind{"crd.projectcalico.org", "StagedNetworkPolicy"},
    GroupKind{"crd.projectcalico.org", "StagedGlobalNetworkPolicy"},
    GroupKind{"crd.projectcalico.org", "StagedKubernetesNetworkPolicy"},
    GroupKind{"projectcalico.org", "PolicyRecommendationScope"},
    GroupKind{"crd.projectcalico.org", "PolicyRecommendationScope"},
    GroupKind{"cilium.io", "CiliumBGPPeeringPolicy"},
    GroupKind{"cilium.io", "CiliumL2AnnouncementPolicy"},
    GroupKind{"kuma.io", "MeshLoadBalancingStrategy"},
    GroupKind{"networking.gke.io", "GCPBackendPolicy"},
    GroupKind{"networking.gke.io", "HealthCheckPolicy"},
    GroupKind{"networking.gke.io", "GCPGatewayPolicy"},
};

/// Groups (or their last parts) of CNIs, meshes and policy APIs.
constexpr std::array<std::string_view, 30> network_groups{
    "projectcalico.org", "cilium.io",         "antrea.io",           "antrea.tanzu.vmware.com", "policy.networking.k8s.io", "istio.io",   "kuma.io",  "linkerd.io",
    "openshift.io",      "ovn.org",           "kubeovn.io",          "hashicorp.com",           "networking.k8s.aws",       "k8s.aws",    "vmware.com", "networking.gke.io",
    "cni.cncf.io",       "multus.cni.cncf.io", "kubearmor.com",      "tufin.com",               "nsx.vmware.com",           "solo.io",    "traefik.io", "openservicemesh.io",
    "tigera.io",         "weave.works",       "contrail.juniper.net", "nuage.io",               "romana.io",                "kube-router.io",
};

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

bool is_network_group(std::string_view group) {
  return std::any_of(network_groups.begin(), network_groups.end(), [&](std::string_view known) {
    return group == known || (group.size() > known.size() && group.ends_with(known) && group[group.size() - known.size() - 1] == '.');
  });
}

template <size_t size>
bool lists(const std::array<GroupKind, size>& table, GroupKind kind) {
  return std::find(table.begin(), table.end(), kind) != table.end();
}

const std::map<std::string_view, std::vector<std::string>> kinds_of_group{
    {"", {"Pod", "Service", "Namespace", "Node", "ServiceAccount", "ConfigMap", "Secret", "ReplicationController", "Endpoints", "Event", "LimitRange", "PersistentVolume",
          "PersistentVolumeClaim", "PodTemplate", "ResourceQuota", "Binding", "ComponentStatus", "List"}},
    {"apps", {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ControllerRevision"}},
    {"batch", {"Job", "CronJob"}},
    {"discovery.k8s.io", {"EndpointSlice"}},
    {"networking.k8s.io", {"NetworkPolicy", "Ingress", "IngressClass", "IPAddress", "ServiceCIDR"}},
};

const std::map<std::string_view, std::string> homes{
    {"Pod", "v1"},         {"Service", "v1"},          {"Namespace", "v1"},           {"Node", "v1"},          {"ServiceAccount", "v1"}, {"ConfigMap", "v1"},
    {"ReplicationController", "v1"}, {"Deployment", "apps/v1"}, {"ReplicaSet", "apps/v1"}, {"StatefulSet", "apps/v1"}, {"DaemonSet", "apps/v1"}, {"Job", "batch/v1"},
    {"CronJob", "batch/v1"}, {"NetworkPolicy", "networking.k8s.io/v1"},  {"EndpointSlice", "discovery.k8s.io/v1"},      {"Endpoints", "v1"},
};

}  // namespace

GroupVersion split_api_version(std::string_view api_version) {
  const size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {"", api_version};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

const std::vector<std::string>* served_kinds(std::string_view group) {
  const auto found = kinds_of_group.find(group);
  return found == kinds_of_group.end() ? nullptr : &found->second;
}

std::optional<std::string> home_of(std::string_view kind) {
  const auto found = homes.find(kind);
  if (found == homes.end()) return std::nullopt;
  return found->second;
}

bool carries_policy(std::string_view group, std::string_view kind) {
  const GroupKind asked{group, kind};
  if (lists(carrying, asked)) return true;
  if (lists(not_carrying, asked)) return false;
  if (contains_any(kind, {"NetworkPolicy", "NetworkPolicies"})) return true;
  return is_network_group(group) && contains_any(kind, {"Policy", "Authorization", "Authentication", "Permission", "Firewall", "Intention", "SecurityGroup"});
}

}  // namespace npverify::resource
