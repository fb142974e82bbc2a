#include "report/catalogue_parts.h"

namespace npverify::report {
namespace {

Json evidence_json(const std::vector<semantics::Evidence>& evidence) {
  Json list = Json::array();
  for (const auto& one : evidence) list.push_back({{"kind", one.kind}, {"text", one.text}});
  return list;
}

Json resolved_json(const semantics::Resolved& resolved) {
  if (resolved.gap()) return resolved.when.empty() ? Json{{"gap", true}} : Json{{"gap", true}, {"when", Json(resolved.when)}};
  Json json{{"gap", false}, {"rule", resolved.rule}, {"sentence", resolved.sentence}, {"versions", resolved.versions}};
  json["confidence"] = semantics::to_string(resolved.confidence);
  json["evidence"] = evidence_json(resolved.evidence);
  if (!resolved.when.empty()) json["when"] = Json(resolved.when);
  if (!resolved.parameters.empty()) json["parameters"] = Json(resolved.parameters);
  return json;
}

Json head_of(const semantics::AxisInfo& axis) { return {{"axis", axis.id}, {"question", axis.question}, {"appliesTo", axis.applies_to}}; }

Json options_json(const semantics::Profile& profile) {
  Json options = Json::object();
  for (const auto& [name, value] : profile.options) options[name] = {{"value", value.value}, {"from", source_text(value)}};
  return options;
}

}  // namespace

Json list_json(const semantics::Encodings& encodings) {
  Json list = Json::array();
  for (const auto& cni : encodings.cnis()) {
    Json releases = Json::array(), options = Json::object();
    for (const auto& release : cni.releases) releases.push_back(release.to_string());
    for (const auto& [name, value] : cni.option_defaults) {
      const auto meaning = cni.option_meanings.find(name);
      options[name] = {{"default", value}, {"meaning", meaning == cni.option_meanings.end() ? "" : meaning->second}};
    }
    list.push_back({{"cni", cni.name}, {"title", cni.title}, {"peculiar", cni.peculiar}, {"releases", releases}, {"options", options}});
  }
  return {{"cnis", list}};
}

Json profile_json(const semantics::Encodings& encodings, const semantics::Profile& profile) {
  Json axes = Json::array();
  for (const auto& axis : encodings.axes()) {
    Json json = head_of(axis);
    json.update(resolved_json(profile.axis(axis.id)));
    axes.push_back(json);
  }
  return {{"profile", profile.name()}, {"options", options_json(profile)}, {"axes", axes}};
}

Json difference_json(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right) {
  Json axes = Json::array();
  for (const std::string& id : differing_axes(encodings, left, right)) {
    Json json = head_of(*encodings.axis(id));
    json["left"] = resolved_json(left.axis(id));
    json["right"] = resolved_json(right.axis(id));
    axes.push_back(json);
  }
  const auto side = [](const semantics::Profile& profile) { return Json{{"profile", profile.name()}, {"options", options_json(profile)}}; };
  return {{"left", side(left)}, {"right", side(right)}, {"axes", axes}};
}

Json axis_json(const semantics::Encodings& encodings, const semantics::AxisInfo& axis) {
  Json json = head_of(axis);
  json["place"] = axis.place;
  json["rules"] = axis.rules;
  Json& cnis = json["cnis"] = Json::array();
  for (const auto& cni : encodings.cnis()) {
    Json entries = Json::array();
    for (const auto& entry : encodings.entries(cni.name, axis.id)) entries.push_back(resolved_json(entry));
    cnis.push_back({{"cni", cni.name}, {"entries", entries}});
  }
  return json;
}

}  // namespace npverify::report
