#pragma once

#include <iosfwd>
#include <map>
#include <memory>
#include <string>

#include "npverify/pools.h"
#include "npverify/profile.h"
#include "npverify/snapshot.h"

namespace npverify {

/// One concrete flow, decided. Words: allow, deny, unpoliced (not a pod that policy applies to), unknown.
struct FlowAnswer {
  std::string egress, ingress;  ///< at the source, at the destination
  std::string verdict;          ///< deny if one end denies; else unknown if one end is unknown; else allow
  std::string reason;           ///< the deciding rule, a default deny, "not isolated", or why it is unknown
};

/// The pods and nodes of a snapshot under one profile, asked about flows.
class Evaluation {
 public:
  Evaluation(const Snapshot& snapshot, const Profile& profile);
  /// Each end as its own node's pool reads; reasons open with the profile. `pools` were made for `snapshot`.
  Evaluation(const Snapshot& snapshot, const NodePools& pools);
  /// Ends are "namespace/pod", "ip:ADDRESS" or "node:NAME"; `protocol` TCP, UDP, SCTP or ICMP. Throws Error (input) for an end that is not there.
  FlowAnswer answer(const std::string& source, const std::string& destination, const std::string& protocol, unsigned port);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

struct EvaluationCounts {
  size_t flows = 0, unknown = 0;
};

/// CSV in (header source,destination,protocol,port; further columns are ignored), CSV out, in the same order. `name` appears in errors.
/// Throws Error (input) with every problem of every line.
EvaluationCounts evaluate_csv(const Snapshot& snapshot, const Profile& profile, const std::string& name, std::istream& flows, std::ostream& verdicts);
EvaluationCounts evaluate_csv(const Snapshot& snapshot, const NodePools& pools, const std::string& name, std::istream& flows, std::ostream& verdicts);

/// One world a line, JSON in and out: {"id", "objects": [...], "options": {...}, "flows": [[source, destination, protocol, port], ...]} gives
/// {"id", "engine", "verdicts": [[egress, ingress], ...]} with allow, deny, - (unpoliced) and ? (unknown); with `reasons` a list of the same shape.
/// Options of a world belong to the profile. Policies that the API server would refuse are left out and listed under "problems".
EvaluationCounts evaluate_worlds(const Encodings& encodings, const std::string& profile, const InstallationOptions& options, std::istream& worlds, std::ostream& answers,
                                 bool reasons);

}  // namespace npverify
