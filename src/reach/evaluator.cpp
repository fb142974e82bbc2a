#include "reach/evaluator.h"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>

#include "reach/ports.h"

namespace npverify::reach {
namespace {

using base::Port;
using base::PortSet;
using base::Protocol;
using oracle::EndDecision;
using oracle::EndVerdict;
using policy::Direction;
using world::Endpoint;
using world::Flow;

constexpr size_t protocols = std::size(base::all_protocols);

/// What decides each port of one protocol between two classes of ends: sorted by last port, covering 0..65535.
struct Step {
  Port last;
  const EndDecision* decision;
};
using Table = std::array<std::vector<Step>, protocols>;

const EndDecision* look_up(const Table& table, Protocol protocol, Port port) {
  const auto& steps = table[static_cast<size_t>(protocol)];
  return std::lower_bound(steps.begin(), steps.end(), port, [](const Step& s, Port p) { return s.last < p; })->decision;
}

/// Ends by what the reading can see of them: the truth of every atom about one end, and the numbers behind its port names.
class Classes {
 public:
  Classes(const logic::Pool& pool, const policy::Reading& reading) : pool_(pool) {
    std::vector<logic::Expr> roots;
    for (const Direction d : policy::both_directions) collect(reading.direction(d), roots);
    for (const logic::Expr e : pool.atoms_of(roots)) {
      const logic::Atom& a = pool.atom_of(e);
      using enum logic::AtomKind;
      if (a.kind == port_named)
        names_.push_back(a);
      else if (a.kind != family_is && a.kind != protocol_is && a.kind != port_in && a.kind != port_named_in_cluster && a.kind != same_node && a.kind != same_endpoint && a.kind != flag)
        local_.push_back(a);
    }
  }

  uint32_t class_of(const Endpoint& end) {
    const auto [it, fresh] = known_.try_emplace(&end, 0);
    if (!fresh) return it->second;
    return it->second = ids_.try_emplace(signature(end), static_cast<uint32_t>(ids_.size())).first->second;
  }

 private:
  static void collect(const policy::DirectionReading& side, std::vector<logic::Expr>& roots) {
    for (const auto& c : side.drops) roots.push_back(c.when);
    for (const auto& c : side.admits) roots.push_back(c.when);
    for (const auto& g : side.gaps) roots.push_back(g.when);
    for (const auto& p : side.policies) {
      roots.push_back(p.subject);
      for (const auto& rule : p.rules) {
        roots.push_back(rule.peer);
        roots.push_back(rule.ports);
        for (const auto& term : rule.peer_terms) roots.push_back(term.when);
        for (const auto& term : rule.port_terms) roots.push_back(term.when);
      }
    }
  }

  // Families are part of it: an end of both families may stand in flows of either.
  std::string signature(const Endpoint& end) const {
    std::string bits;
    bits += static_cast<char>(end.kind);
    bits += end.policed ? 'p' : 'u';
    for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
      bits += end.address(family) ? '1' : '0';
      if (!end.address(family)) continue;
      Flow flow{.source = &end, .destination = &end, .family = family};
      for (const auto& a : local_) bits += oracle::holds(pool_, a, flow, {}) ? '1' : '0';
    }
    if (!names_.empty())  // few worlds ask for names; then ends with the same declarations are alike
      for (const auto& port : end.ports) bits += port.name + ':' + std::to_string(port.number) + base::to_string(port.protocol) + static_cast<char>('0' + static_cast<int>(port.container));
    return bits;
  }

  const logic::Pool& pool_;
  std::vector<logic::Atom> local_, names_;
  std::unordered_map<const Endpoint*, uint32_t> known_;
  std::unordered_map<std::string, uint32_t> ids_;
};

}  // namespace

struct Evaluator::State {
  State(const logic::Pool& p, const policy::Reading& r, const std::vector<const Endpoint*>& pods)
      : pool(p), reading(r), cluster{.named_port = oracle::cluster_port_names(pods)}, classes(p, r) {}

  const logic::Pool& pool;
  const policy::Reading& reading;
  oracle::Cluster cluster;
  Classes classes;
  std::deque<EndDecision> decisions;
  std::unordered_map<std::string, const EndDecision*> interned;
  struct Pair {
    Table egress, ingress;
  };
  std::unordered_map<uint64_t, std::unique_ptr<Pair>> pairs;
  EndDecision no_family{EndVerdict::unknown, EndDecision::By::gap, "the ends have no address family in common", ""};
  EndDecision no_address{EndVerdict::unknown, EndDecision::By::gap, "an end has no address (a pod's is its status.podIP)", ""};
  EndDecision not_policed{EndVerdict::unpoliced, EndDecision::By::not_policed, "policy does not apply to this end", ""};

  const EndDecision* intern(EndDecision decision) {
    std::string key = std::to_string(static_cast<int>(decision.verdict)) + decision.reason;
    const auto [it, fresh] = interned.try_emplace(std::move(key), nullptr);
    if (fresh) it->second = &decisions.emplace_back(std::move(decision));
    return it->second;
  }

  Pair& pair_of(const Flow& flow) {
    const bool itself = flow.source->name == flow.destination->name, near = world::same_node(flow);
    const uint64_t key = static_cast<uint64_t>(classes.class_of(*flow.source)) << 35 | static_cast<uint64_t>(classes.class_of(*flow.destination)) << 3 |
                         static_cast<uint64_t>(near) << 2 | static_cast<uint64_t>(itself) << 1 | static_cast<uint64_t>(flow.family);
    auto& slot = pairs[key];
    if (!slot) slot = std::make_unique<Pair>();
    if (slot->egress[static_cast<size_t>(flow.protocol)].empty()) {
      fill(slot->egress, Direction::egress, flow, flow.protocol);
      fill(slot->ingress, Direction::ingress, flow, flow.protocol);
    }
    return *slot;
  }

  void fill(Table& table, Direction direction, const Flow& flow, Protocol protocol);
};

namespace {

/// The ports at which some formula of a direction may change its truth, from 0; 65536 closes the list. Between two of them every formula is
/// constant, so one port stands for its cell.
std::vector<uint32_t> cut_points(const logic::Pool& pool, const policy::DirectionReading& side, const Flow& ends, Direction direction, Protocol protocol, const oracle::Cluster& cluster) {
  const std::string& subject = ends.end(policy::subject_of(direction)).namespace_name;
  std::vector<uint32_t> cuts{0, 65536};
  const auto cut = [&](logic::Expr e) {
    const PortSet set = ports_where(pool, e, ends, protocol, cluster);
    for (const auto& i : set.intervals()) cuts.insert(cuts.end(), {i.first, uint32_t{i.last} + 1});
    return !set.empty();
  };
  for (const auto& c : side.drops) cut(c.when);
  for (const auto& c : side.admits) cut(c.when);
  for (const auto& g : side.gaps) cut(g.when);
  for (const auto& policy : side.policies) {
    if (policy.namespace_name != subject || !cut(policy.subject)) continue;
    for (const auto& rule : policy.rules)
      if (cut(rule.peer))
        for (const auto& term : rule.port_terms) cut(term.when);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

}  // namespace

// The oracle decides one port of every cell, and its words are the reason for the whole cell.
void Evaluator::State::fill(Table& table, Direction direction, const Flow& ends, Protocol protocol) {
  Flow flow = ends;
  flow.protocol = protocol;
  std::vector<Step>& steps = table[static_cast<size_t>(protocol)];
  const auto cuts = cut_points(pool, reading.direction(direction), ends, direction, protocol, cluster);
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    flow.port = static_cast<Port>(cuts[i]);
    const EndDecision* decision = intern(oracle::evaluate_end(pool, reading, direction, flow, cluster));
    const Port last = static_cast<Port>(cuts[i + 1] - 1);
    if (!steps.empty() && steps.back().decision == decision)
      steps.back().last = last;
    else
      steps.push_back({last, decision});
  }
}

Evaluator::Evaluator(const logic::Pool& pool, const policy::Reading& reading, const std::vector<const Endpoint*>& pods) : state_(std::make_unique<State>(pool, reading, pods)) {}
Evaluator::~Evaluator() = default;

Evaluator::Answer Evaluator::answer(const Endpoint& source, const Endpoint& destination, Protocol protocol, Port port) {
  const auto policed = [](const Endpoint& end) { return end.kind == logic::EndpointKind::pod && end.policed; };
  const auto family = world::shared_family(source, destination);
  if (!family) {
    const EndDecision* why = source.addresses.empty() || destination.addresses.empty() ? &state_->no_address : &state_->no_family;
    return {policed(source) ? why : &state_->not_policed, policed(destination) ? why : &state_->not_policed};
  }
  const Flow flow{.source = &source, .destination = &destination, .protocol = protocol, .port = port, .family = *family};
  const auto& pair = state_->pair_of(flow);
  return {look_up(pair.egress, protocol, port), look_up(pair.ingress, protocol, port)};
}

}  // namespace npverify::reach
