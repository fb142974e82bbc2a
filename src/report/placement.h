#pragma once

#include <optional>

#include "placement/exclusion.h"
#include "report/json_parts.h"
#include "report/terminal.h"

namespace npverify::report {

/// What `place` found.
struct PlacementAnswer {
  placement::Placement placement;
  std::vector<placement::Candidate> candidates;
  std::optional<placement::Restriction> restriction;  ///< where nodes were to be excluded
};

/// "somewhere", "nowhere", "unknown" (no node is known, or all depends on what a pool does not state).
const char* placement_word(const PlacementAnswer& answer);

std::string placement_text(const PlacementAnswer& answer, const Style& style);  // placement_text.cpp
Json placement_json(const PlacementAnswer& answer);                             // placement_json.cpp

/// "cluster.yaml:12 spec.taints[0]"; empty for what no file says.
std::string place_text(const resource::Origin& origin);

/// Terms of node affinity as a pod's spec spells them.
Json node_selector_terms(const std::vector<resource::NodeSelectorTerm>& terms);

}  // namespace npverify::report
