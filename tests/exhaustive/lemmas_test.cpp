// Namespaces whose policies were written anew, in words that are not equal as they stand: what is proved policy by policy, ahead and on several
// threads, against the same comparison slice by slice.
#include "oracle/evaluate.h"
#include "support/catch.h"
#include "support/random_world.h"
#include "support/worlds.h"
#include "verify/compare.h"
#include "verify/lemmas.h"

using namespace npverify;
using resource::NetworkPolicy;
using resource::NetworkPolicyRule;
using resource::Snapshot;

namespace {

semantics::Profile profile(const std::string& text) {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return encodings->resolve(semantics::parse_profile_request(text));
}

/// Many small namespaces and one with many policies, all of random worlds.
Snapshot cluster(uint64_t seed, int small, int in_the_large) {
  Snapshot s;
  const auto add = [&](const std::string& name, int policies) {
    resource::Namespace ns;
    ns.meta.name = name;
    ns.meta.labels = {{"kubernetes.io/metadata.name", name}, {"env", seed % 2 ? "a" : "b"}};
    s.namespaces.push_back(ns);
    for (int n = 0; n < policies;)
      for (NetworkPolicy policy : test::RandomWorld(seed++).make().network_policies) {
        policy.meta.namespace_name = name;
        policy.meta.name = "p" + std::to_string(n++);
        s.network_policies.push_back(policy);
      }
  };
  for (int i = 0; i < small; ++i) add("ns-" + std::to_string(i), 2);
  add("large", in_the_large);
  return s;
}

/// Rules that add nothing: what a peer reaches already on one port, and a peer that another holds already.
void say_more(std::vector<NetworkPolicyRule>& rules) {
  std::vector<NetworkPolicyRule> more;
  for (NetworkPolicyRule rule : rules) {
    if (rule.ports.empty()) {
      rule.ports.push_back({.protocol = base::Protocol::tcp, .port = base::Port{80}});
      more.push_back(rule);
    }
    for (auto& peer : rule.peers) {
      if (!peer.pod_selector) continue;
      peer.pod_selector->requirements.push_back({.key = "extra", .op = resource::SelectorOperator::exists, .values = {}});
      more.push_back(rule);
      break;
    }
  }
  rules.insert(rules.end(), more.begin(), more.end());
}

Snapshot respelled(Snapshot s) {
  for (NetworkPolicy& policy : s.network_policies) {
    say_more(policy.ingress);
    say_more(policy.egress);
  }
  return s;
}

/// Some policies say something else.
Snapshot edited(Snapshot s, uint64_t seed, int edits) {
  test::RandomWorld random(seed);
  for (int i = 0; i < edits; ++i) {
    NetworkPolicy& policy = s.network_policies[static_cast<size_t>(random.pick(static_cast<int>(s.network_policies.size())))];
    if (random.chance(50) && !policy.ingress.empty()) policy.ingress.erase(policy.ingress.begin());
    else policy.pod_selector.requirements.push_back({.key = "app", .op = resource::SelectorOperator::in, .values = {"a"}});
  }
  return s;
}

std::string told(const verify::ComparisonResult& result) {
  std::string text = std::to_string(static_cast<int>(result.verdict)) + " " + result.reason;
  for (const auto& [name, count] : result.counts) text += "\n" + name + " " + std::to_string(count);
  for (const auto& f : result.findings) {
    text += "\n" + f.id + " " + f.namespace_name + " " + std::to_string(f.policies_affected);
    for (const auto* end : {&f.witness.source, &f.witness.destination}) {
      text += " " + end->name;
      for (const auto& [key, value] : end->labels) text += " " + key + "=" + value;
      for (const auto& address : end->addresses) text += " " + address.to_string();
    }
    text += std::string(" ") + base::to_string(f.witness.protocol) + "/" + std::to_string(f.witness.port);
  }
  return text;
}

}  // namespace

TEST_CASE("looking ahead, and policy by policy, finds what slice by slice does") {
  size_t same = 0, different = 0, slices = 0;
  for (uint64_t seed = 1; seed <= (test::fewer > 1 ? 3 : 6); ++seed) {
    const Snapshot before = cluster(1000 * seed, 30, seed % 2 ? 90 : 4), after = edited(respelled(before), seed, seed % 3 == 0 ? 0 : 5);
    for (const char* name : {"kubernetes", "calico@3.28", "cilium@1.16"}) {
      INFO("seed " << seed << ", " << name);
      verify::Options options{.jobs = 2};
      const auto ahead = verify::diff(before, after, profile(name), options);
      options.second_solver = true;  // asks every slice by itself
      CHECK(told(ahead) == told(verify::diff(before, after, profile(name), options)));
      ++(ahead.verdict == verify::Verdict::proved ? same : different);
      slices += ahead.counts.at("slices");
    }
  }
  for (const auto& [left, right] : {std::pair{"calico@3.28", "cilium@1.16"}, {"cilium@1.16[enable-policy=always]", "cilium@1.16"}, {"cilium@1.12", "cilium@1.13"}}) {
    INFO(left << " and " << right);
    const Snapshot policies = cluster(77, 30, 70);
    verify::Options options{.jobs = 2};
    const auto ahead = verify::equiv(policies, profile(left), profile(right), options);
    options.second_solver = true;
    CHECK(told(ahead) == told(verify::equiv(policies, profile(left), profile(right), options)));
    slices += ahead.counts.at("slices");
  }
  CAPTURE(same, different, slices);
  CHECK(same * test::fewer >= 4);
  CHECK(different * test::fewer >= 6);
  CHECK(slices * test::fewer > 500);  // what is equal as it stands asks nothing
}

TEST_CASE("a lemma that holds is true of every flow") {
  size_t held = 0, broken = 0;
  for (uint64_t seed = 1; seed <= 60 / test::fewer; ++seed) {
    Snapshot before = test::RandomWorld(seed).make();
    if (before.network_policies.empty()) continue;
    for (auto& policy : before.network_policies) policy.meta.namespace_name = "shop";
    const Snapshot after = edited(respelled(before), seed, static_cast<int>(seed % 3));
    const auto reading_of = profile(seed % 2 ? "calico@3.28" : "cilium@1.16");
    logic::Pool pool;
    const world::Universe universe = world::make_universe(before, world::UniverseKind::possible);
    const policy::Reading left = policy::read_policies(pool, before, {}, reading_of), right = policy::read_policies(pool, after, {}, reading_of);
    verify::Question question(pool, universe, {});
    verify::Lemmas lemmas(question, {}, 2);
    world::Directory directory(before, reading_of);
    std::vector<const world::Endpoint*> ends = directory.all();
    for (const char* outside : {"ip:203.0.113.7", "ip:198.51.100.1"}) ends.push_back(directory.find(outside));
    const oracle::Cluster named{.named_port = oracle::cluster_port_names(directory.running_pods())};
    for (const auto d : policy::both_directions) {
      verify::Canonical::Policies a, b;
      for (const auto& policy : left.direction(d).policies) a.push_back(&policy);
      for (const auto& policy : right.direction(d).policies) b.push_back(&policy);
      const auto all = verify::lemmas_of(pool, a, b);
      if (!all) continue;
      lemmas.prove(*all);
      for (const auto& lemma : *all) {
        const logic::Expr differs = pool.either(pool.different(lemma.left_selector, lemma.right_selector), pool.different(lemma.left, lemma.right));
        bool differ = false;
        for (const auto* source : ends)
          for (const auto* destination : ends)
            for (const base::Port port : std::initializer_list<base::Port>{53, 80, 85, 90}) {
              const world::Flow flow{.source = source, .destination = destination, .protocol = port == 53 ? base::Protocol::udp : base::Protocol::tcp, .port = port};
              differ = differ || (source != destination && pool.evaluate(differs, [&](const logic::Atom& atom) { return oracle::holds(pool, atom, flow, named); }));
            }
        INFO("seed " << seed << ", " << to_string(d) << " of " << lemma.left_policies[0]->name);
        CHECK_FALSE((differ && lemmas.holds(lemma)));
        held += lemmas.holds(lemma);
        broken += differ;
      }
    }
  }
  CAPTURE(held, broken);
  CHECK(held * test::fewer > 60);
  CHECK(broken * test::fewer > 10);
}
