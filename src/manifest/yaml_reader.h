#pragma once

#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"

namespace npverify::manifest {

/// Reads a YAML stream. Each document with a problem is left out with its errors; reading goes on at the next line that begins with `---`,
/// as kubectl cuts streams.
std::vector<Document> read_yaml(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics);

/// Whether libyaml reads the whole text; its error, if not, goes to `diagnostics`. For readers of npverify's own files, which keep their own tree.
bool check_yaml_syntax(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics);

}  // namespace npverify::manifest
