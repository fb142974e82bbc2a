#include "report/placement.h"

namespace npverify::report {
namespace {

Json requirements_of(const std::vector<resource::NodeSelectorRequirement>& requirements) {
  Json list = Json::array();
  for (const auto& one : requirements) {
    Json json{{"key", one.key}, {"operator", one.op}};
    if (!one.values.empty()) json["values"] = one.values;
    list.push_back(json);
  }
  return list;
}

Json reasons_of(const std::vector<placement::Reason>& reasons) {
  Json list = Json::array();
  for (const auto& one : reasons)
    list.push_back({{"filter", placement::to_string(one.filter)}, {"reason", one.sentence}, {"place", one.origin.span.to_string()}, {"field", one.origin.field}, {"passing", one.passing}});
  return list;
}

const char* landing_word(placement::Landing landing) {
  switch (landing) {
    case placement::Landing::no: return "no";
    case placement::Landing::open: return "open";
    case placement::Landing::yes: return "yes";
  }
  return "";
}

Json restriction_json(const placement::Restriction& one) {
  return {{"excluded", one.excluded}, {"outBefore", one.out_before}, {"kept", one.kept}, {"matchExpressions", requirements_of(one.exclusion.expressions)},
          {"matchFields", requirements_of(one.exclusion.fields)}, {"nodeSelectorTerms", node_selector_terms(one.terms)}};
}

}  // namespace

Json node_selector_terms(const std::vector<resource::NodeSelectorTerm>& terms) {
  Json list = Json::array();
  for (const auto& term : terms) {
    Json json = Json::object();
    if (!term.expressions.empty()) json["matchExpressions"] = requirements_of(term.expressions);
    if (!term.fields.empty()) json["matchFields"] = requirements_of(term.fields);
    list.push_back(json);
  }
  return list;
}

Json placement_json(const PlacementAnswer& answer) {
  const auto& placement = answer.placement;
  Json nodes = Json::array();
  for (size_t i = 0; i < answer.candidates.size(); ++i) {
    const auto& node = placement.nodes[i];
    nodes.push_back({{"node", answer.candidates[i].name}, {"declared", answer.candidates[i].labels_complete}, {"mayLand", landing_word(node.landing)}, {"runsThere", node.runs_there},
                     {"against", reasons_of(node.against)}, {"open", reasons_of(node.open)}});
  }
  Json json{{"workload", placement.subject.id}, {"place", placement.subject.origin.span.to_string()}, {"lands", placement_word(answer)}, {"nodes", nodes}, {"notCounted", placement.not_counted}};
  if (answer.restriction) json["without"] = restriction_json(*answer.restriction);
  return json;
}

}  // namespace npverify::report
