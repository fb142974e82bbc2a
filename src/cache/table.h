#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/digest.h"

namespace npverify::cache {

/// From digests to short texts, as one file of the cache holds them. Entries that no run has asked for since `most_idle` changes are dropped,
/// so that a table stays about as large as what it is used for.
///
/// The file: a header, the keys in ascending order, the texts, and the checksum of all that. Found texts point into it and live as long as the table.
class Table {
 public:
  static constexpr uint16_t most_idle = 16;

  /// An empty one.
  Table() = default;
  /// The table in `bytes`; nothing where they are not, from the first byte to the last, what a table of `owner` wrote.
  static std::optional<Table> read(std::string bytes, const Digest& owner);

  std::optional<std::string_view> find(const Digest& key);
  void put(const Digest& key, std::string text);
  /// Was something put since it was read?
  bool changed() const { return !added_.empty(); }
  /// Everything as a file of `owner`.
  std::string write(const Digest& owner) const;
  size_t size() const { return keys_ + added_.size(); }

 private:
  struct Entry;
  struct DigestHash {
    size_t operator()(const Digest& digest) const;
  };
  const Entry* entry(size_t index) const;
  /// Of the first key that is not less, counted in bytes_; keys_ where there is none. REQUIRES: keys_ > 0.
  size_t place_of(const Digest& key) const;
  std::string_view text_of(size_t index) const;

  std::string bytes_;
  size_t keys_ = 0;         // in bytes_
  size_t texts_at_ = 0;     // offset of the texts in bytes_
  std::vector<bool> used_;  // by index of a key in bytes_
  std::unordered_map<Digest, std::string, DigestHash> added_;
};

}  // namespace npverify::cache
