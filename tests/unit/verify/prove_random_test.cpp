// prove against plain enumeration: in the observed universe, with every port of the question spelled out, the domain is a finite list of
// flows, and the oracle decides each. Random small worlds with a printed seed.
#include <functional>
#include <map>
#include <random>

#include "manifest/node.h"
#include "oracle/evaluate.h"
#include "resource/load.h"
#include "support/catch.h"
#include "support/random_workloads.h"
#include "verify/peer_domain.h"
#include "verify/prove.h"

namespace {

using namespace npverify;

class WorldText {
 public:
  explicit WorldText(unsigned seed) : random_(seed) {}

  std::string build() {
    for (const char* ns : {"a", "b"}) text_ += std::string("apiVersion: v1\nkind: Namespace\nmetadata: {name: ") + ns + ", labels: {team: " + pick({"x", "z"}) + "}}\n---\n";
    for (int i = 0; i < 5; ++i) pod(i);
    const int policies = 1 + number(4);
    for (int i = 0; i < policies; ++i) policy(i);
    return text_;
  }

  std::string selector() {
    switch (number(4)) {
      case 0: return "{}";
      case 1: return "{matchLabels: {app: " + pick({"web", "db"}) + "}}";
      case 2: return "{matchExpressions: [{key: app, operator: NotIn, values: [" + pick({"web", "db"}) + "]}]}";
      default: return "{matchExpressions: [{key: tier, operator: " + pick({"Exists", "DoesNotExist"}) + "}]}";
    }
  }
  std::string peer() {
    switch (number(5)) {
      case 0: return "{namespaces: {names: [" + pick({"a", "b"}) + "]}}";
      case 1: return "{namespaces: {matchLabels: {team: " + pick({"x", "z"}) + "}}, pods: {matchLabels: {app: " + pick({"web", "db"}) + "}}}";
      case 2: return "{not: {pods: {matchLabels: {app: " + pick({"web", "db"}) + "}}}}";
      case 3: return "{anyOf: [{pods: {matchExpressions: [{key: tier, operator: Exists}]}}, {namespaces: {names: [a]}}]}";
      default: return "{pods: {any: true}}";
    }
  }
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string pick(std::vector<std::string> words) { return words[static_cast<size_t>(number(static_cast<int>(words.size())))]; }

 private:
  void pod(int i) {
    std::string labels;
    if (number(3) > 0) labels += "app: " + pick({"web", "db"});
    if (number(2) > 0) labels += std::string(labels.empty() ? "" : ", ") + "tier: t";
    const std::string n = std::to_string(i);
    text_ += "apiVersion: v1\nkind: Pod\nmetadata: {name: p" + n + ", namespace: " + pick({"a", "b"}) + ", labels: {" + labels + "}}\nspec: {nodeName: n" + pick({"1", "2"}) +
             ", containers: [{name: c, image: i, ports: [{name: http, containerPort: " + pick({"80", "81"}) + "}]}]}\nstatus: {phase: Running, podIP: 10.0.0." + n + "}\n---\n";
  }

  std::string rules(const char* side) {
    std::string out;
    const int count = number(3);
    for (int i = 0; i < count; ++i) {
      std::string rule = std::string(side) + ": [" + policy_peer() + "]";
      if (number(2) > 0) rule += ", ports: [" + pick({"{port: 80}", "{port: http}", "{port: 80, endPort: 81}", "{protocol: UDP}", "{port: 81, protocol: UDP}"}) + "]";
      out += (out.empty() ? "{" : ", {") + rule + "}";
    }
    return "[" + out + "]";
  }

  std::string policy_peer() {
    if (number(4) == 0) return "{ipBlock: {cidr: 10.0.0.0/2" + pick({"9", "8"}) + "}}";
    if (number(2) == 0) return "{podSelector: " + selector() + "}";
    return "{podSelector: " + selector() + ", namespaceSelector: " + pick({"{}", "{matchLabels: {team: x}}"}) + "}";
  }

  void policy(int i) {
    text_ += "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np" + std::to_string(i) + ", namespace: " + pick({"a", "b"}) + "}\nspec:\n  podSelector: " + selector() +
             "\n  policyTypes: " + pick({"[Ingress]", "[Egress]", "[Ingress, Egress]"}) + "\n  ingress: " + rules("from") + "\n  egress: " + rules("to") + "\n---\n";
  }

  std::mt19937 random_;
  std::string text_;
};

struct Counts {
  size_t flows = 0, allowed = 0, denied = 0, unknown = 0;
};

// The flows of the invariant's domain, each decided by the oracle. The peers of the spec are asked of concrete pods through the same atoms
// that the solver sees, evaluated one by one.
Counts enumerate(const resource::Snapshot& snapshot, const semantics::Profile& profile, const std::function<logic::Expr(logic::Pool&)>& domain) {
  logic::Pool pool;
  const auto reading = policy::read_policies(pool, snapshot, {true, false}, profile);
  world::Directory directory(snapshot, profile);
  const auto pods = directory.running_pods();
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(pods)};
  const logic::Expr in_domain = domain(pool);
  Counts counts;
  for (const auto* source : pods)
    for (const auto* destination : pods)
      for (const auto protocol : {base::Protocol::tcp, base::Protocol::udp})
        for (const base::Port port : {base::Port{80}, base::Port{81}}) {
          if (source == destination) continue;
          const world::Flow flow{.source = source, .destination = destination, .protocol = protocol, .port = port, .family = base::Family::ipv4};
          if (!pool.evaluate(in_domain, [&](const logic::Atom& atom) { return oracle::holds(pool, atom, flow, cluster); })) continue;
          ++counts.flows;
          const auto verdict = oracle::evaluate(pool, reading, reading, flow, cluster).verdict();
          ++(verdict == oracle::EndVerdict::allow ? counts.allowed : verdict == oracle::EndVerdict::deny ? counts.denied : counts.unknown);
        }
  return counts;
}

verify::Verdict expected(const Counts& counts, size_t breaking) {
  if (counts.flows == 0) return verify::Verdict::vacuous;
  if (breaking > 0) return verify::Verdict::violated;
  return counts.unknown > 0 ? verify::Verdict::unknown : verify::Verdict::proved;
}

TEST_CASE("prove agrees with enumeration by the oracle, and never proves a thing and its opposite", "[verify][prove]") {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  size_t decided = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    WorldText random(seed);
    const std::string text = random.build();
    const std::string ends = "{from: " + random.peer() + ", to: " + random.peer() + ", ports: [\"TCP/80-81\", \"UDP/80-81\"]}";
    const std::string spec = "apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nspec:\n  universe: observed\n  invariants:\n    - {id: f, forbid: " + ends + "}\n    - {id: r, require: " + ends + "}\n";
    INFO("seed " << seed << "\n" << text << spec);
    base::Diagnostics diagnostics;
    const auto snapshot = resource::load_snapshot(manifest::read_text("world.yaml", text, diagnostics), {}, diagnostics);
    const auto sets = verify::read_spec_texts({std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", spec})}, diagnostics);
    INFO(diagnostics.to_string());
    REQUIRE_FALSE(diagnostics.has_errors());
    const auto profile = encodings->resolve(semantics::parse_profile_request(random.pick({"kubernetes", "calico@3.28", "cilium@1.16", "cilium@1.12"})));
    verify::ProveOptions options;
    options.peers = {.pods = true, .nodes = false, .external = false};
    options.as_of = *verify::parse_date("2026-01-01");
    const auto result = verify::prove(snapshot, sets, *encodings, {profile}, options);
    const auto& body = std::get<verify::Forbid>(sets[0].invariants[0].body);
    const world::Universe universe = world::make_universe(snapshot, world::UniverseKind::observed, options.peers);
    const Counts counts = enumerate(snapshot, profile, [&](logic::Pool& pool) {
      return pool.conjunction({verify::peer_expr(pool, body.from, logic::Role::source, snapshot, universe), verify::peer_expr(pool, body.to, logic::Role::destination, snapshot, universe),
                               verify::ports_expr(pool, body.ports)});
    });
    options.most_policies = 1;
    const auto pieces = verify::prove(snapshot, sets, *encodings, {profile}, options);
    for (size_t i = 0; i < 2; ++i) CHECK(pieces.results[i].verdict == result.results[i].verdict);
    INFO(profile.name() << ": " << counts.flows << " flows, " << counts.allowed << " allowed, " << counts.denied << " denied; forbid: " << result.results[0].reason << "; require: " << result.results[1].reason);
    CHECK(result.results[0].verdict == expected(counts, counts.allowed));
    CHECK(result.results[1].verdict == expected(counts, counts.denied));
    CHECK_FALSE((result.results[0].verdict == verify::Verdict::proved && result.results[1].verdict == verify::Verdict::proved));
    decided += counts.allowed > 0 && counts.denied > 0;
  }
  CHECK(decided > 20);  // the worlds are not all trivial
}

// The verdicts of a snapshot, in the universe of possible pods, where the pieces are not enumerable.
std::vector<verify::Verdict> verdicts(const std::string& text, const std::string& spec, const semantics::Encodings& encodings, const std::vector<semantics::Profile>& profiles, size_t most_policies, unsigned jobs) {
  base::Diagnostics diagnostics;
  const auto snapshot = resource::load_snapshot(manifest::read_text("world.yaml", text, diagnostics), {}, diagnostics);
  const auto sets = verify::read_spec_texts({std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", spec})}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  verify::ProveOptions options;
  options.as_of = *verify::parse_date("2026-01-01");
  options.most_policies = most_policies;
  options.jobs = jobs;
  std::vector<verify::Verdict> out;
  for (const auto& result : verify::prove(snapshot, sets, encodings, profiles, options).results) out.push_back(result.verdict);
  return out;
}

TEST_CASE("a question cut into pieces of one policy has the answer of the whole", "[verify][prove]") {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  std::map<verify::Verdict, size_t> seen;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    WorldText random(seed);
    const std::string text = random.build(), group = "{pods: {matchLabels: {app: web}}}";
    const std::string ends = "{from: " + random.peer() + ", to: " + random.peer() + ", ports: [\"TCP/80-81\"]}";
    const std::string spec = "apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nspec:\n  universe: possible\n  invariants:\n    - {id: f, forbid: " + ends + "}\n    - {id: r, require: " + ends +
                             "}\n    - {id: i, isolate: {group: {namespaces: {names: [a]}, hostNetwork: false}}}\n    - {id: d, defaultDeny: {group: {namespaces: {names: [b]}, hostNetwork: false}}}\n" +
                             "    - {id: e, equivalent: {profiles: [calico@3.28, cilium@1.16]}}\n";
    INFO("seed " << seed << "\n" << text << spec);
    const std::vector profiles{encodings->resolve(semantics::parse_profile_request(random.pick({"kubernetes", "calico@3.28", "cilium@1.16"})))};
    const auto whole = verdicts(text, spec, *encodings, profiles, 1000, 1);
    CHECK(verdicts(text, spec, *encodings, profiles, 1, 2) == whole);
    for (const auto verdict : whole) ++seen[verdict];
  }
  CHECK(seen[verify::Verdict::proved] > 10);
  CHECK(seen[verify::Verdict::violated] > 10);
}


/// Invariants over the ends of test::world_of.
class SpecText {
 public:
  SpecText(uint64_t seed, bool placed) : random_(seed), placed_(placed) {}

  std::string build(int count) {
    std::string text = "apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nspec:\n";
    if (random_.chance(20)) text += "  assume:\n    - labels: {key: app, values: [a, b], of: [pods]}\n";
    text += "  invariants:\n";
    for (int i = 0; i < count; ++i) text += "    - {id: i" + std::to_string(i) + ", " + body() + (random_.chance(15) ? ", except: [" + exception(i) + "]" : "") + "}\n";
    return text;
  }

 private:
  std::string word(std::initializer_list<const char*> words) { return random_.one_of(words); }

  std::string body() {
    switch (random_.pick(6)) {
      case 0:
      case 1: return "forbid: {" + flows() + "}";
      case 2:
      case 3: return "require: {" + flows() + "}";
      case 4: return "isolate: {group: " + group() + "}";
      default: return "defaultDeny: {group: " + group() + "}";
    }
  }

  std::string flows() {
    std::string out = "from: " + peer() + ", to: " + peer() + ", ports: [" + word({"TCP/80", "TCP/80-90", "UDP/53", "\"TCP/:http\"", "\"TCP/:dns\"", "\"*\"", "TCP/4000"}) + "]";
    if (random_.chance(20)) out += ", side: " + word({"ingress", "egress"});
    if (placed_ && random_.chance(20)) out += ", placement: " + word({"sameNode", "crossNode", "observed"});
    return out;
  }

  std::string exception(int i) {
    return "{id: e" + std::to_string(i) + ", justification: test, approvedBy: test, expires: \"2026-06-01\", from: " + peer() + ", to: " + peer() + ", ports: [TCP/80]}";
  }

  std::string pods() {
    switch (random_.pick(8)) {
      case 0:
      case 6: return "namespaces: {names: [" + word({"shop", "bank", "lab"}) + "]}";
      case 1: return "namespaces: {matchLabels: {" + word({"app", "env"}) + ": " + word({"a", "b"}) + "}}";
      case 2: return "pods: {matchLabels: {" + word({"app", "env"}) + ": " + word({"a", "b"}) + "}}";
      case 3: return "namespaces: {names: [" + word({"shop", "bank"}) + "]}, pods: {matchExpressions: [{key: env, operator: " + word({"Exists", "DoesNotExist"}) + "}]}";
      case 4: return "pods: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}";
      default: return "pods: {any: true}";
    }
  }
  std::string group() { return "{" + pods() + ", hostNetwork: false}"; }

  std::string peer() {
    switch (random_.pick(9)) {
      case 0: return "{cidrs: [" + word({"10.244.1.0/25", "192.168.7.0/31", "203.0.113.0/24", "0.0.0.0/0", "fd00::/126"}) + "]}";
      case 1: return "{external: true}";
      case 2: return "{nodes: {any: true}}";
      case 3: return "{not: {" + pods() + "}}";
      case 4: return "{anyOf: [{" + pods() + "}, {" + pods() + "}]}";
      default: return "{" + pods() + "}";
    }
  }

  test::RandomWorld random_;
  bool placed_;  ///< invariants may say where pods are
};

/// All that an answer says, but for how it was found.
std::string told(const verify::ProveResult& result) {
  std::string out;
  const auto end = [&](const world::Endpoint& e) {
    out += "\n  " + e.name + " on " + e.node;
    for (const auto& [key, value] : e.labels) out += " " + key + "=" + value;
    for (const auto& [key, value] : e.namespace_labels) out += " ns:" + key + "=" + value;
    for (const auto& address : e.addresses) out += " " + address.to_string();
    for (const auto& port : e.ports) out += " " + port.name + ":" + std::to_string(port.number);
  };
  for (const auto& one : result.results) {
    out += one.id + " " + std::to_string(static_cast<int>(one.verdict)) + " " + one.profile + ": " + one.reason;
    for (const auto& axis : one.axes) out += "\n  axis " + axis;
    for (const auto& place : one.policies) out += "\n  " + place.namespace_name + "/" + place.name + " " + place.field + " " + place.role;
    if (one.witness) {
      end(one.witness->source);
      end(one.witness->destination);
      out += "\n  " + std::string(base::to_string(one.witness->protocol)) + "/" + one.witness->ports.to_string();
    }
    out += "\n";
  }
  for (const auto* list : {&result.limits.gaps, &result.limits.datapath, &result.assumptions})
    for (const auto& text : *list) out += text + "\n";
  return out;
}

TEST_CASE("what classes of pods rule out changes no answer, and the solver finds none of it", "[verify][prove]") {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  const char* const names[] = {"kubernetes", "calico@3.28", "cilium@1.16", "cilium@1.12", "cilium@1.20", "calico@3.30[dataplane=bpf]", "cilium@1.16[enable-policy=always]", "kube-network-policies@1.1"};
  size_t by_classes = 0, queries = 0, fewer = 0;
  std::map<verify::Verdict, size_t> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    auto snapshot = test::world_of(seed);
    if (seed % 4 == 3) snapshot.namespaces.erase(snapshot.namespaces.begin() + static_cast<long>(seed % 3));
    const std::string spec = SpecText(seed, seed % 2 == 0).build(10);
    base::Diagnostics diagnostics;
    const auto sets = verify::read_spec_texts({std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", spec})}, diagnostics);
    INFO("seed " << seed << "\n" << spec << diagnostics.to_string());
    REQUIRE_FALSE(diagnostics.has_errors());
    std::vector profiles{encodings->resolve(semantics::parse_profile_request(names[seed % std::size(names)]))};
    if (seed % 3 == 0) profiles[0].axes.at(seed % 2 ? "ports.range" : "ip-blocks.peers").rule.clear();  // as if nobody knew
    verify::ProveOptions options;
    options.as_of = *verify::parse_date("2026-01-01");
    options.universe = seed % 2 ? world::UniverseKind::declared : world::UniverseKind::observed;
    options.datapath = seed % 7 == 0;
    options.most_policies = seed % 3 ? 60 : 0;  // none: policies are read at one end, where one end may be enough
    options.classes = false;
    const auto plain = verify::prove(snapshot, sets, *encodings, profiles, options);
    options.classes = true;
    options.sample_classes_every = 1;
    const auto checked = verify::prove(snapshot, sets, *encodings, profiles, options);
    options.sample_classes_every = 0;
    options.jobs = 2;
    const auto quick = verify::prove(snapshot, sets, *encodings, profiles, options);
    CHECK(told(checked) == told(plain));
    CHECK(told(quick) == told(plain));
    CHECK(quick.counts.at("byClasses") == checked.counts.at("byClasses"));
    CHECK_FALSE(plain.counts.contains("byClasses"));
    by_classes += quick.counts.at("byClasses");
    queries += plain.counts.at("queries");
    fewer += quick.counts.at("queries");
    for (const auto& one : plain.results) ++seen[one.verdict];
  }
  INFO(by_classes << " searches ruled out; " << queries << " queries, or " << fewer << "; proved " << seen[verify::Verdict::proved] << ", violated " << seen[verify::Verdict::violated] << ", unknown "
                  << seen[verify::Verdict::unknown] << ", vacuous " << seen[verify::Verdict::vacuous]);
  CHECK(by_classes > 100);
  CHECK(fewer < queries);
  for (const auto verdict : {verify::Verdict::proved, verify::Verdict::violated, verify::Verdict::unknown, verify::Verdict::vacuous}) CHECK(seen[verdict] > 10);
}

}  // namespace
