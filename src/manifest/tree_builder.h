#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"
#include "manifest/place.h"

namespace npverify::manifest {

/// Builds the trees of a file's documents, one after the other, from the events of a reader. Reports duplicate keys, keys that are not scalars, undefined aliases,
/// wrong merge keys and exceeded limits; `failed` tells whether there was one.
class TreeBuilder {
 public:
  TreeBuilder(std::shared_ptr<const base::SourceFile> file, const ReadLimits& limits, base::Diagnostics& diagnostics);

  /// Begins a document.
  void start();

  /// A scalar; as a key of a mapping its text is the key. `plain_merge` marks an unquoted `<<`.
  void scalar(Place place, NodeKind kind, std::string_view text, std::string_view anchor, bool plain_merge = false);
  void begin(Place place, NodeKind kind, std::string_view anchor);
  void end();
  void alias(Place place, std::string_view name);

  /// Keeps a text as long as the document.
  std::string_view keep(std::string_view text);
  void error(Place place, std::string message, std::string hint = "");
  /// Has the document no tree? A key that is given twice is an error too, but the tree stands, so that its other problems are found.
  bool failed() const { return failed_; }
  bool too_large() const { return too_large_; }
  /// Where a mapping or sequence first stood where only a key can: what an unrendered template looks like.
  std::optional<Place> collection_as_key() const { return collection_as_key_; }

  /// The document. REQUIRES: every begin has its end.
  const Node& root() const { return root_; }
  /// The memory of all documents of the file.
  const std::shared_ptr<std::pmr::monotonic_buffer_resource>& storage() const { return storage_; }

 private:
  struct Frame {
    Node node;
    std::string anchor;
    std::string_view key;      // of a mapping: the key that waits for its value
    Place key_place;
    bool has_key = false, key_is_merge = false;
    bool is_key = false;       // this collection stands where a key should
    size_t first = 0;          // its first child on the stack of its kind
    Slice<Node> merges;        // values of `<<`
  };
  struct Anchor {
    Node node;
    size_t values = 1, depth = 0;  // of the whole value
    bool open = false;
  };

  void add(const Node& node, bool plain_merge);
  void add_to_mapping(Frame& frame, const Node& node, bool plain_merge);
  void add_merge(Frame& frame, const Node& node);
  void finish_mapping(Frame& frame);
  Slice<Node::Entry> merged(const Node& mapping, const Slice<Node>& sources);
  template <typename T>
  Slice<T> store(const T* values, size_t size);
  void remember(std::string_view anchor, const Node& node);
  bool count(size_t values, Place place);

  std::shared_ptr<const base::SourceFile> file_;
  const ReadLimits& limits_;
  base::Diagnostics& diagnostics_;
  std::shared_ptr<std::pmr::monotonic_buffer_resource> storage_;
  Node root_;
  std::vector<Frame> frames_;
  std::vector<Node> items_;           // of all open sequences
  std::vector<Node::Entry> entries_;  // of all open mappings
  std::unordered_map<std::string, Anchor> anchors_;
  size_t values_ = 0, alias_values_ = 0;
  bool failed_ = false, too_large_ = false;
  std::optional<Place> collection_as_key_;
};

}  // namespace npverify::manifest
