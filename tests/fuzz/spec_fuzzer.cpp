// The reader of specs: any bytes give sets or diagnostics. What is read without an error can be written back, and made into formulas.
#include <cstddef>
#include <cstdint>

#include "verify/peer_domain.h"
#include "verify/spec.h"

using namespace npverify;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", std::string(reinterpret_cast<const char*>(data), size)});
  base::Diagnostics diagnostics;
  const auto sets = verify::read_spec_texts({file}, diagnostics);
  (void)diagnostics.to_string();
  if (diagnostics.has_errors()) return 0;
  const resource::Snapshot snapshot;
  const world::Universe universe;
  logic::Pool pool;
  for (const auto& set : sets) {
    for (const auto& assumption : set.assume) verify::assumption_expr(pool, assumption, snapshot, universe);
    for (const auto& invariant : set.invariants) {
      for (const auto& exception : invariant.except) verify::exception_expr(pool, exception, snapshot, universe);
      if (const auto* body = std::get_if<verify::Forbid>(&invariant.body)) {
        (void)verify::to_string(body->from);
        verify::peer_expr(pool, body->to, logic::Role::destination, snapshot, universe);
        verify::ports_expr(pool, body->ports);
      }
    }
  }
  return 0;
}
