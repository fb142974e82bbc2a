#pragma once

#include "placement/placement.h"

namespace npverify::placement {

/// Does the candidate satisfy the requirement, as the scheduler evaluates it? A requirement that the scheduler cannot parse (Gt with text, a
/// value that is no label value) makes its term select nothing, so it is satisfied nowhere.
Landing satisfies(const resource::NodeSelectorRequirement& requirement, const Candidate& candidate);

/// The same for a requirement on a field (metadata.name).
Landing satisfies_field(const resource::NodeSelectorRequirement& requirement, const Candidate& candidate);

/// Why the scheduler cannot parse it; empty where it can.
std::string parse_problem(const resource::NodeSelectorRequirement& requirement);

/// "zone In [a, b]", "gpu Exists", "kernel Gt 5"
std::string text_of(const resource::NodeSelectorRequirement& requirement);

/// 'pool=b', or 'no label pool'
std::string label_text(const Candidate& candidate, const std::string& key);

}  // namespace npverify::placement
