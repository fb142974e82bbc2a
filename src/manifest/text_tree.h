#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.h"

/// A YAML tree in which every scalar is the text that was written: for npverify's own files, where 1.20 is a version and not a number.
///
/// Nodes are asked as those of yaml-cpp are, which read these files before: a node that is not there answers, too, and is not defined.
namespace npverify::manifest::text_tree {

enum class NodeType : uint8_t { Undefined, Null, Scalar, Sequence, Map };

/// From 0; of a node that is not there, negative.
struct Mark {
  int line = -1, column = -1;
  bool is_null() const { return line < 0; }
};

struct Tree;
struct Value;

/// One value of a document; keeps the document alive.
class Node {
 public:
  Node() = default;
  Node(std::shared_ptr<const Tree> tree, const Value* value) : tree_(std::move(tree)), value_(value) {}

  NodeType Type() const;
  bool IsDefined() const { return value_ != nullptr; }
  bool IsNull() const { return Type() == NodeType::Null; }
  bool IsScalar() const { return Type() == NodeType::Scalar; }
  bool IsSequence() const { return Type() == NodeType::Sequence; }
  bool IsMap() const { return Type() == NodeType::Map; }
  /// Empty where it is no scalar.
  const std::string& Scalar() const;
  /// "?" of a scalar without quotes and tag, "!" of one in quotes, else the tag.
  const std::string& Tag() const;
  text_tree::Mark Mark() const;
  /// Items of a sequence, entries of a mapping; else 0.
  size_t size() const;
  /// The value of the first such key; not defined where there is none.
  Node operator[](const std::string& key) const;
  Node operator[](size_t index) const;

  struct Item;
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  std::shared_ptr<const Tree> tree_;
  const Value* value_ = nullptr;
};

/// What stands in a collection: an item of a sequence, or key and value of a mapping.
struct Node::Item : Node {
  using Node::Node;
  Node first, second;
};

class Node::Iterator {
 public:
  Iterator(Node node, size_t index) : node_(std::move(node)), index_(index) {}
  Item operator*() const;
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  bool operator==(const Iterator& other) const { return index_ == other.index_; }

 private:
  Node node_;
  size_t index_;
};

/// Every document of a file. Nothing, and an error, where it is not YAML.
std::optional<std::vector<Node>> read(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics);

}  // namespace npverify::manifest::text_tree
