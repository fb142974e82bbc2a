#include "report/text_finding.h"

#include <algorithm>

#include "report/witness_text.h"

namespace npverify::report {
namespace {

constexpr size_t indent = 3;

Ink severity_ink(const std::string& severity) {
  return severity == "critical" || severity == "high" ? Ink::red : severity == "medium" ? Ink::yellow : Ink::plain;
}

std::string change_text(verify::Change change) {
  switch (change) {
    case verify::Change::none: return "";
    case verify::Change::opened: return "opened: ";
    case verify::Change::closed: return "closed: ";
  }
  return "";
}

/// The place, then the line itself as it stands in the file.
std::string place_text(const Style& style, const verify::PolicyPlace& place, const Run& run) {
  const std::string where = place_of(place);
  std::string text = name_of(place) + (place.field.empty() ? "" : "  " + place.field) + (place.role.empty() ? "" : "  (" + place.role + ")");
  std::string out = paragraph(style, "   policy   ", text);
  if (where.empty()) return out;
  out += "            " + paint(style, Ink::cyan, where) + "\n";
  if (place.field.empty()) return out;  // an object as a whole: its first line says nothing
  for (const std::string& line : run.sources.part(place.file, place.line, 4)) out += "              " + paint(style, Ink::dim, line) + "\n";
  return out;
}

/// The parts that decide, at most three; a policy as a whole (one that isolates: the table names it) only where there are no parts.
std::string places_text(const Style& style, const std::vector<verify::PolicyPlace>& places, const Run& run) {
  const bool parts = std::any_of(places.begin(), places.end(), [](const auto& place) { return !place.field.empty(); });
  std::string out;
  size_t shown = 0, left_out = 0;
  for (const auto& place : places) {
    if (!style.verbose && parts && place.field.empty()) continue;
    if (style.verbose || shown < 3) {
      out += place_text(style, place, run);
      ++shown;
    } else {
      ++left_out;
    }
  }
  return left_out == 0 ? out : out + "            and " + std::to_string(left_out) + " more (--verbose lists them)\n";
}

/// Lines of a repair: sentences are wrapped, lines of YAML (marked - or +) keep their shape.
std::string repair_text(const Style& style, const verify::Finding& finding) {
  std::string out, head = paint(style, Ink::bold, "   try      ");
  std::string_view rest = finding.repair;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string line(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const bool yaml = line.starts_with("- ") || line.starts_with("+ ");
    out += yaml ? "            " + paint(style, line.front() == '+' ? Ink::green : Ink::red, line) + "\n" : paragraph(style, head, line);
    head = "            ";
  }
  return out;
}

std::string why_text(const Style& style, const verify::Finding& finding) {
  std::string out, head = "   because  ";
  for (const std::string& sentence : finding.explanation) {
    out += paragraph(style, head, sentence);
    head = "            ";
  }
  // The sentences name the axes that they speak of.
  const auto named = [&](const std::string& axis) { return out.find("Axis " + axis + ":") != std::string::npos; };
  for (const std::string& axis : finding.cause.axes)
    if (!named(axis)) out += paragraph(style, "   axis     ", axis);
  return out;
}

std::string affected_text(const verify::Finding& finding) {
  return finding.policies_affected > 1 ? " " + unbroken("[" + std::to_string(finding.policies_affected) + " policies]") : "";
}

std::string invariant_head(const verify::InvariantResult& result, const Style& style) {
  const Ink ink = result.verdict == verify::Verdict::proved ? Ink::green : result.verdict == verify::Verdict::violated ? Ink::red : Ink::yellow;
  std::string word = verdict_word("prove", result.verdict);
  word.resize(8, ' ');
  std::string text = result.id + (result.title.empty() ? "" : ": " + result.title);
  if (result.verdict != verify::Verdict::proved && !result.severity.empty()) text += " (" + result.severity + ")";
  return paragraph(style, paint(style, ink, word) + "  ", text);
}

/// ": cilium@1.16.19: An ipBlock matches ...": what the profile of a witness answers; "" where that is not known.
std::string sentence_of(const std::string& axis, const std::string& profile, const std::vector<verify::SideInfo>& profiles) {
  for (const auto& side : profiles) {
    const auto found = side.profile.axes.find(axis);
    if (side.profile.name() == profile && found != side.profile.axes.end() && !found->second.gap()) return ": " + profile + ": " + found->second.sentence;
  }
  return "";
}

Table shortfall_table(const std::vector<verify::Shortfall>& shortfalls) {
  Table table({"workload", "pool", "nodes", "lacking", "needed by"});
  for (const auto& one : shortfalls) {
    std::string nodes, by = "the invariant";
    for (size_t i = 0; i < one.nodes.size() && i < 4; ++i) nodes += (i == 0 ? "" : ", ") + one.nodes[i];
    if (one.nodes.size() > 4) nodes += " and " + std::to_string(one.nodes.size() - 4) + " more";
    if (one.needed_by) by = one.needed_by->namespace_name + "/" + one.needed_by->name + " " + one.needed_by->field + " (" + one.needed_by->file + ":" + std::to_string(one.needed_by->line) + ")";
    if (one.nodes.empty())
      table.row({one.workload, "", "none", "a node to land on", ""});
    else
      table.row({one.workload, one.pool, nodes, one.feature, by});
  }
  return table;
}

}  // namespace

std::string finding_text(const verify::Finding& finding, size_t number, const verify::ComparisonResult& result, const Run& run) {
  const Style& style = run.style;
  const std::string severity = finding.severity.empty() ? "" : paint(style, severity_ink(finding.severity), finding.severity) + "  ";
  std::string out = paragraph(style, paint(style, Ink::bold, std::to_string(number) + ".") + " " + severity, change_text(finding.change) + finding.title + affected_text(finding));
  if (style.quiet) return out;
  const bool diff = run.command == "diff";
  out += "\n" + flow_table(finding.witness).render(style, indent);
  out += "\n" + verdict_table(style, finding.witness, diff ? "old policies" : result.left.profile.name(), diff ? "new policies" : result.right.profile.name()).render(style, indent);
  out += "\n" + why_text(style, finding);
  out += places_text(style, finding.cause.policies, run);
  if (style.verbose) out += places_text(style, finding.more, run);
  return out + repair_text(style, finding);
}

std::string invariant_text(const verify::InvariantResult& result, const std::vector<verify::SideInfo>& profiles, const Run& run) {
  const Style& style = run.style;
  std::string out = invariant_head(result, style);
  if (style.quiet) return out;
  const bool shown = result.verdict != verify::Verdict::proved && result.witness;  // the tables say what a reason would
  if (!result.reason.empty() && !shown) out += paragraph(style, "          ", result.reason);
  for (const std::string& exception : result.exceptions) out += paragraph(style, "          exception ", exception);
  for (const std::string& note : result.notes) out += paragraph(style, "          note ", note);
  if (!result.shortfalls.empty()) out += "\n" + shortfall_table(result.shortfalls).render(style, indent) + "\n";
  if (!shown) return out;
  const verify::Witness& witness = *result.witness;
  out += "\n" + flow_table(witness).render(style, indent);
  for (const auto& way : witness.ways) out += "\n" + way_table(style, way).render(style, indent);
  const bool two = witness.ways.size() > 1;
  out += "\n" + (two ? verdict_table(style, witness, way_name(witness.ways[0]), way_name(witness.ways[1])) : verdict_table(style, witness, result.profile)).render(style, indent) + "\n";
  for (const std::string& axis : result.axes) out += paragraph(style, "   axis     ", axis + sentence_of(axis, result.profile, profiles));
  out += places_text(style, result.policies, run);
  if (result.span.file) out += paragraph(style, "   stated   ", result.span.to_string());
  return out + "\n";
}

}  // namespace npverify::report
