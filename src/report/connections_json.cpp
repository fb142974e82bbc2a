#include <ostream>

#include "report/connections.h"
#include "report/json_parts.h"

namespace npverify::report {
namespace {

Json ports_json(const verify::ConnectionList& list, const reach::PortTable& ports) {
  Json json = Json::object();
  for (const auto protocol : list.options().protocols)
    if (const auto& set = ports.of(protocol); !set.empty()) json[base::to_string(protocol)] = set.to_string();
  return json;
}

Json counts_json(const reach::PairCounts& counts) { return {{"pairs", counts.pairs}, {"allow", counts.always}, {"depends", counts.depends}, {"unknown", counts.unknown}}; }

std::vector<std::string> ranges(const base::AddressSet& addresses) {
  std::vector<std::string> all;
  for (const auto& interval : addresses.intervals()) all.push_back(range_text(interval));
  return all;
}

Json connection_json(const verify::ConnectionList& list, const reach::Connection& c) {
  Json json{{"source", end_name(list, c.source)}, {"destination", end_name(list, c.destination)}};
  for (const auto* end : {&c.source, &c.destination})
    if (end->addresses && !is_everything_outside(list, *end->addresses)) json["addresses"] = ranges(*end->addresses);
  if (!c.reach->always.empty()) json["ports"] = ports_json(list, c.reach->always);
  if (!c.reach->depends.empty()) json["depends"] = ports_json(list, c.reach->depends);
  if (!c.reach->unknown.empty()) json["unknown"] = ports_json(list, c.reach->unknown);
  return json;
}

Json head(const verify::ConnectionList& list, const Run& run) {
  Json json{{"npverify", run.version}, {"command", "list"}, {"universe", world::to_string(list.options().universe)}};
  json.update(to_json(list.side()));
  Json& protocols = json["protocols"] = Json::array();
  for (const auto protocol : list.options().protocols) protocols.push_back(base::to_string(protocol));
  return json;
}

Json workload_json(const verify::ConnectionList& list, uint32_t i) {
  const auto& end = list.world().workloads[i];
  return {{"name", end.name}, {"pods", end.replicas}, {"isolated", {{"ingress", list.isolated(i, policy::Direction::ingress)}, {"egress", list.isolated(i, policy::Direction::egress)}}}};
}

std::string line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string block(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json tail(const verify::ConnectionList& list, const Run& run) {
  Json json = Json::object();
  json["hostNetwork"] = list.world().on_host_network;
  add_limits(json, list.limits());
  json["assumptions"] = list.assumptions();
  json["profilesChosen"] = run.chosen;
  json["notes"] = run.notes;
  return json;
}

/// A list of objects, one a line, in an object that is open.
template <typename Each>
void write_lines(std::ostream& out, const char* name, Each each) {
  out << ",\n  \"" << name << "\": [";
  bool first = true;
  each([&](const Json& json) {
    out << (first ? "\n    " : ",\n    ") << line(json);
    first = false;
  });
  out << (first ? "]" : "\n  ]");
}

/// `json`'s members, to stand in an object that is open.
std::string members(const Json& json) {
  const std::string text = block(json);
  return text.substr(1, text.size() - 3);  // without "{" and "\n}"
}

}  // namespace

void write_connections_json(verify::ConnectionList& list, const Run& run, std::ostream& out) {
  out << "{" << members(head(list, run));
  write_lines(out, "workloads", [&](const auto& add) {
    for (uint32_t i = 0; i < list.world().workloads.size(); ++i)
      if (list.in_focus(i)) add(workload_json(list, i));
  });
  size_t connections = 0;
  write_lines(out, "connections", [&](const auto& add) {
    list.list([&](const reach::Connection& c) {
      ++connections;
      add(connection_json(list, c));
    });
  });
  Json end = tail(list, run);
  end["counts"] = {{"policies", list.policies()}, {"workloads", list.world().workloads.size()}, {"connections", connections}};
  out << "," << members(end) << "\n}\n";
}

void write_counts_json(verify::ConnectionList& list, const Run& run, std::ostream& out) {
  const reach::Counts counts = list.count();
  Json json = head(list, run);
  json.update(tail(list, run));
  json["pairs"] = {{"workloads", counts_json(counts.workloads)}, {"pods", counts_json(counts.pods)}};
  json["counts"] = {{"policies", list.policies()}, {"workloads", list.world().workloads.size()}, {"classes", counts.classes}};
  out << block(json) << "\n";
}

}  // namespace npverify::report
