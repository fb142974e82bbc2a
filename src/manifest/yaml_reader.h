#pragma once

#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"
#include "manifest/parts.h"

namespace npverify::manifest {

/// Reads a YAML stream. Each document with a problem is left out with its errors; reading goes on at the next line that begins with `---`,
/// as kubectl cuts streams.
std::vector<Document> read_yaml(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics);

/// The same of one part of the file, as cut_documents gives it. The documents are counted from the part's first.
std::vector<Document> read_yaml(const std::shared_ptr<const base::SourceFile>& file, const Part& part, const ReadLimits& limits, base::Diagnostics& diagnostics);

}  // namespace npverify::manifest
