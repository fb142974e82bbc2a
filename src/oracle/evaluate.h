#pragma once

#include <functional>
#include <string>

#include "policy/reading.h"
#include "world/endpoint.h"

/// One concrete flow, decided slowly and plainly. It exists to be right: no solver, no index, no shortcut.
namespace npverify::oracle {

enum class EndVerdict : uint8_t { allow, deny, unpoliced, unknown };
const char* to_string(EndVerdict verdict);

/// The verdict at one end, and what decided it.
struct EndDecision {
  EndVerdict verdict = EndVerdict::unpoliced;
  enum class By : uint8_t { not_policed, datapath, not_isolated, rule, default_deny, gap, itself } by = By::not_policed;
  std::string reason;               ///< "shop/web ingress[0].ports[1]", "default deny of shop/web", "not isolated", or why it is unknown
  std::string axis;                 ///< of By::datapath and By::gap
  int policy = -1, rule = -1;       ///< into DirectionReading::policies and Policy::rules, for By::rule; policy alone for default_deny (the first isolating one)
  int peer_term = -1, port_term = -1;
};

struct FlowVerdict {
  EndDecision egress, ingress;
  /// deny if one end denies; else unknown if one end is unknown; else allow.
  EndVerdict verdict() const;
};

/// What the flow meets beside its two ends.
struct Cluster {
  /// Do all pods that give `name` (last declaration) under `protocol` agree on one number, and which? 0: nobody or no agreement.
  std::function<base::Port(const std::string& name, base::Protocol protocol)> named_port;
  bool source_knows_peer = true, destination_knows_peer = true;
};

/// The flow's verdict where the source's node reads `source_reading` and the destination's node `destination_reading`.
FlowVerdict evaluate(const logic::Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading, const world::Flow& flow,
                     const Cluster& cluster);

/// One end of it.
EndDecision evaluate_end(const logic::Pool& pool, const policy::Reading& reading, policy::Direction direction, const world::Flow& flow, const Cluster& cluster);

/// The truth of one atom for a concrete flow. The meaning of the vocabulary. An end outside without an address is the outside as a whole.
bool holds(const logic::Pool& pool, const logic::Atom& atom, const world::Flow& flow, const Cluster& cluster);

/// The number that the cluster's pods agree on for a port name: see logic::AtomKind::port_named_in_cluster.
std::function<base::Port(const std::string&, base::Protocol)> cluster_port_names(const std::vector<const world::Endpoint*>& pods);

}  // namespace npverify::oracle
