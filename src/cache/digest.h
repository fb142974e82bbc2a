#pragma once

#include <nettle/sha2.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace npverify::cache {

/// SHA-256. What stands for a content must not be found for another one, even by somebody who tries: an answer may rest on it.
using Digest = std::array<uint8_t, SHA256_DIGEST_SIZE>;

Digest digest_of(std::string_view text);

/// XXH3 of 128 bits, zeros behind: tells a content that was damaged by accident, many times as fast. Who means to can make two contents with the same.
Digest checksum_of(std::string_view text);

/// The first eight bytes of a digest as a number that orders as the digest does.
inline uint64_t leading(const Digest& digest) {
  uint64_t number;
  std::memcpy(&number, digest.data(), sizeof number);
  return std::endian::native == std::endian::little ? __builtin_bswap64(number) : number;
}

/// As digests are ordered; most are told apart by their first bytes.
inline bool less(const Digest& a, const Digest& b) {
  const uint64_t first = leading(a), second = leading(b);
  return first != second ? first < second : a < b;
}

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
