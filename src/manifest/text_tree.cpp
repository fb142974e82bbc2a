#include "manifest/text_tree.h"

#include <deque>
#include <unordered_map>

#include "manifest/place.h"
#include "manifest/yaml_errors.h"
#include "manifest/yaml_parser.h"

namespace npverify::manifest::text_tree {

struct Value {
  NodeType type = NodeType::Null;
  text_tree::Mark mark;
  std::string text, tag;
  std::vector<const Value*> items;                             ///< of a sequence
  std::vector<std::pair<const Value*, const Value*>> entries;  ///< of a mapping
};

struct Tree {
  std::deque<Value> values;
};

namespace {

constexpr size_t most_levels = 100;  ///< readers of these trees go down by recursion

const std::string none;

bool spells_null(std::string_view text) { return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL"; }

/// Events to trees, one a document.
class Builder {
 public:
  Builder(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics) : file_(file), diagnostics_(diagnostics) {}

  void take(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        tree_ = std::make_shared<Tree>();
        anchors_.clear();
        root_ = nullptr;
        break;
      case YAML_DOCUMENT_END_EVENT:
        documents_.emplace_back(tree_, root_);
        break;
      case YAML_SCALAR_EVENT: {
        const auto& scalar = event.data.scalar;
        Value& value = add(event, NodeType::Scalar, scalar.anchor, scalar.tag);
        value.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
        if (value.tag.empty()) value.tag = scalar.plain_implicit != 0 ? "?" : "!";
        if (value.tag == "?" && spells_null(value.text)) value.type = NodeType::Null;
        place(&value);
        break;
      }
      case YAML_ALIAS_EVENT:
        alias(event);
        break;
      case YAML_SEQUENCE_START_EVENT:
        open(add(event, NodeType::Sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag));
        break;
      case YAML_MAPPING_START_EVENT:
        open(add(event, NodeType::Map, event.data.mapping_start.anchor, event.data.mapping_start.tag));
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        close();
        break;
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
        break;
    }
  }

  bool failed() const { return failed_; }
  std::vector<Node> documents() { return std::move(documents_); }

 private:
  struct Open {
    Value* value;
    const Value* key = nullptr;  ///< of a mapping: one that waits for its value
  };

  Value& add(const yaml_event_t& event, NodeType type, const yaml_char_t* anchor, const yaml_char_t* tag) {
    Value& value = tree_->values.emplace_back();
    value.type = type;
    value.mark = {static_cast<int>(event.start_mark.line), static_cast<int>(event.start_mark.column)};
    if (tag) value.tag = reinterpret_cast<const char*>(tag);
    if (anchor) anchors_[reinterpret_cast<const char*>(anchor)] = &value;
    return value;
  }

  void open(Value& value) {
    if (open_.size() >= most_levels) error(value.mark, "nested deeper than " + std::to_string(most_levels) + " levels");
    open_.push_back({&value});
  }

  void close() {
    const Value* value = open_.back().value;
    open_.pop_back();
    place(value);
  }

  void place(const Value* value) {
    if (open_.empty()) {
      root_ = value;
      return;
    }
    Open& around = open_.back();
    if (around.value->type == NodeType::Sequence) {
      around.value->items.push_back(value);
    } else if (!around.key) {
      around.key = value;
    } else {
      around.value->entries.emplace_back(around.key, value);
      around.key = nullptr;
    }
  }

  void alias(const yaml_event_t& event) {
    const std::string name = reinterpret_cast<const char*>(event.data.alias.anchor);
    const text_tree::Mark mark{static_cast<int>(event.start_mark.line), static_cast<int>(event.start_mark.column)};
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      error(mark, "alias '*" + name + "' has no anchor '&" + name + "' before it in this document");
    } else {
      for (const Open& one : open_)
        if (one.value == found->second) error(mark, "alias '*" + name + "' stands inside its own anchor");
    }
    place(failed_ ? &tree_->values.emplace_back() : found->second);
  }

  void error(text_tree::Mark mark, std::string message) {
    failed_ = true;
    diagnostics_.error({file_, static_cast<uint32_t>(mark.line + 1), static_cast<uint32_t>(mark.column + 1)}, "", std::move(message));
  }

  const std::shared_ptr<const base::SourceFile>& file_;
  base::Diagnostics& diagnostics_;
  std::shared_ptr<Tree> tree_;
  const Value* root_ = nullptr;
  std::vector<Open> open_;
  std::unordered_map<std::string, const Value*> anchors_;
  std::vector<Node> documents_;
  bool failed_ = false;
};

}  // namespace

NodeType Node::Type() const { return value_ ? value_->type : NodeType::Undefined; }
const std::string& Node::Scalar() const { return value_ ? value_->text : none; }
const std::string& Node::Tag() const { return value_ ? value_->tag : none; }
text_tree::Mark Node::Mark() const { return value_ ? value_->mark : text_tree::Mark{}; }
size_t Node::size() const { return value_ ? value_->items.size() + value_->entries.size() : 0; }

Node Node::operator[](const std::string& key) const {
  if (value_)
    for (const auto& [name, value] : value_->entries)
      if (name->text == key && name->type == NodeType::Scalar) return {tree_, value};
  return {};
}

Node Node::operator[](size_t index) const { return value_ && index < value_->items.size() ? Node(tree_, value_->items[index]) : Node(); }

Node::Iterator Node::begin() const { return {*this, 0}; }
Node::Iterator Node::end() const { return {*this, size()}; }

Node::Item Node::Iterator::operator*() const {
  const Value& value = *node_.value_;
  if (value.type == NodeType::Sequence) return Item(node_.tree_, value.items[index_]);
  Item item;
  item.first = Node(node_.tree_, value.entries[index_].first);
  item.second = Node(node_.tree_, value.entries[index_].second);
  return item;
}

std::optional<std::vector<Node>> read(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics) {
  Builder builder(file, diagnostics);
  YamlParser parser(file->text);
  while (true) {
    YamlEvent event;
    if (yaml_parser_parse(&parser.parser, &event.event) == 0) {
      PlaceFinder places(file->text);
      places.count_from(0);
      const auto [place, message, hint] = explain_syntax_error(parser.parser, file->text, places);
      diagnostics.error({file, place.line, place.column}, "", message, hint);
      return std::nullopt;
    }
    if (builder.failed()) return std::nullopt;
    if (event.event.type == YAML_STREAM_END_EVENT) return builder.documents();
    builder.take(event.event);
  }
}

}  // namespace npverify::manifest::text_tree
