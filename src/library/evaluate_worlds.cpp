// Worlds by the line: the form in which the CNIs' own engines are asked (tests/engines), so that thousands of small worlds need one process.
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "library/state.h"
#include "manifest/node.h"
#include "npverify/evaluate.h"
#include "reach/evaluation.h"
#include "resource/load.h"

namespace npverify {
namespace {

using nlohmann::json;

const char* letter(oracle::EndVerdict verdict) {
  switch (verdict) {
    case oracle::EndVerdict::allow: return "allow";
    case oracle::EndVerdict::deny: return "deny";
    case oracle::EndVerdict::unpoliced: return "-";
    case oracle::EndVerdict::unknown: return "?";
  }
  return "?";
}

std::string id_of(const json& object) {
  const auto& meta = object.at("metadata");
  return object.value("kind", "") + "/" + (meta.contains("namespace") ? meta["namespace"].get<std::string>() + "/" : "") + meta.value("name", "");
}

resource::Snapshot load(const std::string& name, const json& objects, base::Diagnostics& problems) {
  const auto documents = manifest::read_text(name, objects.dump(), problems);
  return resource::load_snapshot(documents, {}, problems);
}

// A policy that the API server would refuse is not in the cluster: it is left out and reported, the others stay.
resource::Snapshot load_tolerantly(const json& world, json& problems) {
  base::Diagnostics diagnostics;
  auto snapshot = load(world.at("id"), world.at("objects"), diagnostics);
  if (!diagnostics.has_errors()) return snapshot;
  json kept = json::array();
  for (const auto& object : world.at("objects")) {
    base::Diagnostics own;
    const bool is_policy = object.value("kind", "") == "NetworkPolicy";
    if (is_policy) load(id_of(object), json::array({object}), own);
    if (!own.has_errors()) {
      kept.push_back(object);
      continue;
    }
    for (const auto& d : own.all())
      if (d.severity == base::Severity::error) problems.push_back({{"object", id_of(object)}, {"message", d.field + ": " + d.message}});
  }
  base::Diagnostics rest;
  snapshot = load(world.at("id"), kept, rest);
  if (rest.has_errors()) throw base::InputError(rest);
  return snapshot;
}

json answer(const json& world, const semantics::Profile& profile, bool reasons, EvaluationCounts& counts) {
  json problems = json::array(), verdicts = json::array(), words = json::array();
  const auto snapshot = load_tolerantly(world, problems);
  reach::Evaluation evaluation(snapshot, profile);
  for (const auto& flow : world.at("flows")) {
    const auto protocol = base::parse_protocol(flow.at(2).get<std::string>());
    if (!protocol) throw base::InputError("error: world " + world.at("id").get<std::string>() + ": unknown protocol " + flow.at(2).dump() + "\n");
    const auto found = evaluation.answer(flow.at(0), flow.at(1), *protocol, flow.at(3).get<base::Port>());
    if (!found.egress) throw base::InputError("error: world " + world.at("id").get<std::string>() + ": " + found.problem + "\n");
    ++counts.flows;
    counts.unknown += found.verdict() == oracle::EndVerdict::unknown;
    verdicts.push_back({letter(found.egress->verdict), letter(found.ingress->verdict)});
    if (reasons) words.push_back({found.egress->reason, found.ingress->reason});
  }
  for (const auto& refused : evaluation.reading().refused)
    problems.push_back({{"object", "NetworkPolicy/" + refused.namespace_name + "/" + refused.name}, {"message", refused.axis + ": " + refused.sentence}});
  json out{{"id", world.at("id")}, {"engine", profile.name()}, {"verdicts", std::move(verdicts)}, {"problems", std::move(problems)}};
  if (reasons) out["reasons"] = std::move(words);
  return out;
}

}  // namespace

EvaluationCounts evaluate_worlds(const Encodings& encodings, const std::string& profile, const InstallationOptions& options, std::istream& worlds, std::ostream& answers,
                                 bool reasons) {
  return library::guarded([&] {
    EvaluationCounts counts;
    size_t number = 0;
    for (std::string line; std::getline(worlds, line);) {
      ++number;
      if (line.empty()) continue;
      json world = json::parse(line, nullptr, false);
      if (world.is_discarded() || !world.is_object() || !world.contains("id") || !world.contains("objects") || !world.contains("flows"))
        throw base::InputError("error: line " + std::to_string(number) + ": expected a world as JSON with id, objects and flows\n");
      InstallationOptions all = options;
      const json own = world.value("options", json::object());
      for (const auto& [name, value] : own.items()) all.emplace(name, value.is_string() ? value.get<std::string>() : value.dump());
      answers << answer(world, encodings.profile(profile, all).state().profile, reasons, counts).dump() << '\n';
    }
    return counts;
  });
}

}  // namespace npverify
