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

std::vector<std::string> makers_of_unknown_pods(const resource::Snapshot& snapshot) {
  std::vector<std::string> makers;
  for (const auto& kind : snapshot.unmodelled)
    if (kind.making_pods > 0) makers.push_back(std::to_string(kind.making_pods) + " " + kind.kind + " (" + kind.api_version + ")");
  return makers;
}

void note_unknown_pods(const resource::Snapshot& snapshot, world::UniverseKind universe, Limits& limits) {
  if (universe != world::UniverseKind::declared) return;
  for (const std::string& maker : makers_of_unknown_pods(snapshot)) {
    limits.partial = true;
    limits.not_modelled.push_back(maker + ": the pods that it makes are not in the universe 'declared'; ask with the universe 'possible', or 'observed' with the pods themselves");
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
