// What classes of pods say of the flows that two readings of a closed world decide differently, against the solver: where they rule a change out,
// it finds none, and no flow that it finds has an end that they left out. And diff and equiv with and without them.
#include <map>

#include "reach/closed_changes.h"
#include "support/catch.h"
#include "support/random_workloads.h"
#include "support/worlds.h"
#include "verify/compare.h"
#include "verify/question.h"

using namespace npverify;
using logic::Expr;
using logic::Role;
using policy::Direction;
using Change = reach::ChangeQuestion::Change;

namespace {

const char* const profiles[] = {"kubernetes", "calico@3.28", "cilium@1.12", "cilium@1.16", "cilium@1.20", "cilium@1.19[policy-cidr-match-mode=nodes]", "cilium@1.16[enable-policy=always]",
                                "calico@3.30[dataplane=bpf]", "kube-network-policies@1.1", "calico@3.31"};

semantics::Profile profile(const std::string& text, uint64_t seed = 1) {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  semantics::Profile p = encodings->resolve(semantics::parse_profile_request(text));
  if (seed % 7 == 0) p.axes.at(seed % 2 ? "ports.range" : "ip-blocks.peers").rule.clear();  // as if nobody knew
  return p;
}

resource::Snapshot cluster(uint64_t seed) {
  resource::Snapshot s = test::world_of(seed);
  if (seed % 4 == 3) s.namespaces.erase(s.namespaces.begin() + static_cast<long>(seed % 3));
  return s;
}

/// Small changes of a few policies.
resource::Snapshot edited(resource::Snapshot s, uint64_t seed) {
  test::RandomWorld random(seed + 900);
  const resource::Snapshot donor = random.make();
  for (auto& policy : s.network_policies) {
    if (random.chance(20)) continue;
    for (auto field : {&resource::NetworkPolicy::ingress, &resource::NetworkPolicy::egress})
      for (auto& rule : policy.*field) {
        if (random.chance(30) && !rule.ports.empty()) rule.ports.pop_back();
        if (random.chance(30) && rule.peers.size() > 1) rule.peers.pop_back();
        if (random.chance(20)) rule = {.peers = donor.network_policies[0].ingress.empty() ? rule.peers : donor.network_policies[0].ingress[0].peers, .ports = rule.ports};
      }
    if (random.chance(30)) policy.type_egress = !policy.type_egress;
    if (random.chance(30)) policy.pod_selector = donor.network_policies[0].pod_selector;
    if (random.chance(30)) policy.ingress = donor.network_policies[0].egress;
  }
  return s;
}

world::Universe without(world::Universe universe, const std::vector<uint32_t>& open, Role role) {
  std::vector<uint32_t> left;
  for (uint32_t i = 0; i < universe.pods.size(); ++i)
    if (!std::binary_search(open.begin(), open.end(), i)) left.push_back(i);
  (role == Role::source ? universe.sources : universe.destinations) = left;
  return universe;
}

struct Seen {
  size_t ruled_out = 0, no_flow = 0, flows = 0, refused = 0, narrowed = 0;
};

class Comparing {
 public:
  Comparing(const resource::Snapshot& before, const resource::Snapshot& after, const semantics::Profile& p, world::UniverseKind kind, uint64_t seed)
      : universe_(world::make_universe(before, kind, {.pods = true, .nodes = seed % 4 != 1, .external = seed % 4 != 2})),
        before_(policy::read_policies(pool_, before, facts(), p)), after_(policy::read_policies(pool_, after, facts(), p)) {}

  void run(Seen& seen) {
    std::optional<reach::ClosedChanges> changes;
    try {
      changes.emplace(pool_, before_, after_, universe_);
    } catch (const base::Unsupported&) {
      ++seen.refused;
      return;
    }
    for (const Direction d : policy::both_directions)
      for (const char* ns : {"shop", "bank"})
        for (const Change change : {Change::opened, Change::closed, Change::either}) compare(*changes, {change, d, ns}, seen);
  }

 private:
  policy::ClusterFacts facts() const { return {universe_.addresses.ipv4, universe_.addresses.ipv6}; }

  /// The verdict of one end: allowed, and surely denied.
  struct End {
    Expr may_allow, may_deny;
  };
  End end(const policy::Reading& reading, Direction d) {
    const auto verdict = verify::verdict_in(pool_, reading, d, verify::policy_namespaces(reading));
    const Expr is_pod = pool_.kind_is(policy::subject_of(d), logic::EndpointKind::pod);
    return {pool_.implies(is_pod, pool_.either(verdict.allowed, verdict.unknown)), pool_.both(is_pod, pool_.either(pool_.negation(verdict.allowed), verdict.unknown))};
  }

  Expr changed(const policy::Reading& denying, const policy::Reading& allowing, Direction d) {
    return pool_.conjunction({end(denying, d).may_deny, end(allowing, Direction::ingress).may_allow, end(allowing, Direction::egress).may_allow});
  }

  void compare(reach::ClosedChanges& changes, const reach::ChangeQuestion& q, Seen& seen) {
    const auto found = changes.possible(q);
    REQUIRE(found);
    const Role subject = policy::subject_of(q.direction), peer = policy::peer_of(q.direction);
    const Expr opened = changed(before_, after_, q.direction), closed = changed(after_, before_, q.direction);
    std::vector<Expr> asserted{pool_.kind_is(subject, logic::EndpointKind::pod), pool_.namespace_is(subject, q.namespace_name),
                               q.change == Change::opened ? opened : q.change == Change::closed ? closed : pool_.either(opened, closed)};
    for (const Role role : {Role::source, Role::destination}) asserted.push_back(pool_.peer_known(role));
    INFO(to_string(q.direction) << " of " << q.namespace_name << ", change " << static_cast<int>(q.change));
    const bool flow = has_flow(universe_, asserted);
    ++(flow ? seen.flows : seen.no_flow);
    if (!found->any) {
      CHECK_FALSE(flow);
      ++seen.ruled_out;
      return;
    }
    const auto none_without = [&](const std::vector<uint32_t>& open, Role role) {
      const world::Universe rest = without(universe_, open, role);
      auto of_pods = asserted;
      of_pods.push_back(pool_.kind_is(role, logic::EndpointKind::pod));
      const bool some_left = !(role == Role::source ? *rest.sources : *rest.destinations).empty();
      seen.narrowed += some_left;
      if (some_left) CHECK_FALSE(has_flow(rest, of_pods));
    };
    none_without(found->subjects, subject);
    none_without(found->peers, peer);
    if (!found->with_others) {
      asserted.push_back(pool_.negation(pool_.kind_is(peer, logic::EndpointKind::pod)));
      CHECK_FALSE(has_flow(universe_, asserted));
    }
  }

  bool has_flow(const world::Universe& universe, const std::vector<Expr>& asserted) { return verify::Question(pool_, universe, {}).ask(asserted, "flow").answer == smt::Answer::sat; }

  logic::Pool pool_;
  world::Universe universe_;
  policy::Reading before_, after_;
};

std::string told(const verify::ComparisonResult& result) {
  std::string text = std::to_string(static_cast<int>(result.verdict)) + " " + result.reason;
  for (const auto& f : result.findings) text += "\n" + f.id + " " + f.namespace_name + " " + std::to_string(f.policies_affected);
  return text;
}

}  // namespace

TEST_CASE("changes that classes of pods rule out, the solver does not find") {
  Seen all;
  for (uint64_t seed = 1; seed <= 50 / test::fewer; ++seed) {
    const char* name = profiles[seed % std::size(profiles)];
    const resource::Snapshot before = cluster(seed), after = edited(before, seed);
    for (const auto kind : {world::UniverseKind::declared, world::UniverseKind::observed}) {
      INFO("seed " << seed << " " << name << " " << world::to_string(kind));
      Comparing(before, after, profile(name, seed), kind, seed).run(all);
    }
  }
  CAPTURE(all.ruled_out, all.no_flow, all.flows, all.refused, all.narrowed);
  CHECK(all.flows * test::fewer > 100);
  CHECK(all.narrowed * test::fewer > 100);
  CHECK(all.ruled_out * 10 > all.no_flow * 8);  // an over-approximation that never says no would pass everything else
  CHECK(all.refused < 15);
}

TEST_CASE("diff and equiv say the same with and without classes of pods") {
  size_t proved = 0, different = 0;
  for (uint64_t seed = 1; seed <= 40 / test::fewer; ++seed) {
    const resource::Snapshot before = cluster(seed), after = edited(before, seed);
    for (const auto kind : {world::UniverseKind::declared, world::UniverseKind::observed}) {
      const auto p = profile(profiles[seed % std::size(profiles)], seed), other = profile(profiles[(seed + 3) % std::size(profiles)]);
      INFO("seed " << seed << " " << p.name() << " and " << other.name() << ", " << world::to_string(kind));
      const verify::Options with{.universe = kind, .max_findings = 100, .sample_classes_every = 0}, all{.universe = kind, .max_findings = 100, .sample_classes_every = 1},
          plain{.universe = kind, .max_findings = 100, .classes = false};
      const auto result = verify::diff(before, after, p, with);
      CHECK(told(result) == told(verify::diff(before, after, p, plain)));
      CHECK(told(result) == told(verify::diff(before, after, p, all)));
      CHECK(told(verify::equiv(before, p, other, with)) == told(verify::equiv(before, p, other, plain)));
      proved += result.verdict == verify::Verdict::proved;
      different += result.verdict == verify::Verdict::violated;
    }
  }
  CAPTURE(proved, different);
  CHECK(proved * test::fewer > 15);
  CHECK(different * test::fewer > 15);
}
