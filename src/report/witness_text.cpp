#include "report/witness_text.h"

#include <algorithm>

namespace npverify::report {
namespace {

bool is_pod(const world::Endpoint& end) { return !end.namespace_name.empty(); }

/// Who an end is; `said` where the row's head already says that both are pods.
std::string who_text(const world::Endpoint& end, bool said) {
  if (!is_pod(end)) return end.kind == logic::EndpointKind::host ? "node " + end.node : "outside the cluster";
  return (said ? "" : "pod ") + end.name + (end.kind == logic::EndpointKind::host ? " (host network)" : "");
}

std::string namespace_text(const world::Endpoint& end) {
  // Every namespace carries its own name as a label: said once is enough.
  resource::Labels labels = end.namespace_labels;
  const auto own = labels.find("kubernetes.io/metadata.name");
  if (own != labels.end() && own->second == end.namespace_name) labels.erase(own);
  return is_pod(end) ? labels_text(labels) : "";
}

std::string address_text(const world::Endpoint& end, base::Family family) {
  const base::Address* address = end.address(family);
  return address ? address->to_string() : "";
}

std::string ports_text(const world::Endpoint& end) {
  std::string text;
  for (const auto& port : end.ports) {
    if (port.name.empty()) continue;
    text += (text.empty() ? "" : ", ") + port.name + "=" + std::to_string(port.number) + "/" + base::to_string(port.protocol);
    if (port.container != resource::ContainerKind::regular) text += std::string(" (") + container_word(port.container) + ")";
  }
  return text;
}

std::string end_text(const Style& style, const oracle::EndDecision& end) {
  using oracle::EndVerdict;
  const Ink ink = end.verdict == EndVerdict::deny ? Ink::red : end.verdict == EndVerdict::unknown ? Ink::yellow : Ink::green;
  if (end.verdict == EndVerdict::unpoliced) return "not policed";
  const std::string word = paint(style, ink, oracle::to_string(end.verdict));
  return end.reason.empty() ? word : word + ": " + end.reason;
}

std::string whole_text(const Style& style, const oracle::FlowVerdict& verdict) {
  using oracle::EndVerdict;
  switch (verdict.verdict()) {
    case EndVerdict::deny: return paint(style, Ink::red, "DENY");
    case EndVerdict::unknown: return paint(style, Ink::yellow, "UNKNOWN");
    case EndVerdict::allow:
    case EndVerdict::unpoliced: return paint(style, Ink::green, "ALLOW");
  }
  return "";
}

void optional_row(Table& table, const char* name, std::string source, std::string destination) {
  if (!source.empty() || !destination.empty()) table.row({name, std::move(source), std::move(destination)});
}

std::string end_name(const world::Endpoint& end) { return end.name.empty() ? logic::to_string(end.kind) : end.name; }

}  // namespace

std::string labels_text(const resource::Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text.empty() ? "none" : text;
}

const char* container_word(resource::ContainerKind kind) {
  switch (kind) {
    case resource::ContainerKind::regular: return "container";
    case resource::ContainerKind::sidecar: return "sidecar";
    case resource::ContainerKind::init: return "init";
  }
  return "";
}

std::string port_text(const verify::Witness& witness) {
  std::string text = base::to_string(witness.protocol);
  if (witness.protocol == base::Protocol::icmp) return text;
  text += " " + std::to_string(witness.port);
  const base::PortSet all = base::PortSet::range(1, 65535);
  const base::PortSet others = witness.ports.intersected(base::PortSet::range(witness.port, witness.port).complement());
  if (others.empty()) return text;
  if (witness.ports.intersected(all) == all) return text + " (the same on every port)";
  return text + " (the same on " + others.to_string() + ")";
}

std::string flow_line(const verify::Witness& witness) {
  return end_name(witness.source) + " -> " + end_name(witness.destination) + " " + port_text(witness);
}

Table flow_table(const verify::Witness& witness) {
  const auto& [source, destination] = std::pair<const world::Endpoint&, const world::Endpoint&>(witness.source, witness.destination);
  Table table({"", "source", "destination"});
  const bool pods = is_pod(source) && is_pod(destination);
  table.row({pods ? "pod" : "end", who_text(source, pods), who_text(destination, pods)});
  optional_row(table, "labels", is_pod(source) ? labels_text(source.labels) : "", is_pod(destination) ? labels_text(destination.labels) : "");
  optional_row(table, "namespace labels", namespace_text(source), namespace_text(destination));
  optional_row(table, "named ports", ports_text(source), ports_text(destination));
  optional_row(table, "node", source.node, destination.node);
  optional_row(table, "pool", witness.source_reader.pool, witness.destination_reader.pool);
  optional_row(table, "read by", witness.source_reader.profile, witness.destination_reader.profile);
  optional_row(table, "address", address_text(source, witness.family), address_text(destination, witness.family));
  table.row({"port", "", port_text(witness)});
  for (const auto& way : witness.ways) table.row({"path", way_name(way), way.relay.empty() ? "" : "through node " + way.relay});
  return table;
}

std::string way_name(const verify::WitnessPath& way) {
  std::string text = way.path;
  if (!way.service.empty()) text += " " + way.service;
  return text + (way.entry_port == 0 ? "" : ":" + std::to_string(way.entry_port));
}

Table way_table(const Style& style, const verify::WitnessPath& way) {
  Table table({"hook", "on node", "source seen", "destination seen", "verdict", "why"});
  for (const auto& hop : way.hops) {
    const Ink ink = hop.verdict == "deny" ? Ink::red : hop.verdict == "unknown" ? Ink::yellow : Ink::green;
    const std::string verdict = hop.verdict.empty() ? "-" : hop.verdict == "unpoliced" ? "no policy" : hop.verdict == "not asked" ? hop.verdict : paint(style, ink, hop.verdict);
    const bool judged = !hop.reader.empty() && hop.verdict != "unpoliced";
    table.row({hop.hook, hop.node.empty() ? "-" : hop.node, hop.source, hop.destination, verdict, (judged ? hop.reader + ": " : "") + (hop.verdict == "unpoliced" ? "" : hop.reason)});
  }
  return table;
}

Table verdict_table(const Style& style, const verify::Witness& witness, const std::string& left, const std::string& right) {
  Table table({"", left, right});
  table.row({"egress of source", end_text(style, witness.left.egress), end_text(style, witness.right.egress)});
  table.row({"ingress of destination", end_text(style, witness.left.ingress), end_text(style, witness.right.ingress)});
  table.row({"verdict", whole_text(style, witness.left), whole_text(style, witness.right)});
  return table;
}

Table verdict_table(const Style& style, const verify::Witness& witness, const std::string& profile) {
  Table table({"", profile});
  table.row({"egress of source", end_text(style, witness.left.egress)});
  table.row({"ingress of destination", end_text(style, witness.left.ingress)});
  table.row({"verdict", whole_text(style, witness.left)});
  return table;
}

}  // namespace npverify::report
