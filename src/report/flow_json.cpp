#include <numeric>

#include "report/flow.h"

namespace npverify::report {
namespace {

using oracle::EndVerdict;

/// Null where the number is not in the input.
Json port_json(base::Port port) { return port == 0 ? Json() : Json(port); }

Json source_json(const path::Header& header) {
  const char* what = header.source == path::Header::Source::client ? "client" : header.source == path::Header::Source::node ? "node" : "tunnel";
  Json json{{"class", what}, {"identified", header.source_identified}, {"world", header.source_is_world}};
  if (!header.source_node.empty()) json["node"] = header.source_node;
  return json;
}

Json destination_json(const path::Header& header) {
  const char* what = header.destination == path::Header::Destination::endpoint ? "endpoint" : header.destination == path::Header::Destination::service ? "service" : "node";
  Json json{{"class", what}, {"port", port_json(header.port)}};
  if (!header.destination_node.empty()) json["node"] = header.destination_node;
  return json;
}

Json hop_json(const verify::HopVerdict& hop) {
  Json source = source_json(hop.hop.header), destination = destination_json(hop.hop.header);
  source["end"] = hop.source;
  destination["end"] = hop.destination;
  Json json{{"node", hop.hop.node}, {"hook", path::to_string(hop.hop.hook)}, {"source", source}, {"destination", destination}, {"verdict", oracle::to_string(hop.judgement.verdict)},
            {"reader", hop.judgement.reader}, {"reason", hop.judgement.reason}, {"axis", hop.judgement.axis}, {"stranger", hop.judgement.stranger}};
  if (!hop.hop.sentences.empty()) json["notes"] = hop.hop.sentences;
  return json;
}

Json journey_json(const verify::JourneyVerdict& journey) {
  Json hops = Json::array(), facts = Json::array(), open = Json::array();
  for (const auto& hop : journey.hops) hops.push_back(hop_json(hop));
  for (const auto& fact : journey.journey.facts) facts.push_back({{"fact", fact.fact}, {"node", fact.node}, {"answer", fact.answer}, {"meaning", fact.sentence}, {"ground", fact.ground}});
  for (const auto& one : journey.journey.open) open.push_back({{"question", one.id}, {"assumed", one.answer}, {"answers", one.answers}, {"setting", one.setting}});
  Json json{{"verdict", oracle::to_string(journey.verdict)}, {"layer", verify::to_string(journey.layer)}, {"reason", journey.reason}, {"hops", hops}, {"facts", facts}, {"open", open}};
  if (!journey.addresses.empty()) json["addresses"] = journey.addresses;
  return json;
}

Json share_json(const verify::Share& share) {
  Json json{{"failing", share.failing}, {"unknown", share.unknown}, {"all", share.all}, {"ratio", fraction(share.failing, share.all)}};
  if (share.by_address > 0) json["byAddress"] = {{"unknown", share.by_address}, {"failing", share.failing_by_address}, {"working", share.working_by_address}};
  return json;
}

Json problems_json(const std::vector<path::ServiceProblem>& problems) {
  Json list = Json::array();
  for (const auto& one : problems) list.push_back({{"problem", one.sentence}, {"place", one.origin.span.to_string()}, {"field", one.origin.field}});
  return list;
}

Json row_json(const verify::FlowRow& row, bool ratio) {
  Json json{{"path", path::to_string(row.kind)}, {"service", row.service}, {"port", port_json(row.entry_port)}, {"relation", row.relation}, {"client", row.client}, {"clientNode", row.client_node},
            {"endpoint", row.endpoint}, {"endpointNode", row.endpoint_node}, {"relay", row.relay}, {"combinations", row.combinations}, {"verdict", oracle::to_string(row.verdict)},
            {"layer", verify::to_string(row.layer)}, {"reason", row.reason}, {"toSupply", row.to_supply}};
  if (ratio) return json;
  Json& journeys = json["journeys"] = Json::array();
  for (const auto& journey : row.journeys) journeys.push_back(journey_json(journey));
  return json;
}

}  // namespace

std::string fraction(size_t part, size_t whole) {
  if (whole == 0 || part == 0) return "0";
  const size_t common = std::gcd(part, whole);
  return whole == part ? "1" : std::to_string(part / common) + "/" + std::to_string(whole / common);
}

int exit_code(const FlowAnswer& answer) {
  if (answer.explanation.verdict == EndVerdict::deny) return 1;
  return answer.explanation.verdict == EndVerdict::unknown || !answer.explanation.not_modelled.empty() ? 3 : 0;
}

Json flow_json(const FlowAnswer& answer) {
  const auto& found = answer.explanation;
  Json rows = Json::array(), paths = Json::object(), causes = Json::array(), asymmetries = Json::array(), settings = Json::object();
  for (const auto& row : found.rows) rows.push_back(row_json(row, answer.ratio));
  for (const auto& [kind, share] : found.by_path) paths[kind] = share_json(share);
  for (const auto& [cause, count] : found.by_cause) causes.push_back({{"cause", cause}, {"combinations", count}});
  for (const auto& one : found.asymmetries) asymmetries.push_back({{"path", path::to_string(one.kind)}, {"worksFrom", one.works_from}, {"worksTo", one.works_to}, {"pairs", one.pairs}});
  for (const auto& [setting, origin] : found.settings) settings[setting] = origin;
  return {{"source", answer.source}, {"destination", answer.destination}, {"port", answer.port}, {"readers", answer.pools}, {"verdict", oracle::to_string(found.verdict)},
          {"layer", verify::to_string(found.layer)}, {"reason", found.reason}, {"total", share_json(found.total)}, {"byPath", paths}, {"byCause", causes}, {"asymmetries", asymmetries},
          {"rows", rows}, {"problems", problems_json(found.problems)}, {"notes", problems_json(found.notes)}, {"settings", settings}, {"assumptions", found.assumptions},
          {"notModelled", found.not_modelled}};
}

}  // namespace npverify::report
