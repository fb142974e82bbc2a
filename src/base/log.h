#pragma once

#include <string>
#include <string_view>

namespace npverify::base {

/// Is the run looked into? True under `NPVERIFY_LOG=debug`: ask before a message is put together, so that it costs nothing otherwise.
bool logging();

/// A line on standard error: "[   12.3 ms] query: slice: ingress of shop: unsat". For whoever looks into a run; no part of any answer.
void log(std::string_view tag, const std::string& message);

}  // namespace npverify::base
