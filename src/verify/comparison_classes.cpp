// Closed universes: classes of pods are asked before the solver is. They answer for all pairs at once, and only too much: what they rule out is no flow.
#include <algorithm>
#include <iterator>

#include "base/diagnostics.h"
#include "base/fingerprint.h"
#include "verify/comparison.h"
#include "verify/readings_by_namespace.h"

namespace npverify::verify {

using policy::Direction;

namespace {

reach::ChangeQuestion::Change asked_of_classes(Change change) {
  using enum reach::ChangeQuestion::Change;
  return change == Change::none ? either : change == Change::opened ? opened : closed;
}

}  // namespace

// The readings have to stay where they are while there are classes of them.
std::unique_ptr<reach::ClosedChanges> Comparison::classes_reading(const std::set<std::string>& namespaces) {
  classes_.reset();
  left_of_classes_ = restricted(sides_.left, namespaces);
  right_of_classes_ = restricted(sides_.right, namespaces);
  std::set<std::string> others;
  std::set_difference(sides_.namespaces.begin(), sides_.namespaces.end(), namespaces.begin(), namespaces.end(), std::inserter(others, others.end()));
  return std::make_unique<reach::ClosedChanges>(pool_, left_of_classes_, right_of_classes_, question_.universe(), others);
}

// First with the policies of the slices that differ alone; then with those of the namespaces that have the other ends, which rule out most of them.
void Comparison::make_classes() {
  classes_made_ = true;
  if (question_.universe().kind == world::UniverseKind::possible || !options_.classes || question_.options().every_answer_by_solver()) return;
  std::set<std::string>& names = namespaces_of_classes_;
  for (const Slice& slice : differing_slices({.plain = &sides_.right}, {}))
    if (!slice.remembered && !slice.namespace_name.empty()) names.insert(slice.namespace_name);
  try {
    classes_ = classes_reading(names);
    std::set<std::string> more = names;
    for (const Direction d : policy::both_directions)
      for (const auto& name : names) {
        const auto possible = classes_->possible({reach::ChangeQuestion::Change::either, d, name});
        if (possible) more.merge(namespaces_of(*possible));
      }
    more.erase("");
    if (sides_.one_profile) need(more);  // whether a slice is asked alone must not hang on what was read
    std::erase_if(more, [&](const std::string& name) { return sides_.unread.contains(name); });
    if (more != names) classes_ = classes_reading(more);
  } catch (const base::Unsupported&) {  // the solver is asked about everything
    classes_.reset();
  }
}

// Classes tell what differs at the slice's end while no switch is set. A switch of a policy alters that end alone: a flow that differs there only when
// some are set has a cause among these, found already. One that alters policies anywhere can mend the other end and break this one.
std::optional<reach::PossibleChanges> Comparison::by_classes(Change change, const Slice& slice, const std::set<size_t>& known) {
  if (std::any_of(known.begin(), known.end(), [&](size_t i) { return sides_.switches[i].kind != Switch::Kind::policy; })) return std::nullopt;
  if (!classes_made_) make_classes();
  if (!namespaces_of_classes_.contains(slice.namespace_name)) return std::nullopt;
  return classes_ ? classes_->possible({asked_of_classes(change), slice.direction, slice.namespace_name}) : std::nullopt;
}

// Of the peers; "" stands for those in which no policy is.
std::set<std::string> Comparison::namespaces_of(const reach::PossibleChanges& possible) const {
  std::set<std::string> names;
  for (const uint32_t pod : possible.peers) {
    const std::string& name = question_.universe().pods[pod].pod.namespace_name;
    names.insert(sides_.namespaces.contains(name) ? name : "");
  }
  return names;
}

// By name, so that it is the same one in every run and on every shard.
bool Comparison::in_sample(const Slice& slice) const {
  const size_t every = options_.sample_classes_every;
  return every > 0 && std::stoul(base::fingerprint(std::string(to_string(slice.direction)) + slice.namespace_name).substr(0, 8), nullptr, 16) % every == 0;
}

bool Comparison::contains(const reach::PossibleChanges& possible, const Witness& witness, const Slice& slice) const {
  const bool ingress = slice.direction == Direction::ingress;
  const world::Endpoint &subject = ingress ? witness.destination : witness.source, &peer = ingress ? witness.source : witness.destination;
  const auto among = [&](const std::vector<uint32_t>& pods, const world::Endpoint& end) {
    return std::any_of(pods.begin(), pods.end(), [&](uint32_t pod) { return question_.universe().pods[pod].pod.namespace_name == end.namespace_name; });
  };
  return among(possible.subjects, subject) && (peer.kind == logic::EndpointKind::pod ? among(possible.peers, peer) : possible.with_others);
}

}  // namespace npverify::verify
