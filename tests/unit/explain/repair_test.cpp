#include "explain/explain.h"

#include "resource/load.h"
#include "support/catch.h"

using namespace npverify;

namespace {

constexpr const char* manifests = R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
  ingress:
    - from:
        - ipBlock:
            cidr: 10.0.0.0/8
      ports:
        - protocol: TCP
          port: 8000
          endPort: 8002
        - protocol: TCP
          port: http
  egress:
    - {}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: bank, labels: {app: client, pod-template-hash: abc}}
spec:
  nodeName: n1
  containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}]
status: {phase: Running, podIP: 10.0.0.7}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
)";

std::string repair_of(const std::string& axis, const std::string& field) {
  base::Diagnostics diagnostics;
  const auto snapshot = resource::load_snapshot(manifest::read_text("p.yaml", manifests, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  verify::ComparisonResult result;
  verify::Finding finding;
  finding.cause = {.axes = {axis}, .changed = {}, .policies = {{.namespace_name = "shop", .name = "p", .field = field}}};
  finding.witness.source.kind = logic::EndpointKind::pod;
  const auto encodings = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  return explain::repair(finding, {result, *encodings, snapshot, snapshot});
}

}  // namespace

TEST_CASE("an ipBlock over pods is replaced by the selectors of the pods in it") {
  CHECK(repair_of("ip-blocks.peers", "spec.ingress[0].from[0].ipBlock") ==
        "Name pods by selectors, and leave ipBlocks to addresses outside the cluster.\n"
        "shop/p spec.ingress[0].from[0].ipBlock (p.yaml:9):\n"
        "- - ipBlock:\n"
        "-     cidr: 10.0.0.0/8\n"
        "+ - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}\n"
        "+   podSelector: {matchLabels: {app: client}}");
}

TEST_CASE("a range is listed port by port") {
  CHECK(repair_of("ports.range", "spec.ingress[0].ports[0]") ==
        "List the ports one by one in place of the range 8000-8002:\n"
        "- - protocol: TCP\n"
        "-   port: 8000\n"
        "-   endPort: 8002\n"
        "+ - {protocol: TCP, port: 8000}\n"
        "+ - {protocol: TCP, port: 8001}\n"
        "+ - {protocol: TCP, port: 8002}");
}

TEST_CASE("a name is replaced by the number that pods give to it") {
  CHECK(repair_of("ports.named-ingress", "spec.ingress[0].ports[1]") ==
        "Write the number in place of the name 'http':\n"
        "- - protocol: TCP\n"
        "-   port: http\n"
        "+ - {protocol: TCP, port: 8080}");
}

TEST_CASE("rules that policyTypes does not list") {
  CHECK(repair_of("policy.types", "spec.egress[0]") ==
        "Delete spec.egress of shop/p if the direction is meant to be open; or list Egress if the rules are meant:\n"
        "- policyTypes: [Ingress]\n"
        "+ policyTypes: [Ingress, Egress]");
}

TEST_CASE("an axis without an entry has no repair") { CHECK(repair_of("hosts.to-own-node", "spec.ingress[0]").empty()); }
