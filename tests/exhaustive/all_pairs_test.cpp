// The list of who reaches whom against brute force: the oracle is asked for every address, node, family and free label that two ends can
// have, on the ports around every number that a policy names.
#include <map>
#include <optional>
#include <set>

#include "oracle/evaluate.h"
#include "reach/all_pairs.h"
#include "support/catch.h"
#include "support/random_workloads.h"

using namespace npverify;
using oracle::EndVerdict;
using world::Endpoint;

namespace {

std::map<std::string, size_t> compared;  // by profile
size_t refused = 0;

const char* const profiles[] = {"kubernetes", "calico@3.28", "calico@3.31", "cilium@1.12", "cilium@1.16", "cilium@1.20", "cilium@1.19[policy-cidr-match-mode=nodes]", "cilium@1.16[enable-policy=always]",
                                "cilium@1.16[enable-policy=never]", "calico@3.30[dataplane=bpf]", "kube-network-policies@1.1"};

std::shared_ptr<const semantics::Encodings> encodings() {
  static const auto loaded = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  return loaded;
}

semantics::Profile profile(const char* text, uint64_t seed) {
  semantics::Profile p = encodings()->resolve(semantics::parse_profile_request(text));
  if (seed % 5 == 0) p.axes.at(seed % 2 ? "ports.range" : "ip-blocks.peers").rule.clear();  // as if nobody knew
  return p;
}

const base::Port ports[] = {53, 79, 80, 81, 90, 91, 4789};

/// Every end that a closed pod can be: a value of each free label, an address of each interval between the cut points.
class Ways {
 public:
  Ways(const logic::Pool& pool, const policy::Reading& reading, const reach::ClosedWorld& world) : world_(world) {
    std::vector<logic::Expr> roots;
    for (const auto d : policy::both_directions)
      for (const auto& policy : reading.direction(d).policies) {
        roots.push_back(policy.subject);
        for (const auto& rule : policy.rules) roots.push_back(rule.peer);
      }
    for (const auto e : pool.atoms_of(roots)) {
      const auto& a = pool.atom_of(e);
      if (a.kind == logic::AtomKind::label_is) values_[pool.text(a.name)].insert(pool.text(a.value));
      if (a.kind == logic::AtomKind::label_exists) values_[pool.text(a.name)];
      if (a.kind != logic::AtomKind::address_in) continue;
      for (const auto& i : pool.addresses(a).intervals()) {
        cuts_.insert(i.first);
        if (i.last != base::last_address(i.last.family)) cuts_.insert({i.last.family, i.last.bits + 1});
      }
    }
  }

  std::vector<base::Address> addresses(const base::AddressSet& of, base::Family family) const {
    std::vector<base::Address> out;
    const base::AddressSet of_family = of.only(family);
    for (const auto& i : of_family.intervals()) {
      out.push_back(i.first);
      for (auto it = cuts_.upper_bound(i.first); it != cuts_.end() && *it <= i.last; ++it) out.push_back(*it);
    }
    return out;
  }

  std::vector<Endpoint> pods(const world::ClosedPod& closed, base::Family family, const char* name) const {
    std::vector<Endpoint> out{closed.pod};
    for (const auto& key : closed.free_labels) {
      if (!values_.contains(key)) continue;
      auto values = values_.at(key);
      values.insert("something-else");
      for (size_t i = 0, n = out.size(); i < n; ++i)
        for (const auto& value : values) {
          out.push_back(out[i]);
          out.back().labels[key] = value;
        }
    }
    return placed(out, family, name);
  }

  std::vector<Endpoint> hosts(base::Family family) const {
    std::vector<Endpoint> out;
    for (const char* node : {"here", "there"})
      for (const auto& host : world_.universe.hosts)
        if (host.address(family)) {
          out.push_back(host);
          out.back().node = node;
        }
    return out;
  }

  std::vector<Endpoint> outside(base::Family family) const {
    std::vector<Endpoint> out;
    for (const auto& address : addresses(world_.universe.addresses.external, family)) out.push_back({.name = "ip:" + address.to_string(), .addresses = {address}});
    return out;
  }

 private:
  std::vector<Endpoint> placed(const std::vector<Endpoint>& pods, base::Family family, const char* name) const {
    std::vector<Endpoint> out;
    for (Endpoint pod : pods) {
      pod.name = name;
      pod.node = "here";
      if (pod.address(family)) out.push_back(pod);
      if (!pod.addresses.empty()) continue;
      for (const auto& address : addresses(world_.universe.addresses.pods, family)) {
        out.push_back(pod);
        out.back().addresses = {address};
      }
    }
    return out;
  }

  const reach::ClosedWorld& world_;
  std::map<std::string, std::set<std::string>> values_;
  std::set<base::Address> cuts_;
};

struct Seen {
  bool allow = false, deny = false, unknown = false;
  void add(EndVerdict verdict) { (verdict == EndVerdict::allow ? allow : verdict == EndVerdict::deny ? deny : unknown) = true; }
  std::string word() const { return unknown ? "unknown" : allow && deny ? "depends" : allow ? "always" : "no"; }
};
using Answer = std::map<std::pair<base::Protocol, base::Port>, Seen>;

std::string word(const reach::Reach& reach, base::Protocol protocol, base::Port port) {
  const int holds = reach.always.of(protocol).contains(port) + reach.depends.of(protocol).contains(port) + reach.unknown.of(protocol).contains(port);
  REQUIRE(holds <= 1);
  return reach.always.of(protocol).contains(port) ? "always" : reach.depends.of(protocol).contains(port) ? "depends" : reach.unknown.of(protocol).contains(port) ? "unknown" : "no";
}

class Brute {
 public:
  Brute(const logic::Pool& pool, const policy::Reading& reading, const reach::ClosedWorld& world) : pool_(pool), reading_(reading) {
    std::vector<const Endpoint*> pods;
    for (const auto& closed : world.universe.pods) pods.push_back(&closed.pod);
    cluster_.named_port = oracle::cluster_port_names(pods);
  }

  void ask(const std::vector<Endpoint>& sources, const std::vector<Endpoint>& destinations, base::Family family, Answer& answer) const {
    for (const auto& source : sources)
      for (const auto& destination : destinations)
        for (const auto protocol : base::all_protocols)
          for (const base::Port port : ports) {
            if (protocol == base::Protocol::icmp && port != ports[0]) continue;
            const world::Flow flow{.source = &source, .destination = &destination, .protocol = protocol, .port = protocol == base::Protocol::icmp ? base::Port{0} : port, .family = family};
            answer[{protocol, flow.port}].add(oracle::evaluate(pool_, reading_, reading_, flow, cluster_).verdict());
          }
  }

 private:
  const logic::Pool& pool_;
  const policy::Reading& reading_;
  oracle::Cluster cluster_;
};

std::vector<base::Family> families_of(const reach::ClosedWorld& world) {
  std::vector<base::Family> all;
  if (world.universe.addresses.ipv4) all.push_back(base::Family::ipv4);
  if (world.universe.addresses.ipv6) all.push_back(base::Family::ipv6);
  return all;
}

std::map<std::string, size_t> words_seen;  // a comparison that saw nothing would say nothing

void require_same(const Answer& expected, const reach::Reach& found) {
  for (const auto& [flow, seen] : expected) {
    ++words_seen[seen.word()];
    INFO(base::to_string(flow.first) << "/" << flow.second);
    REQUIRE(word(found, flow.first, flow.second) == seen.word());
  }
}

uint64_t count_words(const Answer& answer, const std::string& wanted) {
  std::set<std::string> words;
  for (const auto& [flow, seen] : answer) words.insert(seen.word());
  const std::string best = words.contains("always") ? "always" : words.contains("depends") ? "depends" : words.contains("unknown") ? "unknown" : "no";
  return best == wanted;
}

// What is open for some flows of some pairs only: a list may refuse it, and nothing else.
bool open_between_some(const policy::Reading& reading) {
  for (const auto d : policy::both_directions)
    for (const auto& gap : reading.direction(d).gaps)
      if (gap.axis == "ip-blocks.addresses") return true;
  return false;
}

void compare(const resource::Snapshot& snapshot, const semantics::Profile& p, world::UniverseKind kind, bool dual) {
  logic::Pool pool;
  const auto reading = policy::read_policies(pool, snapshot, {true, dual}, p);
  const auto world = reach::closed_world(snapshot, kind);
  std::optional<reach::AllPairs> made;
  try {
    made.emplace(pool, reading, world);
  } catch (const base::Unsupported&) {
    REQUIRE(open_between_some(reading));
    ++refused;
    return;
  }
  ++compared[p.name()];
  reach::AllPairs& pairs = *made;
  const Brute brute(pool, reading, world);
  const Ways ways(pool, reading, world);
  const auto& workloads = world.workloads;
  reach::PairCounts expected_counts, expected_pods;
  std::map<std::pair<std::string, std::string>, reach::Reach> outside_found;
  std::map<std::pair<uint32_t, uint32_t>, reach::Reach> listed;
  std::map<uint32_t, reach::Reach> to_nodes, from_nodes;
  std::vector<std::tuple<uint32_t, bool, base::AddressSet, reach::Reach>> outside;
  pairs.list([&](const reach::Connection& c) {
    using Kind = reach::ListedEnd::Kind;
    if (c.source.kind == Kind::workload && c.destination.kind == Kind::workload) listed[{c.source.workload, c.destination.workload}] = *c.reach;
    if (c.destination.kind == Kind::nodes) to_nodes[c.source.workload] = *c.reach;
    if (c.source.kind == Kind::nodes) from_nodes[c.destination.workload] = *c.reach;
    if (c.destination.kind == Kind::outside) outside.emplace_back(c.source.workload, true, *c.destination.addresses, *c.reach);
    if (c.source.kind == Kind::outside) outside.emplace_back(c.destination.workload, false, *c.source.addresses, *c.reach);
  });
  for (uint32_t i = 0; i < workloads.size(); ++i) {
    for (uint32_t j = 0; j < workloads.size(); ++j) {
      if (i == j && !workloads[i].several) continue;
      INFO(workloads[i].name << " -> " << workloads[j].name);
      Answer answer;
      for (const auto family : families_of(world))
        for (const auto a : workloads[i].pods)
          for (const auto b : workloads[j].pods) brute.ask(ways.pods(world.universe.pods[a], family, "one"), ways.pods(world.universe.pods[b], family, "another"), family, answer);
      require_same(answer, listed[{i, j}]);
      require_same(answer, pairs.between(i, j));
      const uint64_t pods = workloads[i].replicas * workloads[j].replicas - (i == j ? workloads[i].replicas : 0);
      ++expected_counts.pairs;
      expected_counts.always += count_words(answer, "always");
      expected_counts.depends += count_words(answer, "depends");
      expected_counts.unknown += count_words(answer, "unknown");
      expected_pods.always += pods * count_words(answer, "always");
      expected_pods.depends += pods * count_words(answer, "depends");
      expected_pods.unknown += pods * count_words(answer, "unknown");
    }
    INFO(workloads[i].name);
    Answer out, in;
    for (const auto family : families_of(world))
      for (const auto pod : workloads[i].pods) {
        brute.ask(ways.pods(world.universe.pods[pod], family, "one"), ways.hosts(family), family, out);
        brute.ask(ways.hosts(family), ways.pods(world.universe.pods[pod], family, "one"), family, in);
      }
    require_same(out, to_nodes[i]);
    require_same(in, from_nodes[i]);
    for (const auto family : families_of(world))
      for (const bool as_source : {true, false})
        for (const Endpoint& end : ways.outside(family)) {
          Answer answer;
          for (const auto pod : workloads[i].pods) {
            const auto variants = ways.pods(world.universe.pods[pod], family, "one");
            if (as_source) brute.ask(variants, {end}, family, answer);
            else brute.ask({end}, variants, family, answer);
          }
          reach::Reach found;
          int times = 0;
          for (const auto& [workload, source, addresses, reach] : outside)
            if (workload == i && source == as_source && addresses.contains(end.addresses[0])) {
              found = reach;
              ++times;
            }
          INFO(end.name << (as_source ? " as destination" : " as source"));
          REQUIRE(times <= 1);
          require_same(answer, found);
        }
  }
  const auto counts = pairs.count();
  CHECK(counts.workloads.pairs == expected_counts.pairs);
  CHECK(counts.workloads.always == expected_counts.always);
  CHECK(counts.workloads.depends == expected_counts.depends);
  CHECK(counts.workloads.unknown == expected_counts.unknown);
  CHECK(counts.pods.always == expected_pods.always);
  CHECK(counts.pods.depends == expected_pods.depends);
  CHECK(counts.pods.unknown == expected_pods.unknown);
}

/// The same world several times over, every pod isolated, in one direction or both: most pairs have nothing to tell.
resource::Snapshot sparse_world_of(uint64_t seed) {
  resource::Snapshot s = test::world_of(seed);
  const resource::Snapshot once = s;
  for (int copy = 1; copy < 4; ++copy) {
    const std::string prefix = std::to_string(copy) + "-";  // so that workloads of one class do not stand together
    for (auto pod : once.pods) {
      pod.meta.name = prefix + pod.meta.name;
      s.pods.push_back(pod);
    }
    for (auto workload : once.workloads) {
      workload.meta.name = prefix + workload.meta.name;
      workload.replicas = copy;
      s.workloads.push_back(workload);
    }
  }
  for (const auto& space : once.namespaces) {
    resource::NetworkPolicy deny{.meta = {}, .pod_selector = {}, .type_ingress = true, .type_egress = seed % 4 == 0, .ingress = {}, .egress = {}};
    deny.meta.name = "deny";
    deny.meta.namespace_name = space.meta.name;
    s.network_policies.push_back(deny);
  }
  return s;
}

std::string line_of(const reach::ClosedWorld& world, uint32_t source, uint32_t destination, const reach::Reach& reach) {
  std::string text = world.workloads[source].name + " -> " + world.workloads[destination].name;
  for (const auto* table : {&reach.always, &reach.depends, &reach.unknown})
    for (const auto protocol : base::all_protocols) text += "," + table->of(protocol).to_string();
  return text;
}

}  // namespace

TEST_CASE("where most pairs have nothing to tell, the others are listed once, in order, as between() has them") {
  size_t lines = 0, silent = 0, several_classes = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const auto snapshot = sparse_world_of(seed);
    logic::Pool pool;
    const auto reading = policy::read_policies(pool, snapshot, {true, seed % 3 == 0}, profile(profiles[seed % 3], 1));
    const auto world = reach::closed_world(snapshot, world::UniverseKind::declared);
    reach::AllPairs pairs(pool, reading, world);
    std::vector<std::string> listed, expected;
    pairs.list([&](const reach::Connection& c) {
      using Kind = reach::ListedEnd::Kind;
      if (c.source.kind == Kind::workload && c.destination.kind == Kind::workload) listed.push_back(line_of(world, c.source.workload, c.destination.workload, *c.reach));
    });
    for (uint32_t i = 0; i < world.workloads.size(); ++i) {
      several_classes += world.workloads[i].pods.size() > 1;
      for (uint32_t j = 0; j < world.workloads.size(); ++j) {
        const reach::Reach reach = pairs.between(i, j);
        if (i == j && !world.workloads[i].several) continue;
        silent += reach.empty();
        if (!reach.empty()) expected.push_back(line_of(world, i, j, reach));
      }
    }
    INFO("seed " << seed);
    REQUIRE(listed == expected);
    lines += listed.size();
  }
  CHECK(lines > 1000);
  CHECK(silent > lines);
  CHECK(several_classes > 50);
}

TEST_CASE("who reaches whom is what the oracle says of every way in which two ends can stand") {
  for (uint64_t seed = 1; seed <= 60; ++seed)
    for (const char* name : {profiles[seed % std::size(profiles)], profiles[seed * 7 % std::size(profiles)]})
      for (const auto kind : {world::UniverseKind::declared, world::UniverseKind::observed}) {
        INFO("seed " << seed << " " << name << " " << world::to_string(kind));
        compare(test::world_of(seed), profile(name, seed), kind, seed % 3 == 0);
      }
  CHECK(compared["cilium@1.19.7"] > 2);
  CHECK(refused > 2);
  for (const char* word : {"always", "depends", "unknown", "no"}) {
    INFO(word);
    CHECK(words_seen[word] > 1000);
  }
}
