#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "path/trace.h"
#include "placement/placement.h"
#include "verify/node_readers.h"

/// One flow between two ends as a user names them, on every placement and path: hop by hop, with the layer that decides.
namespace npverify::verify {

/// The layers that a connection passes, in the order in which they are asked.
enum class Layer : uint8_t {
  none,         ///< nothing stops it
  manifest,     ///< an object that was named is not in the manifests
  placement,    ///< its pods can land nowhere
  endpoint,     ///< the Service has no endpoint for it
  path,         ///< the way ends, or rewrites the header so that policy no longer sees who it is
  source_policy,
  identity,     ///< the reader at the other node does not know whose address it sees
  destination_policy,
};
const char* to_string(Layer layer);

struct FlowQuestion {
  std::string source, destination;  ///< "ns/name", "ns/Kind/name", "svc:ns/name", "node:NAME", "ip:ADDRESS"
  std::string default_namespace = "default";
  base::Protocol protocol = base::Protocol::tcp;
  std::optional<base::Port> port;   ///< of a Service: its port; else the endpoint's
  std::string port_name;            ///< in place of `port`: of the Service's port
  std::vector<path::Kind> paths;    ///< empty: all that there are
  std::map<std::string, std::string> settings;  ///< of paths, from the user
  std::vector<std::string> source_nodes, destination_nodes;  ///< where not empty, the only nodes that count
};

struct HopVerdict {
  path::Hop hop;
  std::string source, destination;  ///< the header in words: "pay/payment (10.0.1.5)", "node a1 (10.10.0.11)"
  EndJudgement judgement;           ///< unpoliced for relays
};

/// One connection on one placement under one answer to what is open.
struct JourneyVerdict {
  oracle::EndVerdict verdict = oracle::EndVerdict::allow;  ///< allow, deny or unknown
  Layer layer = Layer::none;
  std::string reason;
  std::vector<HopVerdict> hops;
  path::Journey journey;
  std::vector<std::string> to_supply;
  std::string addresses;  ///< "10.0.1.4 to 10.0.2.4", where the verdict depends on which addresses the pods have
};

/// A placement and path; like ones are one row.
struct FlowRow {
  path::Kind kind = path::Kind::pod_ip;
  std::string service;                       ///< "acct/account", where a Service is asked
  std::string client, client_node, endpoint, endpoint_node, relay;  ///< of the example that is shown
  std::string relation;                      ///< "same node", "other node", ...
  base::Port entry_port = 0;
  oracle::EndVerdict verdict = oracle::EndVerdict::allow;  ///< unknown where journeys or addresses disagree
  Layer layer = Layer::none;
  std::string reason;
  std::vector<std::string> to_supply;        ///< of unknown
  std::vector<JourneyVerdict> journeys;      ///< one; several where the verdict depends on what is open
  size_t combinations = 0;                   ///< of client node, endpoint and relay
};

struct Share {
  size_t failing = 0, unknown = 0, all = 0;
  size_t by_address = 0;                                  ///< of `unknown`: it depends on which addresses the pods have
  size_t failing_by_address = 0, working_by_address = 0;  ///< of `unknown`: it fails, or works, at some of these addresses
};

/// Two nodes between which the flow works one way and not the other.
struct Asymmetry {
  path::Kind kind = path::Kind::pod_ip;
  std::string works_from, works_to;  ///< nodes of the client and the endpoint; the same with the nodes exchanged fails
  size_t pairs = 0;                  ///< of nodes that behave so
};

struct FlowExplanation {
  oracle::EndVerdict verdict = oracle::EndVerdict::allow;  ///< deny if any row denies, else unknown if any is
  Layer layer = Layer::none;           ///< the first layer of all rows that fail
  std::string reason;                  ///< where there are no rows, or for the first that fails
  std::vector<FlowRow> rows;           ///< in the order of paths; failing ones are not put first
  std::map<std::string, Share> by_path;   ///< by path
  Share total;
  std::map<std::string, size_t> by_cause;  ///< combinations that fail, by layer and reason
  std::vector<Asymmetry> asymmetries;
  std::vector<path::ServiceProblem> problems, notes;  ///< of endpoints
  std::vector<std::string> assumptions, not_modelled;
  std::vector<std::pair<std::string, std::string>> settings;  ///< used, "proxy=iptables" and where from
};

/// Throws InputError for a question that is not well formed; objects that are not in the snapshot are an answer, not an error.
/// `cluster`: the pools of a mixed cluster; else every node reads as `profile`.
FlowExplanation explain_flow(const resource::Snapshot& snapshot, const semantics::PathFacts& facts, const semantics::Profile* profile, const matrix::Cluster* cluster, const FlowQuestion& question);

}  // namespace npverify::verify
