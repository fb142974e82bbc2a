#pragma once

#include "report/writer.h"

namespace npverify::report {

/// For people: the verdict first, then at most a screen a finding, then what limits the answer.
const Writer& text_writer();

}  // namespace npverify::report
