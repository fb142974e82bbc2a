#include "cache/digest.h"

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

// The rounds of xxHash64. Four lanes, so that a processor has something to do while it multiplies. A round is one to one in the lane and in the
// word, so a changed word changes its lane, and the turn between the products carries high bits to where they are spread.
Digest checksum_of(std::string_view text) {
  constexpr size_t lanes = 4;
  constexpr uint64_t first = 0x9e3779b185ebca87, second = 0xc2b2ae3d27d4eb4f;
  std::array<uint64_t, lanes> state{1, 2, 3, 4}, words{};
  for (size_t at = 0; at < text.size(); at += sizeof words) {
    if (text.size() - at < sizeof words) words = {};
    std::memcpy(words.data(), text.data() + at, std::min(sizeof words, text.size() - at));
    for (size_t i = 0; i < lanes; ++i) state[i] = std::rotl(state[i] + words[i] * second, 31) * first;
  }
  const uint64_t size = text.size();
  return Hasher().add({reinterpret_cast<const char*>(state.data()), sizeof state}).add({reinterpret_cast<const char*>(&size), sizeof size}).finish();
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
