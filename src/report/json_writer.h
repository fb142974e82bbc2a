#pragma once

#include "report/writer.h"

namespace npverify::report {

/// docs/schema/comparison.schema.json and docs/schema/prove.schema.json. Keys in a fixed order, two spaces of indentation.
const Writer& json_writer();

}  // namespace npverify::report
