#pragma once

#include <memory>
#include <string>

#include "matrix/cluster.h"
#include "reach/evaluation.h"

namespace npverify::reach {

/// One snapshot whose nodes read differently, asked about flows by the names of their ends. Each end is judged as its own node's pool reads,
/// knowing of the other end what that pool's agents know. Where it is not known what they know, an end is decided only if both ways agree.
class MixedEvaluation {
 public:
  /// The arguments must outlive it.
  MixedEvaluation(const resource::Snapshot& snapshot, const matrix::Cluster& cluster);
  ~MixedEvaluation();

  /// As Evaluation::answer; the reason of each policed end opens with the profile that decides it.
  Evaluation::Answer answer(const std::string& source, const std::string& destination, base::Protocol protocol, base::Port port);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
