#include "report/json_writer.h"

#include "report/json_parts.h"
#include "report/shard.h"

namespace npverify::report {
namespace {

Json list_of(const std::vector<verify::PolicyPlace>& places) {
  Json list = Json::array();
  for (const auto& place : places) list.push_back(to_json(place));
  return list;
}

const char* change_word(verify::Change change) {
  switch (change) {
    case verify::Change::none: return "none";
    case verify::Change::opened: return "opened";
    case verify::Change::closed: return "closed";
  }
  return "none";
}

// `with_slice`: where it was found, which tells `merge` the order of findings.
Json finding_json(const verify::Finding& finding, bool with_slice) {
  Json json{{"id", finding.id}, {"severity", finding.severity}, {"title", finding.title}};
  if (finding.change != verify::Change::none) json["change"] = change_word(finding.change);
  if (with_slice) json["slice"] = {{"direction", policy::to_string(finding.direction)}, {"namespace", finding.namespace_name}};
  json["cause"] = {{"axes", finding.cause.axes}, {"changed", finding.cause.changed}, {"policies", list_of(finding.cause.policies)}};
  Json& witness = json["witness"] = to_json(finding.witness);
  witness["left"] = to_json(finding.witness.left);
  witness["right"] = to_json(finding.witness.right);
  json["explanation"] = finding.explanation;
  json["repair"] = finding.repair;
  json["policiesAffected"] = finding.policies_affected;
  json["more"] = list_of(finding.more);
  return json;
}

Json invariant_json(const verify::InvariantResult& result) {
  Json json{{"id", result.id}, {"title", result.title}, {"severity", result.severity}, {"verdict", verdict_word("prove", result.verdict)}, {"reason", result.reason}};
  if (!result.profile.empty()) json["profile"] = result.profile;
  if (result.witness) {
    Json& witness = json["witness"] = to_json(*result.witness);
    witness["result"] = to_json(result.witness->left);
    if (result.witness->ways.size() > 1) witness["otherWay"]["result"] = to_json(result.witness->right);
  }
  if (!result.notes.empty()) json["notes"] = result.notes;
  for (const auto& one : result.shortfalls) {
    Json shortfall{{"workload", one.workload}, {"nodes", one.nodes}};
    if (!one.pool.empty()) shortfall["pool"] = one.pool;
    if (!one.feature.empty()) shortfall["feature"] = one.feature;
    if (one.needed_by) shortfall["neededBy"] = to_json(*one.needed_by);
    json["shortfalls"].push_back(std::move(shortfall));
  }
  json["policies"] = list_of(result.policies);
  json["axes"] = result.axes;
  json["exceptions"] = result.exceptions;
  json["controls"] = result.controls;
  json["place"] = result.span.to_string();
  return json;
}

Json head(const Run& run, verify::Verdict verdict) {
  Json json{{"npverify", run.version}, {"command", run.command}, {"verdict", verdict_word(run, verdict)}};
  if (run.shard) json["shard"] = to_json(*run.shard);
  return json;
}

void add_tail(Json& json, const verify::Limits& limits, const std::vector<std::string>& assumptions, const std::map<std::string, size_t>& counts, const Run& run) {
  add_limits(json, limits);
  json["assumptions"] = assumptions;
  json["profilesChosen"] = run.chosen;
  json["notes"] = run.notes;
  json["counts"] = counts;
}

class JsonWriter : public Writer {
 public:
  std::string write(const verify::ComparisonResult& result, const Run& run) const override {
    Json json = head(run, result.verdict);
    if (!result.reason.empty()) json["reason"] = result.reason;
    json["universe"] = world::to_string(result.universe);
    json["left"] = to_json(result.left);
    json["right"] = to_json(result.right);
    Json& findings = json["findings"] = Json::array();
    for (const auto& finding : result.findings) findings.push_back(finding_json(finding, run.shard.has_value()));
    add_tail(json, result.limits, result.assumptions, result.counts, run);
    return dump(json);
  }

  std::string write(const verify::ProveResult& result, const Run& run) const override {
    Json json = head(run, overall(result));
    Json& profiles = json["profiles"] = Json::array();
    for (const auto& side : result.profiles) profiles.push_back(to_json(side));
    Json& results = json["results"] = Json::array();
    for (const auto& one : result.results) results.push_back(invariant_json(one));
    add_tail(json, result.limits, result.assumptions, result.counts, run);
    return dump(json);
  }

 private:
  // Bytes that are no UTF-8 (a file's own spelling) must not stop a report.
  static std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }
};

}  // namespace

const Writer& json_writer() {
  static const JsonWriter writer;
  return writer;
}

}  // namespace npverify::report
