#pragma once

#include <optional>
#include <string>

#include "cli/options.h"

namespace npverify::cli {

/// "2/4", "auto" (from the variables of a runner of parallel jobs) or "auto/4" (where they do not say how many jobs there are); "" is no shard.
std::optional<Shard> shard_of(const std::string& text);

/// On stderr, where a parallel job does the whole work, as each of its siblings may.
void note_parallel_job(const CommonOptions& options);

}  // namespace npverify::cli
