// Children of open collections wait on two stacks that all levels share; a finished collection is one copy into the file's memory, which is
// freed as a whole. What an alias stands for is shared, yet counted as if it were copied, because whoever walks the tree meets it each time.
#include "manifest/tree_builder.h"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <unordered_set>

namespace npverify::manifest {
namespace {

size_t count_values(const Node& node) {
  size_t values = 1;
  for (const auto& item : node.items) values += count_values(item);
  for (const auto& entry : node.entries) values += count_values(entry.value);
  return values;
}

size_t depth_of(const Node& node) {
  size_t deepest = 0;
  for (const auto& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const auto& entry : node.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + (node.kind == NodeKind::sequence || node.kind == NodeKind::mapping ? 1 : 0);
}

Place place_of(const Node& node) { return {0, node.line, node.column}; }

}  // namespace

TreeBuilder::TreeBuilder(std::shared_ptr<const base::SourceFile> file, const ReadLimits& limits, base::Diagnostics& diagnostics)
    : file_(std::move(file)), limits_(limits), diagnostics_(diagnostics), storage_(std::make_shared<std::pmr::monotonic_buffer_resource>(size_t{1} << 14)) {}

void TreeBuilder::start() {
  root_ = {};
  frames_.clear();
  items_.clear();
  entries_.clear();
  anchors_.clear();
  values_ = alias_values_ = 0;
  failed_ = too_large_ = false;
  collection_as_key_.reset();
}

template <typename T>
Slice<T> TreeBuilder::store(const T* values, size_t size) {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
  if (size == 0) return {};
  T* const copy = static_cast<T*>(storage_->allocate(size * sizeof(T), alignof(T)));
  std::uninitialized_copy_n(values, size, copy);
  return {copy, size};
}

std::string_view TreeBuilder::keep(std::string_view text) {
  const auto copy = store(text.data(), text.size());
  return copy.empty() ? std::string_view("") : std::string_view(copy.begin(), copy.size());
}

void TreeBuilder::error(Place place, std::string message, std::string hint) {
  failed_ = true;
  diagnostics_.error({file_, place.line, place.column}, "", std::move(message), std::move(hint));
}

bool TreeBuilder::count(size_t values, Place place) {
  values_ += values;
  if (values_ > limits_.document_values && !too_large_) {
    too_large_ = true;
    error(place, "the document has more than " + std::to_string(limits_.document_values) + " values");
  }
  return !too_large_;
}

void TreeBuilder::scalar(Place place, NodeKind kind, std::string_view text, std::string_view anchor, bool plain_merge) {
  if (!count(1, place)) return;
  Node node;
  node.kind = kind;
  node.line = place.line;
  node.column = place.column;
  node.text = text;
  if (!anchor.empty()) remember(anchor, node);
  add(node, plain_merge);
}

void TreeBuilder::begin(Place place, NodeKind kind, std::string_view anchor) {
  if (!count(1, place)) return;
  if (frames_.size() >= limits_.depth) {
    too_large_ = true;
    error(place, "nested deeper than " + std::to_string(limits_.depth) + " levels");
    return;
  }
  Frame frame;
  frame.node.kind = kind;
  frame.node.line = place.line;
  frame.node.column = place.column;
  frame.anchor = anchor;
  if (!anchor.empty()) anchors_[frame.anchor] = {{}, 1, 0, true};
  if (!frames_.empty() && frames_.back().node.kind == NodeKind::mapping && !frames_.back().has_key) {
    error(place, std::string("a key must be a scalar, found ") + describe(kind));
    frame.is_key = true;
    if (!collection_as_key_) collection_as_key_ = place;
  }
  frame.first = kind == NodeKind::mapping ? entries_.size() : items_.size();
  frames_.push_back(std::move(frame));
}

void TreeBuilder::end() {
  if (too_large_ || frames_.empty()) return;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.node.kind == NodeKind::mapping) {
    frame.node.entries = store(entries_.data() + frame.first, entries_.size() - frame.first);
    entries_.resize(frame.first);
    finish_mapping(frame);
  } else {
    frame.node.items = store(items_.data() + frame.first, items_.size() - frame.first);
    items_.resize(frame.first);
  }
  if (!frame.anchor.empty()) remember(frame.anchor, frame.node);
  if (frame.is_key) {  // already reported; go on with a key that no one can look up
    frame.node = Node{};
    frame.node.kind = NodeKind::string;
    frame.node.text = keep("\n" + std::to_string(values_));
  }
  add(frame.node, false);
}

void TreeBuilder::alias(Place place, std::string_view name) {
  if (too_large_) return;
  const auto found = anchors_.find(std::string(name));
  if (found == anchors_.end()) {
    error(place, "alias '*" + std::string(name) + "' has no anchor '&" + std::string(name) + "' before it in this document");
    scalar(place, NodeKind::null, "null", "");
    return;
  }
  const Anchor& anchor = found->second;
  if (anchor.open) {
    error(place, "alias '*" + std::string(name) + "' stands inside its own anchor");
    scalar(place, NodeKind::null, "null", "");
    return;
  }
  alias_values_ += anchor.values;
  if (alias_values_ > limits_.alias_values || frames_.size() + anchor.depth > limits_.depth) {
    if (!too_large_) error(place, alias_values_ > limits_.alias_values ? "aliases expand to more than " + std::to_string(limits_.alias_values) + " values"
                                                                   : "nested deeper than " + std::to_string(limits_.depth) + " levels");
    too_large_ = true;
    return;
  }
  if (!count(anchor.values, place)) return;
  Node node = anchor.node;
  node.line = place.line;  // the value stands where it is used; what is inside it, where it was written
  node.column = place.column;
  add(node, false);
}

void TreeBuilder::remember(std::string_view anchor, const Node& node) {
  anchors_[std::string(anchor)] = {node, count_values(node), depth_of(node), false};
}

void TreeBuilder::add(const Node& node, bool plain_merge) {
  if (frames_.empty()) {
    root_ = node;
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == NodeKind::mapping) {
    add_to_mapping(frame, node, plain_merge);
  } else {
    items_.push_back(node);
  }
}

void TreeBuilder::add_to_mapping(Frame& frame, const Node& node, bool plain_merge) {
  if (!frame.has_key) {
    const Place place = place_of(node);
    if (node.kind == NodeKind::null) error(place, "a key must be a string, found null");
    if (node.kind == NodeKind::sequence || node.kind == NodeKind::mapping) error(place, std::string("a key must be a scalar, found ") + describe(node.kind));
    frame.key = node.text;
    frame.key_place = place;
    frame.key_is_merge = plain_merge;
    frame.has_key = true;
    return;
  }
  frame.has_key = false;
  if (frame.key_is_merge) {
    if (!frame.merges.empty()) error(frame.key_place, "key '<<' is given twice");
    add_merge(frame, node);
    return;
  }
  Node::Entry entry;
  entry.key = frame.key;
  entry.line = frame.key_place.line;
  entry.column = frame.key_place.column;
  entry.value = node;
  entries_.push_back(entry);
}

void TreeBuilder::add_merge(Frame& frame, const Node& node) {
  const bool list = node.kind == NodeKind::sequence;
  const bool fits = list ? std::all_of(node.items.begin(), node.items.end(), [](const Node& n) { return n.kind == NodeKind::mapping; }) : node.kind == NodeKind::mapping;
  if (!fits) {
    error(frame.key_place, std::string("'<<' merges mappings, found ") + (list ? "a list with something else in it" : describe(node.kind)));
    return;
  }
  frame.merges = list ? node.items : store(&node, 1);
}

void TreeBuilder::finish_mapping(Frame& frame) {
  const auto& entries = frame.node.entries;
  const auto report = [&](const Node::Entry& again, const Node::Entry& first) {
    const std::string_view word = word_at(file_->text, again.line, again.column);
    const bool typed = (again.key == "true" || again.key == "false") && !word.empty() && word != again.key;  // `off` and `n` are one key
    diagnostics_.error({file_, again.line, again.column}, "",
                       "key '" + std::string(typed ? word : again.key) + "'" + (typed ? ", which YAML reads as " + std::string(again.key) + "," : "") + " is given twice; the first is in line " +
                           std::to_string(first.line),
                       typed ? "put it in quotes" : "");
  };
  if (entries.size() <= 16) {
    for (size_t i = 1; i < entries.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (entries[i].key == entries[j].key) {
          report(entries[i], entries[j]);
          break;
        }
  } else {
    std::unordered_map<std::string_view, size_t> seen;
    for (size_t i = 0; i < entries.size(); ++i)
      if (const auto [at, fresh] = seen.emplace(entries[i].key, i); !fresh) report(entries[i], entries[at->second]);
  }
  if (!frame.merges.empty()) frame.node.entries = merged(frame.node, frame.merges);
}

/// Keys of the mapping itself win, then those of earlier sources.
Slice<Node::Entry> TreeBuilder::merged(const Node& mapping, const Slice<Node>& sources) {
  std::vector<Node::Entry> entries(mapping.entries.begin(), mapping.entries.end());
  std::unordered_set<std::string_view> present;
  for (const auto& entry : entries) present.insert(entry.key);
  for (const auto& source : sources)
    for (const auto& entry : source.entries)
      if (present.insert(entry.key).second) entries.push_back(entry);
  return store(entries.data(), entries.size());
}

}  // namespace npverify::manifest
