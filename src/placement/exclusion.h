#pragma once

#include <string>
#include <vector>

#include "placement/placement.h"

namespace npverify::placement {

/// Requirements of node affinity that, taken together, select every kept node and none of the excluded ones.
struct Exclusion {
  std::vector<resource::NodeSelectorRequirement> expressions;  ///< on labels
  std::vector<resource::NodeSelectorRequirement> fields;       ///< on metadata.name, for nodes that no label tells from a kept one
  bool empty() const { return expressions.empty() && fields.empty(); }
};

/// The fewest requirements, of the forms that exclude least beyond what was asked: NotIn before In, a label of many nodes before the name of
/// one. Exact for up to three labels; where more are needed, each is the one that excludes most of what is left.
Exclusion excluding(const std::vector<const Candidate*>& kept, const std::vector<const Candidate*>& excluded);

/// The required node affinity of `spec` with the exclusion added to each of its terms.
std::vector<resource::NodeSelectorTerm> with_exclusion(const resource::PodSpec& spec, const Exclusion& exclusion);

/// A placement without some of its nodes.
struct Restriction {
  std::vector<std::string> excluded;   ///< nodes asked for where the subject could land
  std::vector<std::string> out_before; ///< nodes asked for where it could not land anyway
  std::vector<std::string> kept;       ///< where it can land then; empty: nowhere
  Exclusion exclusion;
  std::vector<resource::NodeSelectorTerm> terms;  ///< the required node affinity to write
};

/// `asked`: names of nodes, labels "key=value", "key!=value" or "key". Cordon and conditions of nodes pass, so nodes that only they keep away
/// count as nodes where the subject can land. The answer has been checked: the subject with `terms` lands on `kept` alone.
/// Throws InputError for names and labels of no node.
Restriction restrict_to_others(const Placement& placement, const std::vector<Candidate>& candidates, const std::vector<std::string>& asked);

}  // namespace npverify::placement
