// Services to endpoints: by selector, by EndpointSlice, by Endpoints; what is missing is named.
#include "path/service.h"
#include "support.h"

using namespace npverify;
using namespace npverify::path;

namespace {

const std::string service = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}}\n---\n";

std::string pod(const std::string& name, const std::string& ports, const std::string& rest = "status: {phase: Running, podIP: 10.0.0.1}") {
  return "{apiVersion: v1, kind: Pod, metadata: {name: " + name + ", namespace: shop, labels: {app: web}}, spec: {nodeName: n1, containers: [{name: c, ports: [" + ports + "]}]}, " + rest + "}\n---\n";
}

std::string resolved(const std::string& text) {
  const auto snapshot = test::load(text);
  const auto resolution = resolve(snapshot, snapshot.services.at(0), snapshot.services.at(0).ports.at(0), base::AddressSet::of(*base::Prefix::parse("10.244.0.0/16")));
  std::string out;
  for (const auto& one : resolution.backends) out += one.id + ":" + std::to_string(one.port) + (one.node.empty() ? "" : "@" + one.node) + ";";
  for (const auto& one : resolution.problems) out += " !" + one.sentence + " (" + one.origin.span.to_string() + ")";
  for (const auto& one : resolution.notes) out += " ?" + one.sentence;
  return out + (resolution.to_supply.empty() ? "" : " supply: " + resolution.to_supply);
}

}  // namespace

TEST_CASE("a named target port is each pod's own number") {
  CHECK(resolved(service + pod("a", "{name: http, containerPort: 8080}") + pod("b", "{name: http, containerPort: 9090}")) == "shop/a:8080@n1;shop/b:9090@n1;");
}

TEST_CASE("a name that no container declares is no endpoint, and the declared ports are said") {
  CHECK(resolved(service + pod("a", "{name: web, containerPort: 8080}")) == " !no container of shop/a has a port named 'http' under TCP; declared: TCP 8080 (web) (c.yaml:1:110)");
  CHECK(resolved(service + pod("a", "{name: http, containerPort: 8080, protocol: UDP}")).find("no container of shop/a has a port named 'http' under TCP") != std::string::npos);
}

TEST_CASE("pods that are not ready, ended or elsewhere") {
  const std::string http = "{name: http, containerPort: 8080}";
  CHECK(resolved(service + pod("a", http, "status: {phase: Running, conditions: [{type: Ready, status: 'False'}]}")) == " !pod shop/a is selected and not ready (c.yaml:3:1)");
  CHECK(resolved(service + pod("a", http, "status: {phase: Succeeded}")) == " !pod shop/a is selected and not ready (c.yaml:3:1)");
  CHECK(resolved(service).find("!no pod and no workload of the manifests has the labels of the Service's selector, app=web") != std::string::npos);
}

TEST_CASE("workloads stand for pods that are not in the manifests") {
  const std::string workload = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 2, selector: {}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}}}\n";
  CHECK(resolved(service + workload) == "shop/Deployment/web:8080;");
  CHECK(resolved(service + pod("a", "{name: http, containerPort: 8080}") + workload) == "shop/a:8080@n1;");
}

TEST_CASE("EndpointSlices count before the selector, and disagreement is said") {
  const std::string slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, ports: [{name: http, port: 8081}],"
                            " endpoints: [{addresses: [10.0.0.1], nodeName: n1}, {addresses: [10.0.0.9], nodeName: n2}, {addresses: [10.0.0.10], conditions: {ready: false}}]}\n---\n";
  CHECK(resolved(service + slice + pod("a", "{name: http, containerPort: 8080}")) ==
        "shop/a:8081@n1;10.0.0.9:8081@n2; !endpoint 10.0.0.10 is not ready (c.yaml:3:1) ?the EndpointSlice sends to port 8081 of shop/a, the Service's targetPort is 8080");
}

TEST_CASE("no selector: endpoints are made by hand") {
  const std::string bare = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}\n---\n";
  CHECK(resolved(bare).find("supply: the Service has no selector: give its EndpointSlices") != std::string::npos);
  CHECK(resolved(bare + "{apiVersion: v1, kind: Endpoints, metadata: {name: web, namespace: shop}, subsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 5432}]}]}\n") == "192.0.2.1:5432;");
}

TEST_CASE("ExternalName is outside") {
  CHECK(resolved("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: ExternalName, externalName: db.example, ports: [{port: 80}]}}") ==
        " !the Service is a name outside the cluster (ExternalName db.example) (c.yaml:1:1)");
}

TEST_CASE("a listed address of the pods' ranges that no Pod has is of a Pod that is missing") {
  const std::string slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: web-x, namespace: shop, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, ports: [{name: http, port: 8081}], endpoints: [";
  const std::string end = "]}\n---\n", missing = " supply: the Pod whose address 10.244.0.9 EndpointSlice web-x lists is not in the manifests: give it";
  CHECK(resolved(service + slice + "{addresses: [10.244.0.9]}" + end) == missing);
  CHECK(resolved(service + slice + "{addresses: [10.244.0.9], targetRef: {kind: Pod, namespace: shop, name: w}}" + end) ==
        " supply: the Pod shop/w, whose address 10.244.0.9 EndpointSlice web-x lists, is not in the manifests: give it");
  CHECK(resolved(service + slice + "{addresses: [10.245.0.9]}" + end) == "10.245.0.9:8081;");
  CHECK(resolved(service + slice + "{addresses: [10.244.0.9]}" + end + pod("a", "{name: http, containerPort: 8081}", "status: {phase: Running, podIP: 10.244.0.9}")) == "shop/a:8081@n1;");
}

namespace {

/// "IPv4", "IPv4,IPv6", "IPv4 and perhaps IPv6"
std::string families(const std::string& spec, const std::vector<base::Family>& cluster, const std::string& meta = "") {
  const auto snapshot = test::load("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop" + meta + "}, spec: {ports: [{port: 80}]" + spec + "}}\n");
  const auto found = families_of(snapshot.services.at(0), cluster);
  std::string text;
  for (const auto family : found.has) text += (text.empty() ? "" : ",") + std::string(base::to_string(family));
  for (const auto family : found.may_have) text += std::string(" perhaps ") + base::to_string(family);
  CHECK(found.may_have.empty() == found.to_supply.empty());
  return text;
}

const std::vector<base::Family> nothing_told, four{base::Family::ipv4}, both{base::Family::ipv4, base::Family::ipv6};

}  // namespace

TEST_CASE("the families of a Service, as the API server fills them in") {
  CHECK(families("", four) == "IPv4");
  CHECK(families("", both) == " perhaps IPv4 perhaps IPv6");
  CHECK(families("", nothing_told) == "IPv4,IPv6");  // the cluster may have either, and the Service has what the cluster has
  CHECK(families(", ipFamilies: [IPv6]", both) == "IPv6");
  CHECK(families(", ipFamilies: [IPv6]", four) == "IPv6");
  CHECK(families(", ipFamilies: [IPv6, IPv4], ipFamilyPolicy: PreferDualStack", both) == "IPv6,IPv4");
  CHECK(families(", clusterIP: 10.96.0.1", both) == "IPv4");
  CHECK(families(", ipFamilyPolicy: SingleStack", both) == " perhaps IPv4 perhaps IPv6");
  CHECK(families(", ipFamilyPolicy: RequireDualStack", both) == "IPv4,IPv6");
  CHECK(families(", clusterIP: 10.96.0.1, ipFamilyPolicy: RequireDualStack", both) == "IPv4,IPv6");
  CHECK(families(", ipFamilyPolicy: PreferDualStack", four) == "IPv4");
  CHECK(families(", ipFamilies: [IPv4], ipFamilyPolicy: PreferDualStack", both) == "IPv4 perhaps IPv6");
  CHECK(families(", ipFamilies: [IPv4], ipFamilyPolicy: PreferDualStack", nothing_told) == "IPv4 perhaps IPv6");
  CHECK(families(", ipFamilies: [IPv4], clusterIPs: [10.96.0.1], ipFamilyPolicy: PreferDualStack", both, ", uid: a-b-c") == "IPv4");  // as it is stored
}

TEST_CASE("a LoadBalancer need not have node ports") {
  const auto has = [](const std::string& spec, const std::string& port = "") {
    const auto snapshot = test::load("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80" + port + "}], type: " + spec + "}}\n");
    return has_node_port(snapshot.services.at(0), snapshot.services.at(0).ports.at(0));
  };
  CHECK(has("NodePort"));
  CHECK_FALSE(has("ClusterIP"));
  CHECK(has("LoadBalancer"));
  CHECK(has("LoadBalancer, allocateLoadBalancerNodePorts: true"));
  CHECK_FALSE(has("LoadBalancer, allocateLoadBalancerNodePorts: false"));
  CHECK(has("LoadBalancer, allocateLoadBalancerNodePorts: false", ", nodePort: 30080"));
}

TEST_CASE("where a hostPort answers") {
  const auto place = [](const std::string& host_ip) {
    const auto snapshot = test::load("{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 10.10.0.1}, {type: ExternalIP, address: 198.51.100.1}]}}\n---\n" +
                                     pod("a", "{name: http, containerPort: 8080, hostPort: 80" + (host_ip.empty() ? "" : ", hostIP: '" + host_ip + "'") + "}"));
    const auto found = place_of(snapshot, snapshot.pods.at(0).spec.ports.at(0));
    std::string text = found.address ? found.address->to_string() : "any";
    if (found.family) text += std::string(" ") + base::to_string(*found.family);
    for (const auto& node : found.nodes) text += " on " + node;
    return text + (found.to_supply.empty() ? "" : "; " + found.to_supply);
  };
  CHECK(place("") == "any");
  CHECK(place("0.0.0.0") == "any IPv4");
  CHECK(place("::") == "any IPv6");
  CHECK(place("198.51.100.1") == "198.51.100.1 IPv4 on n1");
  CHECK(place("198.51.100.2") == "198.51.100.2 IPv4; the Node that has the address 198.51.100.2 (hostIP) among its status.addresses");
  CHECK(place("here") == "any; a hostIP that is an address: 'here' is none");
}
