#pragma once

#include "resource/snapshot.h"
#include "verify/result.h"

namespace npverify::verify {

/// Which axes an answer can lean on: without what is dropped whatever policy says, where that is left out of the question.
enum class AxesAsked : uint8_t { all, without_drops };

/// Names each kind that was read past and could carry policy; the answer is partial then.
void note_unmodelled(const resource::Snapshot& snapshot, Limits& limits);

/// Names each axis that rests on assumed evidence.
void note_assumed(const semantics::Profile& profile, AxesAsked asked, Limits& limits);

}  // namespace npverify::verify
