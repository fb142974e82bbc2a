// Repairs of what ports mean. Numbers, one an entry, mean the same everywhere.
#include <set>

#include "explain/axes.h"
#include "explain/edit.h"

namespace npverify::explain {
namespace {

constexpr int most_entries = 8;  // a longer range is not worth spelling out

std::string entry(const resource::NetworkPolicyPort& port, base::Port number) { return std::string("- {protocol: ") + base::to_string(port.protocol) + ", port: " + std::to_string(number) + "}"; }

/// Numbers that pods and workloads of the snapshot give to the port's name under its protocol.
std::set<base::Port> numbers_of(const resource::NetworkPolicyPort& port, const resource::Snapshot& snapshot) {
  std::set<base::Port> numbers;
  const auto collect = [&](const resource::PodSpec& pod) {
    for (const auto& one : pod.ports)
      if (one.name == std::get<std::string>(port.port) && one.protocol == port.protocol) numbers.insert(one.number);
  };
  for (const auto& pod : snapshot.pods) collect(pod.spec);
  for (const auto& workload : snapshot.workloads) collect(workload.pod);
  return numbers;
}

}  // namespace

bool is_range(const Part& part) { return part.port && part.port->end_port; }
bool is_named_port(const Part& part) { return part.port && std::holds_alternative<std::string>(part.port->port); }
bool is_portless(const Part& part) { return part.port && std::holds_alternative<std::monostate>(part.port->port); }
bool is_sctp(const Part& part) { return part.port && part.port->protocol == base::Protocol::sctp; }

std::string range_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_range);
  if (!found) return "List the ports one by one in place of port and endPort.";
  const resource::NetworkPolicyPort& port = *found->port;
  const base::Port first = std::get<base::Port>(port.port), last = *port.end_port;
  const std::string range = std::to_string(first) + "-" + std::to_string(last);
  if (last - first >= most_entries) return "List the ports one by one in place of the range " + range + ", or allow every port of the protocol, or move to a release that reads endPort.";
  std::vector<std::string> comes;
  for (int number = first; number <= last; ++number) comes.push_back(entry(port, static_cast<base::Port>(number)));
  return edit("List the ports one by one in place of the range " + range + ":", lines_of(port.origin), comes);
}

std::string named_port_detail(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_named_port);
  if (!found) return "";
  std::string declared;
  for (const auto& port : finding.witness.destination.ports) declared += (declared.empty() ? "" : ", ") + port.name + "=" + std::to_string(port.number) + "/" + base::to_string(port.protocol);
  return "The port '" + std::get<std::string>(found->port->port) + "' is a name; the destination declares " + (declared.empty() ? "no ports" : declared) + ".";
}

std::string named_port_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_named_port);
  if (!found) return "Write the port's number in place of its name.";
  const resource::NetworkPolicyPort& port = *found->port;
  std::vector<std::string> comes;
  for (const base::Port number : numbers_of(port, material.right)) comes.push_back(entry(port, number));
  if (comes.size() > most_entries) comes.clear();
  return edit("Write the number in place of the name '" + std::get<std::string>(port.port) + "'" + (comes.empty() ? "." : ":"), lines_of(port.origin), comes);
}

std::string port_absent_repair(const verify::Finding& finding, const Material& material) {
  const auto found = find_part(finding, material, is_portless);
  if (!found) return "Name the ports, as the range 1-65535 if all are meant.";
  const std::string protocol = base::to_string(found->port->protocol);
  return edit("Name the ports, as a range if all are meant:", lines_of(found->port->origin), {"- {protocol: " + protocol + ", port: 1, endPort: 65535}"});
}

}  // namespace npverify::explain
