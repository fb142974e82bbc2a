#include "verify/limits.h"

#include "policy/translate.h"

namespace npverify::verify {

void note_unmodelled(const resource::Snapshot& snapshot, Limits& limits) {
  for (const auto& kind : snapshot.unmodelled) {
    if (!kind.carries_policy) continue;
    limits.partial = true;
    limits.not_modelled.push_back(kind.kind + " (" + kind.api_version + "): " + std::to_string(kind.objects.size()) + (kind.objects.size() == 1 ? " object" : " objects") + " that can carry policy");
  }
}

void note_assumed(const semantics::Profile& profile, AxesAsked asked, Limits& limits) {
  for (const auto& [id, axis] : profile.axes) {
    if (axis.gap() || axis.confidence != semantics::Confidence::assumed) continue;
    if (asked == AxesAsked::without_drops && policy::is_drop_axis(id)) continue;
    limits.approximations.push_back("axis " + id + " of " + profile.name() + " is assumed: " + axis.sentence);
  }
}

}  // namespace npverify::verify
