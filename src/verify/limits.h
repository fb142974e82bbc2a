#pragma once

#include "resource/snapshot.h"
#include "verify/result.h"
#include "world/universe.h"

namespace npverify::verify {

/// Which axes an answer can lean on: without what is dropped whatever policy says, where that is left out of the question.
enum class AxesAsked : uint8_t { all, without_drops };

/// Names each kind that was read past and could carry policy; the answer is partial then.
void note_unmodelled(const resource::Snapshot& snapshot, Limits& limits);

/// "1 Rollout (argoproj.io/v1alpha1)": kinds that npverify does not read and that make pods. Where workloads stand for pods, these are missing.
std::vector<std::string> makers_of_unknown_pods(const resource::Snapshot& snapshot);
/// The universe `declared` lacks their pods, so the answer is partial.
void note_unknown_pods(const resource::Snapshot& snapshot, world::UniverseKind universe, Limits& limits);

/// Names each axis that rests on assumed evidence.
void note_assumed(const semantics::Profile& profile, AxesAsked asked, Limits& limits);

}  // namespace npverify::verify
