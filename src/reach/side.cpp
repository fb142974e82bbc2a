#include "reach/side.h"

#include <algorithm>

#include "base/diagnostics.h"
#include "reach/ports.h"

namespace npverify::reach {
namespace {

using base::Protocol;
using logic::Atom;
using logic::AtomKind;
using logic::Expr;
using policy::Direction;
using world::Endpoint;

constexpr size_t most_cached_exceptions = 8u << 20;

template <typename... Kinds>
constexpr uint32_t kinds(Kinds... all) {
  return ((1u << static_cast<unsigned>(all)) | ...);
}

[[noreturn]] void refuse(const std::string& what) { throw base::Unsupported("who reaches whom: " + what + ", which a list does not model"); }

bool has_role(AtomKind kind) {
  switch (kind) {
    case AtomKind::kind_is:
    case AtomKind::namespace_is:
    case AtomKind::label_is:
    case AtomKind::label_exists:
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
    case AtomKind::service_account_is:
    case AtomKind::node_is:
    case AtomKind::address_in:
    case AtomKind::port_named:
    case AtomKind::peer_known: return true;
    case AtomKind::family_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named_in_cluster:
    case AtomKind::same_node:
    case AtomKind::same_endpoint:
    case AtomKind::flag: return false;
  }
  return false;
}

}  // namespace

std::vector<Expr> atoms_of(const logic::Pool& pool, const policy::Reading& reading) {
  std::vector<Expr> roots;
  for (const Direction d : policy::both_directions) {
    const auto& side = reading.direction(d);
    for (const auto& c : side.drops) roots.push_back(c.when);
    for (const auto& c : side.admits) roots.push_back(c.when);
    for (const auto& g : side.gaps) roots.push_back(g.when);
    for (const auto& policy : side.policies) {
      roots.push_back(policy.subject);
      for (const auto& rule : policy.rules) {
        roots.push_back(rule.ports);
        if (rule.peer_terms.empty()) roots.push_back(rule.peer);
        for (const auto& term : rule.peer_terms) roots.push_back(term.when);
      }
    }
  }
  return pool.atoms_of(roots);
}

oracle::Cluster cluster_of(const world::Universe& universe) {
  std::vector<const Endpoint*> pods;
  for (const auto& closed : universe.pods) pods.push_back(&closed.pod);
  return {.named_port = oracle::cluster_port_names(pods)};
}

Side::Side(Context& context, Direction direction, base::Family family)
    : context_(context), direction_(direction), reading_(context.reading.direction(direction)), family_(family), membership_(context.pool, context.classes, family),
      pod_addresses_(context.universe.addresses.pods.only(family)), node_addresses_(context.universe.addresses.nodes.only(family)), outside_addresses_(context.universe.addresses.external.only(family)) {
  if (!context.universe.hosts.empty()) {
    std::vector<base::AddressSet::Interval> addresses;
    for (const Endpoint& host : context.universe.hosts)
      if (const base::Address* address = host.address(family)) addresses.push_back({*address, *address});
    node_addresses_ = base::AddressSet::of(std::move(addresses));
  }
  read_conditions();
  read_profiles();
  read_uses();
}

// ------------------------------------------------------------------------------------------------ what expressions may ask
uint64_t Side::kinds_below(Expr e) {
  if (e.id <= 1) return 0;
  if (const auto it = kinds_below_.find(e.id); it != kinds_below_.end()) return it->second;
  uint64_t below = 0;
  if (context_.pool.op(e) == logic::Op::atom) {
    const Atom& a = context_.pool.atom_of(e);
    const bool of_subject = has_role(a.kind) && a.role == policy::subject_of(direction_);
    below = uint64_t{kinds(a.kind)} << (of_subject ? 32 : 0);
  } else {
    for (const Expr arg : context_.pool.args(e)) below |= kinds_below(arg);
  }
  return kinds_below_[e.id] = below;
}

// Which pods share a node is not asked, so between pods it must not matter.
bool Side::depends_on_node_between_pods(Expr e) {
  using enum AtomKind;
  if ((kinds_below(e) & kinds(same_node)) == 0) return false;
  const logic::Role peer = policy::peer_of(direction_);
  const Expr between_pods = context_.pool.substitute(e, [&](Expr atom) -> std::optional<Expr> {
    const Atom& a = context_.pool.atom_of(atom);
    if (a.kind != kind_is || a.role != peer) return std::nullopt;
    return static_cast<logic::EndpointKind>(a.detail) == logic::EndpointKind::pod ? logic::True : logic::False;
  });
  return (kinds_below(between_pods) & kinds(same_node)) != 0;
}

void Side::check_peers(Expr e) {
  if ((kinds_below(e) >> 32 & ~kinds(AtomKind::peer_known)) != 0) refuse("the peers of a policy depend on the subject");
  if (depends_on_node_between_pods(e)) refuse("a policy asks whether two pods are on one node");
}

// ------------------------------------------------------------------------------------------------ conditions of the axes
bool Side::asks_kinds_and_ports(Expr e) {
  using enum AtomKind;
  const uint64_t below = kinds_below(e);
  return (below >> 32 & ~kinds(kind_is, peer_known)) == 0 && (below & 0xFFFFFFFFu & ~kinds(kind_is, family_is, protocol_is, port_in, same_node, flag, port_named_in_cluster)) == 0;
}

PortTable Side::ports_of_condition(Expr e, PeerKind kind, bool isolated) {
  if (!asks_kinds_and_ports(e))
    refuse("what the CNI does whatever policy says depends on more than the kinds of the ends, the node and the port");
  const Endpoint subject{.kind = logic::EndpointKind::pod, .name = "subject", .node = "near"};
  const Endpoint peer{.kind = endpoint_kind(kind), .name = "peer", .node = kind == PeerKind::host_near ? "near" : "far"};
  const bool ingress = direction_ == Direction::ingress;
  PortTable table;
  for (const Protocol protocol : base::all_protocols) {
    const world::Flow flow{.source = ingress ? &peer : &subject, .destination = ingress ? &subject : &peer, .protocol = protocol, .family = family_};
    table.of(protocol) = ports_where(context_.pool, e, flow, protocol, context_.cluster, isolated);
  }
  return table.intersected(PortTable::all());
}

void Side::read_conditions() {
  for (const PeerKind kind : all_peer_kinds) {
    Conditions& c = conditions_[static_cast<size_t>(kind)];
    const auto add = [&](PortTable& to, Expr when, bool isolated) {
      if (kind == PeerKind::pod && depends_on_node_between_pods(when)) refuse("what the CNI does whatever policy says depends on whether two pods are on one node");
      to = to.united(ports_of_condition(when, kind, isolated));
    };
    for (const auto& drop : reading_.drops) add(c.drop, drop.when, false);
    for (const auto& admit : reading_.admits) {
      add(c.admit_isolated, admit.when, true);
      add(c.admit_open, admit.when, false);
    }
    for (const auto& gap : reading_.gaps) {
      if (about_subject(gap.when)) continue;
      // What is open for some flows of some pairs only has no row of its own.
      if (!asks_kinds_and_ports(gap.when)) throw base::Unsupported("who reaches whom: " + gap.reason + " (axis " + gap.axis + "), which a list does not model; eval and prove tell each flow");
      add(gap.scope == policy::Gap::Scope::always ? c.unknown : gap.scope == policy::Gap::Scope::isolated ? c.unknown_if_isolated : c.unknown_if_denied, gap.when, false);
    }
  }
}

/// The oracle's order: dropped, admitted, not known, not isolated, allowed by a rule, denied.
Outcome Side::judged(const Profile& profile, PeerKind kind, const PortTable& ports) const {
  const Conditions& c = conditions_[static_cast<size_t>(kind)];
  const bool isolated = !profile.policies.empty();
  Outcome out;
  out.deny = c.drop;
  PortTable rest = PortTable::all().minus(c.drop);
  const auto take = [&](PortTable& into, const PortTable& what) {
    into = into.united(rest.intersected(what));
    rest = rest.minus(what);
  };
  take(out.allow, isolated ? c.admit_isolated : c.admit_open);
  take(out.unknown, profile.unknown ? PortTable::all() : c.unknown);
  if (!reading_.enforced || (!isolated && !reading_.unisolated_denied)) {
    take(out.allow, PortTable::all());
    return out;
  }
  if (isolated) {
    take(out.unknown, profile.unknown_if_isolated ? PortTable::all() : c.unknown_if_isolated);
    take(out.allow, ports);
  }
  take(out.unknown, profile.unknown_if_denied ? PortTable::all() : c.unknown_if_denied);
  take(out.deny, PortTable::all());
  return out;
}

// ------------------------------------------------------------------------------------------------ profiles and what they use
bool Side::about_subject(Expr e) {
  const uint64_t below = kinds_below(e);
  return below >> 32 != 0 && (below & 0xFFFFFFFFu) == 0;
}

void Side::read_profiles() {
  const auto count = static_cast<ClassId>(context_.classes.size());
  std::vector<Profile> of_class(count);
  for (uint32_t i = 0; i < reading_.policies.size(); ++i) {
    const Expr subject = reading_.policies[i].subject;
    if ((kinds_below(subject) & 0xFFFFFFFFu) != 0 || (kinds_below(subject) >> 32 & kinds(AtomKind::address_in)) != 0) refuse("the pods that a policy selects depend on more than the pods");
    for (const ClassId id : membership_.of(subject)) of_class[id].policies.push_back(i);
  }
  for (const auto& gap : reading_.gaps) {
    if (!about_subject(gap.when)) continue;
    if ((kinds_below(gap.when) >> 32 & kinds(AtomKind::address_in)) != 0) refuse("the pods of which the CNI's behaviour is not known depend on their addresses");
    for (const ClassId id : membership_.of(gap.when))
      (gap.scope == policy::Gap::Scope::always ? of_class[id].unknown : gap.scope == policy::Gap::Scope::isolated ? of_class[id].unknown_if_isolated : of_class[id].unknown_if_denied) = true;
  }
  Numbering<Profile> numbers;
  for (ClassId id = 0; id < count; ++id) {
    if (direction_ == Direction::ingress) of_class[id].port_names = context_.classes[id].port_names;
    const uint32_t number = numbers.number(of_class[id]);
    if (number == profiles_.size()) profiles_.push_back(std::move(of_class[id]));
    profile_of_.push_back(number);
  }
}

uint32_t Side::peers_of(Expr e) {
  const auto [it, fresh] = peers_index_.try_emplace(e.id, static_cast<uint32_t>(peers_.size()));
  if (!fresh) return it->second;
  check_peers(e);
  Peers peers{.when = e, .by_address = (kinds_below(e) & kinds(AtomKind::address_in)) != 0};
  peers.members = membership_.of(e);
  if (peers.by_address) peers.members &= membership_.fixed();
  peers.everyone = !peers.by_address && peers.members.cardinality() == context_.classes.size();
  peers_.push_back(std::move(peers));
  return it->second;
}

void Side::read_uses() {
  uses_.resize(profiles_.size());
  for (ProfileId id = 0; id < profiles_.size(); ++id) {
    auto& uses = uses_[id];
    for (const uint32_t policy : profiles_[id].policies)
      for (const auto& rule : reading_.policies[policy].rules) {
        if (rule.peer_terms.empty()) uses.push_back({peers_of(rule.peer), rule.ports});
        for (const auto& term : rule.peer_terms) uses.push_back({peers_of(term.when), rule.ports});
      }
    std::sort(uses.begin(), uses.end());
    uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  }
  if (direction_ == Direction::egress) return;
  users_.resize(peers_.size());
  for (ProfileId id = 0; id < profiles_.size(); ++id)
    for (const Use& use : uses_[id])
      if (!peers_[use.peers].everyone)
        if (const TableId table = ports(id, use, 0); table != 0) users_[use.peers].push_back({id, table});
  named_in_.resize(context_.classes.size());
  for (uint32_t i = 0; i < peers_.size(); ++i)
    if (!users_[i].empty())
      for (const ClassId id : peers_[i].members) named_in_[id].push_back(i);
}

TableId Side::ports(Expr e, uint32_t port_names) {
  const auto [it, fresh] = ports_.try_emplace({e, port_names}, 0);
  if (!fresh) return it->second;
  for (const Expr atom : context_.pool.atoms_of({e})) {
    using enum AtomKind;
    const Atom& a = context_.pool.atom_of(atom);
    if ((kinds(a.kind) & kinds(protocol_is, port_in, port_named, port_named_in_cluster)) == 0 || (a.kind == port_named && a.role != logic::Role::destination))
      refuse("the ports of a rule depend on " + context_.pool.to_string(a));
  }
  const Endpoint source{.kind = logic::EndpointKind::pod, .name = "source"};
  const Endpoint destination{.kind = logic::EndpointKind::pod, .name = "destination", .ports = context_.classes.port_names()[port_names]};
  PortTable table;
  for (const Protocol protocol : base::all_protocols)
    table.of(protocol) = ports_where(context_.pool, e, {.source = &source, .destination = &destination, .protocol = protocol, .family = family_}, protocol, context_.cluster);
  return it->second = context_.tables.number(table.intersected(PortTable::all()));
}

// ------------------------------------------------------------------------------------------------ outcomes
TableId Side::default_ports(ProfileId profile, uint32_t names) {
  const auto [it, fresh] = default_ports_.try_emplace({profile, names}, 0);
  if (!fresh) return it->second;
  TableId all = 0;
  for (const Use& use : uses_[profile])
    if (peers_[use.peers].everyone) all = context_.tables.unite(all, ports(profile, use, names));
  return it->second = all;
}

const base::AddressSet& Side::addresses(uint32_t peers, PeerKind kind) {
  const auto [it, fresh] = addresses_.try_emplace({peers, kind});
  if (fresh) it->second = addresses_where(context_.pool, peers_[peers].when, kind, family_);
  return it->second;
}

void Side::prepare() {
  for (uint32_t i = 0; i < peers_.size(); ++i)
    for (const PeerKind kind : all_peer_kinds)
      if (kind != PeerKind::pod || peers_[i].by_address) addresses(i, kind);
  for (ProfileId id = 0; id < profiles_.size(); ++id)
    for (const Use& use : uses_[id]) ports(id, use, 0);
}

std::vector<AddressPart> Side::parts(ProfileId profile, PeerKind kind, const base::AddressSet& domain, uint32_t names) {
  std::vector<AddressedPorts> pieces;
  for (const Use& use : uses_[profile]) {
    const Peers& peers = peers_[use.peers];
    if (kind == PeerKind::pod && !peers.by_address) continue;
    const base::AddressSet& where = addresses(use.peers, kind);
    if (!where.empty()) pieces.push_back({&where, ports(profile, use, names)});
  }
  return address_parts(domain, pieces, context_.tables);
}

/// The alternatives that a free address of a peer adds, by number; alternatives_ has each as a sorted list of port tables.
uint32_t Side::free_ports(ProfileId profile, uint32_t names) {
  const auto [it, fresh] = free_ports_.try_emplace({profile, names}, 0);
  if (!fresh) return it->second;
  std::vector<TableId> tables;
  for (const auto& part : parts(profile, PeerKind::pod, pod_addresses_, names)) tables.push_back(part.ports);
  std::sort(tables.begin(), tables.end());
  return it->second = alternatives_.number(tables);
}

/// What of a profile counts beside its ports, as a number.
uint32_t Side::standing(const Profile& profile) {
  return uint32_t{!profile.policies.empty()} | uint32_t{profile.unknown} << 1 | uint32_t{profile.unknown_if_isolated} << 2 | uint32_t{profile.unknown_if_denied} << 3;
}

OutcomeId Side::outcome(const Profile& profile, PeerKind kind, TableId ports) {
  const auto [it, fresh] = judged_.try_emplace({standing(profile), kind, ports}, 0);
  if (fresh) it->second = context_.tables.number(judged(profile, kind, context_.tables.table(ports)));
  return it->second;
}

OutcomeId Side::towards_pod(ProfileId id, bool free_address, uint32_t names, TableId ports) {
  const Profile& profile = profiles_[id];
  const uint32_t alternatives = free_address ? free_ports(id, names) : alternatives_.number({0});
  const auto [it, fresh] = outcomes_.try_emplace({standing(profile), alternatives, ports}, 0);
  if (!fresh) return it->second;
  OutcomeId out = 0;
  for (const TableId brought : alternatives_[alternatives]) out = context_.tables.unite_outcomes(out, outcome(profile, PeerKind::pod, context_.tables.unite(ports, brought)));
  return it->second = out;
}

OutcomeId Side::towards_pod(ProfileId profile, ClassId peer, TableId ports) {
  if (!context_.classes.has_family(peer, family_)) return 0;
  return towards_pod(profile, !context_.classes[peer].fixed_address, peer_names(peer), ports);
}

OutcomeId Side::usual(ProfileId profile, ClassId peer) {
  if (!context_.classes.has_family(peer, family_)) return 0;
  const bool free_address = !context_.classes[peer].fixed_address;
  const uint32_t names = peer_names(peer);
  const auto [it, fresh] = usual_.try_emplace({profile, names, free_address}, 0);
  if (fresh) it->second = towards_pod(profile, free_address, names, default_ports(profile, names));
  return it->second;
}

const std::vector<Side::Exception>& Side::exceptions_of_profile(ProfileId profile) {
  if (const auto it = rows_.find(profile); it != rows_.end()) return it->second;
  if (rows_size_ > most_cached_exceptions) {
    rows_.clear();
    rows_size_ = 0;
  }
  scratch_.assign(context_.classes.size(), 0);
  Roaring named;
  for (const Use& use : uses_[profile]) {
    const Peers& peers = peers_[use.peers];
    if (peers.everyone) continue;
    named |= peers.members;
    for (const ClassId peer : peers.members) scratch_[peer] = context_.tables.unite(scratch_[peer], ports(profile, use, peer_names(peer)));
  }
  std::vector<Exception> row;
  row.reserve(named.cardinality());
  for (const ClassId peer : named) row.push_back({peer, towards_pod(profile, peer, context_.tables.unite(scratch_[peer], default_ports(profile, peer_names(peer))))});
  rows_size_ += row.size();
  return rows_[profile] = std::move(row);
}

OutcomeId Side::towards(ProfileId profile, ClassId peer) {
  const auto& exceptions = exceptions_of_profile(profile);  // sorted by class
  const auto found = std::lower_bound(exceptions.begin(), exceptions.end(), peer, [](const Exception& e, ClassId id) { return e.id < id; });
  return found != exceptions.end() && found->id == peer ? found->outcome : usual(profile, peer);
}

std::vector<Side::Exception> Side::exceptions_of_peer(ClassId peer) {
  scratch_.resize(profiles_.size(), 0);
  std::vector<ProfileId> touched;
  for (const uint32_t peers : named_in_[peer])
    for (const auto& [profile, table] : users_[peers]) {
      if (scratch_[profile] == 0) touched.push_back(profile);
      scratch_[profile] = context_.tables.unite(scratch_[profile], table);
    }
  std::vector<Exception> column;
  for (const ProfileId profile : touched) {
    column.push_back({profile, towards_pod(profile, peer, context_.tables.unite(scratch_[profile], default_ports(profile, 0)))});
    scratch_[profile] = 0;
  }
  return column;
}

OutcomeId Side::nodes(ProfileId profile, Admitted admitted) {
  const auto [it, fresh] = nodes_.try_emplace({profile, admitted}, 0);
  if (!fresh) return it->second;
  OutcomeId out = 0;
  for (const PeerKind kind : {PeerKind::host_near, PeerKind::host_far})
    for (const auto& part : parts(profile, kind, node_addresses_, 0)) {
      OutcomeId one = outcome(profiles_[profile], kind, part.ports);
      if (admitted == Admitted::left_out) {
        Outcome rest = context_.tables.outcome(one);
        for (PortTable* table : {&rest.allow, &rest.deny, &rest.unknown}) *table = table->minus(conditions_[static_cast<size_t>(kind)].admit_isolated);
        one = context_.tables.number(rest);
      }
      out = context_.tables.unite_outcomes(out, one);
    }
  return it->second = out;
}

const std::vector<Side::Outside>& Side::by_address(ProfileId profile, PeerKind kind) {
  const auto [it, fresh] = by_address_.try_emplace({profile, kind});
  if (!fresh) return it->second;
  std::map<OutcomeId, base::AddressSet> by_outcome;
  for (auto& part : parts(profile, kind, kind == PeerKind::outside ? outside_addresses_ : node_addresses_, 0)) {
    auto& addresses = by_outcome[outcome(profiles_[profile], kind, part.ports)];
    addresses = addresses.united(part.addresses);
  }
  std::vector<Outside>& out = it->second;
  for (auto& [outcome, addresses] : by_outcome) out.push_back({std::move(addresses), outcome});
  std::sort(out.begin(), out.end(), [](const Outside& a, const Outside& b) { return a.addresses < b.addresses; });
  return out;
}

}  // namespace npverify::reach
