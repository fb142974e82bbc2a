// The verdict of each hook on a connection's way, as a formula: the reading of that hook's node with what the header shows put in.
#include <algorithm>

#include "verify/invariant_paths.h"

namespace npverify::verify {

using logic::EndpointKind;
using logic::Role;
using path::Header;
using path::Kind;
using world::Endpoint;

PathRun::Route PathRun::route(const Way& way, const Spot& spot, const path::Journey& journey, Expr& where) {
  std::vector<Expr> allowed, denied;
  for (const path::Hop& one : journey.hops) {
    if (one.hook == path::Hook::relay) continue;
    const Direction direction = one.hook == path::Hook::source_egress ? Direction::egress : Direction::ingress;
    if (side_.value_or(direction) != direction || alone_.value_or(direction) != direction) continue;
    const HopFormula formula = hop(way, spot, one);
    where = pool_.both(where, formula.families);
    allowed.push_back(formula.end.allowed);
    denied.push_back(formula.end.denied);
  }
  if (!journey.dropped.empty() && !side_) return {logic::False, logic::True, &journey};
  if (!journey.undefined.empty()) allowed.push_back(logic::False);
  return {pool_.conjunction(std::move(allowed)), pool_.disjunction(std::move(denied)), &journey};
}

PathRun::HopFormula PathRun::hop(const Way& way, const Spot& spot, const path::Hop& hop) {
  return hop.hook == path::Hook::source_egress ? egress(way, spot, hop.header) : ingress(spot, hop.header);
}

PathRun::HopFormula PathRun::egress(const Way& way, const Spot& spot, const Header& header) {
  const size_t source = kind_of(static_cast<size_t>(spot.source)), destination = kind_of(spot.destination);
  if (header.destination == Header::Destination::endpoint) return plain(source, knowledge(source, spot.outside ? source : destination), Direction::egress);
  if (header.destination == Header::Destination::node && header.port == 0) return {undetermined(Direction::egress)};
  if (header.destination == Header::Destination::service) return at_service(way, source);
  return at_node(way, source, class_at(header.destination_node, spot), header.destination_node == at_client);
}

const PathRun::HopFormula& PathRun::at_service(const Way& way, size_t source) {
  const Endpoint service = service_end(way);
  return seeing(source, knowledge(source, source), Direction::egress, {.peer = service, .port = way.entry_port});
}

const PathRun::HopFormula& PathRun::at_node(const Way& way, size_t source, size_t at, bool one_node) {
  Seen seen{.peer = places_->classes()[at].host, .port = way.entry_port, .one_node = one_node};
  if (way.asked) seen.peer.addresses = {*way.asked};
  return seeing(source, knowledge(source, kind_of(at)), Direction::egress, seen);
}

PathRun::HopFormula PathRun::ingress(const Spot& spot, const Header& header) {
  const size_t destination = kind_of(spot.destination);
  Knowledge known = knowledge(destination, spot.source < 0 ? destination : kind_of(static_cast<size_t>(spot.source)));
  if (header.source == Header::Source::client && header.source_identified) return plain(destination, known, Direction::ingress);
  const size_t at = class_at(header.source_node, spot);
  known = knowledge(destination, kind_of(at));
  if (!header.source_identified) known.may_know = false, known.may_not_know = true;
  const bool tunnel = header.source == Header::Source::tunnel;
  Seen seen{.peer = places_->classes()[at].host, .port = std::nullopt, .one_node = header.source_node == (spot.one_node ? at_client : at_endpoint)};
  if (tunnel) seen.peer.addresses = places_->classes()[at].tunnel, seen.among = &run_.universe_.addresses.pods;
  if (header.source_is_world) seen = {.peer = {.kind = EndpointKind::outside, .name = "world"}, .port = std::nullopt, .world = true};
  return seeing(destination, known, Direction::ingress, seen);
}

Knowledge PathRun::knowledge(size_t reader, size_t of) const {
  if (const ReaderCase* one = places_->case_of(reader, of)) return one->source_knows;
  if (const ReaderCase* one = places_->case_of(of, reader)) return one->destination_knows;
  return {};
}

InvariantRun::End PathRun::undetermined(Direction direction) {
  const Expr is_pod = pool_.kind_is(policy::subject_of(direction), EndpointKind::pod);
  return {pool_.negation(is_pod), logic::False, is_pod};
}

InvariantRun::End PathRun::end_of(const std::vector<InvariantRun::Reader>& readers, Direction direction, InvariantRun::Other other) {
  const InvariantRun::Ends ends{.of = nullptr, .egress = readers, .ingress = readers};
  return run_.end_of(ends, direction, direction == Direction::egress ? from_namespaces_ : to_namespaces_, other);
}

// Readers of one kind with one knowledge of the other end make the same of a header, whichever nodes it is about.
std::string PathRun::hook_key(size_t reader, const Knowledge& knowledge, Direction direction) {
  return std::to_string(reader) + (direction == Direction::egress ? "<" : ">") + (knowledge.may_know ? "k" : "") + (knowledge.may_not_know ? "u" : "") + (knowledge.whole_cluster ? "w" : "");
}

const PathRun::HopFormula& PathRun::plain(size_t reader, const Knowledge& knowledge, Direction direction) {
  const auto [at, fresh] = hops_.try_emplace(hook_key(reader, knowledge, direction));
  if (fresh) at->second = {end_of(readers_at(*places_->kinds()[reader].readers, knowledge, false), direction, InvariantRun::Other::itself)};
  return at->second;
}

// Many headers differ in nothing that the hook asks for: they are put in once.
const PathRun::HopFormula& PathRun::seeing(size_t reader, const Knowledge& knowledge, Direction direction, const Seen& seen) {
  const OpenHook& hook = open_hook(reader, knowledge, direction, seen.port.has_value());
  const auto [at, fresh] = hops_.try_emplace(hook_key(reader, knowledge, direction) + "|" + look_of(hook, seen));
  if (fresh) at->second = put_in(hook, direction, seen);
  return at->second;
}

const PathRun::OpenHook& PathRun::open_hook(size_t reader, const Knowledge& knowledge, Direction direction, bool other_port) {
  const auto [at, fresh] = open_hooks_.try_emplace(hook_key(reader, knowledge, direction) + (other_port ? "p" : ""));
  if (!fresh) return at->second;
  OpenHook& hook = at->second;
  hook.end = end_of(readers_at(*places_->kinds()[reader].readers, knowledge, other_port), direction, InvariantRun::Other::header);
  const Role peer = policy::peer_of(direction);
  for (const Expr e : pool_.atoms_of({hook.end.allowed, hook.end.denied, hook.end.unknown})) {
    const logic::Atom& atom = pool_.atom_of(e);
    using enum logic::AtomKind;
    if (atom.kind == address_in && atom.role == peer) hook.addresses.push_back(e);
    if (atom.kind == port_in) hook.ports.push_back(e);
    hook.node_asked = hook.node_asked || (atom.kind == node_is && atom.role == peer);
    hook.port_named = hook.port_named || (atom.kind == port_named && atom.role != peer);
  }
  return hook;
}

std::string PathRun::look_of(const OpenHook& hook, const Seen& seen) const {
  std::string look = seen.world ? "w" : std::to_string(static_cast<int>(seen.peer.kind)) + (seen.among ? "t" : "");
  if (seen.one_node) look += "=";
  if (hook.node_asked) look += seen.peer.node;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
    const base::Address* address = seen.peer.address(family);
    look += address ? "a" : "-";
    for (const Expr e : hook.addresses)
      if (address) look += pool_.addresses(pool_.atom_of(e)).contains(*address) ? '1' : '0';
  }
  if (!seen.port) return look;
  look += "p";
  for (const Expr e : hook.ports) look += pool_.ports(pool_.atom_of(e)).contains(*seen.port) ? '1' : '0';
  return look;
}

// Where the port at the hook is not the endpoint's, what a port name stands for in the cluster cannot be told by the flow: it is bounded.
std::vector<InvariantRun::Reader> PathRun::readers_at(const Readers& readers, const Knowledge& knowledge, bool other_port) const {
  std::vector<InvariantRun::Reader> all = run_.readers_of(readers, knowledge);
  if (!other_port || std::any_of(all.begin(), all.end(), [](const auto& reader) { return reader.named.has_value(); })) return all;
  std::vector<InvariantRun::Reader> bounded;
  for (const InvariantRun::Reader& reader : all)
    for (const bool named : reader.fault ? std::vector<bool>{false} : std::vector<bool>{false, true}) bounded.push_back({reader.of, reader.stranger, reader.fault ? std::nullopt : std::optional(named), reader.fault});
  return bounded;
}

PathRun::HopFormula PathRun::put_in(const OpenHook& hook, Direction direction, const Seen& seen) {
  if (seen.port && hook.port_named) return {undetermined(direction)};
  HopFormula out{put_in_end(hook, direction, seen), logic::True};
  std::vector<Expr> families;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6})
    if (seen.world || seen.untold(family) || seen.peer.address(family)) families.push_back(pool_.family_is(family));
  out.families = pool_.disjunction(std::move(families));
  return hook.addresses.empty() ? out : without_untold(std::move(out), hook, direction, seen);
}

InvariantRun::End PathRun::put_in_end(const OpenHook& hook, Direction direction, const Seen& seen) {
  const auto known = [&](Expr atom) { return known_of(seen, policy::subject_of(direction), atom); };
  return {pool_.substitute(hook.end.allowed, known), pool_.substitute(hook.end.denied, known), pool_.substitute(hook.end.unknown, known)};
}

// What the header tells of an atom; nothing where that is the flow's or the subject's own.
std::optional<logic::Expr> PathRun::known_of(const Seen& seen, Role subject, Expr e) {
  const logic::Atom atom = pool_.atom_of(e);
  using enum logic::AtomKind;
  if (atom.kind == same_node) return seen.one_node ? logic::True : logic::False;
  if (atom.kind == same_endpoint) return logic::False;
  if (seen.port && atom.kind == port_in) return pool_.ports(atom).contains(*seen.port) ? logic::True : logic::False;
  const bool of_flow = atom.kind == family_is || atom.kind == protocol_is || atom.kind == port_in || atom.kind == port_named_in_cluster || atom.kind == peer_known || atom.kind == flag;
  if (of_flow || atom.role == subject) return std::nullopt;
  if (atom.kind == address_in) return address_of(seen, pool_.addresses(atom));
  const Endpoint nobody;
  const bool source = atom.role == Role::source;
  const world::Flow flow{source ? &seen.peer : &nobody, source ? &nobody : &seen.peer, base::Protocol::tcp, 0, base::Family::ipv4};
  return oracle::holds(pool_, atom, flow, {}) ? logic::True : logic::False;
}

logic::Expr PathRun::address_of(const Seen& seen, const base::AddressSet& asked) {
  std::vector<Expr> any;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
    const base::Address* address = seen.peer.address(family);
    if ((seen.world && base::AddressSet::all(family).minus(asked).empty()) || (address && asked.contains(*address))) any.push_back(pool_.family_is(family));
  }
  return pool_.disjunction(std::move(any));
}

PathRun::HopFormula PathRun::without_untold(HopFormula hop, const OpenHook& hook, Direction direction, const Seen& seen) {
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
    if (!seen.untold(family)) continue;
    const Expr open = pool_.family_is(family), told = pool_.negation(open);
    const InvariantRun::End every = at_every_address(hook, direction, seen, family);
    const auto either = [&](Expr where_open, Expr where_told) { return pool_.either(pool_.both(open, where_open), pool_.both(told, where_told)); };
    hop.end = {either(every.allowed, hop.end.allowed), either(every.denied, hop.end.denied), either(every.unknown, hop.end.unknown)};
  }
  return hop;
}

InvariantRun::End PathRun::at_every_address(const OpenHook& hook, Direction direction, const Seen& seen, base::Family family) {
  constexpr size_t most_kinds = 64;
  const auto addresses = told_apart(hook, seen.may_have(family));
  if (addresses.size() > most_kinds) return undetermined(direction);
  std::vector<Expr> allowed, denied;
  for (const base::Address& address : addresses) {
    Seen at = seen;
    at.peer.addresses = {address};
    const InvariantRun::End end = put_in_end(hook, direction, at);
    allowed.push_back(end.allowed);
    denied.push_back(end.denied);
  }
  const Expr all_allow = pool_.conjunction(std::move(allowed)), all_deny = pool_.conjunction(std::move(denied));
  return {all_allow, all_deny, pool_.negation(pool_.either(all_allow, all_deny))};
}

std::vector<base::Address> PathRun::told_apart(const OpenHook& hook, const base::AddressSet& addresses) const {
  std::set<base::Address> cuts;
  for (const auto& interval : addresses.intervals()) cuts.insert(interval.first);
  for (const Expr e : hook.addresses) {
    const base::AddressSet& asked = pool_.addresses(pool_.atom_of(e));
    for (const auto& set : {addresses.intersected(asked), addresses.minus(asked)})
      for (const auto& interval : set.intervals()) cuts.insert(interval.first);
  }
  std::map<std::vector<bool>, base::Address> first;
  for (const base::Address& address : cuts) {
    std::vector<bool> held;
    for (const Expr e : hook.addresses) held.push_back(pool_.addresses(pool_.atom_of(e)).contains(address));
    first.try_emplace(held, address);
  }
  std::vector<base::Address> found;
  for (const auto& [held, address] : first) found.push_back(address);
  return found;
}

Endpoint PathRun::service_end(const Way& way) const {
  const auto& service = *way.service;
  return {.kind = EndpointKind::outside, .name = "service " + service.meta.namespace_name + "/" + service.meta.name, .addresses = way.kind == Kind::load_balancer ? service.load_balancer_ips : service.cluster_ips};
}

}  // namespace npverify::verify
