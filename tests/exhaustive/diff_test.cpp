// diff looks only at what changed. The obvious slow way: every flow between the pods of a small world, asked of the oracle on both sides.
#include "oracle/evaluate.h"
#include "support/catch.h"
#include "support/random_world.h"
#include "verify/compare.h"
#include "verify/question.h"

using namespace npverify;
using verify::Change;

namespace {

semantics::Profile profile(const char* text) {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return encodings->resolve(semantics::parse_profile_request(text));
}

// A few edits of the kinds that people make: policies go, come, move, list other directions; rules go; a namespace is labelled anew.
resource::Snapshot edited(resource::Snapshot s, uint64_t seed) {
  test::RandomWorld random(seed + 7000);
  const resource::Snapshot donor = random.make();
  const int edits = random.pick(4);
  for (int i = 0; i < edits; ++i) {
    const size_t at = s.network_policies.empty() ? 0 : static_cast<size_t>(random.pick(static_cast<int>(s.network_policies.size())));
    const int kind = random.pick(7);
    if (kind == 0) s.namespaces[static_cast<size_t>(random.pick(2))].meta.labels["env"] = random.one_of({"a", "b"});
    if (kind == 1) {
      s.network_policies.push_back(donor.network_policies[0]);
      s.network_policies.back().meta.name = "added" + std::to_string(i);
    }
    if (s.network_policies.empty()) continue;
    resource::NetworkPolicy& policy = s.network_policies[at];
    if (kind == 2) policy.type_egress = !policy.type_egress;
    if (kind == 3 && !policy.ingress.empty()) policy.ingress.pop_back();
    if (kind == 4) policy.pod_selector = donor.network_policies[0].pod_selector;
    if (kind == 5) std::swap(policy, s.network_policies.back());
    if (kind == 6) s.network_policies.erase(s.network_policies.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return s;
}

struct Changes {
  bool opened = false, closed = false;
};

Changes by_enumeration(const resource::Snapshot& old_snapshot, const resource::Snapshot& new_snapshot, const semantics::Profile& p) {
  logic::Pool pool;
  const auto before = policy::read_policies(pool, old_snapshot, {true, false}, p), after = policy::read_policies(pool, new_snapshot, {true, false}, p);
  world::Directory old_ends(old_snapshot, p), new_ends(new_snapshot, p);
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(old_ends.running_pods())};
  std::vector<std::string> names{"ip:203.0.113.7"};
  for (const auto* end : old_ends.all()) names.push_back(end->name);
  Changes changes;
  for (const auto& from : names)
    for (const auto& to : names)
      for (const base::Port port : std::initializer_list<base::Port>{80, 81, 53, 90, 1})
        for (const auto protocol : {base::Protocol::tcp, base::Protocol::udp}) {
          if (from == to) continue;
          const world::Flow was{.source = old_ends.find(from), .destination = old_ends.find(to), .protocol = protocol, .port = port};
          const world::Flow is{.source = new_ends.find(from), .destination = new_ends.find(to), .protocol = protocol, .port = port};
          if (was.source->kind == logic::EndpointKind::host && was.destination->kind == logic::EndpointKind::host) continue;
          const auto x = oracle::evaluate(pool, before, before, was, cluster).verdict(), y = oracle::evaluate(pool, after, after, is, cluster).verdict();
          using enum oracle::EndVerdict;
          changes.opened = changes.opened || (x == deny && y == allow);
          changes.closed = changes.closed || (x == allow && y == deny);
        }
  return changes;
}

bool has(const verify::ComparisonResult& result, Change change) {
  return std::any_of(result.findings.begin(), result.findings.end(), [&](const auto& f) { return f.change == change; });
}

}  // namespace

TEST_CASE("diff misses no change that a flow between the pods shows, and shows no flow that did not change") {
  size_t proved = 0, changed = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    const auto before = test::RandomWorld(seed).make();
    const auto after = edited(before, seed);
    for (const char* name : {"kubernetes", "calico@3.28", "cilium@1.16", "cilium@1.12", "kube-network-policies@1.1"}) {
      const auto p = profile(name);
      const Changes expected = by_enumeration(before, after, p);
      for (const auto universe : {world::UniverseKind::observed, world::UniverseKind::possible}) {
        verify::Options options{.universe = universe, .datapath = true, .max_findings = 200};
        INFO("seed " << seed << " " << name << " " << world::to_string(universe));
        const auto result = verify::diff(before, after, p, options);
        if (expected.opened) CHECK(has(result, Change::opened));
        if (expected.closed) CHECK(has(result, Change::closed));
        // The oracle has replayed every witness, so a finding needs no second look here. Each has a cause of its own.
        proved += result.verdict == verify::Verdict::proved;
        changed += result.verdict == verify::Verdict::violated;
      }
    }
  }
  CHECK(proved > 100);
  CHECK(changed > 100);
}

TEST_CASE("namespaces whose labels changed are causes of their own") {
  resource::Snapshot before;
  for (const char* name : {"a", "b", "c"}) {
    before.namespaces.emplace_back();
    before.namespaces.back().meta.name = name;
    before.namespaces.back().meta.labels = {{"kubernetes.io/metadata.name", name}, {"team", name}};
  }
  resource::NetworkPolicy policy;
  policy.meta.name = "p";
  policy.meta.namespace_name = "c";
  policy.type_ingress = true;
  resource::NetworkPolicyPeer peer;
  peer.namespace_selector = resource::LabelSelector{{{.key = "team", .values = {"a"}}}};
  policy.ingress = {{.peers = {peer}}};
  before.network_policies = {policy};
  resource::Snapshot after = before;
  after.namespaces[0].meta.labels["team"] = "b";
  after.namespaces[1].meta.labels["team"] = "a";
  const auto result = verify::diff(before, after, profile("calico@3.28"), {});
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].change == Change::opened);
  CHECK(result.findings[0].witness.source.namespace_name == "b");
  CHECK(result.findings[1].change == Change::closed);
  CHECK(result.findings[1].witness.source.namespace_name == "a");
  CHECK(verify::diff(before, before, profile("calico@3.28"), {}).verdict == verify::Verdict::proved);
}
