#include <algorithm>

#include "report/flow.h"
#include "report/placement.h"

namespace npverify::report {
namespace {

using oracle::EndVerdict;

Ink ink_of(EndVerdict verdict) { return verdict == EndVerdict::deny ? Ink::red : verdict == EndVerdict::unknown ? Ink::yellow : Ink::green; }

std::string word_of(EndVerdict verdict) { return verdict == EndVerdict::deny ? "FAILS" : verdict == EndVerdict::unknown ? "UNKNOWN" : "WORKS"; }

std::string counted(size_t n, const char* word) { return std::to_string(n) + " " + word + (n == 1 ? "" : "s"); }

std::string headline(const FlowAnswer& answer, const Style& style) {
  const auto& found = answer.explanation;
  std::string text = answer.source + " to " + answer.destination + " " + answer.port;
  if (found.verdict != EndVerdict::allow) text += ": " + std::string(verify::to_string(found.layer)) + ". " + found.reason;
  return paragraph(style, paint(style, ink_of(found.verdict), word_of(found.verdict)) + "  ", text);
}

std::string share_text(const verify::Share& share) {
  std::string text = std::to_string(share.failing) + " of " + counted(share.all, "combination") + (share.failing == 1 ? " fails" : " fail");
  if (share.failing > 0) text += " (" + fraction(share.failing, share.all) + ")";
  if (share.unknown > 0) text += ", " + std::to_string(share.unknown) + (share.unknown == 1 ? " is" : " are") + " unknown";
  if (share.by_address > 0) text += " (" + std::to_string(share.by_address) + " by the addresses that pods have)";
  return text;
}

std::string list(const Style& style, const char* heading, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out = "\n" + paint(style, Ink::bold, heading) + "\n";
  for (const auto& item : items) out += paragraph(style, "  - ", item);
  return out;
}

std::vector<std::string> problem_texts(const std::vector<path::ServiceProblem>& problems) {
  std::vector<std::string> texts;
  for (const auto& one : problems) texts.push_back(one.sentence + (place_text(one.origin).empty() ? "" : " (" + place_text(one.origin) + ")"));
  return texts;
}

std::string verdict_text(const verify::HopVerdict& hop) {
  if (hop.hop.hook == path::Hook::relay) return "-";
  return hop.judgement.verdict == EndVerdict::unpoliced ? "no policy" : oracle::to_string(hop.judgement.verdict);
}

std::string why_text(const verify::HopVerdict& hop) {
  std::string text = hop.hop.hook == path::Hook::relay || hop.judgement.verdict == EndVerdict::unpoliced ? "" : (hop.judgement.reader.empty() ? "" : hop.judgement.reader + ": ") + hop.judgement.reason;
  if (!hop.judgement.axis.empty() && hop.judgement.reason.find(hop.judgement.axis) == std::string::npos) text += " [" + hop.judgement.axis + "]";
  if (hop.judgement.stranger) text += "; the other end is only an address to it";
  for (const auto& sentence : hop.hop.sentences) text += (text.empty() ? "" : "; ") + sentence;
  return text;
}

std::string source_text(const verify::HopVerdict& hop) {
  if (hop.hop.header.source_is_world) return hop.source + ", taken for the outside as a whole";
  return hop.source + (hop.hop.header.source_identified ? "" : ", taken for an outside address");
}

std::string journey_text(const verify::JourneyVerdict& journey, bool several, const Style& style) {
  std::string out;
  if (several) {
    std::string answers = journey.addresses;
    for (const auto& one : journey.journey.open) answers += (answers.empty() ? "" : ", ") + one.id + "=" + one.answer;
    out += paragraph(style, "    if ", answers + ": " + word_of(journey.verdict));
  }
  Table table({"hook", "on node", "source seen", "destination seen", "verdict", "why"});
  for (const auto& hop : journey.hops) table.row({path::to_string(hop.hop.hook), hop.hop.node.empty() ? "-" : hop.hop.node, source_text(hop), hop.destination, verdict_text(hop), why_text(hop)});
  if (!table.empty()) out += table.render(style, 4);
  if (several && !journey.journey.dropped.empty() && journey.layer == verify::Layer::path) out += paragraph(style, "    ", journey.journey.dropped);
  return out;
}

std::string facts_text(const verify::JourneyVerdict& journey, const Style& style) {
  std::string out;
  for (const auto& fact : journey.journey.facts) out += paragraph(style, "    fact ", fact.fact + " on " + fact.node + ": " + fact.sentence + (fact.ground.empty() ? " (assumed)" : " (" + fact.ground + ")"));
  return out;
}

std::string row_text(const verify::FlowRow& row, const FlowAnswer& answer, const Style& style) {
  const std::string entry = row.kind == path::Kind::node_port && row.entry_port == 0 ? " (no number given)" : ":" + std::to_string(row.entry_port);
  std::string where = std::string(path::to_string(row.kind)) + (row.service.empty() ? "" : " " + row.service) + entry + ", " + row.relation;
  where += ": " + (row.client_node.empty() ? row.client : row.client_node) + " to " + (row.endpoint_node.empty() ? row.endpoint : row.endpoint_node) + (row.relay.empty() ? "" : " by " + row.relay);
  std::string out = paragraph(style, "  " + paint(style, ink_of(row.verdict), word_of(row.verdict)) + "  ", where + "; " + unbroken(counted(row.combinations, "combination")));
  if (row.verdict != EndVerdict::allow) out += paragraph(style, "    ", std::string(verify::to_string(row.layer)) + ": " + row.reason);
  for (const auto& one : row.to_supply) out += paragraph(style, "    to supply: ", one);
  if (answer.ratio) return out;
  for (const auto& journey : row.journeys) out += journey_text(journey, row.journeys.size() > 1, style) + (style.verbose ? facts_text(journey, style) : "");
  return out + "\n";
}

std::string shares_text(const FlowAnswer& answer, const Style& style) {
  const auto& found = answer.explanation;
  if (found.total.all == 0) return "";
  std::string out = "\n" + paint(style, Ink::bold, "Of all combinations of client node, endpoint, path and node asked") + "\n";
  out += paragraph(style, "  ", share_text(found.total));
  for (const auto& [kind, share] : found.by_path) out += paragraph(style, "  " + kind + ": ", share_text(share));
  for (const auto& [cause, count] : found.by_cause) out += paragraph(style, "  " + fraction(count, found.total.all) + " by ", cause);
  for (const auto& one : found.asymmetries)
    out += paragraph(style, "  ", std::string("one way only, by ") + path::to_string(one.kind) + ": from " + one.works_from + " to " + one.works_to + " it works, from " + one.works_to + " to " + one.works_from + " it fails; so for " +
                                      counted(one.pairs, "pair") + " of nodes");
  return out;
}

}  // namespace

std::string flow_text(const FlowAnswer& answer, const Style& style) {
  const auto& found = answer.explanation;
  std::string out = headline(answer, style);
  if (style.quiet) return out;
  out += list(style, "Endpoints", problem_texts(found.problems));
  if (!found.rows.empty()) out += "\n";
  for (const auto& row : found.rows) out += row_text(row, answer, style);
  if (!found.rows.empty() && !answer.ratio) out.pop_back();
  out += shares_text(answer, style);
  std::vector<std::string> settings;
  for (const auto& [setting, origin] : found.settings) settings.push_back(setting + " (" + origin + ")");
  out += list(style, "Read by", answer.pools) + list(style, "Settings of paths", settings) + list(style, "Noticed", problem_texts(found.notes)) + list(style, "Not modelled", found.not_modelled) +
         list(style, "Assumed", found.assumptions);
  return out;
}

}  // namespace npverify::report
