#pragma once

#include <mutex>
#include <string>

#include "cache/digest.h"
#include "cache/folder.h"
#include "cache/table.h"
#include "npverify/cache.h"

namespace npverify {

struct Cache::State {
  explicit State(const std::string& path) : folder(path) {}
  std::mutex mutex;  ///< of all below
  cache::Folder folder;
};

namespace library {

/// The program that runs, down to its last bit; what another one found out is not believed. Nothing where it cannot be told.
std::optional<cache::Digest> this_program();

/// A table of the cache: read when made, written by `save` if something came to it.
class StoredTable {
 public:
  /// `owner` says what its entries rest on besides their keys; `name` tells tables of one owner apart.
  StoredTable(const Cache& cache, const std::string& name, const cache::Digest& owner);
  cache::Table& table() { return table_; }
  void save();

 private:
  Cache cache_;
  std::string name_;
  cache::Digest owner_;
  cache::Table table_;
};

}  // namespace library
}  // namespace npverify
