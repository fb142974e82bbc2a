#pragma once

#include "report/writer.h"

namespace npverify::report {

/// For people: the verdict first, then at most a screen a finding, then what limits the answer.
const Writer& text_writer();

/// The end of every text: how profiles were found, gaps, what is not modelled, assumptions, notes; the counts where they are asked for.
std::string tail_text(const Run& run, const verify::Limits& limits, const std::vector<std::string>& assumptions, const std::map<std::string, size_t>& counts);

}  // namespace npverify::report
