#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "oracle/evaluate.h"
#include "world/endpoint.h"

namespace npverify::verify {

/// What one end's policy says of a flow, as the node of that end reads it.
struct EndJudgement {
  oracle::EndVerdict verdict = oracle::EndVerdict::unpoliced;
  std::string reason, axis;
  std::string reader;        ///< "cilium@1.16.19"; empty where no policy applies
  bool stranger = false;     ///< the other end is an address only to this reader
  std::string to_supply;     ///< of unknown: what would settle it; may be empty
  bool knowledge = false;    ///< of unknown: it is not known whether the reader knows the other end
};

/// The formulas by which a direction judges the other end: of the datapath, of gaps, of the peers of rules.
std::vector<logic::Expr> formulas_about_peers(const policy::DirectionReading& side);

/// Whether the verdict of an end is `verdict` whichever address of the flow's family and of `among` the other end has.
bool decided_at_every_address(const logic::Pool& pool, const policy::Reading& reading, policy::Direction direction, const world::Flow& flow, const oracle::Cluster& cluster, oracle::EndVerdict verdict,
                              const base::AddressSet& among);

/// The policies of a snapshot as every node reads them: by one profile, or by the pools of a mixed cluster. Decides one end of one flow with
/// the oracle; the header may be another than the ends' own.
class NodeReaders {
 public:
  /// The arguments must outlive it.
  NodeReaders(const resource::Snapshot& snapshot, const semantics::Profile& profile);
  NodeReaders(const resource::Snapshot& snapshot, const matrix::Cluster& cluster);
  ~NodeReaders();

  /// Ends that read alike have the same reader; "" is a node of no pool.
  std::string reader_of(const std::string& node) const;
  const semantics::Profile* profile_of(const std::string& node) const;
  std::map<std::string, std::string> flags_of(const std::string& node) const;

  /// The end of the snapshot with this name, or nullptr.
  const world::Endpoint* find(const std::string& name) const;

  /// `subject` is a name of find(). `peer`: the other end as its address is seen; `as_stranger`: the path hides who is behind it.
  /// `family`: of the connection, for a peer without addresses; absent: that of the subject, IPv4 where it has both. `among`: which address such a
  /// peer has is not known but for these; null: it is the outside as a whole at ingress, and any address at egress.
  EndJudgement decide(policy::Direction direction, const std::string& subject, const world::Endpoint& peer, bool as_stranger, base::Protocol protocol, base::Port port,
                      std::optional<base::Family> family = std::nullopt, const base::AddressSet* among = nullptr) const;
  /// The same with the other end known, whatever the reader knows.
  EndJudgement decide_known(policy::Direction direction, const std::string& subject, const world::Endpoint& peer, base::Protocol protocol, base::Port port) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::verify
