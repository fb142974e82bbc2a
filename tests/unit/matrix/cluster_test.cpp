// Pools of a cluster: which node is where, who knows whom, and what is said where nobody tells.
#include "matrix/cluster.h"
#include "manifest/node.h"
#include "policy/stranger.h"
#include "resource/load.h"
#include "support/catch.h"

namespace {

using namespace npverify;

std::shared_ptr<const semantics::Encodings> encodings() {
  static const auto loaded = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return loaded;
}

resource::Snapshot snapshot_of(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("cluster.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

matrix::Cluster cluster_of(const std::string& spec, const resource::Snapshot& snapshot) {
  base::Diagnostics diagnostics;
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{"matrix.yaml", "apiVersion: npverify.io/v1alpha1\nkind: NodeCapabilityMatrix\nspec:\n" + spec});
  const auto read = matrix::read_matrix(file, encodings()->cnis(), diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return {read, snapshot, [](const auto& request) { return encodings()->resolve(request); }};
}

const char* nodes = R"(
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {pool: old}}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {pool: new, zone: a}}
---
apiVersion: v1
kind: Node
metadata: {name: n3, labels: {zone: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: shop}
spec: {nodeName: n9, containers: [{name: c}]}
)";

const char* two_pools = R"(
  pools:
    - {name: old, match: {nodeSelector: {matchLabels: {pool: old}}}, cni: {name: calico, version: 3.28.2}, profile: {identity_scope: all}}
    - {name: new, match: {nodeSelector: {matchLabels: {pool: new}}}, cni: {name: cilium, version: 1.16.3}, profile: {identity_scope: own_managed}}
    - {name: zone, match: {nodeSelector: {matchLabels: {zone: a}}}, cni: {name: cilium, version: 1.15.6}}
)";

TEST_CASE("each node is in the pool that matches it, or it is said why not", "[matrix]") {
  const auto snapshot = snapshot_of(nodes);
  const auto cluster = cluster_of(two_pools, snapshot);
  CHECK(cluster.place_of("n1").pool == 0);
  CHECK(cluster.place_of("n3").pool == 2);
  CHECK(cluster.place_of("n2").problem == "node n2 is in 2 pools of matrix.yaml (new and zone): let one of them match it");
  CHECK(cluster.place_of("n9").problem == "node n9 is in no pool of matrix.yaml: supply its Node object, or name it in spec.pools[].match.names");
  CHECK(cluster.place_of("").problem == "the pod is on no node yet: supply its spec.nodeName");
  CHECK(cluster.problems().size() == 2);
}

TEST_CASE("one pool for every node has the pods of no node too", "[matrix]") {
  const auto snapshot = snapshot_of(nodes);
  const auto cluster = cluster_of("  pools: [{match: {nodeSelector: {}}, cni: {name: cilium, version: 1.16.3}}]\n", snapshot);
  for (const char* node : {"n1", "n9", "", "never-seen"}) CHECK(cluster.place_of(node).pool == 0);
  CHECK(cluster.views(0).size() == 1);
}

TEST_CASE("agents know the pods of their own CNI; of others what identity_scope says; where it is silent both are possible", "[matrix]") {
  const auto snapshot = snapshot_of("apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {pool: old}}");
  const auto cluster = cluster_of(two_pools, snapshot);
  REQUIRE(cluster.views(0).size() == 1);
  CHECK(cluster.views(0)[0].knows == std::vector<bool>{true, true, true});
  REQUIRE(cluster.views(1).size() == 1);
  CHECK(cluster.views(1)[0].knows == std::vector<bool>{false, true, true});
  REQUIRE(cluster.views(2).size() == 2);
  CHECK(cluster.to_supply(2) == "set spec.pools[2].profile.identity_scope (own_managed: only those that its own CNI runs; all) in matrix.yaml");
}

TEST_CASE("knowledge that is pinned outranks the scope", "[matrix]") {
  const auto snapshot = snapshot_of(nodes);
  const auto cluster = cluster_of(std::string(two_pools) + "  knowledge: [{reader: new, of: old, known: true}, {reader: zone, of: old, known: false}]\n", snapshot_of("apiVersion: v1\nkind: Node\nmetadata: {name: n1, labels: {pool: old}}"));
  CHECK(cluster.views(1)[0].knows == std::vector<bool>{true, true, true});
  REQUIRE(cluster.views(2).size() == 1);
  CHECK(cluster.views(2)[0].knows == std::vector<bool>{false, true, true});
}

TEST_CASE("where version and policy controller read alike they are one profile; elsewhere the axis is a gap that says so", "[matrix]") {
  const auto snapshot = snapshot_of(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ranges, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8000, endPort: 8080}]}]}
)");
  const auto cluster = cluster_of(R"(
  pools:
    - {match: {names: [n1]}, cni: {name: cilium, version: 1.16.3, policyController: 1.15.8}}
    - {match: {names: [n2]}, cni: {name: cilium, version: 1.16.3, policyController: 1.16.5}}
)", snapshot);
  const matrix::Pool& skewed = cluster.pools()[0];
  CHECK(skewed.label == "cilium@1.16.3 with policy controller 1.15.8");
  CHECK(std::any_of(skewed.skewed.begin(), skewed.skewed.end(), [](const matrix::Skew& skew) { return skew.axis == "ports.range"; }));
  CHECK(cluster.pools()[1].skewed.empty());
  logic::Pool pool;
  const auto reading = matrix::read_policies(pool, snapshot, {}, skewed);
  const bool told = std::any_of(reading.ingress.gaps.begin(), reading.ingress.gaps.end(), [](const policy::Gap& gap) {
    return gap.axis == "ports.range" && gap.reason.find("the policy controller answer it differently") != std::string::npos;
  });
  CHECK(told);
}

TEST_CASE("policies that version and policy controller read alike are decided, namespace by namespace, as the version alone reads them", "[matrix]") {
  const auto snapshot = snapshot_of(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ranges, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8000, endPort: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: plain, namespace: pay}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{port: 8000}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: beside-ranges, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress]}
)");
  const auto cluster = cluster_of(R"(
  pools:
    - {match: {names: [n1]}, cni: {name: cilium, version: 1.16.3, policyController: 1.15.8}}
    - {match: {names: [n2]}, cni: {name: cilium, version: 1.16.3}}
)", snapshot);
  logic::Pool pool;
  const auto skewed = matrix::read_policies(pool, snapshot, {}, cluster.pools()[0]), plain = matrix::read_policies(pool, snapshot, {}, cluster.pools()[1]);
  for (const policy::Direction direction : policy::both_directions) {
    const auto &side = skewed.direction(direction), &alone = plain.direction(direction);
    REQUIRE(side.policies.size() == alone.policies.size());
    for (size_t i = 0; i < side.policies.size(); ++i) CHECK(side.policies[i].id() == alone.policies[i].id());
    CHECK(side.by_namespace.at("shop") == alone.by_namespace.at("shop"));
    CHECK(!side.gaps_by_namespace.contains("pay"));
    CHECK(side.gaps_by_namespace.contains("shop"));
  }
  REQUIRE(skewed.ingress.by_namespace.at("pay") == plain.ingress.by_namespace.at("pay"));
  const auto &decided = skewed.ingress.policies[skewed.ingress.by_namespace.at("pay")[0]], &same = plain.ingress.policies[plain.ingress.by_namespace.at("pay")[0]];
  CHECK(decided.subject == same.subject);
  CHECK(decided.rules.at(0).peer == same.rules.at(0).peer);
  CHECK(decided.rules.at(0).ports == same.rules.at(0).ports);
}

TEST_CASE("to a stranger's reader every selector is blind, an ipBlock sees an outside address, and the subject is what it was", "[matrix][policy]") {
  const auto snapshot = snapshot_of(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: client}}}]
    - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
    - {}
)");
  logic::Pool pool;
  const auto plain = policy::read_policies(pool, snapshot, {}, encodings()->resolve(semantics::parse_profile_request("cilium@1.16")));
  const auto seen = policy::seen_by_a_stranger(pool, plain);
  const auto& rules = seen.ingress.policies.at(0).rules;
  CHECK(seen.ingress.policies[0].subject == plain.ingress.policies[0].subject);
  CHECK(rules[0].peer.is_false());
  CHECK(rules[1].peer == pool.address_in(logic::Role::source, base::AddressSet::of(*base::Prefix::parse("10.0.0.0/8"))));
  CHECK(rules[2].peer.is_true());
}

}  // namespace
