// Each pool has its own reader and, for each view of the cluster, its own evaluators: one for ends that its
// agents know, one for strangers. A port name that the cluster resolves as a whole is resolved among the pods that they know.
#include "reach/mixed.h"

#include <deque>
#include <map>

#include "reach/pool_reader.h"

namespace npverify::reach {
namespace {

using oracle::EndDecision;
using oracle::EndVerdict;
using policy::Direction;
using world::Endpoint;

bool policed(const Endpoint& end) { return end.kind == logic::EndpointKind::pod && end.policed; }

/// The agents of one pool.
class Reader {
 public:
  Reader(const resource::Snapshot& snapshot, const matrix::Cluster& cluster, size_t pool) : cluster_(cluster), reader_(snapshot, cluster, pool) {
    for (const PoolReader::Eyes& eyes : reader_.eyes)
      evaluators_.push_back({std::make_unique<Evaluator>(reader_.expressions, reader_.plain, eyes.known), std::make_unique<Evaluator>(reader_.expressions, reader_.stranger, eyes.known)});
  }

  world::Directory& directory() { return reader_.directory; }

  struct Found {
    const EndDecision* decision = nullptr;
    bool stranger = false;   ///< the other end is an address only
    bool undecided = false;  ///< the views disagree
  };
  Found decide(Direction direction, const Endpoint& source, const Endpoint& destination, base::Protocol protocol, base::Port port) {
    const Endpoint& peer = direction == Direction::egress ? destination : source;
    Found found;
    for (size_t i = 0; i < evaluators_.size(); ++i) {
      const bool stranger = peer.kind != logic::EndpointKind::outside && !cluster_.knows(reader_.eyes[i].view, peer.node);
      const auto answer = (stranger ? evaluators_[i].of_strangers : evaluators_[i].of_known)->answer(source, destination, protocol, port);
      const EndDecision* decision = direction == Direction::egress ? answer.egress : answer.ingress;
      if (!found.decision)
        found = {decision, stranger, false};
      else
        found.undecided = found.undecided || decision->verdict != found.decision->verdict;
    }
    return found;
  }

 private:
  struct Evaluators {
    std::unique_ptr<Evaluator> of_known, of_strangers;
  };
  const matrix::Cluster& cluster_;
  PoolReader reader_;
  std::vector<Evaluators> evaluators_;  ///< as the reader's eyes
};

}  // namespace

struct MixedEvaluation::State {
  State(const resource::Snapshot& snapshot, const matrix::Cluster& c) : cluster(c) {
    for (size_t pool = 0; pool < c.pools().size(); ++pool) readers.push_back(std::make_unique<Reader>(snapshot, c, pool));
  }

  const matrix::Cluster& cluster;
  std::vector<std::unique_ptr<Reader>> readers;
  std::deque<EndDecision> decisions;
  std::map<std::pair<size_t, std::pair<const void*, int>>, const EndDecision*> said;
  std::map<std::string, const EndDecision*> problems;
  EndDecision not_policed{EndVerdict::unpoliced, EndDecision::By::not_policed, "policy does not apply to this end", ""};

  const EndDecision* unknown(const std::string& reason) {
    const EndDecision*& slot = problems[reason];
    if (!slot) slot = &decisions.emplace_back(EndDecision{EndVerdict::unknown, EndDecision::By::gap, reason, "", -1, -1, -1, -1});
    return slot;
  }

  const EndDecision* name_profile(size_t pool, const Reader::Found& found) {
    const EndDecision*& slot = said[{pool, {found.decision, found.stranger}}];
    if (slot) return slot;
    EndDecision decision = *found.decision;
    decision.reason = cluster.pools()[pool].label + ": " + decision.reason + (found.stranger ? " (the other end is an address to it: its pool is not known there)" : "");
    return slot = &decisions.emplace_back(std::move(decision));
  }

  const EndDecision* decide(Direction direction, const std::string& source, const std::string& destination, base::Protocol protocol, base::Port port) {
    const std::string& name = direction == Direction::egress ? source : destination;
    const Endpoint& subject = *readers[0]->directory().find(name);
    if (!policed(subject)) return &not_policed;
    const auto& place = cluster.place_of(subject.node);
    if (!place.pool) return unknown(name + ": " + place.problem);
    Reader& reader = *readers[*place.pool];
    const auto found = reader.decide(direction, *reader.directory().find(source), *reader.directory().find(destination), protocol, port);
    if (!found.undecided) return name_profile(*place.pool, found);
    return unknown(cluster.pools()[*place.pool].label + ": nobody says whether its agents know the other end or see an address only; " + cluster.to_supply(*place.pool));
  }
};

MixedEvaluation::MixedEvaluation(const resource::Snapshot& snapshot, const matrix::Cluster& cluster) : state_(std::make_unique<State>(snapshot, cluster)) {}
MixedEvaluation::~MixedEvaluation() = default;

Evaluation::Answer MixedEvaluation::answer(const std::string& source, const std::string& destination, base::Protocol protocol, base::Port port) {
  std::string problem;
  for (const std::string* name : {&source, &destination})
    if (!state_->readers[0]->directory().find(*name)) problem += (problem.empty() ? "" : "; ") + no_such_end(*name, state_->readers[0]->directory());
  if (!problem.empty()) return {.problem = problem};
  return {.egress = state_->decide(Direction::egress, source, destination, protocol, port), .ingress = state_->decide(Direction::ingress, source, destination, protocol, port)};
}

}  // namespace npverify::reach
