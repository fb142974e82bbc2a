#include "report/json_parts.h"

#include "report/witness_text.h"

namespace npverify::report {

std::string source_text(const semantics::OptionValue& value) {
  switch (value.source) {
    case semantics::OptionSource::documented_default: return "documented default";
    case semantics::OptionSource::command_line: return "command line";
    case semantics::OptionSource::cluster_object: return value.origin;
  }
  return "";
}

Json to_json(const verify::SideInfo& side) {
  Json options = Json::object(), sources = Json::object(), refused = Json::array();
  for (const auto& [name, value] : side.profile.options) {
    options[name] = value.value;
    sources[name] = source_text(value);
  }
  for (const auto& one : side.refused)
    refused.push_back({{"namespace", one.namespace_name}, {"name", one.name}, {"axis", one.axis}, {"sentence", one.sentence}, {"place", one.origin.span.to_string()}});
  return {{"profile", side.profile.name()}, {"options", options}, {"optionSources", sources}, {"refused", refused}};
}

Json to_json(const verify::PolicyPlace& place) {
  Json json{{"kind", place.kind}, {"namespace", place.namespace_name}, {"name", place.name}, {"file", place.file}, {"line", place.line}, {"field", place.field}};
  if (!place.role.empty()) json["role"] = place.role;
  return json;
}

Json to_json(const oracle::FlowVerdict& verdict) {
  return {{"egress", oracle::to_string(verdict.egress.verdict)},
          {"ingress", oracle::to_string(verdict.ingress.verdict)},
          {"verdict", oracle::to_string(verdict.verdict())},
          {"egressReason", verdict.egress.reason},
          {"ingressReason", verdict.ingress.reason}};
}

Json to_json(const world::Endpoint& end, base::Family family) {
  Json json{{"end", end.name}, {"kind", logic::to_string(end.kind)}};
  const bool pod = !end.namespace_name.empty();
  if (pod) {
    json["pod"] = end.name;
    json["labels"] = Json(end.labels);
    json["namespaceLabels"] = Json(end.namespace_labels);
  }
  if (const base::Address* address = end.address(family)) json["ip"] = address->to_string();
  if (!end.node.empty()) json["node"] = end.node;
  if (pod) json["serviceAccount"] = end.service_account.empty() ? "default" : end.service_account;
  if (end.ports.empty()) return json;
  Json& ports = json["ports"] = Json::array();
  for (const auto& port : end.ports)
    ports.push_back({{"name", port.name}, {"containerPort", port.number}, {"protocol", base::to_string(port.protocol)}, {"container", container_word(port.container)}});
  return json;
}

namespace {

void add_way(Json& json, const verify::WitnessPath& way) {
  if (!way.service.empty()) json["service"] = way.service;
  if (way.entry_port != 0) json["entryPort"] = way.entry_port;
  Json& hops = json["hops"] = Json::array();
  for (const auto& hop : way.hops) {
    Json one{{"hook", hop.hook}, {"node", hop.node}, {"source", hop.source}, {"destination", hop.destination}, {"reason", hop.reason}};
    if (!hop.verdict.empty()) one["verdict"] = hop.verdict;
    if (!hop.reader.empty()) one["profile"] = hop.reader;
    hops.push_back(std::move(one));
  }
}

}  // namespace

Json to_json(const verify::Witness& witness) {
  Json json{{"source", to_json(witness.source, witness.family)},
            {"destination", to_json(witness.destination, witness.family)},
            {"protocol", base::to_string(witness.protocol)},
            {"port", witness.port},
            {"ports", witness.ports.to_string()},
            {"family", base::to_string(witness.family)},
            {"sameNode", witness.same_node}};
  for (const auto& [end, reader] : {std::pair{"source", &witness.source_reader}, std::pair{"destination", &witness.destination_reader}}) {
    if (!reader->pool.empty()) json[end]["pool"] = reader->pool;
    if (!reader->profile.empty()) json[end]["profile"] = reader->profile;
  }
  if (!witness.path.empty()) json["path"] = witness.path;
  if (!witness.relay.empty()) json["relay"] = witness.relay;
  if (!witness.ways.empty()) add_way(json, witness.ways[0]);
  if (witness.ways.size() > 1) {
    Json& other = json["otherWay"] = {{"path", witness.ways[1].path}};
    if (!witness.ways[1].relay.empty()) other["relay"] = witness.ways[1].relay;
    add_way(other, witness.ways[1]);
  }
  if (witness.bystanders.empty()) return json;
  Json& others = json["bystanders"] = Json::array();
  for (const auto& one : witness.bystanders) others.push_back(to_json(one, witness.family));
  return json;
}

void add_limits(Json& json, const verify::Limits& limits) {
  json["gaps"] = limits.gaps;
  json["approximations"] = limits.approximations;
  json["notModelled"] = limits.not_modelled;
  json["datapath"] = limits.datapath;
  json["partial"] = limits.partial;
}

}  // namespace npverify::report
