// Placements of a connection, and the verdict of each hook of its way as a formula.
#include <algorithm>
#include <deque>
#include <set>

#include "verify/invariant_paths.h"

namespace npverify::verify {

using logic::EndpointKind;
using logic::Role;
using path::Client;
using path::Header;
using path::Kind;
using policy::Reading;
using world::Endpoint;

namespace {

// The places of a connection, in journeys that many placements share.
constexpr const char* at_client = "client";
constexpr const char* at_endpoint = "endpoint";
constexpr const char* at_relay = "relay";
constexpr base::Port endpoint_port = 1, asked_port = 2;  // which of the two a header shows; not their numbers

EndpointKind end_kind(Client::What what) { return what == Client::What::pod ? EndpointKind::pod : what == Client::What::node ? EndpointKind::host : EndpointKind::outside; }

bool is_relayed(const Way& way, Client::What client) { return way.kind == Kind::node_port || (way.kind == Kind::load_balancer && client == Client::What::external); }

void add_prefixes(const resource::Snapshot& snapshot, const std::vector<std::string>& namespaces, std::set<base::Prefix>& out) {
  for (const auto& policy : snapshot.network_policies) {
    if (!std::binary_search(namespaces.begin(), namespaces.end(), policy.meta.namespace_name)) continue;
    for (const auto* rules : {&policy.ingress, &policy.egress})
      for (const auto& rule : *rules)
        for (const auto& peer : rule.peers)
          if (peer.ip_block) {
            out.insert(peer.ip_block->cidr);
            out.insert(peer.ip_block->except.begin(), peer.ip_block->except.end());
          }
  }
}

}  // namespace

// Which addresses a formula can tell apart: those of policies, of the profiles' own rules, of the universe and of the invariant.
void PathRun::make_places() {
  std::set<base::Prefix> prefixes;
  const std::vector<std::string> relevant = relevant_namespaces();
  add_prefixes(context_.snapshot, relevant, prefixes);
  std::vector<Expr> formulas = run_.scope_;
  for (const Flows& flows : all_)
    for (const Expr e : {flows.from, flows.to, flows.left_out}) formulas.push_back(e);
  for (const Kind kind : choice_.kinds) formulas.push_back(excepted(kind));
  for (const ReaderCase& one : context_.cases)
    for (const Readers* readers : {&one.source, &one.destination}) {
      if (readers->policies) add_prefixes(*readers->policies, relevant, prefixes);
      for (const Direction direction : policy::both_directions) {
        const auto& side = run_.reading({readers, false, std::nullopt}, relevant).direction(direction);
        for (const auto* conditions : {&side.drops, &side.admits})
          for (const auto& condition : *conditions) formulas.push_back(condition.when);
        for (const auto& gap : side.gaps) formulas.push_back(gap.when);
      }
    }
  if (const auto agent = path::masquerade_agent(context_.snapshot)) prefixes.insert(agent->keeps.begin(), agent->keeps.end());
  std::deque<base::AddressSet> sets{run_.universe_.addresses.pods, run_.universe_.addresses.nodes, run_.universe_.addresses.services, run_.universe_.addresses.external};
  for (const auto& prefix : prefixes) sets.push_back(base::AddressSet::of(prefix));
  std::set<std::string> mentioned;
  for (const Expr e : pool_.atoms_of(formulas)) {
    const logic::Atom& atom = pool_.atom_of(e);
    if (atom.kind == logic::AtomKind::address_in) sets.push_back(pool_.addresses(atom));
    if (atom.kind == logic::AtomKind::node_is) mentioned.insert(pool_.text(atom.name));
  }
  for (const auto& ways : ways_)
    for (const Way& way : ways.ways)
      for (const auto* nodes : {&way.served, &way.only_at}) mentioned.insert(nodes->begin(), nodes->end());
  const bool each = run_.universe_.kind == world::UniverseKind::observed;
  for (const auto& closed : run_.universe_.pods)
    if (!closed.pod.node.empty()) mentioned.insert(closed.pod.node);
  std::vector<const base::AddressSet*> asked;
  for (const auto& set : sets) asked.push_back(&set);
  const auto apart = [&](const std::string& node) {
    if (each || mentioned.contains(node)) return "the node " + node;
    const auto found = context_.landings ? context_.landings->class_of.find(node) : std::map<std::string, uint32_t>::const_iterator{};
    return context_.landings && found != context_.landings->class_of.end() ? std::to_string(found->second) : std::string();
  };
  places_ = std::make_unique<Places>(Places::Input{context_.snapshot, run_.universe_, context_.cases, *context_.paths, context_.options.path_settings, asked, apart});
}

// ------------------------------------------------------------------------------------------------------------------ placements
std::vector<PathRun::Variant> PathRun::variants(const Slice& from, const Slice& to) {
  from_namespaces_ = from.namespaces;
  to_namespaces_ = to.namespaces;
  hops_.clear();
  std::vector<Variant> out;
  for (size_t i = 0; i < all_.size(); ++i)
    for (const std::vector<const Way*>& alike : alike_ways(ways_[i].ways)) {
      std::vector<Expr> leads_to, surely;
      for (const Way* way : alike) {
        leads_to.push_back(way->leads_to);
        surely.push_back(pool_.both(way->leads_to, pool_.negation(way->unsure)));
      }
      const size_t first = out.size();
      for (const auto client : {Client::What::pod, Client::What::node, Client::What::external})
        if (can_be(end_kind(client), i) && !(alike[0]->kind == Kind::cluster_ip && client == Client::What::external)) add_spots(*alike[0], i, client, out);
      const Expr any = pool_.disjunction(std::move(leads_to)), sure = pool_.disjunction(std::move(surely));
      for (size_t at = first; at < out.size(); ++at) {
        out[at].alike = alike;
        out[at].leads_to = any;
        out[at].surely = sure;
      }
    }
  return out;
}

// Many Services differ in nothing that a hook sees: they are one way, to the ends of all of them.
std::vector<std::vector<const Way*>> PathRun::alike_ways(const std::vector<Way>& ways) {
  std::vector<std::vector<const Way*>> out;
  std::map<std::string, size_t> index;
  for (const Way& way : ways) {
    const bool alone = !way.service || way.serves_own_only() || question_ == Question::disagreement;
    const auto [at, fresh] = alone ? std::pair{index.end(), true} : index.try_emplace(look_of(way), out.size());
    if (fresh)
      out.push_back({&way});
    else
      out[at->second].push_back(&way);
  }
  return out;
}

// What a way's journeys depend on, and what the policies at every node make of its address and port.
std::string PathRun::look_of(const Way& way) {
  std::string look = std::to_string(static_cast<int>(way.kind)) + (way.entry_port == 0 ? "?" : "") + way.service->external_traffic_policy + "|" + way.service->internal_traffic_policy;
  for (const auto& prefix : way.service->source_ranges) look += "," + prefix.to_string();
  const auto add = [&](const HopFormula& formula) {
    for (const Expr e : {formula.end.allowed, formula.end.denied, formula.end.unknown, formula.families}) look += "." + std::to_string(e.id);
  };
  for (size_t source = 0; source < places_->kinds().size(); ++source) {
    if (way.kind != Kind::node_port) add(at_service(way, source));
    for (size_t at = 0; way.kind == Kind::node_port && way.entry_port != 0 && at < places_->classes().size(); ++at)
      for (const bool one_node : {false, true}) add(at_node(way, source, at, one_node));
  }
  return look;
}

bool PathRun::can_be(EndpointKind source, size_t flows) {
  const auto [at, fresh] = can_be_.try_emplace({flows, source}, false);
  if (fresh) at->second = run_.satisfiable({all_[flows].from, pool_.kind_is(Role::source, source)}, std::string("from a ") + logic::to_string(source));
  return at->second;
}

void PathRun::add_spots(const Way& way, size_t flows, Client::What client, std::vector<Variant>& out) {
  const auto& classes = places_->classes();
  for (size_t destination = 0; destination < classes.size(); ++destination) {
    const bool first = std::none_of(classes.begin(), classes.begin() + static_cast<long>(destination), [&](const NodeClass& one) { return one.kind == classes[destination].kind; });
    if (client == Client::What::external) {
      add_relays(way, flows, {.client = client, .destination = destination}, out);
      if (way.kind == Kind::pod_ip && destination == 0) add_relays(way, flows, {.client = client, .destination = 0, .outside = true}, out);
      continue;
    }
    for (size_t source = 0; source < classes.size(); ++source) {
      const Spot spot{.client = client, .source = static_cast<int>(source), .destination = destination};
      const ReaderCase* of = case_of(spot);
      if (!of) continue;
      Spot one = spot, outside = spot;
      one.one_node = true;
      outside.outside = true;
      if (source == destination && !of->never_one_node) add_relays(way, flows, one, out);
      if (!of->always_one_node && (source != destination || classes[source].nodes.size() != 1)) add_relays(way, flows, spot, out);
      if (way.kind == Kind::pod_ip && first && of == places_->case_of(kind_of(source), kind_of(source))) add_relays(way, flows, outside, out);
    }
  }
}

void PathRun::add_relays(const Way& way, size_t flows, Spot spot, std::vector<Variant>& out) {
  if (!is_relayed(way, spot.client)) return add(way, flows, spot, out);
  if (spot.client != Client::What::external) {
    spot.relay_at = RelayAt::client;
    add(way, flows, spot, out);
  }
  if (!spot.one_node) {
    spot.relay_at = RelayAt::endpoint;
    add(way, flows, spot, out);
  }
  spot.relay_at = RelayAt::elsewhere;
  for (size_t relay = 0; relay < places_->classes().size(); ++relay) {
    const bool seen = (spot.source < 0 || places_->case_of(kind_of(static_cast<size_t>(spot.source)), kind_of(relay))) && places_->case_of(kind_of(relay), kind_of(spot.destination));
    spot.relay = static_cast<int>(relay);
    if (seen) add(way, flows, spot, out);
  }
}

void PathRun::add(const Way& way, size_t flows, const Spot& spot, std::vector<Variant>& out) {
  const Expr placed = where(way, spot);
  if (placed.is_false()) return;
  for (const Cell& cell : cells(way, spot)) {
    Variant variant{.way = &way, .flows = flows, .of = case_of(spot), .client = spot.client, .destination_kind = kind_of(spot.destination), .relay_at = spot.relay_at,
                    .relay = static_cast<size_t>(std::max(spot.relay, 0)), .where = pool_.both(placed, cell.where)};
    variant.placement = std::to_string(static_cast<int>(spot.client)) + "." + std::to_string(spot.source) + "." + std::to_string(spot.destination) + (spot.one_node ? "=" : ".") + (spot.outside ? "o" : "");
    for (const path::Journey& journey : journeys(way, spot, cell)) variant.routes.push_back(route(way, spot, journey, variant.where));
    if (!variant.where.is_false()) out.push_back(std::move(variant));
  }
}

const ReaderCase* PathRun::case_of(const Spot& spot) const {
  const size_t destination = kind_of(spot.destination);
  return places_->case_of(spot.source < 0 ? destination : kind_of(static_cast<size_t>(spot.source)), destination);
}

// An end of `kind` on a node of the class. A host is there under its node's addresses.
logic::Expr PathRun::on(size_t node_class, Role role, EndpointKind kind, const std::set<std::string>& without) {
  const auto [at, fresh] = on_.try_emplace({node_class, role, kind, without.empty() ? nullptr : &without}, logic::False);
  if (fresh) at->second = on_anew(node_class, role, kind, without);
  return at->second;
}

logic::Expr PathRun::on_anew(size_t node_class, Role role, EndpointKind kind, const std::set<std::string>& without) {
  const NodeClass& here = places_->classes()[node_class];
  const Expr is_kind = pool_.kind_is(role, kind);
  if (here.nodes.empty()) return is_kind;
  std::vector<Expr> any;
  for (const std::string& node : here.nodes) {
    if (without.contains(node)) continue;
    const Expr at = pool_.node_is(role, node);
    const resource::Node* object = kind == EndpointKind::host ? context_.snapshot.find_node(node) : nullptr;
    base::AddressSet addresses;
    for (const auto& address : object ? object->addresses : std::vector<base::Address>{}) addresses = addresses.united(base::AddressSet::of(address));
    any.push_back(addresses.empty() ? at : pool_.both(at, pool_.address_in(role, addresses)));
  }
  return pool_.both(is_kind, pool_.disjunction(std::move(any)));
}

// The class has a node that is neither the client's nor the endpoint's.
logic::Expr PathRun::relay_elsewhere(size_t node_class, const std::set<std::string>& without) {
  const NodeClass& here = places_->classes()[node_class];
  if (here.nodes.empty()) return logic::True;
  std::vector<std::string> nodes;
  for (const std::string& node : here.nodes)
    if (!without.contains(node)) nodes.push_back(node);
  if (nodes.size() > 2) return logic::True;
  std::vector<Expr> any;
  for (const std::string& node : nodes) any.push_back(pool_.negation(pool_.either(pool_.node_is(Role::source, node), pool_.node_is(Role::destination, node))));
  return pool_.disjunction(std::move(any));
}

logic::Expr PathRun::where(const Way& way, const Spot& spot) {
  const std::set<std::string> none;
  // Under a Local policy a node with an endpoint of its own leads to that one; without any it leads nowhere.
  const bool lost = way.serves_own_only() && !spot.one_node;
  const bool asks_client = way.kind == Kind::cluster_ip || spot.relay_at == RelayAt::client;
  std::vector<Expr> all;
  if (spot.client == Client::What::external)
    all.push_back(pool_.kind_is(Role::source, EndpointKind::outside));
  else
    all.push_back(on(static_cast<size_t>(spot.source), Role::source, end_kind(spot.client), lost && asks_client ? way.served : none));
  if (spot.outside) {
    all.push_back(pool_.kind_is(Role::destination, EndpointKind::outside));
    return pool_.conjunction(std::move(all));
  }
  std::vector<Expr> ends{on(spot.destination, Role::destination, EndpointKind::pod, none), on(spot.destination, Role::destination, EndpointKind::host, none)};
  if (way.kind != Kind::pod_ip) ends.push_back(pool_.kind_is(Role::destination, EndpointKind::outside));  // endpoints that are made by hand
  all.push_back(pool_.disjunction(std::move(ends)));
  if (spot.client != Client::What::external) all.push_back(spot.one_node ? pool_.same_node() : pool_.negation(pool_.same_node()));
  if (spot.relay_at == RelayAt::elsewhere) all.push_back(relay_elsewhere(static_cast<size_t>(spot.relay), way.serves_own_only() ? way.served : none));
  return pool_.conjunction(std::move(all));
}

// Settings can tell addresses of clients and endpoints apart: kube-proxy's clusterCIDR, the ranges of the CNI, the list of ip-masq-agent,
// loadBalancerSourceRanges. A cell is where each of them answers alike.
std::vector<PathRun::Cell> PathRun::cells(const Way& way, const Spot& spot) {
  struct Cut {
    Role role;
    const std::vector<base::Prefix>* prefixes;
  };
  std::vector<Cut> cuts;
  if (spot.source >= 0) {
    const auto& here = places_->kinds()[kind_of(static_cast<size_t>(spot.source))].settings;
    if (!here.cluster_cidrs.empty() && way.kind != Kind::pod_ip) cuts.push_back({Role::source, &here.cluster_cidrs});
    if (!here.ranges.empty() && !spot.outside && here.cni != places_->kinds()[kind_of(spot.destination)].settings.cni) cuts.push_back({Role::destination, &here.ranges});
    if (here.masquerade_agent) cuts.push_back({Role::destination, &here.masquerade_agent->keeps});
  } else if (way.kind == Kind::load_balancer && !way.service->source_ranges.empty()) {
    cuts.push_back({Role::source, &way.service->source_ranges});
  }
  if (cuts.empty()) return {Cell{}};
  std::vector<Cell> out;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
    struct Part {
      std::optional<base::AddressSet> client, endpoint;  // absent: not asked
    };
    std::vector<Part> parts(1);
    for (const Cut& cut : cuts) {
      base::AddressSet inside;
      for (const auto& prefix : *cut.prefixes) inside = inside.united(base::AddressSet::of(prefix));
      std::vector<Part> finer;
      for (const auto& side : {inside.only(family), base::AddressSet::all(family).minus(inside)})
        for (const Part& part : parts) {
          Part one = part;
          auto& set = cut.role == Role::source ? one.client : one.endpoint;
          set = set ? set->intersected(side) : side;
          if (!set->empty()) finer.push_back(std::move(one));
        }
      parts = std::move(finer);
    }
    for (const Part& part : parts) {
      Cell cell{.where = pool_.family_is(family), .text = base::to_string(family)};
      for (const auto& [role, set] : {std::pair{Role::source, &part.client}, std::pair{Role::destination, &part.endpoint}}) {
        if (!*set) continue;
        const base::Address first = (*set)->intervals()[0].first;
        (role == Role::source ? cell.client : cell.endpoint) = first;
        cell.where = pool_.both(cell.where, pool_.address_in(role, **set));
        cell.text += "|" + first.to_string();
      }
      out.push_back(std::move(cell));
    }
  }
  return out;
}

// Journeys depend on the settings at the three places, not on which nodes they are.
const std::vector<path::Journey>& PathRun::journeys(const Way& way, const Spot& spot, const Cell& cell) {
  const auto settings_class = [&](int node_class) { return node_class < 0 ? std::string("-") : std::to_string(places_->kinds()[kind_of(static_cast<size_t>(node_class))].settings_class); };
  const int relay = spot.relay_at == RelayAt::elsewhere ? spot.relay : -1;
  std::string key = std::to_string(static_cast<int>(way.kind)) + "|" + std::to_string(static_cast<int>(spot.client)) + "|" + settings_class(spot.source) + "|" + settings_class(static_cast<int>(spot.destination)) + "|" +
                    settings_class(relay) + "|" + std::to_string(static_cast<int>(spot.relay_at)) + (spot.one_node ? "=" : "") + (spot.outside ? "o" : "") + (way.entry_port == 0 ? "0" : "") + "|" + cell.text;
  if (way.service) {
    key += "|" + way.service->external_traffic_policy + "|" + way.service->internal_traffic_policy;
    for (const auto& prefix : way.service->source_ranges) key += "," + prefix.to_string();
  }
  const std::optional<base::Address> asked_address = address_of_asked(way, spot);
  if (asked_address && spot.source >= 0)
    if (const auto& agent = places_->kinds()[kind_of(static_cast<size_t>(spot.source))].settings.masquerade_agent) {
      const auto masqueraded = agent->masquerades(*asked_address);
      key += masqueraded ? *masqueraded ? "|masked" : "|kept" : "|open";
    }
  const auto [at, fresh] = journeys_.try_emplace(key);
  if (!fresh) return at->second;
  const std::string endpoint_node = spot.outside ? "" : spot.one_node ? at_client : at_endpoint;
  path::Request request{.kind = way.kind, .client = {spot.client, "the client", spot.source < 0 ? "" : at_client}, .endpoint = "the endpoint", .endpoint_node = endpoint_node, .port = endpoint_port,
                        .client_address = cell.client, .endpoint_address = cell.endpoint, .service = way.service, .entry_port = way.entry_port == 0 ? base::Port{0} : asked_port, .relay = {}, .asked_address = asked_address};
  if (spot.relay_at == RelayAt::client) request.relay = at_client;
  if (spot.relay_at == RelayAt::endpoint) request.relay = endpoint_node;
  if (spot.relay_at == RelayAt::elsewhere) request.relay = at_relay;
  at->second = path::trace(*context_.paths, request, [&](const std::string& place) -> const path::NodeSettings& { return places_->kinds()[kind_of(class_at(place, spot))].settings; });
  return at->second;
}

// The node that a client asks, as its address is seen.
std::optional<base::Address> PathRun::address_of_asked(const Way& way, const Spot& spot) const {
  if (spot.outside || (way.kind != Kind::node_port && way.kind != Kind::host_port)) return std::nullopt;
  if (way.asked) return way.asked;
  const size_t asked = spot.relay_at == RelayAt::elsewhere ? static_cast<size_t>(spot.relay) : spot.relay_at == RelayAt::client ? static_cast<size_t>(spot.source) : spot.destination;
  const auto& addresses = places_->classes()[asked].host.addresses;
  return addresses.empty() ? std::nullopt : std::optional(addresses[0]);
}

size_t PathRun::class_at(const std::string& place, const Spot& spot) const {
  if (place == at_relay) return static_cast<size_t>(spot.relay);
  return place == at_client && spot.source >= 0 ? static_cast<size_t>(spot.source) : spot.destination;
}

// ------------------------------------------------------------------------------------------------------------------------ hops
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
  return seeing(source, knowledge(source, source), Direction::egress, {service, std::string(path::to_string(way.kind)) + " of " + service.name, way.entry_port});
}

const PathRun::HopFormula& PathRun::at_node(const Way& way, size_t source, size_t at, bool one_node) {
  Seen seen{places_->classes()[at].host, "host " + std::to_string(at), way.entry_port, one_node};
  if (way.asked) seen.peer.addresses = {*way.asked}, seen.name += "@" + way.asked->to_string();
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
  Seen seen{places_->classes()[at].host, (tunnel ? "tunnel " : "host ") + std::to_string(at), std::nullopt, header.source_node == (spot.one_node ? at_client : at_endpoint)};
  if (tunnel) seen.peer.addresses = places_->classes()[at].tunnel;
  if (header.source_is_world) seen = {Endpoint{.kind = EndpointKind::outside, .name = "world"}, "world", std::nullopt, false, true};
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

const PathRun::HopFormula& PathRun::seeing(size_t reader, const Knowledge& knowledge, Direction direction, const Seen& seen) {
  const std::string header = "|" + seen.name + "|" + (seen.port ? std::to_string(*seen.port) : "") + (seen.one_node ? "=" : "");
  const auto [at, fresh] = hops_.try_emplace(hook_key(reader, knowledge, direction) + header);
  if (fresh) at->second = seeing(readers_at(*places_->kinds()[reader].readers, knowledge, seen.port.has_value()), direction, seen);
  return at->second;
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

PathRun::HopFormula PathRun::seeing(const std::vector<InvariantRun::Reader>& readers, Direction direction, const Seen& seen) {
  const auto& [peer, name, port, one_node, world] = seen;
  const Role role = policy::peer_of(direction);
  const Endpoint nobody;
  bool undetermined_here = false, address_asked = false;
  const auto known = [&](Expr e) -> std::optional<Expr> {
    const logic::Atom atom = pool_.atom_of(e);
    using enum logic::AtomKind;
    if (atom.kind == same_node) return one_node ? logic::True : logic::False;
    if (atom.kind == same_endpoint) return logic::False;
    if (port && atom.kind == port_in) return pool_.ports(atom).contains(*port) ? logic::True : logic::False;
    if (port && atom.kind == port_named && atom.role != role) undetermined_here = true;
    const bool of_flow = atom.kind == family_is || atom.kind == protocol_is || atom.kind == port_in || atom.kind == port_named_in_cluster || atom.kind == peer_known || atom.kind == flag;
    if (of_flow || atom.role != role) return std::nullopt;
    if (atom.kind == address_in) {
      address_asked = true;
      std::vector<Expr> any;
      for (const auto family : {base::Family::ipv4, base::Family::ipv6})
        if (world && base::AddressSet::all(family).minus(pool_.addresses(atom)).empty()) any.push_back(pool_.family_is(family));
      for (const auto& address : peer.addresses)
        if (peer.address(address.family) == &address && pool_.addresses(atom).contains(address)) any.push_back(pool_.family_is(address.family));
      return pool_.disjunction(std::move(any));
    }
    const world::Flow flow{role == Role::source ? &peer : &nobody, role == Role::source ? &nobody : &peer, base::Protocol::tcp, 0, base::Family::ipv4};
    return oracle::holds(pool_, atom, flow, {}) ? logic::True : logic::False;
  };
  const InvariantRun::End end = end_of(readers, direction, InvariantRun::Other::header);
  HopFormula out{{pool_.substitute(end.allowed, known), pool_.substitute(end.denied, known), pool_.substitute(end.unknown, known)}, logic::True};
  if (undetermined_here) return {undetermined(direction)};
  std::vector<Expr> families;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6})
    if (world || seen.untold(family) || peer.address(family)) families.push_back(pool_.family_is(family));
  out.families = pool_.disjunction(std::move(families));
  return address_asked ? without_untold(std::move(out), direction, seen) : out;
}

PathRun::HopFormula PathRun::without_untold(HopFormula hop, Direction direction, const Seen& seen) {
  std::vector<Expr> untold;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6})
    if (seen.untold(family)) untold.push_back(pool_.family_is(family));
  const Expr open = pool_.disjunction(std::move(untold)), told = pool_.negation(open);
  const InvariantRun::End nothing = undetermined(direction);
  const auto either = [&](Expr where_open, Expr where_told) { return pool_.either(pool_.both(open, where_open), pool_.both(told, where_told)); };
  hop.end = {either(nothing.allowed, hop.end.allowed), either(nothing.denied, hop.end.denied), either(nothing.unknown, hop.end.unknown)};
  return hop;
}

Endpoint PathRun::service_end(const Way& way) const {
  const auto& service = *way.service;
  return {.kind = EndpointKind::outside, .name = "service " + service.meta.namespace_name + "/" + service.meta.name, .addresses = way.kind == Kind::load_balancer ? service.load_balancer_ips : service.cluster_ips};
}

}  // namespace npverify::verify
