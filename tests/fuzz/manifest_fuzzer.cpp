// Any bytes: reading them and loading what was read never crashes, and everything that it says points into the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "resource/load.h"

namespace {

using namespace npverify;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Every value stands on a line of the file; every walk ends.
void check(const manifest::Node& node, const manifest::Document& document, size_t lines) {
  require(node.line >= 1 && node.line <= lines && node.column >= 1);
  for (const auto& item : node.items) check(item, document, lines);
  for (const auto& entry : node.entries) {
    require(entry.line >= 1 && entry.line <= lines && node.find(entry.key) != nullptr);
    check(entry.value, document, lines);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  manifest::ReadLimits limits;
  limits.alias_values = 20'000;
  base::Diagnostics diagnostics;
  const auto documents = manifest::read_text("input", text, limits, diagnostics);
  for (const auto& document : documents) {
    const auto lines = static_cast<size_t>(std::count(document.file->text.begin(), document.file->text.end(), '\n')) + 1;
    check(document.root, document, lines);
  }
  resource::load_snapshot(documents, {}, diagnostics);
  diagnostics.to_string();
  return 0;
}
