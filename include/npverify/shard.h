#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "npverify/answer.h"

namespace npverify {

/// One part of the work of a question, of several that differ in `index` alone: 1 <= index <= of.
struct Shard {
  size_t index = 1, of = 1;
};

/// The answer of one run from the JSON answers of all its shards (files, or folders of *.json). The same verdict and exit code as without shards.
/// Throws Error (input) with every problem: a file that is no shard's answer, shards of different runs (other manifests, profiles, options,
/// encodings or versions of npverify), shards that stand twice or are missing.
Answer merge(const std::vector<std::string>& paths);

}  // namespace npverify
