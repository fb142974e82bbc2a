#include "verify/spec.h"

#include <fstream>
#include <sstream>

#include "support/catch.h"

using namespace npverify;
using namespace npverify::verify;

namespace {

std::vector<InvariantSet> read(const std::string& text) {
  base::Diagnostics diagnostics;
  auto sets = read_spec_texts({std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", text})}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return sets;
}

std::string set_of(const std::string& invariants, const std::string& fields = "") {
  return "apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nmetadata: {name: s}\nspec:\n" + fields + "  invariants:\n" + invariants;
}

Invariant only(const std::string& invariant) {
  auto sets = read(set_of(invariant));
  REQUIRE(sets.size() == 1);
  REQUIRE(sets[0].invariants.size() == 1);
  return sets[0].invariants[0];
}

template <class T>
T body_of(const std::string& invariant) {
  return std::get<T>(only(invariant).body);
}

}  // namespace

TEST_CASE("an invariant keeps what every one may carry") {
  const Invariant i = only(R"(    - id: cde-isolated
      title: The card zone stands alone
      severity: critical
      controls: [pci-dss-4.0/1.3.1, pci-dss-4.0/1.3.2]
      owner: team-cards
      rationale: scope of the audit
      isolate: {group: {namespaces: {matchLabels: {pci: cde}}}, universe: possible, directions: [ingress]}
)");
  CHECK(i.id == "cde-isolated");
  CHECK(i.severity == "critical");
  CHECK(i.controls.size() == 2);
  CHECK(std::string(name_of(i.body)) == "isolate");
  const auto& body = std::get<Isolate>(i.body);
  CHECK(body.universe == world::UniverseKind::possible);
  CHECK(body.into);
  CHECK_FALSE(body.out_of);
  CHECK(i.unsupported.empty());
}

TEST_CASE("peers keep their fields and are written back on one line") {
  const std::string texts[] = {
      "{any: true}",
      "{namespaces: {names: [dev, test], matchLabels: {env: dev}}, pods: {matchLabels: {tier: db}}}",
      "{pods: {matchExpressions: [{key: tier, operator: NotIn, values: [db, web]}, {key: canary, operator: DoesNotExist}]}}",
      "{namespaces: {any: true}, serviceAccounts: [shop/web], hostNetwork: false}",
      "{workloads: [pay/Deployment/payment, pay/CronJob/report]}",
      "{services: [acct/account]}",
      "{external: true, exceptCidrs: [203.0.113.0/24]}",
      "{cidrs: [10.0.0.0/8, 2001:db8::/32], exceptCidrs: [10.1.0.0/16]}",
      "{nodes: {matchLabels: {pool: gpu}}}",
      "{anyOf: [{external: true}, {allOf: [{hostNetwork: true}, {not: {nodes: {any: true}}}]}]}",
  };
  for (const std::string& text : texts) CHECK(to_string(body_of<Isolate>("    - {id: a, isolate: {group: " + text + "}}\n").group) == text);
}

TEST_CASE("every form of port is read") {
  const auto body = body_of<Forbid>(R"(    - id: a
      forbid:
        from: {any: true}
        to: {any: true}
        ports: ["TCP/443", "TCP/8000-8100", "SCTP/*", "*", "UDP/:dns", "ICMP/*"]
        exceptPorts: ["TCP/8080"]
)");
  const auto& e = body.ports.entries;
  REQUIRE(e.size() == 6);
  CHECK(e[0].numbers == base::PortSet::range(443, 443));
  CHECK(e[1].numbers == base::PortSet::range(8000, 8100));
  CHECK(e[2].protocol == base::Protocol::sctp);
  CHECK(e[2].numbers == base::PortSet::all());
  CHECK(e[3].all_protocols);
  CHECK(e[4].name == "dns");
  CHECK(e[5].protocol == base::Protocol::icmp);
  CHECK(body.ports.except.size() == 1);
}

TEST_CASE("references are followed through peer sets of other documents") {
  const auto sets = read(set_of("    - {id: a, forbid: {from: {ref: outside}, to: {ref: cde}}}\n") + R"(---
apiVersion: npverify.io/v1alpha1
kind: PeerSet
metadata: {name: zones}
spec:
  peers:
    outside: {not: {ref: cde}}
    cde: {namespaces: {matchLabels: {pci: cde}}}
)");
  const auto& body = std::get<Forbid>(sets.at(0).invariants.at(0).body);
  REQUIRE(body.from.target);
  REQUIRE(body.from.target->operands.at(0).target);
  CHECK(to_string(*body.from.target->operands[0].target) == "{namespaces: {matchLabels: {pci: cde}}}");
}

TEST_CASE("exception sets go to the invariants that they name") {
  const auto sets = read(set_of("    - {id: a, isolate: {group: {external: true}}}\n    - {id: b, isolate: {group: {external: true}}}\n") + R"(---
apiVersion: npverify.io/v1alpha1
kind: ExceptionSet
spec:
  exceptions:
    - {id: E1, invariants: [a], from: {any: true}, to: {any: true}, justification: x, approvedBy: y, expires: 2027-01-31}
    - {id: E2, invariants: ["*"], from: {any: true}, to: {any: true}, justification: x, approvedBy: y, expires: 2027-01-31, paths: [nodePort]}
)");
  const auto& invariants = sets.at(0).invariants;
  CHECK(invariants[0].except.size() == 2);
  REQUIRE(invariants[1].except.size() == 1);
  CHECK(invariants[1].except[0].id == "E2");
  CHECK_FALSE(invariants[1].except[0].covers(npverify::path::Kind::pod_ip));
  CHECK(invariants[1].except[0].covers(npverify::path::Kind::node_port));
  CHECK(to_string(invariants[0].except[0].expires) == "2027-01-31");
}

TEST_CASE("assumptions of the set and of the run are both in force") {
  const auto sets = read(set_of("    - {id: a, isolate: {group: {external: true}}}\n", "  assume:\n    - {labels: {key: env, values: [dev, prod], of: [namespaces]}}\n") + R"(---
apiVersion: npverify.io/v1alpha1
kind: Assumptions
spec:
  assume:
    - {when: {namespaces: {names: [dev]}}, then: {pods: {matchLabels: {env: dev}}}, because: admission policy labels-of-dev}
)");
  REQUIRE(sets.at(0).assume.size() == 2);
  CHECK(sets[0].assume[0].text == "the label env of namespaces is dev or prod, where present");
  CHECK(sets[0].assume[1].text == "every pod in {namespaces: {names: [dev]}} is in {pods: {matchLabels: {env: dev}}} (admission policy labels-of-dev)");
}

TEST_CASE("what is not decided yet is named, never ignored") {
  struct Case {
    const char* invariant;
    const char* said;
  };
  const Case cases[] = {
      {"    - {id: a, onlyVia: {from: {any: true}, to: {external: true}, via: {workloads: [egress/Deployment/proxy]}}}\n", "not supported yet: onlyVia"},
      {"    - {id: a, exposure: {from: {external: true}, allowedTargets: []}}\n", "not supported yet: exposure"},
      {"    - {id: a, require: {from: {any: true}, to: {any: true}}, quantify: {to: some}}\n", "not supported yet: quantify.to: some"},
      {"    - {id: a, isolate: {group: {any: true}}, robust: {labelDrift: {k: 1}}}\n", "not supported yet: robust.labelDrift"},
  };
  for (const auto& [invariant, said] : cases) {
    const auto unsupported = only(invariant).unsupported;
    REQUIRE(unsupported.size() == 1);
    CHECK(unsupported[0] == said);
  }
  CHECK(only("    - {id: a, require: {from: {any: true}, to: {any: true}, placement: any, paths: [podIP]}, quantify: {to: all}}\n").unsupported.empty());
}

TEST_CASE("paths are read, of a set, a body and an exception; those of a mesh are kept apart") {
  using npverify::path::Kind;
  const auto sets = read(set_of("    - {id: a, require: {from: {any: true}, to: {any: true}, paths: [nodePort, podIP, sidecar]}}\n    - {id: b, pathAgreement: {from: {any: true}, to: {any: true}, paths: all}}\n",
                                "  placement: observed\n  paths: [clusterIP]\n"));
  CHECK(sets[0].placement == Placement::observed);
  CHECK(sets[0].paths->kinds == std::vector{Kind::cluster_ip});
  const auto& listed = *std::get<Require>(sets[0].invariants[0].body).paths;
  CHECK(listed.kinds == std::vector{Kind::node_port, Kind::pod_ip});
  CHECK(listed.mesh == std::vector<std::string>{"sidecar"});
  CHECK_FALSE(listed.all);
  const auto& every = *std::get<PathAgreement>(sets[0].invariants[1].body).paths;
  CHECK(every.all);
  CHECK(every.kinds.size() == 5);
  CHECK(every.mesh.empty());
}

TEST_CASE("capability says what it requires") {
  const auto invariant = only("    - {id: a, capability: {workloads: {namespaces: {names: [pay]}}, requires: {fromPolicies: true, features: [rdma]}}}\n");
  const auto& body = std::get<Capability>(invariant.body);
  CHECK(body.from_policies);
  CHECK(body.features == std::vector<std::string>{"rdma"});
}

TEST_CASE("profiles: perNode and placement are read, of a set and of a body") {
  const auto sets = read(set_of("    - {id: a, forbid: {from: {any: true}, to: {any: true}, placement: sameNode}}\n    - {id: b, require: {from: {any: true}, to: {any: true}, profiles: [calico@3.28]}}\n",
                                "  profiles: perNode\n  placement: crossNode\n"));
  CHECK(sets[0].profiles->kind == ProfileChoice::Kind::per_node);
  CHECK(sets[0].placement == Placement::cross_node);
  CHECK(std::get<Forbid>(sets[0].invariants[0].body).placement == Placement::same_node);
  CHECK_FALSE(std::get<Require>(sets[0].invariants[1].body).placement);
  for (const auto& invariant : sets[0].invariants) CHECK(invariant.unsupported.empty());
}

TEST_CASE("dates are days of the calendar") {
  CHECK(parse_date("2024-02-29"));
  CHECK_FALSE(parse_date("2025-02-29"));
  CHECK_FALSE(parse_date("2025-1-01"));
  CHECK_FALSE(parse_date("2025/01/01"));
}

TEST_CASE("aliases cannot multiply a small text without end") {
  std::string peers = "    a0: &a0 {anyOf: [{external: true}, {external: true}]}\n";
  for (int i = 1; i < 25; ++i) peers += "    a" + std::to_string(i) + ": &a" + std::to_string(i) + " {anyOf: [*a" + std::to_string(i - 1) + ", *a" + std::to_string(i - 1) + "]}\n";
  base::Diagnostics diagnostics;
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{"bomb.yaml", "apiVersion: npverify.io/v1alpha1\nkind: PeerSet\nspec:\n  peers:\n" + peers});
  read_spec_texts({file}, diagnostics);
  CHECK_THAT(diagnostics.to_string(), test::contains_text("more than 20000 peers in one file"));
}

TEST_CASE("the specs that users copy are right") {
  base::Diagnostics diagnostics;
  const auto sets = read_specs({std::string(NPVERIFY_SOURCE_DIR) + "/specs"}, diagnostics);
  CHECK(diagnostics.to_string().empty());
  CHECK(sets.size() >= 7);
  for (const auto& set : sets)
    for (const auto& invariant : set.invariants) CHECK(invariant.unsupported.empty());
}

TEST_CASE("the example that the reference opens with is right") {
  std::ostringstream page;
  page << std::ifstream(std::string(NPVERIFY_SOURCE_DIR) + "/docs/invariants.md").rdbuf();
  const std::string text = page.str(), fence = "```yaml\n";
  const auto begin = text.find(fence) + fence.size();
  REQUIRE(begin > fence.size());
  CHECK(read(text.substr(begin, text.find("```", begin) - begin)).at(0).invariants.size() == 2);
}
