#pragma once

#include <memory>
#include <string>
#include <vector>

#include "oracle/evaluate.h"

namespace npverify::reach {

/// Answers many flows of one world fast. Ends that satisfy the same predicates of the reading form a class; a pair of classes is decided
/// once a protocol, as intervals of ports with the decision of each, and every flow is then a look-up. Sound because ends that satisfy the same
/// predicates are interchangeable in every verdict; a test compares it with the oracle.
class Evaluator {
 public:
  /// The arguments must outlive the evaluator. `pods`: those whose port names count in the cluster (Directory::running_pods).
  Evaluator(const logic::Pool& pool, const policy::Reading& reading, const std::vector<const world::Endpoint*>& pods);
  ~Evaluator();

  /// A decision at one end: the verdict and its reason, shared by all flows that it decides.
  struct Answer {
    const oracle::EndDecision* egress;
    const oracle::EndDecision* ingress;
  };
  /// Ends without a common address family are unknown at both ends.
  Answer answer(const world::Endpoint& source, const world::Endpoint& destination, base::Protocol protocol, base::Port port);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
