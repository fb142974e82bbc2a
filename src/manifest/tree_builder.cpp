// Children of open collections wait on two stacks that all levels share, so that each finished collection is one allocation of the right
// size. Aliases are copied (the tree has no sharing) and counted: a document that aliases blow up stops at the limit.
#include "manifest/tree_builder.h"

#include <algorithm>
#include <iterator>
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
    : file_(std::move(file)), limits_(limits), diagnostics_(diagnostics), storage_(std::make_shared<std::deque<std::string>>()) {}

std::string_view TreeBuilder::keep(std::string_view text) { return storage_->emplace_back(text); }

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
  add(std::move(node), plain_merge);
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
  if (!anchor.empty()) anchors_[frame.anchor] = {{}, 1, true};
  if (!frames_.empty() && frames_.back().node.kind == NodeKind::mapping && !frames_.back().has_key) {
    error(place, std::string("a key must be a scalar, found ") + describe(kind));
    frame.is_key = collection_as_key_ = true;
  }
  frame.first = kind == NodeKind::mapping ? entries_.size() : items_.size();
  frames_.push_back(std::move(frame));
}

void TreeBuilder::end() {
  if (too_large_ || frames_.empty()) return;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  const auto from = static_cast<std::ptrdiff_t>(frame.first);
  if (frame.node.kind == NodeKind::mapping) {
    frame.node.entries.assign(std::make_move_iterator(entries_.begin() + from), std::make_move_iterator(entries_.end()));
    entries_.resize(frame.first);
    finish_mapping(frame);
  } else {
    frame.node.items.assign(std::make_move_iterator(items_.begin() + from), std::make_move_iterator(items_.end()));
    items_.resize(frame.first);
  }
  if (!frame.anchor.empty()) remember(frame.anchor, frame.node);
  if (frame.is_key) {  // already reported; go on with a key that no one can look up
    frame.node = Node{};
    frame.node.kind = NodeKind::string;
    frame.node.text = keep("\n" + std::to_string(values_));
  }
  add(std::move(frame.node), false);
}

void TreeBuilder::alias(Place place, std::string_view name) {
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
  if (alias_values_ > limits_.alias_values || frames_.size() + depth_of(anchor.node) > limits_.depth) {
    if (!too_large_) error(place, alias_values_ > limits_.alias_values ? "aliases expand to more than " + std::to_string(limits_.alias_values) + " values"
                                                                   : "nested deeper than " + std::to_string(limits_.depth) + " levels");
    too_large_ = true;
    return;
  }
  if (!count(anchor.values, place)) return;
  Node node = anchor.node;
  node.line = place.line;  // the value stands where it is used; what is inside it, where it was written
  node.column = place.column;
  add(std::move(node), false);
}

void TreeBuilder::remember(std::string_view anchor, const Node& node) {
  anchors_[std::string(anchor)] = {node, count_values(node), false};
}

void TreeBuilder::add(Node node, bool plain_merge) {
  if (frames_.empty()) {
    root_ = std::move(node);
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == NodeKind::mapping) {
    add_to_mapping(frame, std::move(node), plain_merge);
  } else {
    items_.push_back(std::move(node));
  }
}

void TreeBuilder::add_to_mapping(Frame& frame, Node node, bool plain_merge) {
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
    add_merge(frame, std::move(node));
    return;
  }
  Node::Entry entry;
  entry.key = frame.key;
  entry.line = frame.key_place.line;
  entry.column = frame.key_place.column;
  entry.value = std::move(node);
  entries_.push_back(std::move(entry));
}

void TreeBuilder::add_merge(Frame& frame, Node node) {
  const bool list = node.kind == NodeKind::sequence;
  const bool fits = list ? std::all_of(node.items.begin(), node.items.end(), [](const Node& n) { return n.kind == NodeKind::mapping; }) : node.kind == NodeKind::mapping;
  if (!fits) {
    error(frame.key_place, std::string("'<<' merges mappings, found ") + (list ? "a sequence with something else in it" : describe(node.kind)));
    return;
  }
  if (list) {
    std::move(node.items.begin(), node.items.end(), std::back_inserter(frame.merges));
  } else {
    frame.merges.push_back(std::move(node));
  }
}

void TreeBuilder::finish_mapping(Frame& frame) {
  auto& entries = frame.node.entries;
  const auto report = [&](const Node::Entry& again, const Node::Entry& first) {
    error({0, again.line, again.column}, "key '" + std::string(again.key) + "' is given twice; the first is in line " + std::to_string(first.line));
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
  if (!frame.merges.empty()) merge_into(frame.node, frame.merges);
}

/// Keys of the mapping itself win, then those of earlier sources.
void TreeBuilder::merge_into(Node& mapping, const std::vector<Node>& sources) {
  std::unordered_set<std::string_view> present;
  for (const auto& entry : mapping.entries) present.insert(entry.key);
  for (const auto& source : sources)
    for (const auto& entry : source.entries)
      if (present.insert(entry.key).second) mapping.entries.push_back(entry);
}

}  // namespace npverify::manifest
