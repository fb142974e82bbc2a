#include <algorithm>

#include "report/placement.h"
#include "report/yaml_text.h"

namespace npverify::report {
namespace {

using placement::Landing;
using placement::Reason;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string reason_text(const Reason& reason) {
  const std::string place = place_text(reason.origin);
  return reason.sentence + (place.empty() ? "" : " (" + place + ")");
}

/// Nodes with the same reasons are one entry.
struct Group {
  std::vector<std::string> names;
  std::vector<std::string> reasons;
};

/// `pick` gives the reasons of a node that belongs to the section.
template <typename Belongs, typename Reasons>
std::vector<Group> groups_of(const PlacementAnswer& answer, Belongs belongs, Reasons reasons_of) {
  std::vector<Group> groups;
  for (size_t i = 0; i < answer.candidates.size(); ++i) {
    const auto& node = answer.placement.nodes[i];
    if (!belongs(node)) continue;
    std::vector<std::string> reasons;
    for (const auto& reason : reasons_of(node)) reasons.push_back(reason_text(reason));
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.reasons == reasons; });
    if (same == groups.end())
      groups.push_back({{answer.candidates[i].name}, reasons});
    else
      same->names.push_back(answer.candidates[i].name);
  }
  return groups;
}

std::string section(const Style& style, const char* heading, const std::vector<Group>& groups) {
  if (groups.empty()) return "";
  std::string out = "\n" + paint(style, Ink::bold, heading) + "\n";
  for (const auto& group : groups) {
    out += paragraph(style, "  ", joined(group.names));
    for (const auto& reason : group.reasons) out += paragraph(style, "    - ", reason);
  }
  return out;
}

bool only_passing(const placement::NodePlacement& node) {
  return node.landing == Landing::no && std::all_of(node.against.begin(), node.against.end(), [](const Reason& reason) { return reason.passing; });
}

std::string headline(const PlacementAnswer& answer, const Style& style) {
  std::vector<std::string> names;
  for (size_t i = 0; i < answer.candidates.size(); ++i)
    if (answer.placement.nodes[i].landing == Landing::yes) names.push_back(answer.candidates[i].name);
  const auto& subject = answer.placement.subject;
  const std::string place = subject.origin.span.to_string(), of = subject.id + (place.empty() ? "" : " (" + place + ")");
  const size_t n = answer.candidates.size();
  if (n == 0) return paragraph(style, "", of + " may land anywhere or nowhere: no node is known. Give the Node objects with -f, or a pool with --pool.");
  if (names.empty()) return paragraph(style, "", of + " may land on none of " + std::to_string(n) + (n == 1 ? " node." : " nodes."));
  return paragraph(style, "", of + " may land on " + std::to_string(names.size()) + " of " + std::to_string(n) + (n == 1 ? " node: " : " nodes: ") + joined(names));
}

std::string indented(const std::string& text, size_t columns) {
  std::string out;
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find('\n', from), text.size());
    out += std::string(columns, ' ') + text.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return out;
}

std::string restriction_text(const PlacementAnswer& answer, const Style& style) {
  const auto& one = *answer.restriction;
  std::string out = "\n" + paint(style, Ink::bold, "Without") + "\n";
  if (!one.out_before.empty()) out += paragraph(style, "  ", "It cannot land on " + joined(one.out_before) + " as it is.");
  if (one.excluded.empty()) return out + paragraph(style, "  ", "Nothing is to be excluded.");
  if (one.terms.empty()) return out + paragraph(style, "  ", "Its pods name their node (" + place_text(answer.placement.subject.spec->node_name_origin) + "), which no affinity changes.");
  const Json affinity{{"affinity", {{"nodeAffinity", {{"requiredDuringSchedulingIgnoredDuringExecution", {{"nodeSelectorTerms", node_selector_terms(one.terms)}}}}}}}};
  out += paragraph(style, "  ", "This node affinity in the pods' spec excludes exactly " + joined(one.excluded) + ":");
  out += indented(to_yaml(affinity), 4);
  out += paragraph(style, "  ", one.kept.empty() ? "No node is left then." : "It may land then on: " + joined(one.kept));
  if (!one.exclusion.fields.empty()) out += paragraph(style, "  ", "No label tells these nodes from the others; metadata.name does.");
  return out;
}

}  // namespace

std::string place_text(const resource::Origin& origin) {
  const std::string place = origin.span.to_string();
  return place.empty() || origin.field.empty() ? place : place + " " + origin.field;
}

const char* placement_word(const PlacementAnswer& answer) {
  Landing best = Landing::no;
  for (const auto& node : answer.placement.nodes) best = std::max(best, node.runs_there ? Landing::yes : node.landing);
  if (answer.candidates.empty() || best == Landing::open) return "unknown";
  return best == Landing::yes ? "somewhere" : "nowhere";
}

std::string placement_text(const PlacementAnswer& answer, const Style& style) {
  using placement::NodePlacement;
  std::string out = headline(answer, style);
  if (style.quiet) return out;
  const auto open = [](const NodePlacement& node) { return node.open; };
  const auto against = [](const NodePlacement& node) { return node.against; };
  const auto none = [](const NodePlacement&) { return std::vector<Reason>{}; };
  out += section(style, "Depends on labels that the pool does not state", groups_of(answer, [](const NodePlacement& n) { return n.landing == Landing::open; }, open));
  out += section(style, "Not now", groups_of(answer, only_passing, against));
  out += section(style, "May not land", groups_of(answer, [](const NodePlacement& n) { return n.landing == Landing::no && !only_passing(n); }, against));
  out += section(style, "Its pods run there although they could not land there now", groups_of(answer, [](const NodePlacement& n) { return n.runs_there && n.landing == Landing::no; }, none));
  if (answer.restriction) out += restriction_text(answer, style);
  out += "\n" + paint(style, Ink::bold, "Not counted") + "\n";
  out += paragraph(style, "  - ", "resources, volumes and host ports: the scheduler may find a node full");
  for (const auto& sentence : answer.placement.not_counted) out += paragraph(style, "  - ", sentence);
  return out;
}

}  // namespace npverify::report
