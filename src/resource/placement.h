#pragma once

#include "resource/decode.h"

/// The parts of nodes and pods that decide where pods land, refused where the API server refuses them.
/// Source: pkg/apis/core/validation of kubernetes/kubernetes (ValidateNodeSelectorTerm, ValidateTolerations, validateNodeTaints,
/// validateTopologySpreadConstraints).
namespace npverify::resource {

Taint decode_taint(const Field& taint);
std::vector<NodeLabel> decode_node_selector(const Field& selector);
/// spec.affinity: required node affinity, and whether there is required affinity between pods.
void decode_affinity(const Field& affinity, PodSpec& spec);
void decode_tolerations(const Field& tolerations, PodSpec& spec);
void decode_spread(const Field& constraints, PodSpec& spec);

}  // namespace npverify::resource
