// Canonical forms against the oracle: policies that say the same in other words have one form, and policies of one form decide every flow alike.
#include "oracle/evaluate.h"
#include "support/catch.h"
#include "support/random_world.h"
#include "verify/canonical.h"
#include "world/endpoint.h"
#include "world/universe.h"

using namespace npverify;
using policy::Direction;
using resource::NetworkPolicy;
using resource::NetworkPolicyRule;

namespace {

const char* const profiles[] = {"kubernetes", "calico@3.28", "cilium@1.12", "cilium@1.16", "cilium@1.20", "kube-network-policies@1.1"};

std::shared_ptr<const semantics::Encodings> encodings() {
  static const auto loaded = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return loaded;
}

/// The same policies, as somebody else would have written them.
class Respelled {
 public:
  explicit Respelled(test::RandomWorld& random) : random_(random) {}

  std::vector<NetworkPolicy> operator()(const std::vector<NetworkPolicy>& policies) {
    std::vector<NetworkPolicy> out;
    for (NetworkPolicy policy : policies) {
      policy.meta.name = "new-" + policy.meta.name;
      policy.ingress = rules(policy.ingress);
      policy.egress = rules(policy.egress);
      if (random_.chance(30)) {  // the second half of the rules in a policy of their own
        NetworkPolicy more = policy;
        more.meta.name += "-more";
        for (auto field : {&NetworkPolicy::ingress, &NetworkPolicy::egress}) {
          const auto half = static_cast<std::ptrdiff_t>((policy.*field).size() / 2);
          (more.*field).assign((policy.*field).begin() + half, (policy.*field).end());
          (policy.*field).erase((policy.*field).begin() + half, (policy.*field).end());
        }
        out.push_back(more);
      }
      out.push_back(policy);
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

 private:
  std::vector<NetworkPolicyRule> rules(const std::vector<NetworkPolicyRule>& given) {
    std::vector<NetworkPolicyRule> out;
    for (const NetworkPolicyRule& rule : given)
      for (const auto& peers : cut(rule.peers))
        for (const auto& ports : cut(singly(rule.ports))) {
          out.push_back(rule);
          out.back().peers = by_value(peers);
          out.back().ports = ports;
        }
    std::reverse(out.begin(), out.end());
    return out;
  }

  /// An empty list means everything, so it is not cut.
  template <class Item>
  std::vector<std::vector<Item>> cut(const std::vector<Item>& items) {
    if (items.empty() || random_.chance(30)) return {items};
    std::vector<std::vector<Item>> out;
    for (const Item& item : items) out.push_back({item});
    return out;
  }

  /// One peer for each value of the first list of them.
  static std::vector<resource::NetworkPolicyPeer> by_value(const std::vector<resource::NetworkPolicyPeer>& peers) {
    std::vector<resource::NetworkPolicyPeer> out;
    for (const auto& peer : peers) {
      if (!peer.pod_selector || peer.pod_selector->requirements.empty() || peer.pod_selector->requirements[0].op != resource::SelectorOperator::in) {
        out.push_back(peer);
        continue;
      }
      for (const auto& value : peer.pod_selector->requirements[0].values) {
        out.push_back(peer);
        out.back().pod_selector->requirements[0].values = {value};
      }
    }
    return out;
  }

  static std::vector<resource::NetworkPolicyPort> singly(const std::vector<resource::NetworkPolicyPort>& ports) {
    std::vector<resource::NetworkPolicyPort> out;
    for (resource::NetworkPolicyPort port : ports) {
      if (!port.end_port) {
        out.push_back(port);
        continue;
      }
      const base::Port first = std::get<base::Port>(port.port), last = *port.end_port;
      port.end_port.reset();
      for (uint32_t number = first; number <= last; ++number) {
        port.port = static_cast<base::Port>(number);
        out.push_back(port);
      }
    }
    return out;
  }

  test::RandomWorld& random_;
};

/// Something else than `policies` say, or not.
std::vector<NetworkPolicy> edited(std::vector<NetworkPolicy> policies, test::RandomWorld& random) {
  NetworkPolicy& policy = policies[static_cast<size_t>(random.pick(static_cast<int>(policies.size())))];
  const NetworkPolicy& other = policies[static_cast<size_t>(random.pick(static_cast<int>(policies.size())))];
  switch (random.pick(5)) {
    case 0: policy.ingress = other.ingress; break;
    case 1: policy.pod_selector = other.pod_selector; break;
    case 2:
      for (auto& rule : policy.egress)
        if (!rule.ports.empty()) rule.ports.pop_back();
      break;
    case 3:
      for (auto& rule : policy.ingress)
        if (rule.peers.size() > 1) rule.peers.pop_back();
      break;
    default:
      for (auto field : {&NetworkPolicy::ingress, &NetworkPolicy::egress})
        for (auto& rule : policy.*field)
          for (auto& port : rule.ports) port.protocol = port.protocol == base::Protocol::tcp ? base::Protocol::udp : base::Protocol::tcp;
      break;
  }
  return policies;
}

struct Sides {
  logic::Pool pool;
  world::Universe universe;
  policy::Reading left, right;

  Sides(const resource::Snapshot& world, const std::vector<NetworkPolicy>& changed, const semantics::Profile& profile) : universe(world::make_universe(world, world::UniverseKind::possible)) {
    resource::Snapshot other = world;
    other.network_policies = changed;
    const policy::ClusterFacts facts{universe.addresses.ipv4, universe.addresses.ipv6};
    left = policy::read_policies(pool, world, facts, profile);
    right = policy::read_policies(pool, other, facts, profile);
  }

  bool one_form(Direction d, const std::string& name) {
    verify::Canonical canonical(pool, universe.addresses);
    verify::Canonical::Policies a = policies_of(left.direction(d), name), b = policies_of(right.direction(d), name);
    return canonical.same(a, b, policy::peer_of(d));
  }

  /// A flow of a pod of the namespace that the two decide differently, where neither is silent.
  bool differ(Direction d, const std::string& name, const resource::Snapshot& world) {
    world::Directory directory(world, left.profile);
    const auto a = policy::verdict_in_namespace(pool, left.direction(d), d, name), b = policy::verdict_in_namespace(pool, right.direction(d), d, name);
    const logic::Expr different = pool.different(a.allowed, b.allowed);
    std::vector<const world::Endpoint*> ends = directory.all();
    for (const char* outside : {"ip:203.0.113.7", "ip:203.0.113.200", "ip:198.51.100.1"}) ends.push_back(directory.find(outside));
    const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(directory.running_pods())};
    for (const auto* subject : directory.running_pods()) {
      if (subject->namespace_name != name) continue;
      for (const auto* peer : ends)
        for (const auto protocol : {base::Protocol::tcp, base::Protocol::udp, base::Protocol::sctp})
          for (const base::Port port : std::initializer_list<base::Port>{53, 80, 81, 85, 90, 91}) {
            const bool ingress = d == Direction::ingress;
            const world::Flow flow{.source = ingress ? peer : subject, .destination = ingress ? subject : peer, .protocol = protocol, .port = port};
            if (peer != subject && pool.evaluate(different, [&](const logic::Atom& atom) { return oracle::holds(pool, atom, flow, cluster); })) return true;
          }
    }
    return false;
  }

 private:
  static verify::Canonical::Policies policies_of(const policy::DirectionReading& side, const std::string& name) {
    verify::Canonical::Policies out;
    for (const auto& policy : side.policies)
      if (policy.namespace_name == name) out.push_back(&policy);
    return out;
  }
};

size_t forms = 0, other_forms = 0, differences = 0;

}  // namespace

TEST_CASE("policies that are cut, joined, named and ordered otherwise have one canonical form") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    test::RandomWorld random(seed);
    const resource::Snapshot world = random.make();
    const auto respelled = Respelled(random)(world.network_policies);
    for (const char* name : profiles) {
      if (std::string(name) == "cilium@1.12") continue;  // takes the first port of a range alone: the others are no respelling
      Sides sides(world, respelled, encodings()->resolve(semantics::parse_profile_request(name)));
      for (const Direction d : policy::both_directions)
        for (const char* ns : {"shop", "bank"}) {
          INFO("seed " << seed << ", " << name << ", " << to_string(d) << " of " << ns);
          CHECK(sides.one_form(d, ns));
        }
    }
  }
}

TEST_CASE("policies of one canonical form decide every flow alike") {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    test::RandomWorld random(seed);
    const resource::Snapshot world = random.make();
    const auto changed = Respelled(random)(edited(world.network_policies, random));
    Sides sides(world, changed, encodings()->resolve(semantics::parse_profile_request(profiles[seed % std::size(profiles)])));
    for (const Direction d : policy::both_directions)
      for (const char* ns : {"shop", "bank"}) {
        INFO("seed " << seed << ", " << sides.left.profile.name() << ", " << to_string(d) << " of " << ns);
        const bool one_form = sides.one_form(d, ns), differ = sides.differ(d, ns, world);
        CHECK_FALSE((one_form && differ));
        ++(one_form ? forms : other_forms);
        differences += differ;
      }
  }
  CAPTURE(forms, other_forms, differences);
  CHECK(forms > 1000);
  CHECK(differences > 80);
  CHECK(other_forms < 3 * differences);  // a form that nothing has would prove nothing either
}
