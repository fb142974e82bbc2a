#pragma once

#include <nlohmann/json.hpp>

#include "report/writer.h"

/// The pieces of results as JSON, as CONTRACT and docs/schema name them.
namespace npverify::report {

using Json = nlohmann::ordered_json;

/// "documented default", "command line" or the object it was read from.
std::string source_text(const semantics::OptionValue& value);

Json to_json(const verify::SideInfo& side);
Json to_json(const verify::PolicyPlace& place);
Json to_json(const oracle::FlowVerdict& verdict);
Json to_json(const world::Endpoint& end, base::Family family);
/// The flow alone; the verdicts of the sides are added by the caller.
Json to_json(const verify::Witness& witness);
/// Adds "gaps", "approximations", "notModelled", "datapath" and "partial".
void add_limits(Json& json, const verify::Limits& limits);

}  // namespace npverify::report
