#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "path/service.h"
#include "path/settings.h"

/// The way of one new connection, hop by hop: which hook on which node, and which header is seen there.
namespace npverify::path {

enum class Kind : uint8_t {
  pod_ip,         ///< the endpoint's own address (headless Services too)
  cluster_ip,
  node_port,
  load_balancer,  ///< the Service's address at a load balancer, or an externalIP
  host_port,
};
const char* to_string(Kind kind);  ///< podIP, clusterIP, nodePort, loadBalancer, hostPort
std::optional<Kind> parse_kind(const std::string& text);

/// In which families a Service is asked for on this path: a load balancer has those of its own addresses, where they are told.
/// REQUIRES: as families_of of a Service.
ServiceFamilies families_of(Kind kind, const resource::Service& service, const std::vector<base::Family>& cluster);

struct Client {
  enum class What : uint8_t { pod, node, external } what = What::pod;  ///< pods on the host network are nodes
  std::string id;
  std::string node;  ///< empty for external ones
};

struct Request {
  Kind kind = Kind::pod_ip;
  Client client;
  std::string endpoint, endpoint_node;            ///< of the endpoint that serves the connection
  base::Port port = 0;                            ///< of the endpoint
  std::optional<base::Address> client_address, endpoint_address;
  const resource::Service* service = nullptr;     ///< but for pod_ip and host_port
  base::Port entry_port = 0;                      ///< the Service's port, nodePort or hostPort that the client asks for
  std::string relay;                              ///< the node that the client asks (node_port, load_balancer)
  std::optional<base::Address> asked_address;     ///< of the node that a client asks (node_port, host_port)
};

/// The header at a hook.
struct Header {
  enum class Source : uint8_t { client, node, tunnel } source = Source::client;
  std::string source_node;        ///< whose address it is, for node and tunnel
  bool source_identified = true;  ///< false: the reader takes the address for one outside the cluster
  bool source_is_world = false;   ///< not identified, and its address is not looked at: no range holds it but that of everything
  enum class Destination : uint8_t { endpoint, service, node } destination = Destination::endpoint;
  std::string destination_node;   ///< for node
  base::Port port = 0;
  bool operator==(const Header&) const = default;
};

enum class Hook : uint8_t { source_egress, relay, destination_ingress };
const char* to_string(Hook hook);

struct Hop {
  std::string node;
  Hook hook = Hook::source_egress;
  Header header;                     ///< as it is when the hook sees it; for a relay, as it leaves
  std::vector<std::string> sentences; ///< what happens there beside policy
};

/// A fact that was used, and on what ground.
struct UsedFact {
  std::string fact, node, answer, sentence;
  std::string ground;  ///< the first evidence, or "" where it was only assumed for this journey
};

/// A setting or fact that nothing tells: this journey is what happens under one answer to it.
struct OpenQuestion {
  std::string id, node, question, answer;
  std::vector<std::string> answers;
  bool setting = false;  ///< --path-setting can tell it
  bool operator==(const OpenQuestion&) const = default;
};

struct Journey {
  std::vector<Hop> hops;
  std::string dropped;  ///< not empty: why the connection never reaches the endpoint, whatever policy says
  std::string undefined;  ///< not empty: why nothing can be said
  std::vector<UsedFact> facts;
  std::vector<OpenQuestion> open;
  std::vector<std::pair<std::string, SettingValue>> settings;  ///< that were used, with where each comes from
};

using SettingsOf = std::function<const NodeSettings&(const std::string& node)>;

/// Every journey that the connection can take: one where all facts are known, else one for each combination of answers to what is open.
/// REQUIRES: under a Local traffic policy the endpoint's node is the one that the policy allows, or none has an endpoint.
std::vector<Journey> trace(const semantics::PathFacts& facts, const Request& request, const SettingsOf& settings_of);

}  // namespace npverify::path
