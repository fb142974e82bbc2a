#include <algorithm>

#include "report/catalogue_parts.h"

namespace npverify::report {
namespace {

std::string evidence_text(const semantics::Resolved& resolved, const Style& style, const std::string& indent) {
  std::string out;
  for (const auto& one : resolved.evidence) out += paragraph(style, indent + one.kind + ": ", one.text);
  return out;
}

std::string conditions_text(const semantics::Resolved& resolved) {
  std::string text;
  for (const auto& [option, value] : resolved.when) text += (text.empty() ? " with " : " and ") + option + "=" + (value.empty() ? "\"\"" : value);
  return text;
}

std::string parameters_text(const semantics::Resolved& resolved, const Style& style, const std::string& indent) {
  std::string out;
  for (const auto& [name, values] : resolved.parameters) {
    std::string list;
    for (const auto& value : values) list += (list.empty() ? "" : ", ") + value;
    out += paragraph(style, indent + name + ": ", list);
  }
  return out;
}

std::string resolved_text(const semantics::Resolved& resolved, const Style& style, const std::string& indent) {
  if (resolved.gap()) return paragraph(style, indent, "no evidence for this version" + conditions_text(resolved) + ": a question that depends on it is unknown");
  std::string out = paragraph(style, indent, resolved.sentence);
  const std::string versions = resolved.versions.empty() ? "every version" : "versions " + resolved.versions;
  out += paragraph(style, indent, resolved.rule + "; " + versions + conditions_text(resolved) + "; " + semantics::to_string(resolved.confidence));
  return out + parameters_text(resolved, style, indent) + evidence_text(resolved, style, indent);
}

/// Values of `mine` that `others` lacks, by parameter.
std::string only_in(const semantics::Resolved& mine, const semantics::Resolved& others, const Style& style) {
  std::string out;
  for (const auto& [name, values] : mine.parameters) {
    const auto found = others.parameters.find(name);
    std::string list;
    for (const auto& value : values)
      if (found == others.parameters.end() || std::find(found->second.begin(), found->second.end(), value) == found->second.end()) list += (list.empty() ? "" : ", ") + value;
    if (!list.empty()) out += paragraph(style, "    " + name + ": ", list);
  }
  return out.empty() ? "    nothing\n" : out;
}

/// Two profiles with one rule: what only either has among its parameters, and on what evidence.
std::string parameter_difference(const semantics::Resolved& left, const semantics::Resolved& right, const std::string& left_name, const std::string& right_name, const Style& style) {
  std::string out = paragraph(style, "  both: ", left.sentence + " (" + left.rule + ")");
  out += "  only " + left_name + "\n" + only_in(left, right, style) + evidence_text(left, style, "    ");
  return out + "  only " + right_name + "\n" + only_in(right, left, style) + evidence_text(right, style, "    ");
}

std::string options_text(const semantics::Profile& profile, const Style& style) {
  if (profile.options.empty()) return "";
  Table table({"option", "value", "from"});
  for (const auto& [name, value] : profile.options) table.row({name, value.value.empty() ? "\"\"" : value.value, source_text(value)});
  return table.render(style, 2) + "\n";
}

std::string question_line(const semantics::AxisInfo& axis, const Style& style) {
  return paragraph(style, paint(style, Ink::bold, axis.id) + "  ", axis.question);
}

std::string releases_text(const semantics::CniInfo& cni) {
  std::string text;
  for (const auto& release : cni.releases) text += (text.empty() ? "" : " ") + release.to_string();
  return text.empty() ? "no versions" : text;
}

}  // namespace

std::string list_text(const semantics::Encodings& encodings, const Style& style) {
  std::string out;
  for (const auto& cni : encodings.cnis()) {
    out += paragraph(style, paint(style, Ink::bold, cni.name) + "  ", cni.title);
    out += paragraph(style, "  measured releases: ", releases_text(cni));
    for (const auto& [name, value] : cni.option_defaults) {
      const auto meaning = cni.option_meanings.find(name);
      out += "  option " + name + " (default " + (value.empty() ? "\"\"" : value) + ")\n";
      if (meaning != cni.option_meanings.end()) out += paragraph(style, "      ", meaning->second);
    }
    std::string peculiar = cni.peculiar;
    std::replace(peculiar.begin(), peculiar.end(), '\n', ' ');
    peculiar.erase(peculiar.find_last_not_of(' ') + 1);
    if (!peculiar.empty()) out += paragraph(style, "  ", peculiar);
    out += "\n";
  }
  return out + "A profile is NAME@VERSION; a minor version means its newest patch above.\n";
}

std::string profile_text(const semantics::Encodings& encodings, const semantics::Profile& profile, const Style& style) {
  std::string out = paint(style, Ink::bold, profile.name()) + "\n" + options_text(profile, style);
  for (const auto& axis : encodings.axes()) out += question_line(axis, style) + resolved_text(profile.axis(axis.id), style, "    ") + "\n";
  return out;
}

std::string difference_text(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right, const Style& style) {
  const auto ids = differing_axes(encodings, left, right);
  const std::string names = left.name() + " and " + right.name();
  if (ids.empty()) return names + " answer every axis alike.\n";
  std::string out = names + " differ on " + std::to_string(ids.size()) + (ids.size() == 1 ? " axis" : " axes") + " of " + std::to_string(encodings.axes().size()) + ".\n";
  for (const std::string& id : ids) {
    out += "\n" + question_line(*encodings.axis(id), style);
    const semantics::Resolved &here = left.axis(id), &there = right.axis(id);
    if (!here.gap() && here.rule == there.rule) {
      out += parameter_difference(here, there, left.name(), right.name(), style);
      continue;
    }
    out += "  " + left.name() + "\n" + resolved_text(here, style, "    ");
    out += "  " + right.name() + "\n" + resolved_text(there, style, "    ");
  }
  return out;
}

std::string axis_text(const semantics::Encodings& encodings, const semantics::AxisInfo& axis, const Style& style) {
  std::string out = question_line(axis, style) + paragraph(style, "  bears on ", axis.applies_to);
  for (const auto& cni : encodings.cnis()) {
    const auto entries = encodings.entries(cni.name, axis.id);
    out += "\n" + paint(style, Ink::bold, cni.name) + (entries.empty() ? ": no evidence" : "") + "\n";
    for (const auto& entry : entries) out += resolved_text(entry, style, "  ");
  }
  return out;
}

}  // namespace npverify::report
