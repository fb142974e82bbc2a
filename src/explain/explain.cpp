#include "explain/explain.h"

#include <algorithm>

#include "explain/axes.h"
#include "explain/place.h"

namespace npverify::explain {
namespace {

/// "Cilium" where that tells the sides apart, else "cilium@1.16.19".
std::string side_name(const semantics::Profile& profile, const semantics::Profile& other, const semantics::Encodings& encodings) {
  if (profile.cni != other.cni)
    for (const auto& cni : encodings.cnis())
      if (cni.name == profile.cni && profile.cni != "kubernetes") return cni.title.substr(0, cni.title.find(" ("));
  if (profile.name() != other.name()) return profile.name();
  std::string options;
  for (const auto& [name, value] : profile.options) {
    const auto there = other.options.find(name);
    if (there == other.options.end() || there->second.value != value.value) options += (options.empty() ? "" : ",") + name + "=" + value.value;
  }
  return profile.name() + "[" + options + "]";
}

bool denies(const oracle::FlowVerdict& verdict) { return verdict.verdict() == oracle::EndVerdict::deny; }

/// The end whose verdict differs, as "egress" or "ingress"; its decision on either side.
struct Parting {
  const oracle::EndDecision *left, *right;
  bool ingress;
};
Parting parting_of(const verify::Witness& witness) {
  const bool ingress = witness.left.egress.verdict == witness.right.egress.verdict;
  return ingress ? Parting{&witness.left.ingress, &witness.right.ingress, true} : Parting{&witness.left.egress, &witness.right.egress, false};
}

/// " (pay/payment-egress)": the policy that a rule of decides.
std::string policy_text(const verify::Finding& finding) {
  for (const auto& place : finding.cause.policies)
    if (!place.field.empty()) return " (" + place.namespace_name + "/" + place.name + ")";
  return "";
}

/// Turns places into the very parts that the cause's axes are about: the port entry, the ipBlock. Places that name a rule first; others
/// (a policy that isolates) only where no rule holds such a part.
void sharpen_places(verify::Finding& finding, const Material& material) {
  for (const std::string& axis : finding.cause.axes) {
    const AxisWords* words = words_of(axis);
    if (!words || !words->part) continue;
    bool found = false;
    for (const bool with_field : {true, false}) {
      for (auto& place : finding.cause.policies) {
        if (found && !with_field) break;
        if (place.field.empty() == with_field) continue;
        const auto part = deciding(parts_at(place, material.right, words->part), finding.witness);
        if (!part) continue;
        found = true;
        place.field = field_of(*part);
        if (const auto& span = origin_of(*part).span; span.file) place.file = span.file->name, place.line = span.line;
      }
    }
  }
}

std::string end_text(const world::Endpoint& end) {
  if (!end.namespace_name.empty()) return "pod " + end.name;
  return end.kind == logic::EndpointKind::host ? "node " + end.node : "outside address" + (end.addresses.empty() ? std::string() : " " + end.addresses.front().to_string());
}

std::string flow_text(const verify::Witness& witness) {
  std::string text = end_text(witness.source) + " to " + end_text(witness.destination) + ", " + base::to_string(witness.protocol);
  return witness.protocol == base::Protocol::icmp ? text : text + " " + std::to_string(witness.port);
}

std::string diff_title(const verify::Finding& finding) {
  const Parting parting = parting_of(finding.witness);
  const oracle::EndDecision& now = *parting.right;
  const std::string verdict = denies(finding.witness.right) ? "is denied now" : "is allowed now";
  return flow_text(finding.witness) + " " + verdict + (now.reason.empty() ? "" : ": " + now.reason);
}

std::string axis_question(const std::string& axis, const semantics::Encodings& encodings) {
  const semantics::AxisInfo* info = encodings.axis(axis);
  return info ? info->question : axis;
}

/// Measured evidence says most; of several the first.
std::string evidence_text(const semantics::Resolved& resolved) {
  if (resolved.evidence.empty()) return std::string(" [") + semantics::to_string(resolved.confidence) + "]";
  const semantics::Evidence& first = resolved.evidence.front();
  return " [" + first.kind + ": " + first.text + "]";
}

std::string answer_text(const semantics::Profile& profile, const std::string& name, const std::string& axis) {
  const auto found = profile.axes.find(axis);
  if (found == profile.axes.end()) return name + ": no evidence for this version.";
  if (found->second.gap()) return name + ": " + semantics::missing_evidence(profile, found->second) + ".";
  return name + ": " + found->second.sentence + evidence_text(found->second);
}

}  // namespace

std::string title(const verify::Finding& finding, const Material& material) {
  if (material.diff()) return diff_title(finding);
  const semantics::Profile &left = material.result.left.profile, &right = material.result.right.profile;
  const std::string left_name = side_name(left, right, material.encodings), right_name = side_name(right, left, material.encodings);
  const std::string head = denies(finding.witness.right) ? right_name + " denies what " + left_name + " allows: " : right_name + " allows what " + left_name + " denies: ";
  if (finding.cause.axes.empty()) return head + flow_text(finding.witness) + policy_text(finding);
  std::string topics;
  for (const std::string& axis : finding.cause.axes) {
    const AxisWords* words = words_of(axis);
    topics += (topics.empty() ? "" : ", and ") + (words ? words->topic(finding, material) : axis_question(axis, material.encodings));
  }
  return head + topics + policy_text(finding);
}

std::vector<std::string> sentences(const verify::Finding& finding, const Material& material) {
  std::vector<std::string> out;
  const semantics::Profile &left = material.result.left.profile, &right = material.result.right.profile;
  for (const std::string& axis : finding.cause.axes) {
    if (const AxisWords* words = words_of(axis); words)
      if (const std::string detail = words->detail(finding, material); !detail.empty()) out.push_back(detail);
    out.push_back("Axis " + axis + ": " + axis_question(axis, material.encodings));
    out.push_back(answer_text(left, left.name(), axis));
    out.push_back(answer_text(right, right.name(), axis));
  }
  return out;
}

std::string repair(const verify::Finding& finding, const Material& material) {
  std::string out;
  for (const std::string& axis : finding.cause.axes) {
    const AxisWords* words = words_of(axis);
    const std::string one = words ? words->repair(finding, material) : "";
    if (!one.empty()) out += (out.empty() ? "" : "\n") + one;
  }
  return out;
}

void explain(verify::ComparisonResult& result, const semantics::Encodings& encodings, const resource::Snapshot& left, const resource::Snapshot& right) {
  const Material material{result, encodings, left, right};
  for (verify::Finding& finding : result.findings) {
    if (!material.diff()) sharpen_places(finding, material);
    if (finding.title.empty()) finding.title = title(finding, material);
    if (finding.explanation.empty()) finding.explanation = sentences(finding, material);
    if (finding.repair.empty()) finding.repair = repair(finding, material);
  }
}

}  // namespace npverify::explain
