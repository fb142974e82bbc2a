#include "manifest/node.h"

namespace npverify::manifest {

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

const char* describe(NodeKind kind) {
  switch (kind) {
    case NodeKind::null: return "null";
    case NodeKind::boolean: return "a boolean";
    case NodeKind::integer: return "an integer";
    case NodeKind::real: return "a number";
    case NodeKind::string: return "a string";
    case NodeKind::sequence: return "a list";
    case NodeKind::mapping: return "a mapping";
  }
  return "a value";
}

}  // namespace npverify::manifest
