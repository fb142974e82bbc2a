// Namespaces, nodes, services, pods, workloads and configuration: what is read of them, and the server's defaults.
#include "loading.h"
#include "support/catch.h"

using namespace npverify;
using test::first_error;
using test::load;

TEST_CASE("a namespace carries its name as a label, whatever the manifest says", "[resource]") {
  const auto loaded = load("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a, kubernetes.io/metadata.name: wrong}}}");
  CHECK(loaded.snapshot.namespaces.at(0).meta.labels == resource::Labels{{"kubernetes.io/metadata.name", "shop"}, {"team", "a"}});
  CHECK(loaded.snapshot.find_namespace("shop") != nullptr);
  CHECK(loaded.snapshot.find_namespace("bank") == nullptr);
}

TEST_CASE("nodes: addresses, pod CIDRs, taints, node info", "[resource]") {
  const auto loaded = load(R"({apiVersion: v1, kind: Node, metadata: {name: n1, labels: {pool: a}}, spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24, "fd00::/64"], unschedulable: true,
    taints: [{key: k, value: v, effect: NoSchedule}]}, status: {addresses: [{type: Hostname, address: n1}, {type: ExternalIP, address: 192.0.2.1}, {type: InternalIP, address: 10.0.0.1}],
    nodeInfo: {kubeletVersion: v1.30.0}}})");
  INFO(loaded.errors.to_string());
  const auto& node = loaded.snapshot.nodes.at(0);
  CHECK(node.internal_ips.size() == 1);
  CHECK(node.addresses.at(0).to_string() == "10.0.0.1");
  CHECK(node.addresses.at(1).to_string() == "192.0.2.1");
  CHECK(node.pod_cidrs.size() == 2);
  CHECK(node.taints.at(0).effect == "NoSchedule");
  CHECK(node.unschedulable);
  CHECK(node.info.at("kubeletVersion") == "v1.30.0");
}

TEST_CASE("services: defaults, target ports, headless, load balancers", "[resource]") {
  const auto loaded = load(R"(
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, clusterIP: 10.96.0.1, ports: [{name: http, port: 80}, {name: m, port: 90, targetPort: metrics, protocol: UDP, nodePort: 30090}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, selector: {}, ports: [{port: 5432, targetPort: 0}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: lb, namespace: shop}, spec: {type: LoadBalancer, externalTrafficPolicy: Local, externalIPs: [192.0.2.9]}, status: {loadBalancer: {ingress: [{ip: 192.0.2.5}, {hostname: x}]}}})");
  INFO(loaded.errors.to_string());
  REQUIRE(loaded.snapshot.services.size() == 3);
  const auto& web = loaded.snapshot.services[0];
  CHECK(web.type == "ClusterIP");
  CHECK(std::get<base::Port>(web.ports.at(0).target_port) == 80);
  CHECK(std::get<std::string>(web.ports.at(1).target_port) == "metrics");
  CHECK(web.ports.at(1).node_port == 30090);
  CHECK(web.cluster_ips.size() == 1);
  CHECK(web.external_traffic_policy == "Cluster");
  const auto& db = loaded.snapshot.services[1];
  CHECK(db.headless);
  CHECK_FALSE(db.selector.has_value());
  CHECK(db.cluster_ips.empty());
  CHECK(std::get<base::Port>(db.ports.at(0).target_port) == 5432);
  const auto& lb = loaded.snapshot.services[2];
  CHECK(lb.load_balancer_ips.size() == 1);
  CHECK(lb.external_ips.size() == 1);
  CHECK(lb.external_traffic_policy == "Local");
}

TEST_CASE("pods: containers, sidecars and init containers, addresses, phase, owner", "[resource]") {
  const auto loaded = load(R"({apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, uid: "1", controller: true}]},
    spec: {nodeName: n1, hostNetwork: true, containers: [{image: web:1, ports: [{name: http, containerPort: 80}]}], initContainers: [{image: proxy:2, restartPolicy: Always, ports: [{containerPort: 15001, protocol: UDP}]},
    {ports: [{containerPort: 1, hostPort: 2}]}]}, status: {phase: Succeeded, podIP: 10.1.0.5, podIPs: [{ip: 10.1.0.5}, {ip: "fd00::5"}]}})");
  INFO(loaded.errors.to_string());
  const auto& pod = loaded.snapshot.pods.at(0);
  CHECK(pod.owner == "ReplicaSet/web-5d");
  CHECK(pod.phase == resource::PodPhase::succeeded);
  CHECK(pod.addresses.size() == 2);
  CHECK(pod.spec.host_network);
  CHECK(pod.spec.node_name == "n1");
  CHECK(pod.spec.service_account == "default");
  CHECK(pod.spec.images == std::vector<std::string>{"web:1", "proxy:2"});
  REQUIRE(pod.spec.ports.size() == 3);
  CHECK(pod.spec.ports[0].container == resource::ContainerKind::regular);
  CHECK(pod.spec.ports[1].container == resource::ContainerKind::sidecar);
  CHECK(pod.spec.ports[1].protocol == base::Protocol::udp);
  CHECK(pod.spec.ports[2].container == resource::ContainerKind::init);
  CHECK(pod.spec.ports[2].host_port == 2);
}

TEST_CASE("placement: node selector, affinity, tolerations, spread", "[resource]") {
  const auto loaded = load(R"({apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {serviceAccountName: sa, nodeSelector: {pool: a}, tolerations: [{operator: Exists}],
    affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: Gt, values: ["1"]}]}, {matchFields: [{key: metadata.name, operator: In, values: [n1]}]}]}}},
    topologySpreadConstraints: [{maxSkew: 2, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]}})");
  INFO(loaded.errors.to_string());
  const auto& spec = loaded.snapshot.pods.at(0).spec;
  CHECK(spec.service_account == "sa");
  CHECK(spec.node_selector.at(0).key == "pool");
  CHECK(spec.node_selector.at(0).value == "a");
  CHECK(spec.node_selector.at(0).origin.field == "spec.nodeSelector.pool");
  REQUIRE(spec.required_node_affinity.has_value());
  CHECK(spec.required_node_affinity->at(0).expressions.at(0).op == "Gt");
  CHECK(spec.required_node_affinity->at(1).fields.at(0).values.at(0) == "n1");
  CHECK(spec.tolerations.at(0).op == "Exists");
  CHECK(spec.topology_spread.at(0).max_skew == 2);
  CHECK(test::to_text(*spec.topology_spread.at(0).selector) == "In app [web]");
}

TEST_CASE("workloads: every kind, its template and its replicas", "[resource]") {
  const std::string pod = "{metadata: {labels: {app: web}}, spec: {containers: [{ports: [{containerPort: 80}]}]}}";
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"apps/v1", "Deployment"}, {"apps/v1", "ReplicaSet"}, {"apps/v1", "StatefulSet"}, {"apps/v1", "DaemonSet"}, {"v1", "ReplicationController"}, {"batch/v1", "Job"}};
  for (const auto& [version, kind] : kinds) {
    INFO(kind);
    const auto loaded = load("{apiVersion: " + version + ", kind: " + kind + ", metadata: {name: web}, spec: {replicas: 3, parallelism: 2, template: " + pod + "}}");
    REQUIRE(loaded.snapshot.workloads.size() == 1);
    const auto& workload = loaded.snapshot.workloads[0];
    CHECK(workload.kind == kind);
    CHECK(workload.pod_labels == resource::Labels{{"app", "web"}});
    CHECK(workload.pod.ports.size() == 1);
    CHECK(workload.replicas == (kind == "DaemonSet" ? 1 : kind == "Job" ? 2 : 3));
  }
  const auto cron = load("{apiVersion: batch/v1, kind: CronJob, metadata: {name: web}, spec: {jobTemplate: {spec: {template: " + pod + "}}}}");
  CHECK(cron.snapshot.workloads.at(0).pod_labels.at("app") == "web");
}

TEST_CASE("old versions of workloads are read with a warning", "[resource]") {
  const auto loaded = load("{apiVersion: extensions/v1beta1, kind: Deployment, metadata: {name: web}, spec: {template: {}}}");
  CHECK(loaded.snapshot.workloads.size() == 1);
  REQUIRE(loaded.snapshot.notes.all().size() == 1);
  CHECK(loaded.snapshot.notes.all()[0].message == "apiVersion extensions/v1beta1 of Deployment is no longer served; read as apps/v1");
}

TEST_CASE("configuration of CNIs is kept as scalars by path; other ConfigMaps are counted", "[resource]") {
  const auto loaded = load(R"(
{apiVersion: v1, kind: ConfigMap, metadata: {name: cilium-config, namespace: kube-system}, data: {enable-sctp: "true", cni.json: "{}"}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}
---
{apiVersion: operator.tigera.io/v1, kind: Installation, metadata: {name: default}, spec: {calicoNetwork: {ipPools: [{cidr: 10.0.0.0/16, natOutgoing: Enabled}], mtu: 1440}}}
---
{apiVersion: crd.projectcalico.org/v1, kind: FelixConfiguration, metadata: {name: default}, spec: {defaultEndpointToHostAction: Accept}})");
  REQUIRE(loaded.snapshot.configurations.size() == 3);
  CHECK(loaded.snapshot.configurations[0].values == std::map<std::string, std::string>{{"data.enable-sctp", "true"}, {"data.cni.json", "{}"}});
  CHECK(loaded.snapshot.configurations[1].values.at("spec.calicoNetwork.ipPools[0].cidr") == "10.0.0.0/16");
  CHECK(loaded.snapshot.configurations[1].values.at("spec.calicoNetwork.mtu") == "1440");
  CHECK(loaded.snapshot.configurations[2].meta.namespace_name.empty());
  REQUIRE(loaded.snapshot.unmodelled.size() == 1);
  CHECK(loaded.snapshot.unmodelled[0].kind == "ConfigMap");
  CHECK_FALSE(loaded.snapshot.unmodelled[0].carries_policy);
}
