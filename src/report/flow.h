#pragma once

#include "report/json_parts.h"
#include "report/terminal.h"
#include "verify/flow_explanation.h"

namespace npverify::report {

/// What `explain` found, and what was asked.
struct FlowAnswer {
  verify::FlowExplanation explanation;
  std::string source, destination, port;  ///< as the user named them
  bool ratio = false;                     ///< shares and asymmetries alone, without the hop tables
  std::vector<std::string> pools;         ///< a line a pool, or the profile
};

/// 0: every placement and path works; 1: one fails; 3: none fails and one is unknown, or something is not modelled.
int exit_code(const FlowAnswer& answer);

std::string flow_text(const FlowAnswer& answer, const Style& style);  // flow_text.cpp
Json flow_json(const FlowAnswer& answer);                             // flow_json.cpp

/// "3/8" in lowest terms, "0" and "1".
std::string fraction(size_t part, size_t whole);

}  // namespace npverify::report
