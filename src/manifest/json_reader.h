#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"

namespace npverify::manifest {

/// Is this text JSON at first sight: the first character that is no white space opens an object or an array?
bool looks_like_json(std::string_view text);

/// Reads one JSON text, or several one after the other as kubectl takes them. Nothing if the text is not strict JSON: the YAML reader, which
/// takes most of JSON and more, then reads it or says what is wrong. Duplicate keys and limits are reported here.
std::optional<std::vector<Document>> read_json(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics);

}  // namespace npverify::manifest
