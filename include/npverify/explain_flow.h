#pragma once

#include <map>
#include <string>
#include <vector>

#include "npverify/answer.h"
#include "npverify/pools.h"
#include "npverify/profile.h"
#include "npverify/snapshot.h"

namespace npverify {

struct ExplainOptions {
  std::string default_namespace = "default";   ///< of ends that are named without one
  std::vector<std::string> paths;              ///< podIP, clusterIP, nodePort, loadBalancer, hostPort; empty: all that there are
  std::map<std::string, std::string> settings; ///< of paths: "proxy" -> "iptables"; encodings/paths.yaml has them
  std::vector<std::string> source_nodes, destination_nodes;  ///< where not empty, the only nodes that count
  bool ratio = false;                          ///< the shares that fail, without the hop tables
};

/// What becomes of a connection on every placement and path: hop by hop, and the first layer that stops it. Ends are "namespace/name",
/// "namespace/Kind/name", "node:NAME", "ip:ADDRESS", and as destination "svc:namespace/name". `port` is "443", "UDP/53", or a port's name of a
/// Service. Exit code 0: works everywhere; 1: fails somewhere; 3: unknown somewhere. Throws Error (input) for a question that is not well formed.
Answer explain_flow(const Snapshot& snapshot, const Encodings& encodings, const Profile& profile, const std::string& source, const std::string& destination, const std::string& port,
                    const ExplainOptions& options = {});
/// The same where each node reads as its pool does.
Answer explain_flow(const Snapshot& snapshot, const Encodings& encodings, const NodePools& pools, const std::string& source, const std::string& destination, const std::string& port,
                    const ExplainOptions& options = {});

}  // namespace npverify
