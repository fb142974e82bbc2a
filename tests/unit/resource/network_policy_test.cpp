#include "loading.h"
#include "support/catch.h"

using namespace npverify;
using test::first_error;
using test::load;
using test::policy;

namespace {

/// "ingress egress", after defaulting.
std::string types_of(const std::string& spec) {
  const auto loaded = load(policy(spec));
  REQUIRE_FALSE(loaded.errors.has_errors());
  const auto& p = loaded.snapshot.network_policies.at(0);
  return std::string(p.type_ingress ? "ingress" : "") + (p.type_egress ? " egress" : "");
}

resource::NetworkPolicy read(const std::string& spec) {
  const auto loaded = load(policy(spec));
  INFO(loaded.errors.to_string());
  REQUIRE(loaded.snapshot.network_policies.size() == 1);
  return loaded.snapshot.network_policies[0];
}

}  // namespace

TEST_CASE("policyTypes: Ingress always, Egress where there is an egress rule", "[resource]") {
  CHECK(types_of("{podSelector: {}}") == "ingress");
  CHECK(types_of("{podSelector: {}, policyTypes: []}") == "ingress");
  CHECK(types_of("{podSelector: {}, policyTypes: null}") == "ingress");
  CHECK(types_of("{podSelector: {}, egress: []}") == "ingress");
  CHECK(types_of("{podSelector: {}, egress: }") == "ingress");
  CHECK(types_of("{podSelector: {}, egress: [{}]}") == "ingress egress");
  CHECK(types_of("{podSelector: {}, egress: [{}], policyTypes: [Ingress]}") == "ingress");
  CHECK(types_of("{podSelector: {}, ingress: [{}], policyTypes: [Egress]}") == " egress");
  CHECK(types_of("{podSelector: {}, policyTypes: [Egress, Egress]}") == " egress");
}

TEST_CASE("no spec, or an empty one, isolates every pod for ingress", "[resource]") {
  const auto loaded = load("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web}}");
  REQUIRE(loaded.snapshot.network_policies.size() == 1);
  CHECK(loaded.snapshot.network_policies[0].type_ingress);
  CHECK(loaded.snapshot.network_policies[0].pod_selector.empty());
  CHECK(types_of("{}") == "ingress");
}

TEST_CASE("null rules allow everything; null peers are refused; null ports are TCP", "[resource]") {
  CHECK(read("{ingress: [null]}").ingress.at(0).peers.empty());
  CHECK(read("{ingress: [{from: null, ports: null}]}").ingress.at(0).ports.empty());
  CHECK(first_error(policy("{ingress: [{from: [null]}]}")) == "spec.ingress[0].from[0]: an empty peer; expected podSelector, namespaceSelector or ipBlock");
  const auto port = read("{ingress: [{ports: [null]}]}").ingress.at(0).ports.at(0);
  CHECK(port.protocol == base::Protocol::tcp);
  CHECK(std::holds_alternative<std::monostate>(port.port));
}

TEST_CASE("ports: numbers, names, ranges, protocols", "[resource]") {
  const auto ports = read("{ingress: [{ports: [{port: 80}, {port: http, protocol: UDP}, {port: 1e3, endPort: 2000, protocol: SCTP}, {protocol: UDP}]}]}").ingress.at(0).ports;
  REQUIRE(ports.size() == 4);
  CHECK(std::get<base::Port>(ports[0].port) == 80);
  CHECK(ports[0].protocol == base::Protocol::tcp);
  CHECK(std::get<std::string>(ports[1].port) == "http");
  CHECK(ports[1].protocol == base::Protocol::udp);
  CHECK(std::get<base::Port>(ports[2].port) == 1000);
  CHECK(ports[2].end_port == base::Port{2000});
  CHECK(std::holds_alternative<std::monostate>(ports[3].port));
}

TEST_CASE("selectors: matchLabels by key, then matchExpressions, values sorted and unique", "[resource]") {
  CHECK(test::to_text(read("{podSelector: {matchLabels: {b: \"2\", a: \"1\"}, matchExpressions: [{key: c, operator: NotIn, values: [z, x, z]}, {key: d, operator: Exists}]}}").pod_selector) ==
        "In a [1]; In b [2]; NotIn c [x z]; Exists d");
  CHECK(test::to_text(read("{podSelector: {matchLabels: {a: null}, matchExpressions: null}}").pod_selector) == "In a []");
}

TEST_CASE("a present selector without value is absent, an empty one is not", "[resource]") {
  const auto peers = read("{ingress: [{from: [{podSelector: {}, namespaceSelector: null}, {namespaceSelector: {}}]}]}").ingress.at(0).peers;
  CHECK(peers.at(0).pod_selector.has_value());
  CHECK_FALSE(peers.at(0).namespace_selector.has_value());
  CHECK_FALSE(peers.at(1).pod_selector.has_value());
}

TEST_CASE("ipBlock: what servers before 1.36 take, with a note where newer ones do not", "[resource]") {
  const auto loaded = load(policy("{egress: [{to: [{ipBlock: {cidr: 10.0.0.7/8, except: [010.1.0.0/16]}}, {ipBlock: {cidr: \"::ffff:10.0.0.0/104\"}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]}"));
  CHECK_FALSE(loaded.errors.has_errors());
  const auto& peers = loaded.snapshot.network_policies.at(0).egress.at(0).peers;
  CHECK(peers[0].ip_block->cidr.to_string() == "10.0.0.0/8");
  CHECK(peers[0].ip_block->except.at(0).to_string() == "10.1.0.0/16");
  CHECK(peers[1].ip_block->cidr.to_string() == "10.0.0.0/8");
  std::string notes;
  for (const auto& note : loaded.snapshot.notes.all()) notes += note.message + "\n";
  CHECK(notes ==
        "'10.0.0.7/8' has bits set beyond its prefix length (it means 10.0.0.0/8); API servers from 1.36 on refuse it in new objects\n"
        "'010.1.0.0/16' has leading zeros; API servers from 1.36 on refuse it in new objects\n"
        "'::ffff:10.0.0.0/104' is an IPv4-mapped IPv6 prefix; API servers from 1.36 on refuse it in new objects\n");
}

TEST_CASE("every part knows where it stands", "[resource]") {
  const auto loaded = load("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web\nspec:\n  ingress:\n  - from:\n    - podSelector: {}\n    ports:\n    - port: 80\n");
  const auto& p = loaded.snapshot.network_policies.at(0);
  CHECK(p.meta.origin.span.to_string() == "input.yaml:1:1");
  CHECK(p.meta.origin.field.empty());
  const auto& rule = p.ingress.at(0);
  CHECK(rule.origin.span.to_string() + " " + rule.origin.field == "input.yaml:7:5 spec.ingress[0]");
  CHECK(rule.peers.at(0).origin.span.to_string() + " " + rule.peers.at(0).origin.field == "input.yaml:8:7 spec.ingress[0].from[0]");
  CHECK(rule.ports.at(0).origin.span.to_string() + " " + rule.ports.at(0).origin.field == "input.yaml:10:7 spec.ingress[0].ports[0]");
}

TEST_CASE("a policy with an error is not loaded, and all of its errors are told", "[resource]") {
  const auto loaded = load(policy("{podSelector: {}, ingres: [], policyTypes: [In], egress: [{to: [{}]}]}"));
  CHECK(loaded.snapshot.network_policies.empty());
  CHECK(loaded.errors.error_count() == 3);
}
