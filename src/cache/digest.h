#pragma once

#include <nettle/sha2.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace npverify::cache {

/// SHA-256. What stands for a content must not be found for another one, even by somebody who tries: an answer may rest on it.
using Digest = std::array<uint8_t, SHA256_DIGEST_SIZE>;

Digest digest_of(std::string_view text);

/// The digest of several parts. Each goes in with its length, so that no two lists of parts run into the same bytes.
class Hasher {
 public:
  Hasher() { sha256_init(&state_); }
  Hasher& add(std::string_view text);
  Hasher& add(const Digest& digest);
  Digest finish();

 private:
  sha256_ctx state_;
};

}  // namespace npverify::cache
