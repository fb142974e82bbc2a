#pragma once

#include "report/json_parts.h"
#include "report/terminal.h"
#include "semantics/profile.h"

namespace npverify::report {

/// Axes whose rule or parameters differ, in the order of axes.yaml. A gap differs from every rule.
std::vector<std::string> differing_axes(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right);

inline std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }
Json list_json(const semantics::Encodings& encodings);
Json profile_json(const semantics::Encodings& encodings, const semantics::Profile& profile);
Json difference_json(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right);
Json axis_json(const semantics::Encodings& encodings, const semantics::AxisInfo& axis);

std::string list_text(const semantics::Encodings& encodings, const Style& style);
std::string profile_text(const semantics::Encodings& encodings, const semantics::Profile& profile, const Style& style);
std::string difference_text(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right, const Style& style);
std::string axis_text(const semantics::Encodings& encodings, const semantics::AxisInfo& axis, const Style& style);

}  // namespace npverify::report
