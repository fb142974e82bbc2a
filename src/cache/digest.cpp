#include "cache/digest.h"

#include <xxhash.h>

#include <algorithm>

namespace npverify::cache {
namespace {

void update(sha256_ctx& state, const void* bytes, size_t size) { sha256_update(&state, size, static_cast<const uint8_t*>(bytes)); }

Digest finished(sha256_ctx& state) {
  Digest digest;
  sha256_digest(&state, digest.size(), digest.data());
  return digest;
}

}  // namespace

Digest digest_of(std::string_view text) {
  sha256_ctx state;
  sha256_init(&state);
  update(state, text.data(), text.size());
  return finished(state);
}

Digest checksum_of(std::string_view text) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(text.data(), text.size()));
  Digest checksum{};
  std::copy(std::begin(canonical.digest), std::end(canonical.digest), checksum.begin());
  return checksum;
}

Hasher& Hasher::add(std::string_view text) {
  const uint64_t size = text.size();
  update(state_, &size, sizeof size);
  update(state_, text.data(), text.size());
  return *this;
}

Hasher& Hasher::add(const Digest& digest) {
  update(state_, digest.data(), digest.size());
  return *this;
}

Digest Hasher::finish() { return finished(state_); }

}  // namespace npverify::cache
