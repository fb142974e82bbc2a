#pragma once

#include <string>

#include "report/writer.h"

/// One finding, one invariant, as text.
namespace npverify::report {

/// `number` counts from 1. REQUIRES: the explain room has filled title, explanation and repair.
std::string finding_text(const verify::Finding& finding, size_t number, const verify::ComparisonResult& result, const Run& run);

/// A line for what is proved; reason, witness and deciding policies for everything else. `profiles`: those of the run.
std::string invariant_text(const verify::InvariantResult& result, const std::vector<verify::SideInfo>& profiles, const Run& run);

}  // namespace npverify::report
