#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "reach/evaluator.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

namespace npverify::reach {

/// Why an end is not there, with what was expected.
std::string no_such_end(const std::string& name, const world::Directory& directory);

/// One snapshot under one profile, asked about flows by the names of their ends.
class Evaluation {
 public:
  /// `snapshot` must outlive it.
  Evaluation(const resource::Snapshot& snapshot, const semantics::Profile& profile);
  ~Evaluation();

  struct Answer {
    const oracle::EndDecision* egress = nullptr;   ///< null: the flow names an end that is not there
    const oracle::EndDecision* ingress = nullptr;
    std::string problem;                           ///< why null
    oracle::EndVerdict verdict() const { return oracle::FlowVerdict{*egress, *ingress}.verdict(); }
    /// The reason of the end that decides the verdict: a denying end, else an unknown one, else both.
    std::string reason() const;
  };
  /// Ends as in `eval`: "namespace/pod", "ip:ADDRESS", "node:NAME".
  Answer answer(const std::string& source, const std::string& destination, base::Protocol protocol, base::Port port);

  const policy::Reading& reading() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::reach
