// What classes of pods say of all flows of a closed world against the solver: where they rule a verdict out, the solver finds no such flow, and
// no flow that it finds has an end that they left out.
#include <map>

#include "reach/closed_pairs.h"
#include "support/catch.h"
#include "support/random_workloads.h"
#include "support/worlds.h"
#include "verify/question.h"

using namespace npverify;
using logic::Expr;
using logic::Role;
using policy::Direction;
using reach::PairQuestion;

namespace {

const char* const profiles[] = {"kubernetes", "calico@3.28", "cilium@1.12", "cilium@1.16", "cilium@1.20", "cilium@1.19[policy-cidr-match-mode=nodes]", "cilium@1.16[enable-policy=always]",
                                "calico@3.30[dataplane=bpf]", "kube-network-policies@1.1", "calico@3.31"};

std::shared_ptr<const semantics::Encodings> encodings() {
  static const auto loaded = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return loaded;
}

semantics::Profile profile(const char* text, uint64_t seed) {
  semantics::Profile p = encodings()->resolve(semantics::parse_profile_request(text));
  if (seed % 5 == 0) p.axes.at(seed % 2 ? "ports.range" : "ip-blocks.peers").rule.clear();  // as if nobody knew
  return p;
}

/// Expressions of the kinds that invariants are made of.
class Asking {
 public:
  Asking(logic::Pool& pool, uint64_t seed) : pool_(pool), random_(seed) {}

  PairQuestion question() {
    PairQuestion q{.from = end(Role::source), .to = end(Role::destination), .ports = ports()};
    q.verdict = random_.chance(50) ? PairQuestion::Verdict::allowed : PairQuestion::Verdict::denied;
    if (random_.chance(30)) q.side = random_.chance(50) ? Direction::ingress : Direction::egress;
    q.leave_out_admitted = random_.chance(40);
    return q;
  }

 private:
  Expr end(Role role) {
    if (random_.chance(15)) return logic::True;
    if (random_.chance(20)) return pool_.kind_is(role, logic::EndpointKind::pod);
    std::vector<Expr> all{leaf(role)};
    if (random_.chance(60)) all.push_back(pool_.kind_is(role, logic::EndpointKind::pod));
    if (random_.chance(50)) all.push_back(random_.chance(30) ? pool_.negation(leaf(role)) : leaf(role));
    if (random_.chance(20)) return pool_.either(pool_.conjunction(all), leaf(role));
    return pool_.conjunction(all);
  }

  Expr leaf(Role role) {
    const std::string value = random_.one_of({"a", "b"});
    switch (random_.pick(10)) {
      case 0:
      case 1: return pool_.namespace_is(role, random_.one_of({"shop", "bank", "lab"}));
      case 2:
      case 3: return pool_.label_is(role, random_.one_of({"app", "env", "zone"}), value);
      case 4: return pool_.label_exists(role, random_.one_of({"app", "env", "pod-template-hash"}));
      case 5: return pool_.namespace_label_is(role, random_.one_of({"app", "env"}), value);
      case 6: return pool_.namespace_label_exists(role, "app");
      case 7: return pool_.address_in(role, base::AddressSet::of(*base::Prefix::parse(random_.one_of({"10.244.1.0/25", "192.168.7.0/31", "203.0.113.0/24", "10.0.0.0/8", "fd00::/126"}))));
      case 8: return pool_.kind_is(role, random_.one_of({logic::EndpointKind::host, logic::EndpointKind::outside}));
      default: return pool_.node_is(role, random_.one_of({"n1", "n2"}));
    }
  }

  Expr ports() {
    const auto numbers = [&](base::Protocol protocol, base::Port first, base::Port last) { return pool_.both(pool_.protocol_is(protocol), pool_.port_in(base::PortSet::range(first, last))); };
    switch (random_.pick(6)) {
      case 0: return numbers(base::Protocol::tcp, 80, 80);
      case 1: return numbers(base::Protocol::udp, 53, 81);
      case 2: return pool_.negation(pool_.protocol_is(base::Protocol::icmp));
      case 3: return pool_.port_named(Role::destination, random_.one_of({"http", "dns"}), base::Protocol::tcp, random_.one_of({logic::PortNames::containers, logic::PortNames::last}));
      case 4: return pool_.both(pool_.negation(pool_.port_named(Role::destination, "http", base::Protocol::tcp, logic::PortNames::containers)), numbers(base::Protocol::tcp, 79, 82));
      default: return pool_.both(pool_.protocol_is(base::Protocol::tcp), pool_.port_in(base::PortSet::range(4000, 4000)));
    }
  }

  logic::Pool& pool_;
  test::RandomWorld random_;
};

struct Ends {
  Expr allowed, denied;
};

/// The question as a formula.
std::vector<Expr> formula(logic::Pool& pool, const policy::Reading& reading, const PairQuestion& q) {
  const auto end = [&](Direction d) -> Ends {
    if (q.side && *q.side != d) return {logic::True, logic::False};
    const auto verdict = verify::verdict_in(pool, reading, d, verify::policy_namespaces(reading));
    const Expr is_pod = pool.kind_is(policy::subject_of(d), logic::EndpointKind::pod), known = pool.negation(verdict.unknown);
    return {pool.implies(is_pod, pool.both(known, verdict.allowed)), pool.conjunction({is_pod, known, pool.negation(verdict.allowed)})};
  };
  const Ends out = end(Direction::egress), in = end(Direction::ingress);
  std::vector<Expr> all{q.from, q.to, q.ports};
  all.push_back(q.verdict == PairQuestion::Verdict::allowed ? pool.both(pool.negation(out.denied), pool.negation(in.denied)) : pool.negation(pool.both(out.allowed, in.allowed)));
  all.push_back(pool.negation(pool.both(pool.kind_is(Role::source, logic::EndpointKind::outside), pool.kind_is(Role::destination, logic::EndpointKind::outside))));
  for (const Role role : {Role::source, Role::destination}) all.push_back(pool.peer_known(role));
  if (q.leave_out_admitted)
    for (const Direction d : policy::both_directions)
      all.push_back(pool.negation(pool.conjunction({pool.kind_is(policy::subject_of(d), logic::EndpointKind::pod), pool.kind_is(policy::peer_of(d), logic::EndpointKind::host),
                                                    policy::admitted(pool, reading.direction(d))})));
  return all;
}

struct Seen {
  size_t ruled_out = 0, no_flow = 0, flows = 0, refused = 0, narrowed = 0;
};

world::Universe without(world::Universe universe, const std::vector<uint32_t>& open, Role role) {
  std::vector<uint32_t> left;
  for (uint32_t i = 0; i < universe.pods.size(); ++i)
    if (!std::binary_search(open.begin(), open.end(), i)) left.push_back(i);
  (role == Role::source ? universe.sources : universe.destinations) = left;
  return universe;
}

void compare(const resource::Snapshot& snapshot, const semantics::Profile& p, world::UniverseKind kind, uint64_t seed, Seen& seen) {
  logic::Pool pool;
  world::EndClasses ends{.pods = true, .nodes = seed % 4 != 1, .external = seed % 4 != 2};
  const world::Universe universe = world::make_universe(snapshot, kind, ends);
  const policy::ClusterFacts facts{universe.addresses.ipv4, universe.addresses.ipv6};
  const auto reading = policy::read_policies(pool, snapshot, facts, p);
  std::set<std::string> unread;
  std::vector<uint32_t> only;
  if (seed % 5 == 2) unread = {"bank"};
  for (uint32_t i = 0; i < snapshot.network_policies.size(); ++i)
    if (!unread.contains(snapshot.network_policies[i].meta.namespace_name)) only.push_back(i);
  const auto read = policy::read_policies(pool, snapshot, facts, p, &only);
  Asking asking(pool, seed);
  std::vector<PairQuestion> questions;
  std::vector<Expr> asked;
  for (int i = 0; i < 12; ++i) {
    questions.push_back(asking.question());
    if (i % 4 != 0) asked.insert(asked.end(), {questions.back().from, questions.back().to, questions.back().ports});  // of some the classes tell nothing
  }
  std::optional<reach::ClosedPairs> pairs;
  try {
    pairs.emplace(pool, read, universe, asked, unread);
  } catch (const base::Unsupported&) {
    ++seen.refused;
    return;
  }
  for (const PairQuestion& q : questions) {
    const auto found = pairs->possible(q);
    REQUIRE(found);
    const auto asserted = formula(pool, reading, q);
    INFO("from " << pool.to_smtlib(q.from) << "\nto " << pool.to_smtlib(q.to) << "\nports " << pool.to_smtlib(q.ports) << "\n" << (q.verdict == PairQuestion::Verdict::allowed ? "allowed" : "denied")
                 << (q.side ? to_string(*q.side) : "") << q.leave_out_admitted);
    const auto answer = verify::Question(pool, universe, {}).ask(asserted, "flow").answer;
    ++(answer == smt::Answer::sat ? seen.flows : seen.no_flow);
    if (!found->any) {
      CHECK(answer == smt::Answer::unsat);
      ++seen.ruled_out;
      continue;
    }
    for (const Role role : {Role::source, Role::destination}) {
      const world::Universe rest = without(universe, role == Role::source ? found->sources : found->destinations, role);
      auto of_pods = asserted;
      of_pods.push_back(pool.kind_is(role, logic::EndpointKind::pod));
      INFO(logic::to_string(role) << " left out");
      const auto& left = role == Role::source ? *rest.sources : *rest.destinations;
      seen.narrowed += !left.empty();
      if (!left.empty()) CHECK(verify::Question(pool, rest, {}).ask(of_pods, "left out").answer == smt::Answer::unsat);
    }
  }
}

}  // namespace

TEST_CASE("what classes of pods rule out, the solver does not find") {
  std::map<std::string, Seen> by_profile;
  Seen all;
  for (uint64_t seed = 1; seed <= 160 / test::fewer; ++seed) {
    const char* name = profiles[seed % std::size(profiles)];
    resource::Snapshot snapshot = test::world_of(seed);
    for (size_t i = 0; seed % 2 && i < snapshot.nodes.size(); ++i) snapshot.nodes[i].addresses.push_back(*base::Address::parse("203.0.113." + std::to_string(3 + i)));  // an ExternalIP
    if (seed % 4 == 3) snapshot.namespaces.erase(snapshot.namespaces.begin() + static_cast<long>(seed % 3));
    for (const auto kind : {world::UniverseKind::declared, world::UniverseKind::observed}) {
      INFO("seed " << seed << " " << name << " " << world::to_string(kind));
      compare(snapshot, profile(name, seed), kind, seed, all);
    }
  }
  INFO(all.ruled_out << " ruled out of " << all.no_flow << " without a flow; " << all.flows << " with one; " << all.refused << " refused; " << all.narrowed << " narrowed");
  CHECK(all.flows * test::fewer > 200);
  CHECK(all.narrowed * test::fewer > 200);
  CHECK(all.ruled_out * 10 > all.no_flow * 8);  // an over-approximation that never says no would pass everything else
  CHECK(all.refused < 50);
}
