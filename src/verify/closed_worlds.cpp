#include "verify/closed_worlds.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/diagnostics.h"
#include "verify/peer_domain.h"

namespace npverify::verify {

using logic::Atom;
using logic::AtomKind;
using logic::Expr;
using logic::Role;
using policy::Direction;

namespace {

// What a body, else its set, says of itself.
template <typename Get>
auto said(const Invariant& invariant, const Get& get) {
  return std::visit([&](const auto& body) { if constexpr (std::is_base_of_v<BodyScope, std::decay_t<decltype(body)>>) return get(body); else return decltype(get(std::declval<BodyScope>())){}; }, invariant.body);
}

}  // namespace

world::UniverseKind universe_kind_of(const ProveOptions& options, const InvariantSet& set, const Invariant& invariant) {
  if (options.universe) return *options.universe;
  if (const auto own = said(invariant, [](const BodyScope& body) { return body.universe; })) return *own;
  if (set.universe) return *set.universe;
  return std::holds_alternative<Require>(invariant.body) || std::holds_alternative<PathAgreement>(invariant.body) ? world::UniverseKind::declared : world::UniverseKind::possible;
}

Placement placement_of(const InvariantSet& set, const Invariant& invariant) {
  return said(invariant, [](const BodyScope& body) { return body.placement; }).value_or(set.placement.value_or(Placement::any));
}

// A set's paths are for the bodies that speak of flows; the others ask about a hook, whatever header comes to it.
std::optional<PathChoice> paths_of(const InvariantSet& set, const Invariant& invariant) {
  const auto own = said(invariant, [](const BodyScope& body) { return body.paths; });
  return own ? own : set.paths;
}

world::ClosedPod pod_of_nobody(const world::Universe& universe) {
  std::set<std::string> taken(universe.unlabelled_namespaces.begin(), universe.unlabelled_namespaces.end());
  for (const auto& ns : universe.namespaces) taken.insert(ns.meta.name);
  for (const auto& closed : universe.pods) taken.insert(closed.pod.namespace_name);
  std::string name = "fresh";
  for (int i = 2; taken.contains(name); ++i) name = "fresh-" + std::to_string(i);
  world::ClosedPod pod{.pod = {.kind = logic::EndpointKind::pod, .name = name + "/peer", .namespace_name = name}, .workload = name + "/Pod/peer"};
  pod.pod.namespace_labels = {{"kubernetes.io/metadata.name", name}};
  pod.pod.service_account = "default";
  return pod;
}

namespace {

/// Expressions of one pool made in another.
class Moved {
 public:
  Moved(const logic::Pool& from, logic::Pool& to) : from_(from), to_(to) {}

  Expr operator()(Expr e) {
    if (e.is_false() || e.is_true()) return e;
    if (const auto it = known_.find(e.id); it != known_.end()) return it->second;
    return known_[e.id] = made(e);
  }

 private:
  Expr made(Expr e) {
    if (from_.op(e) == logic::Op::atom) return atom(from_.atom_of(e));
    std::vector<Expr> args;
    for (const Expr arg : from_.args(e)) args.push_back((*this)(arg));
    switch (from_.op(e)) {
      case logic::Op::negation: return to_.negation(args[0]);
      case logic::Op::conjunction: return to_.conjunction(std::move(args));
      case logic::Op::disjunction: return to_.disjunction(std::move(args));
      case logic::Op::constant_false:
      case logic::Op::constant_true:
      case logic::Op::atom: break;
    }
    throw base::InternalError("an expression of no kind");
  }

  Expr atom(const Atom& a) {
    const std::string& name = from_.text(a.name);
    const auto protocol = [&] { return static_cast<base::Protocol>(a.detail); };
    switch (a.kind) {
      case AtomKind::kind_is: return to_.kind_is(a.role, static_cast<logic::EndpointKind>(a.detail));
      case AtomKind::namespace_is: return to_.namespace_is(a.role, name);
      case AtomKind::label_is: return to_.label_is(a.role, name, from_.text(a.value));
      case AtomKind::label_exists: return to_.label_exists(a.role, name);
      case AtomKind::namespace_label_is: return to_.namespace_label_is(a.role, name, from_.text(a.value));
      case AtomKind::namespace_label_exists: return to_.namespace_label_exists(a.role, name);
      case AtomKind::service_account_is: return to_.service_account_is(a.role, name);
      case AtomKind::node_is: return to_.node_is(a.role, name);
      case AtomKind::address_in: return to_.address_in(a.role, from_.addresses(a));
      case AtomKind::family_is: return to_.family_is(static_cast<base::Family>(a.detail));
      case AtomKind::protocol_is: return to_.protocol_is(protocol());
      case AtomKind::port_in: return to_.port_in(from_.ports(a));
      case AtomKind::port_named: return to_.port_named(a.role, name, protocol(), a.names);
      case AtomKind::port_named_in_cluster: return to_.port_named_in_cluster(name, protocol());
      case AtomKind::same_node: return to_.same_node();
      case AtomKind::same_endpoint: return to_.same_endpoint();
      case AtomKind::peer_known: return to_.peer_known(a.role);
      case AtomKind::flag: return to_.flag(name);
    }
    throw base::InternalError("an atom of no kind");
  }

  const logic::Pool& from_;
  logic::Pool& to_;
  std::unordered_map<uint32_t, Expr> known_;
};

/// An end whose policies an invariant hangs on.
struct Half {
  Direction direction;
  Expr end;
};

/// What an invariant asks, as far as it says which policies to read.
struct Reads {
  std::vector<std::vector<Half>> either;  ///< of each, that one of its halves denies may be enough
  std::vector<Half> all;
  std::vector<Expr> atoms;
};

class ReadsOf {
 public:
  ReadsOf(logic::Pool& pool, const resource::Snapshot& snapshot, const world::Universe& universe) : pool_(pool), snapshot_(snapshot), universe_(universe) {}

  Reads of(const Invariant& invariant) {
    Reads reads;
    if (const auto* forbid = std::get_if<Forbid>(&invariant.body)) flows(reads, forbid->from, forbid->to, forbid->side);
    if (const auto* require = std::get_if<Require>(&invariant.body)) {
      flows(reads, require->from, require->to, require->side);
      for (const auto& halves : std::exchange(reads.either, {})) reads.all.insert(reads.all.end(), halves.begin(), halves.end());
    }
    if (const auto* isolate = std::get_if<Isolate>(&invariant.body)) {
      const Peer outside{.kind = Peer::Kind::negation, .origin = isolate->group.origin, .operands = {isolate->group}};
      if (isolate->into) flows(reads, outside, isolate->group, std::nullopt);
      if (isolate->out_of) flows(reads, isolate->group, outside, std::nullopt);
    }
    if (const auto* deny = std::get_if<DefaultDeny>(&invariant.body))
      for (const Direction d : policy::both_directions)
        if (d == Direction::ingress ? deny->ingress : deny->egress) reads.all.push_back({d, peer(deny->group, policy::subject_of(d))});
    for (const Half& half : reads.all) reads.atoms.push_back(half.end);
    for (const auto& halves : reads.either)
      for (const Half& half : halves) reads.atoms.push_back(half.end);
    std::visit([&](const auto& body) { if constexpr (requires { body.ports; }) reads.atoms.push_back(ports_expr(pool_, body.ports)); }, invariant.body);
    return reads;
  }

 private:
  Expr peer(const Peer& peer, Role role) { return peer_expr(pool_, peer, role, snapshot_, universe_); }

  void flows(Reads& reads, const Peer& from, const Peer& to, std::optional<Direction> side) {
    std::vector<Half> halves{{Direction::egress, peer(from, Role::source)}, {Direction::ingress, peer(to, Role::destination)}};
    for (const Half& half : halves) reads.atoms.push_back(half.end);
    if (side) std::erase_if(halves, [&](const Half& half) { return half.direction != *side; });
    reads.either.push_back(std::move(halves));
  }

  logic::Pool& pool_;
  const resource::Snapshot& snapshot_;
  const world::Universe& universe_;
};

}  // namespace

struct ClosedWorld::State {
  logic::Pool pool;
  std::vector<const Invariant*> invariants;
  std::string nobody;  ///< namespace of the pod of nobody
  policy::Reading reading;
  std::unique_ptr<reach::ClosedPairs> pairs;  ///< absent where classes do not model the reading
};

namespace {

// Where one end may be enough for a proof, the end with fewer policies is read, and the other one if it has few: reading all policies of a large
// cluster costs more than the solver does for one invariant about one namespace.

class NamespacesToRead {
 public:
  NamespacesToRead(logic::Pool& pool, const world::Universe& universe, const SnapshotPolicies& policies, size_t few_policies)
      : pool_(pool), universe_(universe), policies_(policies), few_policies_(few_policies) {
    for (const Direction d : policy::both_directions)
      for (const auto& [name, indices] : policies.of(d)) names_[d].push_back(name);
  }

  void add(const Reads& reads) {
    for (const Half& half : reads.all) take(candidates(half));
    for (const auto& halves : reads.either) {
      std::vector<Found> found;
      for (const Half& half : halves) found.push_back(candidates(half));
      std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.policies < b.policies; });
      for (size_t i = 0; i < found.size(); ++i)
        if (i == 0 || found[i].policies <= few_policies_) take(found[i]);
    }
  }

  /// All where most are wanted anyway.
  std::set<std::string> names() && {
    size_t count = 0, all = 0;
    for (const auto& [name, indices] : policies_.all) {
      all += indices.size();
      count += names_taken_.contains(name) ? indices.size() : 0;
    }
    if (count * 2 > all)
      for (const auto& [name, indices] : policies_.all) names_taken_.insert(name);
    return std::move(names_taken_);
  }

 private:
  struct Found {
    std::vector<std::string> names;
    size_t policies = 0;
  };

  Found candidates(const Half& half) {
    Found found{candidate_namespaces(pool_, half.end, policy::subject_of(half.direction), universe_, names_[half.direction])};
    for (const auto& name : found.names) found.policies += policies_.of(half.direction).at(name).size();
    return found;
  }

  void take(const Found& found) { names_taken_.insert(found.names.begin(), found.names.end()); }

  logic::Pool& pool_;
  const world::Universe& universe_;
  const SnapshotPolicies& policies_;
  size_t few_policies_;
  std::map<Direction, std::vector<std::string>> names_;
  std::set<std::string> names_taken_;
};

}  // namespace

ClosedWorld::ClosedWorld(const resource::Snapshot& snapshot, const SnapshotPolicies& policies, const semantics::Profile& profile, world::Universe ends,
                         std::vector<const Invariant*> invariants, size_t few_policies)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.invariants = std::move(invariants);
  ReadsOf reads_of(state.pool, snapshot, ends);
  NamespacesToRead wanted(state.pool, ends, policies, few_policies);
  std::vector<Expr> asked;
  bool asks_nobody = false;
  for (const Invariant* invariant : state.invariants) {
    const Reads reads = reads_of.of(*invariant);
    wanted.add(reads);
    asked.insert(asked.end(), reads.atoms.begin(), reads.atoms.end());
    asks_nobody |= std::holds_alternative<DefaultDeny>(invariant->body);
  }
  const std::set<std::string> read = std::move(wanted).names();
  std::set<std::string> unread;
  for (const auto& [name, indices] : policies.all)
    if (!read.contains(name)) unread.insert(name);
  if (asks_nobody) {
    ends.pods.push_back(pod_of_nobody(ends));
    state.nobody = ends.pods.back().pod.namespace_name;
    asked.push_back(state.pool.namespace_is(Role::source, state.nobody));
  }
  const std::vector<uint32_t> only = policies_of(policies.all, read);
  state.reading = policy::read_policies(state.pool, snapshot, {ends.addresses.ipv4, ends.addresses.ipv6}, profile, &only);
  try {
    state.pairs = std::make_unique<reach::ClosedPairs>(state.pool, state.reading, std::move(ends), asked, unread);
  } catch (const base::Unsupported&) {  // the solver is asked for everything
  }
}
ClosedWorld::~ClosedWorld() = default;

const Invariant* ClosedWorld::first() const { return state_->invariants.front(); }

std::optional<reach::PossibleFlows> ClosedWorld::possible(const ClosedQuestion& question) {
  const std::lock_guard lock(mutex_);
  if (!state_->pairs || (question.nobody && state_->nobody.empty())) return std::nullopt;
  logic::Pool& pool = state_->pool;
  Moved moved(question.pool, pool);
  reach::PairQuestion asked = question.asked;
  asked.from = moved(asked.from);
  asked.to = moved(asked.to);
  asked.ports = moved(asked.ports);
  for (const Role role : {Role::source, Role::destination}) {
    if (state_->nobody.empty()) break;
    const Expr is_nobody = pool.namespace_is(role, state_->nobody);
    Expr& end = role == Role::source ? asked.from : asked.to;
    end = pool.both(end, question.nobody == role ? is_nobody : pool.negation(is_nobody));
  }
  return state_->pairs->possible(asked);
}

// ------------------------------------------------------------------------------------------------------------------- all of a run
namespace {

/// The whole cluster under one profile, and everything of it known everywhere.
bool plain(const ReaderCase& one) {
  const auto whole = [](const Readers& readers) { return readers.pool.empty() && !readers.settings && !readers.policies && readers.phase.empty() && readers.faults.empty() && readers.nodes.empty(); };
  const auto knows = [](const Knowledge& knowledge) { return knowledge.may_know && !knowledge.may_not_know && knowledge.whole_cluster; };
  return whole(one.source) && whole(one.destination) && one.source.key() == one.destination.key() && knows(one.source_knows) && knows(one.destination_knows) && !one.never_one_node && !one.always_one_node;
}

}  // namespace

ClosedWorlds::ClosedWorlds(const resource::Snapshot& snapshot, const SnapshotPolicies& policies, const ProveOptions& options, const std::vector<ClosedTask>& tasks)
    : snapshot_(snapshot), policies_(policies), options_(options) {
  if (!options.classes || options.solver.every_answer_by_solver()) return;
  for (const ClosedTask& task : tasks) {
    if (!takes(*task.set, *task.invariant)) continue;
    const auto kind = universe_kind_of(options, *task.set, *task.invariant);
    for (const ReaderCase& one : *task.cases) {
      if (!plain(one)) continue;
      Slot& slot = slots_[{one.source.key(), kind}];
      slot.profile = one.source.profile;
      slot.kind = kind;
      slot.invariants.push_back(task.invariant);
    }
  }
}

// Where pods are kept on nodes, those that are on none are no pods: other numbers may stand for a port's name.
bool ClosedWorlds::takes(const InvariantSet& set, const Invariant& invariant) const {
  const auto& body = invariant.body;
  const bool of_flows = std::holds_alternative<Forbid>(body) || std::holds_alternative<Require>(body) || std::holds_alternative<Isolate>(body) || std::holds_alternative<DefaultDeny>(body);
  if (!of_flows || !invariant.unsupported.empty() || placement_of(set, invariant) == Placement::observed) return false;
  if (!std::holds_alternative<DefaultDeny>(body) && paths_of(set, invariant)) return false;
  return universe_kind_of(options_, set, invariant) != world::UniverseKind::possible;
}

ClosedWorld* ClosedWorlds::world_for(const ReaderCase& one, const InvariantSet& set, const Invariant& invariant) {
  if (!plain(one) || !takes(set, invariant)) return nullptr;
  const auto found = slots_.find({one.source.key(), universe_kind_of(options_, set, invariant)});
  if (found == slots_.end()) return nullptr;
  Slot& slot = found->second;
  std::call_once(slot.once, [&] { slot.world = std::make_unique<ClosedWorld>(snapshot_, policies_, slot.profile, world::make_universe(snapshot_, slot.kind, options_.peers), slot.invariants, 10 * options_.most_policies); });
  return slot.world.get();
}

std::unique_ptr<world::Universe> ClosedWorlds::borrow(world::UniverseKind kind, world::EndClasses classes) {
  {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(unused_.begin(), unused_.end(), [&](const auto& one) {
      return one->kind == kind && one->classes.pods == classes.pods && one->classes.nodes == classes.nodes && one->classes.external == classes.external;
    });
    if (same != unused_.end()) {
      auto found = std::move(*same);
      unused_.erase(same);
      return found;
    }
  }
  return std::make_unique<world::Universe>(world::make_universe(snapshot_, kind, classes));
}

void ClosedWorlds::give_back(std::unique_ptr<world::Universe> universe) {
  universe->sources = universe->destinations = std::nullopt;
  const std::lock_guard lock(mutex_);
  unused_.push_back(std::move(universe));
}

}  // namespace npverify::verify
