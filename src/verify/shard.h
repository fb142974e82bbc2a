#pragma once

#include <cstddef>

namespace npverify::verify {

/// One part of a question's work, of several that differ in `index` alone. Together they are the whole: which slices or invariants a part
/// takes is told by their positions in a list that every part makes alike. 1 <= index <= of.
struct Shard {
  size_t index = 1, of = 1;
  bool takes(size_t position) const { return position % of == index - 1; }
};

}  // namespace npverify::verify
