#pragma once

#include <string>

#include "base/diagnostics.h"

namespace npverify::manifest {

/// Makes `text` plain UTF-8 without byte order mark (UTF-16 with one is decoded), or says where that fails: bytes that are not UTF-8, NUL
/// bytes, control characters. Returns false after an error.
bool normalise_encoding(const std::string& name, std::string& text, base::Diagnostics& diagnostics);

}  // namespace npverify::manifest
