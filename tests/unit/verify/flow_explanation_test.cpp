// A connection over placements and paths: the mechanisms of mixed clusters, attribution, shares; and what must not matter does not.
#include <algorithm>

#include "policy/detect.h"
#include "resource/load.h"
#include "semantics/path_facts.h"
#include "support/catch.h"
#include "verify/flow_explanation.h"

using namespace npverify;
using namespace npverify::verify;
using oracle::EndVerdict;

namespace {

const semantics::Encodings& encodings() {
  static const auto loaded = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  return *loaded;
}

semantics::Profile profile(const std::string& text) { return encodings().resolve(semantics::parse_profile_request(text)); }

resource::Snapshot load(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("c.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

std::string node(int i) {
  const std::string n = std::to_string(i);
  return "{apiVersion: v1, kind: Node, metadata: {name: n" + n + "}, spec: {podCIDR: 10.244." + n + ".0/24}, status: {addresses: [{type: InternalIP, address: 10.10.0." + n + "}]}}\n---\n";
}

/// client and web can land on every node; `peer` is whom web admits on 8080.
std::string cluster(int nodes, const std::string& peer) {
  std::string text = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n";
  for (int i = 1; i <= nodes; ++i) text += node(i);
  for (const char* name : {"client", "web"})
    text += std::string("{apiVersion: apps/v1, kind: Deployment, metadata: {name: ") + name + ", namespace: shop}, spec: {selector: {}, template: {metadata: {labels: {app: " + name + "}}, spec: {containers: [{name: c}]}}}}\n---\n";
  text += "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: NodePort, clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}}\n---\n";
  return text + "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [" + peer + "], ports: [{port: 8080}]}]}}\n";
}

const std::string by_label = "{podSelector: {matchLabels: {app: client}}}", by_nodes = "{ipBlock: {cidr: 10.10.0.0/16}}", by_pods = "{ipBlock: {cidr: 10.244.0.0/16}}";

FlowQuestion question(std::vector<path::Kind> paths = {}) {
  FlowQuestion asked{.source = "shop/client", .destination = "svc:shop/web", .port = base::Port{80}, .port_name = {}, .paths = std::move(paths), .settings = {{"proxy", "iptables"}, {"routing", "direct"}, {"nat-outgoing", "true"}},
                     .source_nodes = {}, .destination_nodes = {}};
  return asked;
}

FlowExplanation ask(const std::string& text, const std::string& cni, const FlowQuestion& asked) {
  const auto snapshot = load(text);
  const auto one = profile(cni);
  return explain_flow(snapshot, encodings().paths(), &one, nullptr, asked);
}

/// Pools by name of node: "calico@3.28:n1", with an identity scope.
FlowExplanation ask_mixed(const std::string& text, const std::string& pools, const FlowQuestion& asked) {
  const auto snapshot = load(text);
  base::Diagnostics diagnostics;
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{"m.yaml", "apiVersion: npverify.io/v1alpha1\nkind: NodeCapabilityMatrix\nmetadata: {name: m}\nspec:\n  pools:\n" + pools});
  const auto read = matrix::read_matrix(file, encodings().cnis(), diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  const matrix::Cluster cluster(read, snapshot, [](const semantics::ProfileRequest& request) { return encodings().resolve(request); });
  return explain_flow(snapshot, encodings().paths(), nullptr, &cluster, asked);
}

std::string pool(const std::string& name, const std::string& nodes, const std::string& cni, const std::string& version, const std::string& scope) {
  return "    - {name: " + name + ", match: {names: [" + nodes + "]}, cni: {name: " + cni + ", version: " + version + "}" + (scope.empty() ? "" : ", profile: {identity_scope: " + scope + "}") + "}\n";
}

std::string summary(const FlowExplanation& found) {
  std::string text = std::string(oracle::to_string(found.verdict)) + " " + std::to_string(found.total.failing) + "+" + std::to_string(found.total.unknown) + "/" + std::to_string(found.total.all);
  for (const auto& [kind, share] : found.by_path) text += " " + kind + " " + std::to_string(share.failing) + "+" + std::to_string(share.unknown) + "/" + std::to_string(share.all);
  return text;
}

}  // namespace

TEST_CASE("unknown identity: a label says nothing of a pod that another CNI runs") {
  const std::string pools = pool("a", "n1", "calico", "3.28.5", "all") + pool("b", "n2", "cilium", "1.16.19", "own_managed");
  FlowQuestion asked = question({path::Kind::pod_ip});
  asked.settings["destination-range"] = "own";
  const auto found = ask_mixed(cluster(2, by_label), pools, asked);
  CHECK(summary(found) == "deny 1+0/4 podIP 1+0/4");
  CHECK(found.layer == Layer::identity);
  const auto failing = std::find_if(found.rows.begin(), found.rows.end(), [](const auto& row) { return row.verdict == EndVerdict::deny; });
  REQUIRE(failing != found.rows.end());
  CHECK(failing->client_node == "n1");
  CHECK(failing->endpoint_node == "n2");
  REQUIRE(found.asymmetries.size() == 1);  // from the Cilium node to the Calico node it works
  CHECK(found.asymmetries[0].works_from == "n2");
  const auto open = ask_mixed(cluster(2, by_label), pool("a", "n1", "calico", "3.28.5", "all") + pool("b", "n2", "cilium", "1.16.19", ""), asked);
  CHECK(summary(open) == "unknown 0+1/4 podIP 0+1/4");
  CHECK(open.layer == Layer::identity);
}

TEST_CASE("a node without a pool is unknown, and what to supply is said") {
  const auto found = ask_mixed(cluster(2, by_label), pool("a", "n1", "calico", "3.28.5", "all"), question({path::Kind::pod_ip}));
  CHECK(found.verdict == EndVerdict::unknown);
  bool named = false;
  for (const auto& row : found.rows)
    for (const auto& text : row.to_supply) named = named || text.find("n2") != std::string::npos;
  CHECK(named);
}

TEST_CASE("NodePort turns the client into a node: a block of nodes matches it in one CNI and not in the other") {
  FlowQuestion asked = question({path::Kind::node_port});
  asked.source = "ip:203.0.113.7";
  asked.settings["proxy"] = "cilium";
  asked.settings["routing"] = "direct";
  // Relayed by another node than the endpoint's: the source is a node's address.
  CHECK(summary(ask(cluster(2, by_nodes), "cilium@1.16", asked)) == "deny 4+0/4 nodePort 4+0/4");
  CHECK(summary(ask(cluster(2, by_nodes), "cilium@1.16[policy-cidr-match-mode=nodes]", asked)) == "deny 2+0/4 nodePort 2+0/4");
  asked.settings["proxy"] = "iptables";
  CHECK(summary(ask(cluster(2, by_nodes), "calico@3.28", asked)) == "deny 2+0/4 nodePort 2+0/4");
}

TEST_CASE("attribution: what the path takes away is not the policy's fault") {
  const auto relayed = ask(cluster(3, by_label), "calico@3.28", question({path::Kind::node_port}));
  CHECK(relayed.layer == Layer::path);
  CHECK(ask(cluster(3, by_label), "calico@3.28", question({path::Kind::pod_ip, path::Kind::cluster_ip})).verdict == EndVerdict::allow);
  CHECK(ask(cluster(3, "{podSelector: {matchLabels: {app: other}}}"), "calico@3.28", question({path::Kind::pod_ip})).layer == Layer::destination_policy);
}

TEST_CASE("one pool reads as the single profile does") {
  for (const auto& peer : {by_label, by_nodes, by_pods})
    for (const auto& [cni, version] : {std::pair{"calico", "3.28.5"}, std::pair{"cilium", "1.16.19"}}) {
      const auto mixed = ask_mixed(cluster(3, peer), pool("all", "n1, n2, n3", cni, version, "own_managed"), question());
      const auto single = ask(cluster(3, peer), std::string(cni) + "@" + version, question());
      CHECK(summary(mixed) == summary(single));
      CHECK(mixed.by_cause == single.by_cause);
      CHECK(mixed.rows.size() == single.rows.size());
    }
}

TEST_CASE("nodes alike are counted, not judged again: shares grow as the numbers of combinations do") {
  for (const int nodes : {2, 3, 5}) {
    const auto found = ask(cluster(nodes, by_nodes), "calico@3.28", question({path::Kind::pod_ip}));
    const size_t n = static_cast<size_t>(nodes);
    CHECK(found.total.all == n * n);
    CHECK(found.total.failing == n * n);
    CHECK(found.rows.size() == 2);  // same node, other node
    CHECK(found.rows[0].combinations + found.rows[1].combinations == n * n);
  }
}

TEST_CASE("a policy that cuts the node's range makes the verdict depend on the address") {
  const auto found = ask(cluster(1, "{ipBlock: {cidr: 10.244.1.0/25}}"), "calico@3.28", question({path::Kind::pod_ip}));
  CHECK(found.verdict == EndVerdict::unknown);
  REQUIRE_FALSE(found.rows.empty());
  CHECK(found.rows[0].to_supply.at(0).find("status.podIP") != std::string::npos);
}

TEST_CASE("an address of a node is the node under that address") {
  std::string text = cluster(2, by_label);
  const std::string internal = "{type: InternalIP, address: 10.10.0.1}";
  text.replace(text.find(internal), internal.size(), internal + ", {type: ExternalIP, address: 198.51.100.1}");
  text += "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: out, namespace: shop}, spec: {podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.10.0.0/16}}]}]}}\n";
  FlowQuestion asked = question({path::Kind::pod_ip});
  asked.source_nodes = {"n2"};
  for (const auto& [end, verdict] : {std::pair{"ip:10.10.0.1", EndVerdict::allow}, std::pair{"node:n1", EndVerdict::allow}, std::pair{"ip:198.51.100.1", EndVerdict::deny}}) {
    asked.destination = end;
    CHECK(ask(text, "calico@3.28", asked).verdict == verdict);
  }
}

TEST_CASE("the address of a tunnel device is the one that the Node tells, or any of the cluster's pods") {
  FlowQuestion asked = question({path::Kind::node_port});
  asked.source = "ip:203.0.113.7";
  asked.destination_nodes = {"n1"};
  asked.settings["routing"] = "tunnel";
  const std::string some = "{ipBlock: {cidr: 10.244.2.0/25}}, {ipBlock: {cidr: 203.0.113.0/24}}", all = by_pods + ", {ipBlock: {cidr: 203.0.113.0/24}}";
  const auto with = [](std::string text, const std::string& address) {
    text.replace(text.find("{name: n2}"), 10, "{name: n2, annotations: {projectcalico.org/IPv4VXLANTunnelAddr: " + address + "}}");
    return text;
  };
  const auto open = ask(cluster(2, some), "calico@3.28", asked);
  CHECK(summary(open) == "unknown 0+1/2 nodePort 0+1/2");
  CHECK(std::any_of(open.rows.begin(), open.rows.end(), [](const auto& row) { return !row.to_supply.empty() && row.to_supply[0].find("tunnel device of node n2") != std::string::npos; }));
  CHECK(summary(ask(with(cluster(2, some), "10.244.2.1"), "calico@3.28", asked)) == "allow 0+0/2 nodePort 0+0/2");
  CHECK(summary(ask(with(cluster(2, some), "10.244.2.192"), "calico@3.28", asked)) == "deny 1+0/2 nodePort 1+0/2");
  CHECK(summary(ask(cluster(2, all), "calico@3.28", asked)) == "allow 0+0/2 nodePort 0+0/2");
}

TEST_CASE("a pod that could be has any address of the cluster's pods: not its node's podCIDR alone") {
  FlowQuestion asked = question({path::Kind::pod_ip});
  asked.source_nodes = {"n1"};
  for (const char* block : {"10.244.2.0/24", "10.244.2.7/32", "10.244.0.0/16, except: [10.244.1.0/24]"}) {
    const auto found = ask(cluster(2, std::string("{ipBlock: {cidr: ") + block + "}}"), "calico@3.28", asked);
    CHECK(summary(found) == "unknown 0+2/2 podIP 0+2/2");
    CHECK(found.total.by_address == 2);
    CHECK(found.total.failing_by_address == 2);
    CHECK(found.total.working_by_address == 2);
  }
  CHECK(summary(ask(cluster(2, by_pods), "calico@3.28", asked)) == "allow 0+0/2 podIP 0+0/2");
}

TEST_CASE("only policies that judge the connection tell addresses apart") {
  std::string text = cluster(2, by_pods);
  text += "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: other, namespace: elsewhere}, spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.1.0/25}}]}]}}\n";
  const auto found = ask(text, "calico@3.28", question({path::Kind::pod_ip}));
  CHECK(found.verdict == EndVerdict::allow);
  CHECK(found.total.by_address == 0);
}

TEST_CASE("a NodePort whose number is not known is not guessed") {
  std::string text = cluster(2, by_nodes + ", " + by_label);
  text.replace(text.find(", nodePort: 30080"), 17, "");
  text += "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: out, namespace: shop}, spec: {podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{ports: [{port: 8080}]}]}}\n";
  const auto found = ask(text, "calico@3.28", question({path::Kind::node_port}));
  // Asked at another node the client's egress policy would see the number; web lets that path in.
  CHECK(std::any_of(found.rows.begin(), found.rows.end(), [](const auto& row) {
    return std::any_of(row.to_supply.begin(), row.to_supply.end(), [](const auto& supply) { return supply == "give the Service with its nodePort"; });
  }));
}
