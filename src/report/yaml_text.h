#pragma once

#include <string>

#include "report/json_parts.h"

namespace npverify::report {

/// A JSON value as block YAML that YAML 1.1 and 1.2 readers take alike: every string that one of them could mistake is quoted.
/// Ends with a line end.
std::string to_yaml(const Json& value);

/// A whole stream: "---" between the documents.
std::string to_yaml_stream(const std::vector<Json>& documents);

}  // namespace npverify::report
