#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"
#include "resource/snapshot.h"

namespace npverify::resource {

struct LoadOptions {
  std::string default_namespace = "default";  ///< of namespaced objects that name none (as `kubectl apply -n`)
  std::vector<std::string> object_files = {};      ///< files with objects that are not among the documents
};

/// Documents to a validated Snapshot. Every problem of every document goes to `diagnostics` as an error, with line, column and field;
/// the caller decides to stop (exit 2) where `diagnostics.has_errors()`. Several threads share them, `lot` documents at a time, which changes
/// nothing of what comes out. REQUIRES: lot > 0.
Snapshot load_snapshot(const std::vector<manifest::Document>& documents, const LoadOptions& options, base::Diagnostics& diagnostics, size_t lot = 256);

/// Does `selector` select these labels? Plain Kubernetes reading: a missing key satisfies NotIn and DoesNotExist.
bool selects(const LabelSelector& selector, const Labels& labels);

}  // namespace npverify::resource
