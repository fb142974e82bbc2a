// Placements of a connection: which of its ways are alike, on which classes of nodes its ends and the node that is asked are, and which journeys it
// can take there.
#include <algorithm>
#include <deque>
#include <set>

#include "verify/invariant_paths.h"
#include "verify/node_readers.h"

namespace npverify::verify {

using logic::EndpointKind;
using logic::Role;
using path::Client;
using path::Header;
using path::Kind;
using policy::Reading;
using world::Endpoint;

namespace {

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

/// What a policy asks of addresses are its own prefixes. Where an ipBlock matches an end by another of its addresses, readings ask for nodes by name.
bool blocks_hold_the_flow(const Readers& readers) { return readers.profile.axis("ip-blocks.addresses").rule == "addresses.of-the-flow"; }

/// `source` for a source of the kind: what a pod alone has is put in.
logic::Expr of_kind(logic::Pool& pool, logic::Expr source, EndpointKind kind) {
  return pool.substitute(source, [&](logic::Expr e) -> std::optional<logic::Expr> {
    const logic::Atom& atom = pool.atom_of(e);
    if (atom.role != Role::source) return std::nullopt;
    using enum logic::AtomKind;
    if (atom.kind == kind_is) return static_cast<EndpointKind>(atom.detail) == kind ? logic::True : logic::False;
    const bool of_pods = atom.kind == namespace_is || atom.kind == label_is || atom.kind == label_exists || atom.kind == namespace_label_is || atom.kind == namespace_label_exists || atom.kind == service_account_is;
    return of_pods && kind != EndpointKind::pod ? std::optional(logic::False) : std::nullopt;
  });
}

/// What a way's journeys depend on, whatever policies make of its address and port.
std::string journey_look(const Way& way) {
  std::string look = std::to_string(static_cast<int>(way.kind)) + (way.entry_port == 0 ? "?" : "") + way.service->external_traffic_policy + "|" + way.service->internal_traffic_policy;
  for (const auto& prefix : way.service->source_ranges) look += "," + prefix.to_string();
  return look;
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
      const auto& reading = run_.reading({readers, false, std::nullopt}, blocks_hold_the_flow(*readers) ? std::vector<std::string>{} : relevant);
      for (const Direction direction : policy::both_directions) {
        const auto of_direction = formulas_about_peers(reading.direction(direction));
        formulas.insert(formulas.end(), of_direction.begin(), of_direction.end());
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
  open_hooks_.clear();
  egress_hooks_.clear();
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
  std::map<std::string, std::string> looks;  // by header
  for (const Way& way : ways) {
    const bool alone = !way.service || way.serves_own_only() || question_ == Question::disagreement;
    if (alone) {
      out.push_back({&way});
      continue;
    }
    const auto [look, unseen] = looks.try_emplace(header_of(way));
    if (unseen) look->second = look_of(way);
    const auto [at, fresh] = index.try_emplace(look->second, out.size());
    if (fresh)
      out.push_back({&way});
    else
      out[at->second].push_back(&way);
  }
  return out;
}

std::string PathRun::header_of(const Way& way) {
  std::string header = journey_look(way);
  const Seen seen = way.kind == Kind::node_port ? Seen{.peer = {.kind = EndpointKind::host}, .port = way.entry_port} : Seen{.peer = service_end(way), .port = way.entry_port};
  for (const OpenHook* hook : egress_hooks()) header += "|" + look_of(*hook, seen);
  return header;
}

// Of each kind of node, with what it may know of each other.
const std::vector<const PathRun::OpenHook*>& PathRun::egress_hooks() {
  if (!egress_hooks_.empty()) return egress_hooks_;
  for (size_t source = 0; source < places_->kinds().size(); ++source)
    for (size_t other = 0; other < places_->kinds().size(); ++other) egress_hooks_.push_back(&open_hook(source, knowledge(source, other), Direction::egress, true));
  std::sort(egress_hooks_.begin(), egress_hooks_.end());
  egress_hooks_.erase(std::unique(egress_hooks_.begin(), egress_hooks_.end()), egress_hooks_.end());
  return egress_hooks_;
}

// What a way's journeys depend on, and what the policies at every node make of its address and port.
std::string PathRun::look_of(const Way& way) {
  std::string look = journey_look(way);
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
  const Expr from = all_[flows].from;
  if (fresh) at->second = !of_kind(pool_, from, source).is_false() && run_.satisfiable({from, pool_.kind_is(Role::source, source)}, std::string("from a ") + logic::to_string(source));
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

}  // namespace npverify::verify
