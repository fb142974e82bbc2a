#pragma once

#include <optional>

#include "manifest/stretches.h"
#include "resource/load.h"

namespace npverify::resource {

/// What load_snapshot makes of all documents of the stretches, each stretch read, decoded and forgotten by one thread: so the documents of a few
/// are in memory at a time, not all. Nothing where there are no stretches, or where they have to be read one after the other: there is an error,
/// or something of one document depends on another.
std::optional<Snapshot> load_stretches(const manifest::Stretches& stretches, const LoadOptions& options);

}  // namespace npverify::resource
