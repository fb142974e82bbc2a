#include "report/witness_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "report/object_json.h"
#include "report/yaml_text.h"

namespace npverify::report {
namespace {

/// The ends of a witness with what they lack to stand as objects: a node for each pod, an address for each node.
struct Cast {
  std::vector<world::Endpoint> ends;  ///< source, destination, bystanders
  std::map<std::string, resource::Node> nodes;
};

bool is_pod(const world::Endpoint& end) { return !end.namespace_name.empty(); }
bool has_node(const world::Endpoint& end) { return is_pod(end) || end.kind == logic::EndpointKind::host; }

/// An address for a node that nobody described: in TEST-NET-1, or in the documentation prefix, where no policy of ours points.
base::Address spare_address(base::Family family, size_t index) {
  const auto first = base::Address::parse(family == base::Family::ipv4 ? "192.0.2.10" : "2001:db8:ffff::10");
  return {family, first->bits + index};
}

bool holds_family(const std::vector<base::Address>& addresses, base::Family family) {
  for (const auto& address : addresses)
    if (address.family == family) return true;
  return false;
}

void add_node(Cast& cast, const world::Endpoint& end, const resource::Snapshot& snapshot) {
  resource::Node node;
  if (const resource::Node* known = snapshot.find_node(end.node)) node = *known;
  resource::Node& kept = cast.nodes.try_emplace(end.node, node).first->second;
  kept.meta.name = end.node;
  if (end.kind != logic::EndpointKind::host) return;
  // The host's own address is the node's.
  for (const auto& address : end.addresses)
    if (std::find(kept.internal_ips.begin(), kept.internal_ips.end(), address) == kept.internal_ips.end()) kept.internal_ips.insert(kept.internal_ips.begin(), address);
}

Cast make_cast(const verify::Witness& witness, const resource::Snapshot& snapshot) {
  Cast cast;
  cast.ends = {witness.source, witness.destination};
  cast.ends.insert(cast.ends.end(), witness.bystanders.begin(), witness.bystanders.end());
  const auto add = [&](const std::string& name) {
    if (const resource::Node* node = snapshot.find_node(name)) cast.nodes.try_emplace(name, *node);
  };
  for (const auto& way : witness.ways) {
    for (const auto& hop : way.hops) add(hop.node);
    add(way.relay);  // where the way ends, no hook is there
  }
  const char* spare[] = {"node-a", witness.same_node ? "node-a" : "node-b"};
  for (size_t i = 0; i < cast.ends.size(); ++i) {
    world::Endpoint& end = cast.ends[i];
    if (!has_node(end)) continue;
    if (end.node.empty()) end.node = spare[i < 2 ? i : 1];
    add_node(cast, end, snapshot);
  }
  size_t index = 0;
  for (auto& [name, node] : cast.nodes) {
    for (const auto& end : cast.ends)
      for (const auto& address : end.addresses)
        if (end.node == name && !holds_family(node.internal_ips, address.family)) node.internal_ips.push_back(spare_address(address.family, index++));
  }
  return cast;
}

Json container_ports(const world::Endpoint& end, resource::ContainerKind kind) {
  Json ports = Json::array();
  for (const auto& port : end.ports) {
    if (port.container != kind) continue;
    Json json{{"containerPort", port.number}, {"protocol", base::to_string(port.protocol)}};
    if (!port.name.empty()) json["name"] = port.name;
    if (port.host_port != 0) json["hostPort"] = port.host_port;
    if (port.host_port != 0 && !port.host_ip.empty()) json["hostIP"] = port.host_ip;
    ports.push_back(json);
  }
  return ports;
}

Json container(const char* name, const Json& ports) {
  Json json{{"name", name}, {"image", "registry.k8s.io/pause:3.9"}};
  if (!ports.empty()) json["ports"] = ports;
  return json;
}

Json pod_spec(const world::Endpoint& end) {
  Json spec{{"nodeName", end.node}, {"serviceAccountName", end.service_account.empty() ? "default" : end.service_account}};
  if (end.kind == logic::EndpointKind::host) spec["hostNetwork"] = true;
  Json inits = Json::array();
  if (Json ports = container_ports(end, resource::ContainerKind::init); !ports.empty()) inits.push_back(container("init", ports));
  if (Json ports = container_ports(end, resource::ContainerKind::sidecar); !ports.empty()) {
    inits.push_back(container("sidecar", ports));
    inits.back()["restartPolicy"] = "Always";
  }
  if (!inits.empty()) spec["initContainers"] = inits;
  spec["containers"] = Json::array({container("main", container_ports(end, resource::ContainerKind::regular))});
  return spec;
}

Json pod_object(const world::Endpoint& end, const Cast& cast) {
  const size_t slash = end.name.find('/');
  Json metadata{{"name", slash == std::string::npos ? end.name : end.name.substr(slash + 1)}, {"namespace", end.namespace_name}};
  if (!end.labels.empty()) metadata["labels"] = Json(end.labels);
  Json status{{"phase", "Running"}};
  const auto& internal = cast.nodes.at(end.node).internal_ips;
  if (!internal.empty()) status["hostIP"] = internal.front().to_string();
  if (!end.addresses.empty()) status["podIP"] = end.addresses.front().to_string();
  for (const auto& address : end.addresses) status["podIPs"].push_back({{"ip", address.to_string()}});
  return {{"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", metadata}, {"spec", pod_spec(end)}, {"status", status}};
}

bool uses(const Cast& cast, const resource::ServiceAccount& account) {
  return std::any_of(cast.ends.begin(), cast.ends.end(), [&](const world::Endpoint& end) {
    return is_pod(end) && end.namespace_name == account.meta.namespace_name && (end.service_account.empty() ? "default" : end.service_account) == account.meta.name;
  });
}

std::string flow_end(const world::Endpoint& end, base::Family family) {
  if (is_pod(end)) return end.name;
  if (end.kind == logic::EndpointKind::host) return "node:" + end.node;
  const base::Address* address = end.address(family);
  return address ? "ip:" + address->to_string() : end.name;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw base::InputError("error: cannot write '" + path.string() + "'");
}

}  // namespace

std::vector<Json> witness_world(const verify::Witness& witness, const resource::Snapshot& snapshot) {
  const Cast cast = make_cast(witness, snapshot);
  std::vector<Json> documents;
  std::set<std::string> namespaces;
  for (const auto& end : cast.ends)
    if (is_pod(end) && namespaces.insert(end.namespace_name).second) documents.push_back(namespace_object(end.namespace_name, end.namespace_labels));
  for (const auto& [name, node] : cast.nodes) documents.push_back(object_of(node));
  for (const auto& end : cast.ends)
    if (is_pod(end)) documents.push_back(pod_object(end, cast));
  for (const auto& account : snapshot.service_accounts)
    if (uses(cast, account)) documents.push_back(object_of(account));
  for (const auto& policy : snapshot.network_policies)
    if (namespaces.contains(policy.meta.namespace_name)) documents.push_back(object_of(policy));
  return documents;
}

std::string witness_flow(const verify::Witness& witness) {
  std::string out = "source,destination,protocol,port\n";
  if (!witness.ways.empty()) {  // what each hook on the way sees
    for (const auto& way : witness.ways)
      for (const auto& hop : way.hops)
        if (hop.hook != "relay" && !hop.source_end.empty() && !hop.destination_end.empty())
          out += hop.source_end + "," + hop.destination_end + "," + base::to_string(witness.protocol) + "," + std::to_string(hop.port) + "\n";
    return out;
  }
  out += flow_end(witness.source, witness.family) + "," + flow_end(witness.destination, witness.family) + "," + base::to_string(witness.protocol) + ",";
  return out + std::to_string(witness.port) + "\n";
}

void write_witnesses(const std::string& folder, const std::vector<const verify::Witness*>& witnesses, const resource::Snapshot& snapshot, const resource::Snapshot* old_snapshot) {
  for (size_t i = 0; i < witnesses.size(); ++i) {
    const std::filesystem::path place = std::filesystem::path(folder) / std::to_string(i + 1);
    std::error_code failed;
    std::filesystem::create_directories(place, failed);
    if (failed) throw base::InputError("error: cannot make the folder '" + place.string() + "': " + failed.message());
    write_file(place / "world.yaml", to_yaml_stream(witness_world(*witnesses[i], snapshot)));
    if (old_snapshot) write_file(place / "world-old.yaml", to_yaml_stream(witness_world(*witnesses[i], *old_snapshot)));
    write_file(place / "flow.csv", witness_flow(*witnesses[i]));
  }
}

}  // namespace npverify::report
