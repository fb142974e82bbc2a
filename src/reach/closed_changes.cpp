#include "reach/closed_changes.h"

#include <algorithm>
#include <deque>
#include <map>

#include "base/diagnostics.h"
#include "reach/side.h"

namespace npverify::reach {
namespace {

using base::Family;
using logic::Expr;
using policy::Direction;
using Change = ChangeQuestion::Change;

constexpr size_t most_steps = 4u << 20;  // of one question; past them nothing is said

std::vector<Expr> atoms_of_both(const logic::Pool& pool, const policy::Reading& before, const policy::Reading& after) {
  std::vector<Expr> all = atoms_of(pool, before);
  const std::vector<Expr> more = atoms_of(pool, after);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// Both directions of one reading, for flows of one family.
struct Ends {
  Ends(Context& context, Family family) : egress(context, Direction::egress, family), ingress(context, Direction::ingress, family) {
    for (Side* side : {&egress, &ingress}) side->prepare();
  }
  Side& side(Direction d) { return d == Direction::ingress ? ingress : egress; }
  Side egress, ingress;
};

struct Lane {
  Lane(Context& before_context, Context& after_context, Family f) : family(f), before(before_context, f), after(after_context, f) {}
  Family family;
  Ends before, after;
};

}  // namespace

struct ClosedChanges::State {
  State(logic::Pool& pool, const policy::Reading& before, const policy::Reading& after, world::Universe u, const std::set<std::string>& unread_namespaces)
      : universe(std::move(u)), classes(pool, atoms_of_both(pool, before, after), PodClasses::Unlabelled::free) {
    universe.hosts.clear();  // which node has which address is not looked at
    for (uint32_t i = 0; i < universe.pods.size(); ++i) {
      const auto& pod = universe.pods[i];
      of_pod.push_back(classes.classes_of(pod));
      in_namespace[pod.pod.namespace_name].push_back(i);
      if (unread_namespaces.contains(pod.pod.namespace_name))
        for (const ClassId id : of_pod.back()) unread.add(id);
    }
    before_context = std::make_unique<Context>(Context{pool, before, universe, classes, cluster_of(universe), tables});
    after_context = std::make_unique<Context>(Context{pool, after, universe, classes, cluster_of(universe), tables});
    for (const Family family : {Family::ipv4, Family::ipv6})
      if (family == Family::ipv4 ? universe.addresses.ipv4 : universe.addresses.ipv6) lanes.emplace_back(*before_context, *after_context, family);
    Numbering<std::array<uint32_t, 3>> numbers;
    for (ClassId id = 0; id < classes.size(); ++id) {
      const uint32_t families = uint32_t{classes.has_family(id, Family::ipv4)} | uint32_t{classes.has_family(id, Family::ipv6)} << 1;
      const uint32_t form = numbers.number({classes[id].port_names, classes[id].fixed_address, families});
      if (form == of_form.size()) of_form.emplace_back();
      of_form[form].push_back(id);
    }
  }

  world::Universe universe;
  Tables tables;
  PodClasses classes;
  std::vector<std::vector<ClassId>> of_pod;
  std::unordered_map<std::string, std::vector<uint32_t>> in_namespace;
  Roaring unread;  ///< classes that some pod is of whose policies were not read
  std::unique_ptr<Context> before_context, after_context;
  std::deque<Lane> lanes;
  std::vector<std::vector<ClassId>> of_form;  ///< peers of one form have the same usual outcome
  bool broken = false;
};

namespace {

/// One question in one family, opened or closed: `denying` is the reading that denies the flow, `allowing` the one that allows it.
template <typename State>
class Search {
 public:
  Search(State& state, Ends& denying, Ends& allowing, Direction direction)
      : state_(state), denying_(denying.side(direction)), allowing_(allowing.side(direction)),
        other_end_(allowing.side(direction == Direction::ingress ? Direction::egress : Direction::ingress)) {}

  void run(const Roaring& subjects) {
    std::map<std::pair<Side::ProfileId, Side::ProfileId>, std::vector<ClassId>> groups;
    for (const ClassId id : subjects) groups[{denying_.profile_of(id), allowing_.profile_of(id)}].push_back(id);
    for (const auto& [profiles, members] : groups) {
      denied_by_ = profiles.first;
      allowed_by_ = profiles.second;
      if (state_.universe.classes.pods) between_pods(members);
      if (towards_others()) {
        with_others = true;
        for (const ClassId id : members) open_subjects.add(id);
      }
    }
  }

  bool gave_up() const { return steps_ > most_steps; }
  bool with_others = false;
  Roaring open_subjects, open_peers;

 private:
  TableId changed(OutcomeId denying, OutcomeId allowing) { return state_.tables.intersect(state_.tables.may_deny(denying), state_.tables.may_allow(allowing)); }

  void between_pods(const std::vector<ClassId>& members) {
    const auto &denying = denying_.exceptions_of_profile(denied_by_), &allowing = allowing_.exceptions_of_profile(allowed_by_);
    Roaring named;
    for (const auto* exceptions : {&denying, &allowing})
      for (const auto& one : *exceptions) named.add(one.id);
    for (const ClassId peer : named) add(members, peer, changed(denying_.towards(denied_by_, peer), allowing_.towards(allowed_by_, peer)));
    for (const auto& of_form : state_.of_form) {
      const TableId usual = changed(denying_.usual(denied_by_, of_form.front()), allowing_.usual(allowed_by_, of_form.front()));
      if (usual == 0) continue;
      for (const ClassId peer : of_form)
        if (!named.contains(peer)) add(members, peer, usual);
    }
  }

  /// The other end has to allow the flow too.
  void add(const std::vector<ClassId>& members, ClassId peer, TableId ports) {
    ++steps_;
    if (ports == 0 || gave_up()) return;
    const bool anything = state_.unread.contains(peer);
    for (const ClassId subject : members) {
      ++steps_;
      if (!anything && state_.tables.intersect(state_.tables.may_allow(other_end_.towards(other_end_.profile_of(peer), subject)), ports) == 0) continue;
      open_subjects.add(subject);
      open_peers.add(peer);
    }
  }

  bool towards_others() {
    const auto& kinds = state_.universe.classes;
    return (kinds.nodes && (changes_towards(PeerKind::host_near) || changes_towards(PeerKind::host_far))) || (kinds.external && changes_towards(PeerKind::outside));
  }

  bool changes_towards(PeerKind kind) {
    const auto &denied = denying_.by_address(denied_by_, kind), &allowed = allowing_.by_address(allowed_by_, kind);
    steps_ += denied.size() * allowed.size();
    if (gave_up()) return true;
    for (const auto& one : denied)
      for (const auto& other : allowed)
        if (changed(one.outcome, other.outcome) != 0 && !one.addresses.intersected(other.addresses).empty()) return true;
    return false;
  }

  State& state_;
  Side &denying_, &allowing_, &other_end_;
  Side::ProfileId denied_by_ = 0, allowed_by_ = 0;
  size_t steps_ = 0;
};

}  // namespace

ClosedChanges::ClosedChanges(logic::Pool& pool, const policy::Reading& before, const policy::Reading& after, world::Universe universe, const std::set<std::string>& unread) {
  if (universe.kind == world::UniverseKind::possible) throw base::InternalError("classes of pods need a closed universe");
  state_ = std::make_unique<State>(pool, before, after, std::move(universe), unread);
}
ClosedChanges::~ClosedChanges() = default;

std::optional<PossibleChanges> ClosedChanges::possible(const ChangeQuestion& question) {
  State& state = *state_;
  if (state.broken) return std::nullopt;
  Roaring asked, subjects, peers;
  const auto here = state.in_namespace.find(question.namespace_name);
  if (here == state.in_namespace.end()) return PossibleChanges{};
  for (const uint32_t pod : here->second)
    for (const ClassId id : state.of_pod[pod]) asked.add(id);
  PossibleChanges found;
  try {
    for (Lane& lane : state.lanes)
      for (const Change change : {Change::opened, Change::closed}) {
        if (question.change != Change::either && question.change != change) continue;
        const bool opened = change == Change::opened;
        Search search(state, opened ? lane.before : lane.after, opened ? lane.after : lane.before, question.direction);
        search.run(asked);
        if (search.gave_up()) return std::nullopt;
        found.with_others |= search.with_others;
        subjects |= search.open_subjects;
        peers |= search.open_peers;
      }
  } catch (const base::Unsupported&) {  // what a side had begun to remember is not to be relied on
    state.broken = true;
    return std::nullopt;
  }
  const auto add = [](const Roaring& open, const std::vector<ClassId>& classes, uint32_t pod, std::vector<uint32_t>& pods) {
    if (std::any_of(classes.begin(), classes.end(), [&](ClassId id) { return open.contains(id); })) pods.push_back(pod);
  };
  for (const uint32_t pod : here->second) add(subjects, state.of_pod[pod], pod, found.subjects);
  for (uint32_t pod = 0; pod < state.of_pod.size(); ++pod) add(peers, state.of_pod[pod], pod, found.peers);
  found.any = !found.subjects.empty();
  return found;
}

}  // namespace npverify::reach
