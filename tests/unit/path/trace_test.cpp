// Headers by path: what each hook sees, under which settings, and what is open.
#include "path/trace.h"
#include "support.h"

using namespace npverify;
using namespace npverify::path;

namespace {

struct Question {
  Kind kind = Kind::cluster_ip;
  Client client{Client::What::pod, "shop/a", "n1"};
  std::string endpoint_node = "n2", relay;
  std::string service_spec = "{type: NodePort, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}";
  std::string cni = "calico@3.28";
  std::map<std::string, std::string> settings{{"proxy", "iptables"}, {"routing", "direct"}, {"nat-outgoing", "true"}};
  std::string more_manifests;
  std::optional<base::Address> endpoint_address, asked_address;
};

std::string text_of(const Header& header) {
  std::string text = header.source == Header::Source::client ? "client" : std::string(header.source == Header::Source::node ? "node " : "tunnel of ") + header.source_node;
  if (!header.source_identified) text += header.source_is_world ? " (world)" : " (stranger)";
  text += " -> ";
  text += header.destination == Header::Destination::endpoint ? "endpoint" : header.destination == Header::Destination::service ? "service" : "node " + header.destination_node;
  return text + ":" + std::to_string(header.port);
}

std::string text_of(const Journey& journey) {
  std::string text;
  for (const auto& hop : journey.hops) text += (text.empty() ? "" : "; ") + std::string(to_string(hop.hook)) + " " + hop.node + " " + text_of(hop.header);
  return text + (journey.dropped.empty() ? "" : " dropped: " + journey.dropped) + (journey.undefined.empty() ? "" : " undefined");
}

std::vector<Journey> journeys_of(const Question& question) {
  const auto snapshot = test::load("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: " + question.service_spec + "}\n" + question.more_manifests);
  const auto profile = test::encodings().resolve(semantics::parse_profile_request(question.cni));
  const auto settings = settings_of(test::encodings().paths(), snapshot, profile, question.settings);
  const Request request{.kind = question.kind, .client = question.client, .endpoint = "shop/b", .endpoint_node = question.endpoint_node, .port = 8080, .client_address = {}, .endpoint_address = question.endpoint_address,
                        .service = &snapshot.services[0], .entry_port = static_cast<base::Port>(question.kind == Kind::cluster_ip ? 80 : 30080), .relay = question.relay, .asked_address = question.asked_address};
  return trace(test::encodings().paths(), request, [&](const std::string&) -> const NodeSettings& { return settings; });
}

std::string seen(const Question& question) {
  const auto journeys = journeys_of(question);
  std::string text;
  for (const auto& journey : journeys) text += (text.empty() ? "" : " | ") + text_of(journey);
  return text;
}

}  // namespace

TEST_CASE("pod address and clusterIP keep the pod's address") {
  CHECK(seen({.kind = Kind::pod_ip}) == "egress n1 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  CHECK(seen({}) == "egress n1 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  CHECK(seen({.settings = {{"proxy", "iptables"}, {"routing", "direct"}, {"masquerade-all", "true"}}}) == "egress n1 client -> endpoint:8080; ingress n2 node n1 -> endpoint:8080");
}

TEST_CASE("NodePort of another node than the endpoint's: the relay's address arrives") {
  const Client outside{Client::What::external, "ip:203.0.113.7", ""};
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3"}) == "relay n3 node n3 -> endpoint:8080; ingress n2 node n3 -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n2"}) == "relay n2 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .relay = "n3"}) == "egress n1 client -> node n3:30080; relay n3 node n3 -> endpoint:8080; ingress n2 node n3 -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3", .settings = {{"proxy", "iptables"}, {"routing", "tunnel"}}}) ==
        "relay n3 tunnel of n3 -> endpoint:8080; ingress n2 tunnel of n3 -> endpoint:8080");
}

TEST_CASE("Cilium in place of kube-proxy: the relayed source is the relay's node, or nobody's behind a tunnel") {
  const Client outside{Client::What::external, "ip:203.0.113.7", ""};
  const std::string cilium = "cilium@1.16";
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3", .cni = cilium, .settings = {{"proxy", "cilium"}, {"routing", "direct"}}}) ==
        "relay n3 node n3 -> endpoint:8080; ingress n2 node n3 -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3", .cni = cilium, .settings = {{"proxy", "cilium"}, {"routing", "tunnel"}}}) ==
        "relay n3 node n3 (world) -> endpoint:8080; ingress n2 node n3 (world) -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3", .cni = cilium, .settings = {{"proxy", "cilium"}, {"routing", "tunnel"}, {"load-balancing", "dsr"}}}) ==
        "relay n3 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
}

TEST_CASE("Cilium beside kube-proxy: a NodePort of the own node is seen as such at egress, and what comes through a tunnel is the world's") {
  CHECK(seen({.kind = Kind::node_port, .client = {Client::What::external, "ip:203.0.113.7", ""}, .relay = "n3", .cni = "cilium@1.16", .settings = {{"proxy", "iptables"}, {"routing", "tunnel"}}})
            .ends_with("ingress n2 tunnel of n3 (world) -> endpoint:8080"));
  for (const auto& journey : journeys_of({.kind = Kind::node_port, .relay = "n1", .cni = "cilium@1.16", .settings = {{"proxy", "iptables"}, {"routing", "tunnel"}}}))
    CHECK(text_of(journey).starts_with("egress n1 client -> node n1:30080"));
}

TEST_CASE("Local traffic policies keep the source and need a local endpoint") {
  const Client outside{Client::What::external, "ip:203.0.113.7", ""};
  const std::string local = "{type: NodePort, externalTrafficPolicy: Local, internalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}";
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n2", .service_spec = local}) == "relay n2 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .client = outside, .relay = "n3", .service_spec = local}) == " dropped: externalTrafficPolicy is Local, and node n3 has no endpoint");
  CHECK(seen({.kind = Kind::node_port, .relay = "n2", .service_spec = local}) == "egress n1 client -> node n2:30080; relay n2 node n1 -> endpoint:8080; ingress n2 node n1 -> endpoint:8080");
  CHECK(seen({.service_spec = local}) == " dropped: internalTrafficPolicy is Local, and the client's node has no endpoint");
  CHECK(seen({.endpoint_node = "n1", .service_spec = local}) == "egress n1 client -> endpoint:8080; ingress n1 client -> endpoint:8080");
}

TEST_CASE("outside the cluster there is no clusterIP, and a pod's way to itself is not said") {
  CHECK(seen({.client = {Client::What::external, "ip:203.0.113.7", ""}}) == " dropped: a clusterIP is not reached from outside the cluster");
  CHECK(seen({.client = {Client::What::pod, "shop/b", "n2"}}) == " undefined");
}

TEST_CASE("what nothing tells is tried both ways, and named") {
  const auto journeys = journeys_of({.kind = Kind::node_port, .relay = "n3", .settings = {{"proxy", "iptables"}, {"nat-outgoing", "true"}}});
  REQUIRE(journeys.size() == 2);
  CHECK(journeys[0].open.at(0).id == "routing");
  CHECK(journeys[0].open.at(0).setting);
  CHECK(text_of(journeys[0]).ends_with("ingress n2 node n3 -> endpoint:8080"));
  CHECK(text_of(journeys[1]).ends_with("ingress n2 tunnel of n3 -> endpoint:8080"));
  for (const auto& journey : journeys_of({.kind = Kind::node_port, .relay = "n3", .settings = {}})) CHECK_FALSE(journey.open.empty());
}

TEST_CASE("ip-masq-agent gives the node's address to what goes outside its list") {
  const std::string agent = R"(---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: m, namespace: kube-system}, spec: {selector: {matchLabels: {a: m}}, template: {metadata: {labels: {a: m}}, spec: {containers: [{name: m, image: "k8s.gcr.io/ip-masq-agent-amd64:v2.5.0"}]}}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: ip-masq-agent, namespace: kube-system}, data: {config: "nonMasqueradeCIDRs: [10.244.0.0/16]"}}
)";
  const auto inside = base::Address::parse("10.244.2.9"), outside = base::Address::parse("10.245.2.9"), node = base::Address::parse("192.168.0.2");
  const std::map<std::string, std::string> settings{{"proxy", "iptables"}, {"routing", "direct"}, {"nat-outgoing", "false"}};
  CHECK(seen({.kind = Kind::pod_ip, .settings = settings, .more_manifests = agent, .endpoint_address = inside}) == "egress n1 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  CHECK(seen({.kind = Kind::pod_ip, .settings = settings, .more_manifests = agent, .endpoint_address = outside}) == "egress n1 client -> endpoint:8080; ingress n2 node n1 -> endpoint:8080");
  CHECK(seen({.kind = Kind::pod_ip, .settings = settings, .endpoint_address = outside}) == "egress n1 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
  const auto beside_cilium = journeys_of({.kind = Kind::pod_ip, .cni = "cilium@1.16", .settings = settings, .more_manifests = agent, .endpoint_address = outside});
  REQUIRE(beside_cilium.size() > 1);
  for (const auto& journey : beside_cilium) CHECK(journey.open.at(0).id == "transit.pod");
  const std::string local = "{type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}";
  CHECK(seen({.kind = Kind::node_port, .relay = "n2", .service_spec = local, .settings = settings, .more_manifests = agent, .endpoint_address = inside, .asked_address = node}) ==
        "egress n1 client -> node n2:30080; relay n2 node n1 -> endpoint:8080; ingress n2 node n1 -> endpoint:8080");
  CHECK(seen({.kind = Kind::node_port, .relay = "n2", .service_spec = local, .settings = settings, .endpoint_address = inside, .asked_address = node}) ==
        "egress n1 client -> node n2:30080; relay n2 client -> endpoint:8080; ingress n2 client -> endpoint:8080");
}

TEST_CASE("settings from the cluster's own objects") {
  const auto snapshot = test::load(R"({apiVersion: v1, kind: ConfigMap, metadata: {name: kube-proxy, namespace: kube-system}, data: {config.conf: "kind: KubeProxyConfiguration\nmode: \"ipvs\" # as asked\nclusterCIDR: 10.244.0.0/16,fd00::/48\niptables:\n  masqueradeAll: true\n"}}
---
{apiVersion: crd.projectcalico.org/v1, kind: IPPool, metadata: {name: a}, spec: {cidr: 10.244.0.0/17, natOutgoing: true, ipipMode: Never}}
---
{apiVersion: crd.projectcalico.org/v1, kind: IPPool, metadata: {name: b}, spec: {cidr: 10.245.0.0/17, natOutgoing: false, ipipMode: Never}}
)");
  const auto profile = test::encodings().resolve(semantics::parse_profile_request("calico@3.28"));
  const auto settings = settings_of(test::encodings().paths(), snapshot, profile, {});
  CHECK(settings.values.at("proxy").value == "ipvs");
  CHECK(settings.values.at("proxy").origin == "ConfigMap kube-system/kube-proxy (c.yaml:1:1)");
  CHECK(settings.values.at("masquerade-all").value == "true");
  CHECK(settings.values.at("routing").value == "direct");
  CHECK_FALSE(settings.values.contains("nat-outgoing"));  // the pools disagree
  CHECK(settings.ranges.size() == 2);
  CHECK(settings.cluster_cidrs.size() == 2);
  CHECK_THROWS_AS(settings_of(test::encodings().paths(), snapshot, profile, {{"prxy", "iptables"}}), base::InputError);
  CHECK_THROWS_AS(settings_of(test::encodings().paths(), snapshot, profile, {{"proxy", "iptable"}}), base::InputError);
}
