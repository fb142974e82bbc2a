#pragma once

#include "verify/flow_ends.h"
#include "verify/flow_explanation.h"

namespace npverify::verify {

/// A connection between concrete ends.
struct Connection {
  path::Request request;
  std::string client_end, endpoint_end;  ///< names in the stage's world
  bool endpoint_policed = true;          ///< false: the endpoint is outside, policy cannot apply there
  base::Protocol protocol = base::Protocol::tcp;
  std::optional<base::Family> family = {};  ///< absent: of whatever addresses the ends have
  std::optional<base::Address> asked = {};  ///< of the node that is asked; absent: its own
};

/// Judges every hop of one journey, and finds the layer that decides.
JourneyVerdict judge(const NodeReaders& readers, const Stage& stage, const Connection& connection, const path::Journey& journey);

}  // namespace npverify::verify
