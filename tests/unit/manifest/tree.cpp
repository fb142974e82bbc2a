#include "tree.h"

namespace npverify::test {

using manifest::Node;
using manifest::NodeKind;

std::string to_text(const Node& node, bool places) {
  std::string text;
  if (node.kind == NodeKind::mapping) {
    for (const auto& entry : node.entries) text += (text.empty() ? "" : ", ") + std::string(entry.key) + (places ? "@" + std::to_string(entry.line) + ":" + std::to_string(entry.column) : "") + ": " + to_text(entry.value, places);
    text = "{" + text + "}";
  } else if (node.kind == NodeKind::sequence) {
    for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + to_text(item, places);
    text = "[" + text + "]";
  } else {
    text = node.kind == NodeKind::string ? "\"" + std::string(node.text) + "\"" : std::string(node.text);
  }
  return places ? text + "@" + std::to_string(node.line) + ":" + std::to_string(node.column) : text;
}

std::string read(const std::string& text, bool places) {
  base::Diagnostics diagnostics;
  std::string out;
  const auto documents = manifest::read_text("input.yaml", text, diagnostics);
  if (!diagnostics.all().empty()) return diagnostics.to_string();
  for (const auto& document : documents) out += (out.empty() ? "" : " --- ") + to_text(document.root, places);
  return out;
}

std::string problems(const std::string& text, const manifest::ReadLimits& limits) {
  base::Diagnostics diagnostics;
  manifest::read_text("input.yaml", text, limits, diagnostics);
  return diagnostics.to_string();
}

}  // namespace npverify::test
