#pragma once

#include <string>
#include <string_view>

namespace npverify::base {

/// Tells contents apart: SHA-256 of the bytes, 64 hexadecimal digits. Equal contents have equal fingerprints on every machine.
std::string fingerprint(std::string_view bytes);

}  // namespace npverify::base
