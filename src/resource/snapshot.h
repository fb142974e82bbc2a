#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/diagnostics.h"
#include "base/port.h"
#include "base/source.h"

/// Typed, defaulted, validated Kubernetes objects. Everything here is as the API server would have stored it.
namespace npverify::resource {

using Labels = std::map<std::string, std::string>;

/// Where an object, or a part of one, stands.
struct Origin {
  base::SourceSpan span;  ///< of the object's first key (for parts: of the part)
  std::string field;      ///< path from the object ("spec.ingress[0].from[1]"); empty for the object itself
};

struct ObjectMeta {
  std::string name;
  std::string namespace_name;  ///< empty for cluster-scoped kinds
  Labels labels;
  Labels annotations;
  Origin origin;
};

// ---------------------------------------------------------------------------------------------------------------- selectors
enum class SelectorOperator : uint8_t { in, not_in, exists, does_not_exist };

struct LabelSelectorRequirement {
  std::string key;
  SelectorOperator op = SelectorOperator::in;
  std::vector<std::string> values;  ///< sorted, unique; empty for exists and does_not_exist
  bool match_label = false;         ///< written under matchLabels
  bool operator==(const LabelSelectorRequirement&) const = default;
};

/// A label selector that is present. matchLabels and matchExpressions are one list of requirements, all of which must hold.
struct LabelSelector {
  std::vector<LabelSelectorRequirement> requirements;  ///< matchLabels first, in key order, as `in` with one value
  bool empty() const { return requirements.empty(); }
  bool operator==(const LabelSelector&) const = default;
};

// ---------------------------------------------------------------------------------------------------------------- networking.k8s.io/v1
struct IpBlock {
  base::Prefix cidr;
  std::vector<base::Prefix> except;
};

/// Exactly one of ip_block, or at least one of the selectors, is present.
struct NetworkPolicyPeer {
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> namespace_selector;
  std::optional<IpBlock> ip_block;
  Origin origin;
};

struct NetworkPolicyPort {
  base::Protocol protocol = base::Protocol::tcp;                  ///< defaulted
  std::variant<std::monostate, base::Port, std::string> port;     ///< absent: every number of the protocol
  std::optional<base::Port> end_port;                             ///< only beside a number
  Origin origin;
};

struct NetworkPolicyRule {
  std::vector<NetworkPolicyPeer> peers;  ///< empty: every peer
  std::vector<NetworkPolicyPort> ports;  ///< empty: every port and protocol
  Origin origin;
};

/// Source: networking.k8s.io/v1 NetworkPolicy, policyTypes and protocol defaulted as the API server does.
struct NetworkPolicy {
  ObjectMeta meta;
  LabelSelector pod_selector;
  bool type_ingress = false, type_egress = false;  ///< spec.policyTypes, after defaulting
  std::vector<NetworkPolicyRule> ingress, egress;  ///< kept even where the direction is not in policyTypes
};

// ---------------------------------------------------------------------------------------------------------------- core
struct Namespace {
  ObjectMeta meta;  ///< labels include kubernetes.io/metadata.name
};

/// spec.taints of a Node. Effects: NoSchedule, PreferNoSchedule, NoExecute.
struct Taint {
  std::string key, value, effect;
  Origin origin;
};

struct Node {
  ObjectMeta meta;
  std::vector<base::Address> internal_ips;  ///< status.addresses of type InternalIP, in order
  std::vector<base::Address> addresses;     ///< all IP addresses of status.addresses, InternalIP first
  std::vector<base::Prefix> pod_cidrs;      ///< spec.podCIDRs, or spec.podCIDR
  std::vector<Taint> taints;
  bool unschedulable = false;
  Origin unschedulable_origin;              ///< of spec.unschedulable, where it is true
  std::map<std::string, std::string> info;  ///< status.nodeInfo by field name (kernelVersion, kubeletVersion, ...)
};

struct ServiceAccount {
  ObjectMeta meta;
};

enum class ContainerKind : uint8_t { regular, sidecar, init };  ///< sidecar: an init container with restartPolicy Always

/// A containerPort. Source: core/v1 ContainerPort; protocol defaulted to TCP.
struct ContainerPort {
  std::string name;  ///< may be empty
  base::Port number = 0;
  base::Protocol protocol = base::Protocol::tcp;
  base::Port host_port = 0;  ///< 0: none
  ContainerKind container = ContainerKind::regular;
  std::string host_ip;       ///< hostIP: the only address of the node on which host_port answers; empty: every one
};

/// Operators: Equal (the default), Exists; Lt and Gt where the cluster's feature gate TaintTolerationComparisonOperators is on.
/// An empty key (with Exists) is every key, an empty effect every effect.
struct Toleration {
  std::string key, op, value, effect;
  Origin origin;
};

/// One entry of a pod's nodeSelector.
struct NodeLabel {
  std::string key, value;
  Origin origin;
};

/// A requirement of node affinity. Operators on labels: In, NotIn, Exists, DoesNotExist, Gt, Lt; on fields (metadata.name alone) In and
/// NotIn with one value. Values are in the order in which they are written.
struct NodeSelectorRequirement {
  std::string key, op;
  std::vector<std::string> values;
  Origin origin;
};
/// One term of required node affinity: AND inside, OR between terms; a term without requirements selects no node.
struct NodeSelectorTerm {
  std::vector<NodeSelectorRequirement> expressions, fields;
  Origin origin;
};

/// Source: core/v1 TopologySpreadConstraint, defaulted.
struct TopologySpreadConstraint {
  std::string topology_key, when_unsatisfiable;  ///< DoNotSchedule or ScheduleAnyway
  int max_skew = 1;
  std::optional<LabelSelector> selector;
  bool affinity_honoured = true;   ///< nodeAffinityPolicy Honor
  bool taints_honoured = false;    ///< nodeTaintsPolicy Honor
  Origin origin;
};

/// Stands for the value of a variable that is taken from another object.
inline constexpr const char* agent_variable_unsaid = "(valueFrom)";

/// The parts of a pod's spec that decide about its traffic and its placement.
struct PodSpec {
  std::string service_account = "default";
  std::string node_name;
  Origin node_name_origin;
  bool host_network = false;
  std::vector<ContainerPort> ports;  ///< containers' ports in order of declaration, then init containers'
  std::vector<std::string> images;   ///< of all containers, for the detection of CNI agents
  std::map<std::string, std::string> agent_variables;  ///< FELIX_* of all containers: how Calico's agent is configured; agent_variable_unsaid for a valueFrom
  std::vector<NodeLabel> node_selector;
  std::optional<std::vector<NodeSelectorTerm>> required_node_affinity;
  std::vector<Toleration> tolerations;
  std::vector<TopologySpreadConstraint> topology_spread;
  std::string scheduler_name, runtime_class;       ///< empty: the default one; none
  bool inter_pod_affinity = false;                 ///< has required pod affinity or anti-affinity
  std::vector<std::string> scheduling_gates;
};

enum class PodPhase : uint8_t { unknown, pending, running, succeeded, failed };

struct Pod {
  ObjectMeta meta;
  PodSpec spec;
  PodPhase phase = PodPhase::running;
  std::vector<base::Address> addresses;  ///< status.podIPs, or status.podIP
  std::string owner;                     ///< "ReplicaSet/web-5d" of the controlling ownerReference, or empty
  std::optional<bool> ready;             ///< status of the condition Ready; nothing where the status does not tell
  bool terminating = false;              ///< has a deletionTimestamp
};

/// Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet, Job or CronJob.
struct Workload {
  std::string kind;
  ObjectMeta meta;
  Labels pod_labels;  ///< of the pod template
  PodSpec pod;
  int replicas = 1;
  Labels pod_annotations;  ///< of the pod template
};

/// Source: core/v1 ServicePort.
struct ServicePort {
  std::string name;
  base::Protocol protocol = base::Protocol::tcp;
  base::Port port = 0;
  std::variant<base::Port, std::string> target_port = base::Port{0};  ///< defaulted to `port`
  base::Port node_port = 0;                                            ///< 0: none
  Origin origin;
};

struct Service {
  ObjectMeta meta;
  std::string type = "ClusterIP";  ///< ClusterIP, NodePort, LoadBalancer, ExternalName
  bool headless = false;
  std::optional<std::map<std::string, std::string>> selector;  ///< absent or empty: endpoints are made by hand
  std::vector<ServicePort> ports;
  std::vector<base::Address> cluster_ips, external_ips, load_balancer_ips;
  std::string external_traffic_policy = "Cluster", internal_traffic_policy = "Cluster", external_name;
  std::vector<base::Prefix> source_ranges;  ///< spec.loadBalancerSourceRanges
  bool publishes_not_ready = false;
  std::vector<base::Family> ip_families;   ///< spec.ipFamilies; empty: not given
  std::string ip_family_policy;            ///< SingleStack, PreferDualStack, RequireDualStack; empty: not given
  bool allocates_node_ports = true;        ///< spec.allocateLoadBalancerNodePorts, of type LoadBalancer
  bool stored = false;                     ///< has a metadata.uid: an API server's own copy, in which nothing is left to be filled in
};

/// An address behind a Service, as an EndpointSlice or an Endpoints object lists it.
struct ServiceEndpoint {
  base::Address address;
  bool ready = true, terminating = false;
  std::string node;  ///< may be empty
  std::string pod;   ///< "shop/web-1" of targetRef, or empty
};

struct EndpointPort {
  std::string name;  ///< of the Service's port; empty where it has none
  base::Protocol protocol = base::Protocol::tcp;
  base::Port number = 0;  ///< 0: every port
};

/// Addresses that all serve the same ports: an EndpointSlice, or a subset of an Endpoints object.
struct EndpointSubset {
  std::vector<ServiceEndpoint> endpoints;
  std::vector<EndpointPort> ports;
  Origin origin;
};

/// discovery.k8s.io/v1 EndpointSlice, or core/v1 Endpoints (from which the cluster makes slices where nobody else does).
struct EndpointObject {
  std::string kind;
  ObjectMeta meta;
  std::string service;               ///< name of the Service, in the same namespace
  bool host_names = false;           ///< addressType FQDN: the addresses are names and are left out
  std::vector<EndpointSubset> subsets;
};

/// ConfigMaps and the configuration objects of CNIs (FelixConfiguration, Installation, IPPool, CiliumNodeConfig, ...): scalars by path.
struct Configuration {
  std::string api_version, kind;
  ObjectMeta meta;
  std::map<std::string, std::string> values;  ///< "data.enable-sctp", "spec.cidr", "spec.calicoNetwork.ipPools[0].cidr" -> text
};

/// Objects of a kind that npverify reads past.
struct UnmodelledKind {
  std::string api_version, kind;
  bool carries_policy = false;  ///< could allow or deny traffic: the answer is partial while it is here
  size_t making_pods = 0;       ///< how many of them hold a pod template: their pods are missing where workloads stand for pods
  std::vector<Origin> objects;
  std::vector<std::string> names;  ///< "namespace/name" or "name", one for each of `objects`
};

/// Everything that was loaded. Each vector is in the order in which `kubectl apply` would leave the objects.
struct Snapshot {
  std::vector<Namespace> namespaces;
  std::vector<Node> nodes;
  std::vector<ServiceAccount> service_accounts;
  std::vector<Service> services;
  std::vector<EndpointObject> endpoints;
  std::vector<Pod> pods;
  std::vector<Workload> workloads;
  std::vector<NetworkPolicy> network_policies;
  std::vector<Configuration> configurations;
  std::vector<UnmodelledKind> unmodelled;  ///< sorted by kind
  base::Diagnostics notes;                 ///< warnings and notes of reading; no errors
  size_t files = 0, documents = 0, objects = 0;

  const Namespace* find_namespace(const std::string& name) const;
  const Node* find_node(const std::string& name) const;
};

}  // namespace npverify::resource
