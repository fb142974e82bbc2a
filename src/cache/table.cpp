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

constexpr char magic[8] = {'n', 'p', 'v', 't', 'a', 'b', '0', '1'};

struct Header {
  char magic[8];
  uint64_t keys, texts_size;
  Digest owner;
};

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// The first eight bytes of a digest as a number that orders as the digest does.
uint64_t leading(const Digest& digest) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
  return number;
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
  if (bytes_of(digest_of(whole.substr(0, whole.size() - sizeof(Digest)))) != whole.substr(whole.size() - sizeof(Digest))) return std::nullopt;
  Table table;
  table.bytes_ = std::move(bytes);
  table.keys_ = header.keys;
  table.texts_at_ = sizeof header + header.keys * sizeof(Entry);
  table.used_.resize(header.keys);
  return table;
}

// The keys are evenly spread, so a key's own value says about where it stands.
std::optional<std::string_view> Table::find(const Digest& key) {
  if (const auto it = added_.find(key); it != added_.end()) return it->second;
  if (keys_ == 0) return std::nullopt;
  __extension__ using wide = unsigned __int128;
  size_t at = static_cast<size_t>(static_cast<wide>(leading(key)) * keys_ >> 64);
  while (at > 0 && entry(at)->key > key) --at;
  while (at < keys_ && entry(at)->key < key) ++at;
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
    uint16_t idle = 0;
  };
  std::vector<Kept> kept;
  for (const auto& [key, text] : added_) kept.push_back({key, text});
  for (size_t i = 0; i < keys_; ++i) {
    const Entry& one = *entry(i);
    const auto idle = static_cast<uint16_t>(used_[i] ? 0 : one.idle + 1);
    if (idle <= most_idle && !added_.contains(one.key)) kept.push_back({one.key, text_of(i), idle});
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.key < b.key; });
  std::string entries, texts;
  size_t written = 0;
  for (const Kept& one : kept) {
    if (texts.size() + one.text.size() > UINT32_MAX) break;  // what does not fit is found out again
    ++written;
    entries += bytes_of(Entry{one.key, static_cast<uint32_t>(texts.size()), static_cast<uint32_t>(one.text.size()), one.idle, {}});
    texts += one.text;
  }
  Header header{{}, written, texts.size(), owner};
  std::memcpy(header.magic, magic, sizeof magic);
  std::string bytes(bytes_of(header));
  bytes += entries;
  bytes += texts;
  bytes += bytes_of(digest_of(bytes));
  return bytes;
}

}  // namespace npverify::cache
