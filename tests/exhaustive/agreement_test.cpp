#include "oracle/evaluate.h"
#include "reach/evaluator.h"
#include "smt/solver.h"
#include "support/catch.h"
#include "support/random_world.h"
#include "verify/compare.h"
#include "verify/question.h"

using namespace npverify;
using policy::Direction;

namespace {

const char* const profiles[] = {"kubernetes", "calico@3.28", "calico@3.31", "cilium@1.12", "cilium@1.14", "cilium@1.16", "cilium@1.18", "cilium@1.20",
                                "cilium@1.19[policy-cidr-match-mode=nodes]", "cilium@1.16[enable-policy=always]", "cilium@1.20[enable-policy=always]",
                                "cilium@1.15[enable-remote-node-identity=false]", "cilium@1.16[enable-policy=never]", "calico@3.30[dataplane=bpf]", "kube-network-policies@1.1"};

std::shared_ptr<const semantics::Encodings> encodings() {
  static const auto loaded = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return loaded;
}

semantics::Profile profile(const char* text) { return encodings()->resolve(semantics::parse_profile_request(text)); }

oracle::EndVerdict by_formula(logic::Pool& pool, const policy::Reading& reading, Direction d, const world::Flow& flow, const oracle::Cluster& cluster) {
  const auto& subject = flow.end(policy::subject_of(d));
  if (subject.kind != logic::EndpointKind::pod) return oracle::EndVerdict::unpoliced;
  const auto verdict = verify::verdict_in(pool, reading, d, verify::policy_namespaces(reading));
  const auto holds = [&](const logic::Atom& a) { return oracle::holds(pool, a, flow, cluster); };
  if (pool.evaluate(verdict.unknown, holds)) return oracle::EndVerdict::unknown;
  return pool.evaluate(verdict.allowed, holds) ? oracle::EndVerdict::allow : oracle::EndVerdict::deny;
}

}  // namespace

TEST_CASE("oracle, formula and reach agree on every flow of small worlds") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const auto snapshot = test::RandomWorld(seed).make();
    for (const char* name : profiles) {
      const auto p = profile(name);
      logic::Pool pool;
      const auto reading = policy::read_policies(pool, snapshot, {true, seed % 3 == 0}, p);
      world::Directory directory(snapshot, p);
      std::vector<const world::Endpoint*> ends = directory.all();
      for (const char* outside : {"ip:203.0.113.7", "ip:203.0.113.200", "ip:10.244.1.99"}) ends.push_back(directory.find(outside));
      reach::Evaluator evaluator(pool, reading, directory.running_pods());
      const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(directory.running_pods())};
      for (const auto* source : ends)
        for (const auto* destination : ends) {
          if (source == destination) continue;
          for (const auto& [protocol, port] : std::initializer_list<std::pair<base::Protocol, base::Port>>{
                   {base::Protocol::tcp, 80}, {base::Protocol::tcp, 81}, {base::Protocol::udp, 53}, {base::Protocol::tcp, 90}, {base::Protocol::tcp, 91}, {base::Protocol::sctp, 80}, {base::Protocol::icmp, 0}, {base::Protocol::udp, 4789}}) {
            const world::Flow flow{.source = source, .destination = destination, .protocol = protocol, .port = port};
            const auto expected = oracle::evaluate(pool, reading, reading, flow, cluster);
            const auto found = evaluator.answer(*source, *destination, protocol, port);
            INFO("seed " << seed << " " << name << " " << source->name << " -> " << destination->name << " " << base::to_string(protocol) << "/" << port);
            REQUIRE(found.egress->reason == expected.egress.reason);
            REQUIRE(found.ingress->reason == expected.ingress.reason);
            REQUIRE(found.egress->verdict == expected.egress.verdict);
            REQUIRE(found.ingress->verdict == expected.ingress.verdict);
            REQUIRE(by_formula(pool, reading, Direction::egress, flow, cluster) == expected.egress.verdict);
            REQUIRE(by_formula(pool, reading, Direction::ingress, flow, cluster) == expected.ingress.verdict);
          }
        }
    }
  }
}

TEST_CASE("equiv finds a difference exactly where random flows show one, and no flow contradicts a proof") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const auto snapshot = test::RandomWorld(seed).make();
    for (const auto& [l, r] : std::initializer_list<std::pair<const char*, const char*>>{
             {"calico@3.28", "cilium@1.16"}, {"cilium@1.16", "cilium@1.20"}, {"calico@3.28", "calico@3.31"}, {"cilium@1.14", "cilium@1.18"}, {"calico@3.28", "kube-network-policies@1.1"}}) {
      const auto left = profile(l), right = profile(r);
      for (const auto universe : {world::UniverseKind::observed, world::UniverseKind::possible}) {
        verify::Options options;
        options.universe = universe;
        options.second_solver = seed % 4 == 0;
        INFO("seed " << seed << " " << l << " " << r << " " << world::to_string(universe));
        const auto result = verify::equiv(snapshot, left, right, options);
        if (result.verdict == verify::Verdict::violated) {
          for (const auto& finding : result.findings) CHECK_FALSE(finding.cause.axes.empty());
          continue;
        }
        REQUIRE(result.verdict == verify::Verdict::proved);
        // The attack: no concrete flow of the snapshot's pods may differ.
        logic::Pool pool;
        const auto a = policy::read_policies(pool, snapshot, {true, false}, left), b = policy::read_policies(pool, snapshot, {true, false}, right);
        world::Directory directory(snapshot, left);
        const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(directory.running_pods())};
        std::vector<const world::Endpoint*> ends = directory.all();
        if (universe == world::UniverseKind::possible) ends.push_back(directory.find("ip:203.0.113.7"));
        for (const auto* source : ends)
          for (const auto* destination : ends)
            for (const base::Port port : std::initializer_list<base::Port>{80, 81, 53, 90, 91, 1})
              for (const auto protocol : {base::Protocol::tcp, base::Protocol::udp}) {
                if (source == destination) continue;
                const world::Flow flow{.source = source, .destination = destination, .protocol = protocol, .port = port};
                const auto x = oracle::evaluate(pool, a, a, flow, cluster), y = oracle::evaluate(pool, b, b, flow, cluster);
                INFO(source->name << " -> " << destination->name << " " << base::to_string(protocol) << "/" << port);
                REQUIRE(x.verdict() == y.verdict());
              }
      }
    }
  }
}
