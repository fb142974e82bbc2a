#pragma once

#include <string>
#include <vector>

#include "resource/snapshot.h"
#include "semantics/profile.h"
#include "verify/result.h"

/// A finding in the user's words. The verdict is made elsewhere; this room only says it.
namespace npverify::explain {

/// What a finding is told from.
struct Material {
  const verify::ComparisonResult& result;
  const semantics::Encodings& encodings;
  const resource::Snapshot& left;   ///< of equiv: the one snapshot; of diff: the old one
  const resource::Snapshot& right;  ///< of equiv: the same; of diff: the new one
  bool diff() const { return &left != &right; }
};

/// "Cilium denies what Calico allows: an ipBlock that covers pods (pay/payment-egress)".
std::string title(const verify::Finding& finding, const Material& material);
/// What each side makes of it and on what evidence, a sentence each.
std::vector<std::string> sentences(const verify::Finding& finding, const Material& material);
/// What to edit: one sentence, then lines of YAML that start with "- " (goes) and "+ " (comes) where they can be derived. Empty: unknown.
std::string repair(const verify::Finding& finding, const Material& material);

/// Fills title, explanation and repair of every finding that has none.
void explain(verify::ComparisonResult& result, const semantics::Encodings& encodings, const resource::Snapshot& left, const resource::Snapshot& right);

}  // namespace npverify::explain
