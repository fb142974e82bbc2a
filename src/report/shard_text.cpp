// A merged answer for people: what its JSON holds, without the lines of the manifests, which a merge does not read.
#include "report/shard.h"

#include <algorithm>

namespace npverify::report {
namespace {

std::string text_of(const Json& object, const char* name) { return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : ""; }

Ink ink_of(const std::string& verdict) {
  return verdict == "equivalent" || verdict == "same" || verdict == "proved" ? Ink::green : verdict == "different" || verdict == "violated" ? Ink::red : Ink::yellow;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string profile_of(const Json& answer, const char* side) { return answer.contains(side) ? text_of(answer[side], "profile") : ""; }

std::string headline(const Json& answer) {
  const std::string verdict = answer["verdict"], reason = text_of(answer, "reason");
  if (answer["command"] == "prove") {
    std::string counts;
    for (const char* word : {"proved", "violated", "unknown", "vacuous"}) {
      size_t n = 0;
      for (const Json& one : answer["results"]) n += one["verdict"] == word ? 1 : 0;
      if (n > 0) counts += (counts.empty() ? "" : ", ") + std::to_string(n) + " " + word;
    }
    const size_t all = answer["results"].size();
    return std::to_string(all) + (all == 1 ? " invariant" : " invariants") + (counts.empty() ? "" : ": " + counts) + ".";
  }
  const std::string left = profile_of(answer, "left"), right = profile_of(answer, "right");
  const std::string sides = answer["command"] == "diff" ? "the old and the new policies under " + left : left + " and " + right;
  if (verdict == "different") {
    const size_t causes = answer["findings"].size();
    return sides + " disagree: " + std::to_string(causes) + (causes == 1 ? " cause, shown by a flow." : " causes, each shown by a flow.");
  }
  if (!reason.empty()) return reason;
  return sides + " decide every flow alike" + (answer["partial"] == true ? ", as far as they are modelled." : ".");
}

std::string flow_of(const Json& witness) {
  std::string text = text_of(witness.value("source", Json()), "end") + " -> " + text_of(witness.value("destination", Json()), "end") + "  " + text_of(witness, "protocol");
  const std::string ports = text_of(witness, "ports");
  return ports.empty() || text_of(witness, "protocol") == "ICMP" ? text : text + " " + ports;
}

std::string verdicts_of(const Json& side) {
  return text_of(side, "verdict") + " (egress " + text_of(side, "egress") + ", ingress " + text_of(side, "ingress") + ")";
}

std::string places_of(const Style& style, const Json& places) {
  std::string out;
  for (const Json& place : places.is_array() ? places : Json::array()) {
    const std::string file = text_of(place, "file"), field = text_of(place, "field"), role = text_of(place, "role");
    const std::string line = place.is_object() && place.contains("line") && place["line"].is_number_unsigned() ? ":" + std::to_string(place["line"].get<size_t>()) : "";
    out += paragraph(style, "   policy   ", text_of(place, "namespace") + "/" + text_of(place, "name") + (field.empty() ? "" : "  " + field) + (file.empty() ? "" : "  " + file + line) + (role.empty() ? "" : "  (" + role + ")"));
  }
  return out;
}

/// Sentences and lines of YAML keep their lines.
std::string repair_of(const std::string& repair) {
  std::string out, head = "   try      ";
  for (size_t at = 0; at < repair.size();) {
    const size_t end = std::min(repair.find('\n', at), repair.size());
    out += head + repair.substr(at, end - at) + "\n";
    head = "            ";
    at = end + 1;
  }
  return out;
}

std::string finding_text(const Style& style, const Json& finding, size_t number, bool diff) {
  const std::string change = text_of(finding, "change");
  std::string out = "\n" + paragraph(style, std::to_string(number) + ". " + text_of(finding, "severity") + "  ", (change.empty() ? "" : change + ": ") + text_of(finding, "title"));
  if (style.quiet) return out.substr(1);
  const Json witness = finding.value("witness", Json::object());
  out += paragraph(style, "   flow     ", flow_of(witness));
  out += paragraph(style, diff ? "   before   " : "   left     ", verdicts_of(witness.value("left", Json())));
  out += paragraph(style, diff ? "   after    " : "   right    ", verdicts_of(witness.value("right", Json())));
  std::string head = "   because  ";
  for (const Json& sentence : finding.value("explanation", Json::array())) {
    if (sentence.is_string()) out += paragraph(style, head, sentence.get<std::string>());
    head = "            ";
  }
  out += places_of(style, finding.value("cause", Json::object()).value("policies", Json::array()));
  return out + repair_of(text_of(finding, "repair"));
}

std::string result_text(const Style& style, const Json& result) {
  std::string verdict = result["verdict"], word = verdict;
  word.resize(8, ' ');
  const std::string title = text_of(result, "title"), reason = text_of(result, "reason");
  std::string out = paragraph(style, paint(style, ink_of(verdict), word) + "  ", text_of(result, "id") + (title.empty() ? "" : ": " + title));
  if (style.quiet || verdict == "proved") return out;
  if (!reason.empty()) out += paragraph(style, "          ", reason);
  if (result.contains("witness")) out += paragraph(style, "          ", flow_of(result["witness"]));
  return out + places_of(style, result.value("policies", Json::array()));
}

std::string list_of(const Style& style, const std::string& heading, const Json& items) {
  if (items.empty()) return "";
  std::string out = "\n" + paint(style, Ink::bold, heading) + "\n";
  for (const Json& item : items) out += paragraph(style, "  - ", item.get<std::string>());
  return out;
}

}  // namespace

std::string merged_text(const Json& answer, const Style& style) {
  const std::string verdict = answer["verdict"];
  std::string out = paragraph(style, paint(style, ink_of(verdict), upper(verdict)) + "  ", headline(answer));
  if (!style.quiet) out += "Joined from " + std::to_string(answer["mergedFrom"].get<size_t>()) + " shards.\n";
  if (answer["command"] == "prove") {
    if (!style.quiet) out += "\n";
    for (const Json& result : answer["results"]) out += result_text(style, result);
  } else {
    size_t number = 0;
    for (const Json& finding : answer["findings"]) out += finding_text(style, finding, ++number, answer["command"] == "diff");
  }
  if (style.quiet) return out;
  out += list_of(style, "Gaps: behaviour without evidence", answer["gaps"]);
  out += list_of(style, "Not modelled", answer["notModelled"]);
  out += list_of(style, "Approximations", answer["approximations"]);
  out += list_of(style, "Assumed", answer["assumptions"]);
  return out + list_of(style, "Left out: what the CNI does whatever policy says", answer["datapath"]);
}

}  // namespace npverify::report
