#include "verify/node_readers.h"

#include <algorithm>
#include <set>

#include "reach/pool_reader.h"

namespace npverify::verify {
namespace {

using oracle::EndVerdict;
using policy::Direction;
using world::Endpoint;

using reach::PoolReader;

/// One address of each kind that the formulas of a direction tell apart. `among`: of one family.
std::vector<base::Address> addresses_told_apart(const logic::Pool& pool, const policy::DirectionReading& side, const base::AddressSet& among, base::Family family) {
  std::set<base::Address> cuts;
  for (const auto& interval : among.intervals()) cuts.insert(interval.first);
  for (const logic::Expr e : pool.atoms_of(formulas_about_peers(side))) {
    const logic::Atom& atom = pool.atom_of(e);
    if (atom.kind != logic::AtomKind::address_in) continue;
    for (const auto& set : {pool.addresses(atom).only(family), base::AddressSet::all(family).minus(pool.addresses(atom))})
      for (const auto& interval : set.intervals())
        if (among.contains(interval.first)) cuts.insert(interval.first);
  }
  return {cuts.begin(), cuts.end()};
}

}  // namespace

std::vector<logic::Expr> formulas_about_peers(const policy::DirectionReading& side) {
  std::vector<logic::Expr> formulas;
  for (const auto* conditions : {&side.drops, &side.admits})
    for (const auto& condition : *conditions) formulas.push_back(condition.when);
  for (const auto& gap : side.gaps) formulas.push_back(gap.when);
  for (const auto& policy : side.policies)
    for (const auto& rule : policy.rules) formulas.push_back(rule.peer);
  return formulas;
}

bool decided_at_every_address(const logic::Pool& pool, const policy::Reading& reading, Direction direction, const world::Flow& flow, const oracle::Cluster& cluster, EndVerdict verdict,
                              const base::AddressSet& among) {
  const bool egress = direction == Direction::egress;
  Endpoint peer = egress ? *flow.destination : *flow.source;
  world::Flow asked = flow;
  (egress ? asked.destination : asked.source) = &peer;
  const auto addresses = addresses_told_apart(pool, reading.direction(direction), among.only(flow.family), flow.family);
  return std::all_of(addresses.begin(), addresses.end(), [&](const base::Address& address) {
    peer.addresses = {address};
    return oracle::evaluate_end(pool, reading, direction, asked, cluster).verdict == verdict;
  });
}

struct NodeReaders::State {
  const matrix::Cluster* cluster = nullptr;
  std::vector<std::unique_ptr<PoolReader>> readers;

  PoolReader* reader_at(const std::string& node) const {
    if (!cluster) return readers[0].get();
    const auto& place = cluster->place_of(node);
    return place.pool ? readers[*place.pool].get() : nullptr;
  }

  static oracle::EndDecision decide_with(const PoolReader& reader, bool stranger, const PoolReader::Eyes& eyes, Direction direction, const Endpoint& subject, Endpoint peer, base::Protocol protocol,
                                         base::Port port, std::optional<base::Family> of_connection, const base::AddressSet* among) {
    // The outside as a whole has the family of the connection; where the subject has both, it counts as IPv4 like every flow between ends of both.
    const bool anywhere = (among || peer.kind == logic::EndpointKind::outside) && peer.addresses.empty();
    const auto family = !anywhere ? world::shared_family(subject, peer) : of_connection ? of_connection : world::shared_family(subject, subject);
    if (!family) return {EndVerdict::unknown, oracle::EndDecision::By::gap, "the two ends have no address family in common", ""};
    const bool egress = direction == Direction::egress, untold = anywhere && (egress || among);
    const base::AddressSet any = !untold ? base::AddressSet() : among ? among->only(*family) : base::AddressSet::all(*family);
    if (untold && any.empty()) return {EndVerdict::unknown, oracle::EndDecision::By::gap, "the two ends have no address family in common", ""};
    if (untold) peer.addresses = {any.intervals()[0].first};
    const world::Flow flow{egress ? &subject : &peer, egress ? &peer : &subject, protocol, port, *family};
    const policy::Reading& reading = stranger ? reader.stranger : reader.plain;
    oracle::EndDecision decision = oracle::evaluate_end(reader.expressions, reading, direction, flow, eyes.surroundings);
    if (untold && !decided_at_every_address(reader.expressions, reading, direction, flow, eyes.surroundings, decision.verdict, any))
      return {EndVerdict::unknown, oracle::EndDecision::By::gap, among ? "the address of the node's tunnel device is not in the manifests" : "the Service's address is not in the manifests", ""};
    return decision;
  }

  EndJudgement decide(Direction direction, const std::string& name, const Endpoint& peer, bool as_stranger, bool all_known, base::Protocol protocol, base::Port port, std::optional<base::Family> family = std::nullopt,
                      const base::AddressSet* among = nullptr) const {
    const Endpoint* subject = readers[0]->directory.find(name);
    base::require(subject, "the subject is an end of the snapshot");
    EndJudgement judgement{.reason = "policy does not apply to this end"};
    if (subject->kind != logic::EndpointKind::pod || !subject->policed) return judgement;
    PoolReader* reader = reader_at(subject->node);
    if (!reader) return {.verdict = EndVerdict::unknown, .reason = cluster->place_of(subject->node).problem, .to_supply = cluster->place_of(subject->node).problem};
    subject = reader->directory.find(name);
    judgement.reader = reader->label;
    for (size_t view = 0; view < reader->eyes.size(); ++view) {
      const PoolReader::Eyes& eyes = reader->eyes[view];
      const bool unseen = peer.kind != logic::EndpointKind::outside && !all_known && cluster && !cluster->knows(eyes.view, peer.node);
      const auto decision = decide_with(*reader, as_stranger || unseen, eyes, direction, *subject, peer, protocol, port, family, among);
      if (view > 0 && decision.verdict != judgement.verdict) {
        const size_t pool = *cluster->place_of(subject->node).pool;
        return {.verdict = EndVerdict::unknown, .reason = "nobody says whether its agents know the other end or see an address only", .reader = reader->label,
                .to_supply = cluster->to_supply(pool), .knowledge = true};
      }
      if (view > 0) continue;
      judgement.verdict = decision.verdict;
      judgement.reason = decision.reason;
      judgement.axis = decision.axis;
      judgement.stranger = as_stranger || unseen;
    }
    return judgement;
  }
};

NodeReaders::NodeReaders(const resource::Snapshot& snapshot, const semantics::Profile& profile) : state_(std::make_unique<State>()) {
  state_->readers.push_back(std::make_unique<PoolReader>(snapshot, profile));
}

NodeReaders::NodeReaders(const resource::Snapshot& snapshot, const matrix::Cluster& cluster) : state_(std::make_unique<State>()) {
  state_->cluster = &cluster;
  for (size_t i = 0; i < cluster.pools().size(); ++i) state_->readers.push_back(std::make_unique<PoolReader>(snapshot, cluster, i));
  base::require(!state_->readers.empty(), "a mixed cluster has a pool");
}

NodeReaders::~NodeReaders() = default;

std::string NodeReaders::reader_of(const std::string& node) const {
  if (!state_->cluster) return state_->readers[0]->label;
  const auto& place = state_->cluster->place_of(node);
  return place.pool ? state_->cluster->pools()[*place.pool].name + " " + state_->readers[*place.pool]->label : "";
}

const semantics::Profile* NodeReaders::profile_of(const std::string& node) const {
  const PoolReader* reader = state_->reader_at(node);
  return reader ? reader->profile : nullptr;
}

std::map<std::string, std::string> NodeReaders::flags_of(const std::string& node) const {
  const PoolReader* reader = state_->reader_at(node);
  return reader ? reader->datapath : std::map<std::string, std::string>{};
}

const Endpoint* NodeReaders::find(const std::string& name) const { return state_->readers[0]->directory.find(name); }

EndJudgement NodeReaders::decide(Direction direction, const std::string& subject, const Endpoint& peer, bool as_stranger, base::Protocol protocol, base::Port port, std::optional<base::Family> family,
                                const base::AddressSet* among) const {
  return state_->decide(direction, subject, peer, as_stranger, false, protocol, port, family, among);
}

EndJudgement NodeReaders::decide_known(Direction direction, const std::string& subject, const Endpoint& peer, base::Protocol protocol, base::Port port) const {
  return state_->decide(direction, subject, peer, false, true, protocol, port);
}

}  // namespace npverify::verify
