// May some flow of a closed world have a verdict?
//
// At each end a class of pods has an outcome towards every peer: the ports that some way of standing allows, denies or leaves open (Side).
// A flow is allowed on no port on which one end neither allows nor is unknown in any way, whatever the other end does: so outcomes, which
// forget which ways go together, are enough to say no. Subjects of one profile have the same outcomes, and most peers have the usual one, so
// what is gone through is profiles and what their rules name.
#include "reach/closed_pairs.h"

#include <algorithm>
#include <deque>
#include <map>

#include "base/diagnostics.h"
#include "reach/may_hold.h"
#include "reach/side.h"

namespace npverify::reach {
namespace {

using base::Family;
using logic::EndpointKind;
using logic::Expr;
using logic::Role;
using policy::Direction;
using Verdict = PairQuestion::Verdict;

constexpr size_t most_steps = 4u << 20;  // of one question; past them every pair counts as possible

struct Lane {
  Lane(Context& context, Family f)
      : family(f), egress(context, Direction::egress, f), ingress(context, Direction::ingress, f), may(context.pool, context.classes, context.universe.addresses.pods, f),
        nodes(context.universe.addresses.nodes.only(f)), outside(context.universe.addresses.external.only(f)) {}
  Side& side(Direction d) { return d == Direction::ingress ? ingress : egress; }
  Family family;
  Side egress, ingress;
  MayHold may;
  base::AddressSet nodes, outside;
};

/// Which node has which address is not looked at: hosts have any address of a node.
world::Universe with_any_host(world::Universe universe) {
  universe.hosts.clear();
  return universe;
}

std::vector<Expr> with_atoms_of(const logic::Pool& pool, const policy::Reading& reading, const std::vector<Expr>& asked) {
  std::vector<Expr> all = atoms_of(pool, reading);
  for (const Expr e : pool.atoms_of(asked)) all.push_back(e);
  return all;
}

}  // namespace

struct ClosedPairs::State {
  State(logic::Pool& p, const policy::Reading& reading, world::Universe u, const std::vector<Expr>& asked, const std::set<std::string>& unread_namespaces)
      : pool(p), universe(with_any_host(std::move(u))), classes(p, with_atoms_of(p, reading, asked), PodClasses::Unlabelled::free) {
    for (const auto& pod : universe.pods) {
      of_pod.push_back(classes.classes_of(pod));
      if (unread_namespaces.contains(pod.pod.namespace_name))
        for (const ClassId id : of_pod.back()) unread.add(id);
    }
    context = std::make_unique<Context>(Context{pool, reading, universe, classes, cluster_of(universe), tables});
    for (const Family family : {Family::ipv4, Family::ipv6})
      if (family == Family::ipv4 ? universe.addresses.ipv4 : universe.addresses.ipv6) lanes.emplace_back(*context, family);
    Numbering<std::array<uint32_t, 3>> numbers;
    for (ClassId id = 0; id < classes.size(); ++id) {
      const uint32_t families = uint32_t{classes.has_family(id, Family::ipv4)} | uint32_t{classes.has_family(id, Family::ipv6)} << 1;
      form_of.push_back(numbers.number({classes[id].port_names, classes[id].fixed_address, families}));
      if (form_of.back() == forms.size()) forms.push_back(id);
    }
    for (Lane& lane : lanes)
      for (const Direction d : policy::both_directions) lane.side(d).prepare();
  }

  logic::Pool& pool;
  world::Universe universe;
  Tables tables;
  PodClasses classes;
  std::vector<std::vector<ClassId>> of_pod;
  Roaring unread;  ///< classes that some pod is of whose policies were not read
  std::unique_ptr<Context> context;
  std::deque<Lane> lanes;
  std::vector<uint32_t> form_of;  ///< peers of one form have the same usual outcome
  std::vector<ClassId> forms;     ///< a class of each form
  bool broken = false;
};

namespace {

/// One question in one family.
template <typename State>
class Search {
 public:
  Search(State& state, Lane& lane, const PairQuestion& question) : state_(state), lane_(lane), question_(question), stamps_(state.classes.size()) {
    for (const Expr e : state.pool.atoms_of({question.ports})) {
      const logic::Atom& a = state.pool.atom_of(e);
      using enum logic::AtomKind;
      asks_names_ |= a.kind == port_named;
      asks_port_alone_ &= a.kind == protocol_is || a.kind == port_in || a.kind == port_named_in_cluster || (a.kind == port_named && a.role == Role::destination && state.classes.tells(state.pool, a));
    }
    const auto& kinds = state.universe.classes;
    if (kinds.pods) {
      sources_ = ends(lane.may.pods(question.from, Role::source));
      destinations_ = ends(lane.may.pods(question.to, Role::destination));
    }
    const auto where = [&](Expr e, Role role, EndpointKind kind, bool wanted, const base::AddressSet& domain) { return wanted ? lane.may.addresses(e, role, kind, domain) : base::AddressSet(); };
    nodes_[0] = where(question.from, Role::source, EndpointKind::host, kinds.nodes, lane.nodes);
    nodes_[1] = where(question.to, Role::destination, EndpointKind::host, kinds.nodes, lane.nodes);
    outside_[0] = where(question.from, Role::source, EndpointKind::outside, kinds.external, lane.outside);
    outside_[1] = where(question.to, Role::destination, EndpointKind::outside, kinds.external, lane.outside);
  }

  void run() {
    if (question_.verdict == Verdict::allowed) {
      between_others();
      allowed_between_pods();
    } else {
      for (const Direction d : policy::both_directions)
        if (judged(d)) denied_between_pods(d);
    }
    for (const Direction d : policy::both_directions) towards_others(d);
  }

  bool any = false;
  Roaring open_sources, open_destinations;

 private:
  struct Ends {
    Roaring all;
    std::vector<std::pair<uint32_t, std::vector<ClassId>>> by_form;  ///< sorted by form
  };
  /// Classes that judge alike.
  struct Subjects {
    Side::ProfileId profile;
    bool unread;
    std::vector<ClassId> members;
  };
  struct OpenPeer {
    ClassId id;
    TableId ports;
  };

  Ends ends(Roaring all) const {
    std::map<uint32_t, std::vector<ClassId>> by_form;
    for (const ClassId id : all) by_form[state_.form_of[id]].push_back(id);
    return {std::move(all), {by_form.begin(), by_form.end()}};
  }

  bool judged(Direction d) const { return !question_.side || *question_.side == d; }
  const Ends& subjects(Direction d) const { return d == Direction::ingress ? destinations_ : sources_; }
  const Ends& peers(Direction d) const { return d == Direction::ingress ? sources_ : destinations_; }

  std::vector<Subjects> grouped(Direction d) {
    std::map<std::pair<Side::ProfileId, bool>, std::vector<ClassId>> groups;
    for (const ClassId id : subjects(d).all) groups[{lane_.side(d).profile_of(id), state_.unread.contains(id)}].push_back(id);
    std::vector<Subjects> out;
    for (auto& [key, members] : groups) out.push_back({key.first, key.second, std::move(members)});
    return out;
  }

  /// The question's ports towards a destination that gives these names; where more than the port is asked, all of them.
  TableId asked_ports(uint32_t port_names) {
    const auto [it, fresh] = asked_.try_emplace(port_names, 0);
    if (fresh) it->second = asks_port_alone_ ? lane_.ingress.ports(question_.ports, port_names) : every_port();
    return it->second;
  }
  TableId asked_ports_of(ClassId destination) { return asked_ports(state_.classes[destination].port_names); }
  /// The same towards an end that is no pod: what a name stands for there is left open.
  TableId asked_ports_elsewhere() { return asks_names_ ? every_port() : asked_ports(0); }
  TableId every_port() { return state_.tables.number(PortTable::all()); }

  /// The ports on which an outcome leaves the verdict possible.
  TableId possible_in(OutcomeId outcome) { return question_.verdict == Verdict::allowed ? state_.tables.may_allow(outcome) : state_.tables.may_deny(outcome); }

  /// The peers towards which subjects of `profile` (who give these names to ports, where they are the destination) leave the verdict possible.
  std::vector<OpenPeer> open_peers(Direction d, const Subjects& subjects) {
    Side& side = lane_.side(d);
    const bool ingress = d == Direction::ingress;
    std::vector<OpenPeer> open;
    const auto add = [&](ClassId peer, TableId ports) {
      const TableId left = state_.tables.intersect(ports, asked_ports_of(ingress ? subjects.members.front() : peer));
      if (left != 0) open.push_back({peer, left});
      return left != 0;
    };
    const Ends& all = peers(d);
    if (subjects.unread) {
      for (const ClassId peer : all.all) add(peer, every_port());
      steps_ += all.all.cardinality();
      return open;
    }
    ++stamp_;
    for (const auto& [peer, outcome] : side.exceptions_of_profile(subjects.profile)) {
      ++steps_;
      stamps_[peer] = stamp_;
      if (all.all.contains(peer)) add(peer, possible_in(outcome));
    }
    for (const auto& [form, members] : all.by_form) {
      const TableId usual = possible_in(side.usual(subjects.profile, state_.forms[form]));
      if (state_.tables.intersect(usual, asked_ports_of(ingress ? subjects.members.front() : state_.forms[form])) == 0) continue;
      steps_ += members.size();
      for (const ClassId peer : members)
        if (stamps_[peer] != stamp_) add(peer, usual);
    }
    return open;
  }

  void note(Direction d, ClassId subject, ClassId peer) {
    any = true;
    (d == Direction::ingress ? open_destinations : open_sources).add(subject);
    (d == Direction::ingress ? open_sources : open_destinations).add(peer);
  }

  void give_up() {
    any = true;
    open_sources |= sources_.all;
    open_destinations |= destinations_.all;
  }

  void denied_between_pods(Direction d) {
    for (const Subjects& some : grouped(d)) {
      const auto open = open_peers(d, some);
      for (const OpenPeer& peer : open) note(d, some.members.front(), peer.id);
      for (const ClassId id : some.members)
        if (!open.empty()) (d == Direction::ingress ? open_destinations : open_sources).add(id);
      if (steps_ > most_steps) return give_up();
    }
  }

  void allowed_between_pods() {
    if (sources_.all.isEmpty() || destinations_.all.isEmpty()) return;
    if (!judged(Direction::ingress)) {
      for (const Subjects& some : grouped(Direction::egress)) {
        for (const OpenPeer& peer : open_peers(Direction::egress, some))
          for (const ClassId id : some.members) note(Direction::egress, id, peer.id);
        if (steps_ > most_steps) return give_up();
      }
      return;
    }
    for (const Subjects& some : grouped(Direction::ingress)) {
      allowed_into(some);
      if (steps_ > most_steps) return give_up();
    }
  }

  void allowed_into(const Subjects& some) {
    struct Alike {
      Side::ProfileId profile;
      bool unread;
      TableId ports;
      auto operator<=>(const Alike&) const = default;
    };
    std::map<Alike, std::vector<ClassId>> let_in;
    for (const OpenPeer& peer : open_peers(Direction::ingress, some)) let_in[{lane_.egress.profile_of(peer.id), state_.unread.contains(peer.id), peer.ports}].push_back(peer.id);
    for (const auto& [alike, sources] : let_in)
      for (const ClassId destination : some.members) {
        ++steps_;
        if (judged(Direction::egress) && !alike.unread && state_.tables.intersect(possible_in(lane_.egress.towards(alike.profile, destination)), alike.ports) == 0) continue;
        any = true;
        open_destinations.add(destination);
        for (const ClassId source : sources) open_sources.add(source);
        steps_ += sources.size();
      }
  }

  /// Between pods, whose end `d` polices, and nodes and addresses outside.
  void towards_others(Direction d) {
    const size_t other = d == Direction::ingress ? 0 : 1;
    if (nodes_[other].empty() && outside_[other].empty()) return;
    for (const Subjects& some : grouped(d)) {
      const TableId asked = d == Direction::ingress ? asked_ports_of(some.members.front()) : asked_ports_elsewhere();
      if (!open_towards_others(d, some, other, asked)) continue;
      any = true;
      for (const ClassId id : some.members) (d == Direction::ingress ? open_destinations : open_sources).add(id);
    }
  }

  bool open_towards_others(Direction d, const Subjects& some, size_t other, TableId asked) {
    if (asked == 0) return false;
    if (!judged(d)) return question_.verdict == Verdict::allowed;
    if (some.unread) return true;
    Side& side = lane_.side(d);
    const auto admitted = question_.leave_out_admitted ? Side::Admitted::left_out : Side::Admitted::counts;
    if (!nodes_[other].empty() && state_.tables.intersect(possible_in(side.nodes(some.profile, admitted)), asked) != 0) return true;
    if (outside_[other].empty()) return false;
    for (const auto& part : side.outside(some.profile))
      if (state_.tables.intersect(possible_in(part.outcome), asked) != 0 && !part.addresses.intersected(outside_[other]).empty()) return true;
    return false;
  }

  /// Ends that are no pods are not policed.
  void between_others() {
    const bool from = !nodes_[0].empty() || !outside_[0].empty(), to = !nodes_[1].empty() || !outside_[1].empty();
    const bool outside_alone = nodes_[0].empty() && nodes_[1].empty();
    if (from && to && !outside_alone && asked_ports_elsewhere() != 0) any = true;
  }

  State& state_;
  Lane& lane_;
  const PairQuestion& question_;
  Ends sources_, destinations_;
  base::AddressSet nodes_[2], outside_[2];  ///< where the source, the destination may be
  bool asks_port_alone_ = true, asks_names_ = false;
  std::unordered_map<uint32_t, TableId> asked_;  ///< by the names of the destination's ports
  std::vector<uint32_t> stamps_;             ///< by class: the profile whose rules named it last
  uint32_t stamp_ = 0;
  size_t steps_ = 0;
};

}  // namespace

ClosedPairs::ClosedPairs(logic::Pool& pool, const policy::Reading& reading, world::Universe universe, const std::vector<Expr>& asked, const std::set<std::string>& unread) {
  if (universe.kind == world::UniverseKind::possible) throw base::InternalError("classes of pods need a closed universe");
  state_ = std::make_unique<State>(pool, reading, std::move(universe), asked, unread);
}
ClosedPairs::~ClosedPairs() = default;

size_t ClosedPairs::classes() const { return state_->classes.size(); }

std::optional<PossibleFlows> ClosedPairs::possible(const PairQuestion& question) {
  if (state_->broken) return std::nullopt;
  PossibleFlows found;
  Roaring sources, destinations;
  try {
    for (Lane& lane : state_->lanes) {
      Search search(*state_, lane, question);
      search.run();
      found.any |= search.any;
      sources |= search.open_sources;
      destinations |= search.open_destinations;
    }
  } catch (const base::Unsupported&) {  // what a side had begun to remember is not to be relied on
    state_->broken = true;
    return std::nullopt;
  }
  const auto add = [](const Roaring& open, const std::vector<ClassId>& classes, uint32_t pod, std::vector<uint32_t>& pods) {
    if (std::any_of(classes.begin(), classes.end(), [&](ClassId id) { return open.contains(id); })) pods.push_back(pod);
  };
  for (uint32_t pod = 0; pod < state_->of_pod.size(); ++pod) {
    add(sources, state_->of_pod[pod], pod, found.sources);
    add(destinations, state_->of_pod[pod], pod, found.destinations);
  }
  return found;
}

}  // namespace npverify::reach
