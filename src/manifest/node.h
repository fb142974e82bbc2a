#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"

/// Bytes to documents: YAML streams and JSON become one plain tree whose every value knows its line and column.
namespace npverify::manifest {

enum class NodeKind : uint8_t { null, boolean, integer, real, string, sequence, mapping };

/// Values that lie side by side in the memory of their document. Copies share them.
template <typename T>
class Slice {
 public:
  Slice() = default;
  Slice(const T* data, size_t size) : data_(data), size_(size) {}
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](size_t index) const { return data_[index]; }
  const T& front() const { return data_[0]; }
  const T& back() const { return data_[size_ - 1]; }

 private:
  const T* data_ = nullptr;
  size_t size_ = 0;
};

/// One value of a document; it and all below it live as long as the document. Scalars are typed as the API machinery (sigs.k8s.io/yaml: YAML 1.1 to JSON) types them.
struct Node {
  struct Entry;
  NodeKind kind = NodeKind::null;
  uint32_t line = 0, column = 0;   ///< of the value, from 1
  std::string_view text;           ///< the scalar: for strings its content, for the others its canonical spelling
  Slice<Node> items;               ///< of a sequence
  Slice<Entry> entries;            ///< of a mapping, in order of appearance, keys unique

  /// The value of `key`, or nullptr. REQUIRES: nothing (a non-mapping has no keys).
  const Node* find(std::string_view key) const;
};

struct Node::Entry {
  std::string_view key;
  uint32_t line = 0, column = 0;  ///< of the key
  Node value;
};

/// One document of a stream, or one JSON text.
struct Document {
  std::shared_ptr<const base::SourceFile> file;
  Node root;                                  ///< never null: empty documents are dropped
  std::shared_ptr<std::pmr::monotonic_buffer_resource> storage;  ///< holds the tree and the scalars that are spelled otherwise in the file
  uint32_t index = 0;                         ///< position in the file, from 0
};

/// What a text may cost. The defaults are far above real manifests and dumps, and far below what hurts.
struct ReadLimits {
  size_t depth = 100;                        ///< nested mappings and sequences
  size_t file_bytes = size_t{2} << 30;       ///< of one file
  size_t document_values = 100'000'000;      ///< values in one document, aliases expanded
  size_t alias_values = 400'000;             ///< values that aliases and merge keys copy, in one document
};

/// Reads every document under `paths` (files, folders recursively for .yaml, .yml and .json in byte order of the paths, "-" for stdin).
/// Problems go to `diagnostics`; a document with a problem is left out, the others are still read.
std::vector<Document> read_documents(const std::vector<std::string>& paths, base::Diagnostics& diagnostics);
std::vector<Document> read_documents(const std::vector<std::string>& paths, const ReadLimits& limits, base::Diagnostics& diagnostics);

/// Reads the documents of one text. `name` appears in diagnostics.
std::vector<Document> read_text(std::string name, std::string text, base::Diagnostics& diagnostics);
std::vector<Document> read_text(std::string name, std::string text, const ReadLimits& limits, base::Diagnostics& diagnostics);

/// "a mapping", "a string", "an integer": for messages.
const char* describe(NodeKind kind);

}  // namespace npverify::manifest
