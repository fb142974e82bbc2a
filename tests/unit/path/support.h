#pragma once

#include "path/trace.h"
#include "resource/load.h"
#include "semantics/path_facts.h"
#include "support/catch.h"

namespace npverify::test {

inline resource::Snapshot load(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("c.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

inline const semantics::Encodings& encodings() {
  static const auto loaded = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  return *loaded;
}

}  // namespace npverify::test
