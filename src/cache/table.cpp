#include "cache/table.h"

#include <algorithm>
#include <cstring>

namespace npverify::cache {

/// Of a key in a file. Plain bytes, so that a file can be read where it lies.
struct Table::Entry {
  Digest key;
  uint32_t offset, size;  ///< of its text, from the start of the texts
  uint16_t idle;          ///< changes of the table since a run asked for it
  uint16_t unused[3];
};

namespace {

constexpr char magic[8] = {'n', 'p', 'v', 't', 'a', 'b', '0', '2'};

struct Header {
  char magic[8];
  uint64_t keys, texts_size;
  Digest owner;
};

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// What part `share` of 2^64 is of `count`.
size_t scaled(uint64_t share, size_t count) {
  __extension__ using wide = unsigned __int128;
  return static_cast<size_t>(static_cast<wide>(share) * count >> 64);
}

}  // namespace

size_t Table::DigestHash::operator()(const Digest& digest) const { return static_cast<size_t>(leading(digest)); }

const Table::Entry* Table::entry(size_t index) const { return reinterpret_cast<const Entry*>(bytes_.data() + sizeof(Header)) + index; }

std::optional<Table> Table::read(std::string bytes, const Digest& owner) {
  static_assert(sizeof(Entry) % 8 == 0 && sizeof(Header) % 8 == 0 && std::is_trivially_copyable_v<Entry>);
  Header header;
  if (bytes.size() < sizeof header + sizeof(Digest)) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.owner != owner) return std::nullopt;
  const size_t body = bytes.size() - sizeof header - sizeof(Digest);
  if (header.keys > body / sizeof(Entry) || header.texts_size != body - header.keys * sizeof(Entry)) return std::nullopt;
  const std::string_view whole(bytes);
  if (bytes_of(checksum_of(whole.substr(0, whole.size() - sizeof(Digest)))) != whole.substr(whole.size() - sizeof(Digest))) return std::nullopt;
  Table table;
  table.bytes_ = std::move(bytes);
  table.keys_ = header.keys;
  table.texts_at_ = sizeof header + header.keys * sizeof(Entry);
  table.used_.resize(header.keys);
  return table;
}

// The keys are evenly spread, so a key's own value says about where it stands, and how far a look is off says it again.
size_t Table::place_of(const Digest& key) const {
  const uint64_t wanted = leading(key);
  size_t at = scaled(wanted, keys_);
  for (int looks = 0; looks < 3; ++looks) {
    const uint64_t there = leading(entry(at)->key);
    at = there < wanted ? std::min(keys_ - 1, at + scaled(wanted - there, keys_)) : at - std::min(at, scaled(there - wanted, keys_));
  }
  while (at > 0 && !less(entry(at - 1)->key, key)) --at;
  while (at < keys_ && less(entry(at)->key, key)) ++at;
  return at;
}

std::optional<std::string_view> Table::find(const Digest& key) {
  if (const auto it = added_.empty() ? added_.end() : added_.find(key); it != added_.end()) return it->second;
  const size_t at = keys_ == 0 ? 0 : place_of(key);
  if (at == keys_ || entry(at)->key != key) return std::nullopt;
  used_[at] = true;
  return text_of(at);
}

std::string_view Table::text_of(size_t index) const {
  const std::string_view texts = std::string_view(bytes_).substr(texts_at_, bytes_.size() - sizeof(Digest) - texts_at_);
  return texts.substr(std::min<size_t>(entry(index)->offset, texts.size()), entry(index)->size);
}

void Table::put(const Digest& key, std::string text) { added_[key] = std::move(text); }

std::string Table::write(const Digest& owner) const {
  struct Kept {
    Digest key;
    std::string_view text;
    uint16_t idle;
  };
  std::vector<Kept> added, kept;
  for (const auto& [key, text] : added_) added.push_back({key, text, 0});
  std::sort(added.begin(), added.end(), [](const Kept& a, const Kept& b) { return less(a.key, b.key); });
  kept.reserve(size());
  size_t texts_size = 0;
  const auto keep = [&](const Kept& one) {
    if (texts_size + one.text.size() > UINT32_MAX) return;  // what does not fit is found out again
    texts_size += one.text.size();
    kept.push_back(one);
  };
  auto next = added.begin();
  for (size_t i = 0; i < keys_; ++i) {
    const Entry& one = *entry(i);
    for (; next != added.end() && less(next->key, one.key); ++next) keep(*next);
    const auto idle = static_cast<uint16_t>(used_[i] ? 0 : one.idle + 1);
    if (idle <= most_idle && (next == added.end() || next->key != one.key)) keep({one.key, text_of(i), idle});
  }
  std::for_each(next, added.end(), keep);
  Header header{{}, kept.size(), texts_size, owner};
  std::memcpy(header.magic, magic, sizeof magic);
  std::string bytes(bytes_of(header));
  bytes.reserve(sizeof header + kept.size() * sizeof(Entry) + texts_size + sizeof(Digest));
  uint32_t offset = 0;
  for (const Kept& one : kept) {
    bytes += bytes_of(Entry{one.key, offset, static_cast<uint32_t>(one.text.size()), one.idle, {}});
    offset += static_cast<uint32_t>(one.text.size());
  }
  for (const Kept& one : kept) bytes += one.text;
  bytes += bytes_of(checksum_of(bytes));
  return bytes;
}

}  // namespace npverify::cache
