// A flow that the search found, as a concrete connection: its way is traced anew with real nodes and addresses, and each hook on it is judged by
// the oracle. Nothing is shown that this does not confirm.
#include <algorithm>

#include "base/diagnostics.h"
#include "smt/solver.h"
#include "verify/invariant_paths.h"
#include "verify/open_questions.h"

namespace npverify::verify {

using logic::EndpointKind;
using oracle::EndDecision;
using oracle::EndVerdict;
using path::Client;
using path::Header;
using path::Hook;
using policy::Reading;
using world::Endpoint;

namespace {

std::string end_text(const Endpoint& end) { return end.name + (end.addresses.empty() || end.name.starts_with("ip:") ? "" : " (" + end.addresses[0].to_string() + ")"); }

/// As `eval` names the end; `by_address`: it is not an object's, or not the one that the object is named for.
std::string eval_name(const Endpoint& end, bool by_address, base::Family family) {
  const base::Address* address = end.address(family);
  return by_address ? (address ? "ip:" + address->to_string() : "") : end.name;
}

/// An address that no object has: an example's, if it can be.
base::Address some_outside(const world::Universe& universe, base::Family family) {
  const base::AddressSet outside = universe.addresses.external.only(family);
  const auto example = base::Address::parse(family == base::Family::ipv4 ? "203.0.113.7" : "2001:db8::7");
  return outside.empty() || outside.contains(*example) ? *example : outside.intervals()[0].first;
}

std::string seen_as(const Header& header) {
  if (header.source_is_world) return ", taken for the outside as a whole";
  return header.source_identified ? "" : ", taken for an outside address";
}

std::string way_text(const WitnessPath& way) {
  std::string text = way.path;
  if (!way.service.empty()) text += " of " + way.service;
  if (way.entry_port != 0) text += ":" + std::to_string(way.entry_port);
  return text + (way.relay.empty() ? "" : " by node " + way.relay);
}

std::string hops_text(const WitnessPath& way, const JourneyVerdict& journey) {
  std::string text;
  for (const WitnessHop& hop : way.hops)
    if (hop.hook != "relay" && hop.verdict != "unpoliced") text += (text.empty() ? "" : ", ") + hop.hook + " " + hop.verdict + " on " + hop.node + " (" + (hop.reader.empty() ? "" : hop.reader + ": ") + hop.reason + ")";
  if (!journey.journey.dropped.empty()) text = journey.journey.dropped;
  return text.empty() ? "no policy applies on the way" : text;
}

}  // namespace

bool PathRun::Replayed::all(EndVerdict verdict) const {
  return std::all_of(journeys.begin(), journeys.end(), [&](const JourneyVerdict& one) { return one.verdict == verdict; });
}

void PathRun::tell(const InvariantRun::Found& found, Term term) {
  // Of ways that no hook tells apart, one that leads to this very end.
  Variant taken = *term.variant;
  const auto leads = [&](const Way* way) {
    return smt::evaluate(pool_, way->leads_to, found.assignment) && !(found.definite && smt::evaluate(pool_, way->unsure, found.assignment));
  };
  const auto way = std::find_if(taken.alike.begin(), taken.alike.end(), leads);
  base::require(way != taken.alike.end(), "a flow that was found is of some way");
  taken.way = *way;
  term.variant = &taken;
  const ReaderCase& of = *term.variant->of;
  const Witness witness = realise(pool_, run_.universe_, found.assignment, found.mentioned, of.source_knows.may_know);
  if (found.definite) return tell_violated(found, term, witness);
  tell_open(term, witness, unsure_ways(term, found.assignment));
}

std::vector<std::string> PathRun::unsure_ways(const Term& term, const smt::Assignment& assignment) const {
  std::vector<std::string> supply;
  for (const Variant* variant : {term.variant, term.other})
    if (variant && smt::evaluate(pool_, variant->way->unsure, assignment)) supply.push_back(variant->way->to_supply);
  return supply;
}

// ---------------------------------------------------------------------------------------------------------------------- replay
std::string PathRun::relay_of(const Variant& variant, const Witness& witness) const {
  if (variant.relay_at == RelayAt::none) return "";
  if (variant.relay_at == RelayAt::client) return witness.source.node;
  if (variant.relay_at == RelayAt::endpoint) return witness.destination.node;
  std::vector<std::string> nodes = places_->classes()[variant.relay].nodes;
  if (nodes.empty()) nodes = {"node-1", "node-2", "node-3"};
  const auto free = std::find_if(nodes.begin(), nodes.end(), [&](const std::string& node) { return node != witness.source.node && node != witness.destination.node && !(variant.way->serves_own_only() && variant.way->served.contains(node)); });
  base::require(free != nodes.end(), "a relay elsewhere is a third node");
  return *free;
}

size_t PathRun::kind_at(const Variant& variant, const Witness& witness, const std::string& node) const {
  if (variant.client != Client::What::external && node == witness.source.node) return places_->kind_of(variant.of->source);
  return node == witness.destination.node ? variant.destination_kind : kind_of(variant.relay);
}

Endpoint PathRun::host_at(const std::string& node) const {
  for (const Endpoint& host : run_.universe_.hosts)
    if (host.node == node) return host;
  Endpoint host{.kind = EndpointKind::host, .name = "node:" + node, .node = node};
  if (const auto* object = context_.snapshot.find_node(node)) host.addresses = object->internal_ips.empty() ? object->addresses : object->internal_ips;
  return host;
}

PathRun::Replayed PathRun::replay(const Variant& variant, const Witness& witness, const Alteration* altered) {
  const Way& way = *variant.way;
  const std::string relay = relay_of(variant, witness);
  const auto address_of = [&](const Endpoint& end) { return end.address(witness.family) ? std::optional(*end.address(witness.family)) : std::nullopt; };
  Endpoint asked = host_at(relay.empty() ? witness.destination.node : relay);
  if (way.asked) asked.addresses = {*way.asked};
  const path::Request request{.kind = way.kind, .client = {variant.client, witness.source.name, variant.client == Client::What::external ? "" : witness.source.node}, .endpoint = witness.destination.name,
                              .endpoint_node = witness.destination.kind == EndpointKind::outside ? "" : witness.destination.node, .port = witness.port, .client_address = address_of(witness.source),
                              .endpoint_address = address_of(witness.destination), .service = way.service, .entry_port = way.kind == path::Kind::pod_ip ? witness.port : way.entry_port, .relay = relay,
                              .asked_address = asked.addresses.empty() ? std::nullopt : std::optional(asked.addresses[0])};
  Replayed out;
  out.path = {.path = path::to_string(way.kind), .service = way.service ? way.service->meta.namespace_name + "/" + way.service->meta.name : "", .relay = relay, .entry_port = request.entry_port, .hops = {}};
  const auto settings_of = [&](const std::string& node) -> const path::NodeSettings& { return places_->kinds()[kind_at(variant, witness, node)].settings; };
  for (const path::Journey& journey : path::trace(*context_.paths, request, settings_of)) out.journeys.push_back(replay(variant, witness, journey, altered, out));
  return out;
}

// Of an address that nothing tells one stands for all: the verdict is said to be known only where it is that of each.
void PathRun::name_for_eval(HookAt at, const Header& header, bool asked, base::Family family, WitnessHop& row) const {
  Endpoint& peer = at.direction == Direction::egress ? at.destination : at.source;
  if (const auto untold = at.untold(family, run_.universe_.addresses.pods)) peer.addresses = {peer.kind == EndpointKind::outside ? some_outside(run_.universe_, family) : untold->intervals()[0].first};
  row.source_end = eval_name(at.source, header.source == Header::Source::tunnel, family);
  row.destination_end = eval_name(at.destination, header.destination == Header::Destination::service || (asked && header.destination == Header::Destination::node), family);
}

JourneyVerdict PathRun::replay(const Variant& variant, const Witness& witness, const path::Journey& journey, const Alteration* altered, Replayed& out) {
  const bool first = out.journeys.empty();
  JourneyVerdict result{};
  result.journey = journey;
  const auto weigh = [&](EndVerdict verdict, const std::string& reason) {
    const bool worse = verdict == EndVerdict::deny ? result.verdict != EndVerdict::deny : verdict == EndVerdict::unknown && result.verdict == EndVerdict::allow;
    if (worse) result.verdict = verdict, result.reason = reason;
  };
  for (const path::Hop& hop : journey.hops) {
    const HookAt at = hook_at(variant, witness, hop);
    WitnessHop row{.hook = path::to_string(hop.hook), .node = hop.node, .source = end_text(at.source) + (hop.header.source == Header::Source::tunnel ? ", its tunnel" : "") + seen_as(hop.header),
                   .destination = end_text(at.destination) + ":" + std::to_string(at.port), .verdict = "", .reader = "", .reason = "", .source_end = "",
                   .destination_end = "", .port = at.port};
    name_for_eval(at, hop.header, variant.way->asked.has_value(), witness.family, row);
    if (hop.hook == Hook::relay) {
      row.reason = hop.sentences.empty() ? "" : hop.sentences[0];
    } else {
      EndDecision decision;
      std::vector<PolicyPlace> policies;
      const EndJudgement judgement = judge(at, witness, altered, decision, policies);
      const bool counts = !side_ || at.direction == *side_;
      if (counts) weigh(judgement.verdict, judgement.reason);
      if (counts && !judgement.to_supply.empty()) result.to_supply.push_back(judgement.to_supply);
      row.verdict = counts ? oracle::to_string(judgement.verdict) : "not asked";
      row.reader = judgement.reader;
      row.reason = judgement.reason;
      if (first && counts) (at.direction == Direction::egress ? out.ends.egress : out.ends.ingress) = decision;
      if (first && counts) out.policies.insert(out.policies.end(), policies.begin(), policies.end());
    }
    if (first) out.path.hops.push_back(std::move(row));
  }
  if (side_) return result;
  if (!journey.dropped.empty()) {
    weigh(EndVerdict::deny, journey.dropped);
    if (first) out.ends.ingress = {EndVerdict::deny, EndDecision::By::datapath, "it never arrives: " + journey.dropped, ""};
  }
  if (!journey.undefined.empty()) weigh(EndVerdict::unknown, journey.undefined);
  return result;
}

// Who judges the hook, and the ends that its header shows.
PathRun::HookAt PathRun::hook_at(const Variant& variant, const Witness& witness, const path::Hop& hop) const {
  const Header& header = hop.header;
  HookAt at{.direction = hop.hook == Hook::source_egress ? Direction::egress : Direction::ingress, .source = witness.source, .destination = witness.destination, .port = header.port};
  if (header.source != Header::Source::client) at.source = host_at(header.source_node);
  at.tunnel = header.source == Header::Source::tunnel;
  if (at.tunnel) {
    const auto* object = context_.snapshot.find_node(header.source_node);
    at.source.addresses = object ? tunnel_addresses(*object) : std::vector<base::Address>{};
  }
  if (header.destination == Header::Destination::node) at.destination = host_at(header.destination_node);
  if (header.destination == Header::Destination::node && variant.way->asked) at.destination.addresses = {*variant.way->asked};
  if (header.destination == Header::Destination::service) at.destination = service_end(*variant.way);
  if (header.destination == Header::Destination::node && header.port == 0) at.missing = "the number of the NodePort is not in the input: give the Service with its nodePort";
  if (hop.hook == Hook::relay) return at;
  const bool egress = at.direction == Direction::egress;
  const size_t reader = egress ? places_->kind_of(variant.of->source) : variant.destination_kind;
  const Endpoint& peer = egress ? at.destination : at.source;
  at.readers = places_->kinds()[reader].readers;
  at.knowledge = knowledge(reader, peer.kind == EndpointKind::outside ? reader : kind_at(variant, witness, peer.node));
  if (!header.source_identified) at.knowledge.may_know = false, at.knowledge.may_not_know = true;
  at.world = header.source_is_world;
  return at;
}

std::optional<base::AddressSet> PathRun::HookAt::untold(base::Family family, const base::AddressSet& pods) const {
  const Endpoint& peer = direction == Direction::egress ? destination : source;
  const bool open = !world && !peer.address(family) && (tunnel || peer.addresses.empty() || peer.kind == EndpointKind::outside);
  const base::AddressSet may_have = tunnel ? pods.only(family) : base::AddressSet::all(family);
  return open && !may_have.empty() ? std::optional(may_have) : std::nullopt;
}

EndJudgement PathRun::judge(HookAt hook, const Witness& witness, const Alteration* altered, EndDecision& decision, std::vector<PolicyPlace>& policies) {
  const bool egress = hook.direction == Direction::egress;
  const Endpoint& subject = egress ? hook.source : hook.destination;
  Endpoint& peer = egress ? hook.destination : hook.source;
  if (subject.kind != EndpointKind::pod) return {.reason = "policy does not apply to this end"};
  if (hook.world) hook.source = {.kind = EndpointKind::outside, .name = hook.source.name};
  if (!hook.missing.empty()) return {.verdict = EndVerdict::unknown, .reason = hook.missing, .to_supply = hook.missing};
  const auto untold = hook.untold(witness.family, run_.universe_.addresses.pods);
  if (untold) peer.addresses = {untold->intervals()[0].first};
  Readers readers = *hook.readers;
  Knowledge known = hook.knowledge;
  if (altered && altered->direction == hook.direction) {
    if (altered->axis == "identity_scope") known.may_know = true, known.may_not_know = false;
    if (altered->axis != "identity_scope") {
      readers.profile = semantics::Encodings::with_axis(readers.profile, altered->axis, *context_.reference);
      readers.label += " with axis " + altered->axis;
    }
  }
  std::vector<const Endpoint*> pods{&subject};
  if (known.may_know && peer.kind == EndpointKind::pod) pods.push_back(&peer);
  for (const auto& pod : witness.bystanders) pods.push_back(&pod);
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(pods)};
  const world::Flow flow{.source = &hook.source, .destination = &hook.destination, .protocol = witness.protocol, .port = hook.port, .family = witness.family};
  EndJudgement judgement{.reader = readers.label + (readers.phase.empty() ? "" : " with " + readers.phase), .stranger = !known.may_know && (hook.world || peer.kind != EndpointKind::outside)};
  bool first = true;
  for (const InvariantRun::Reader& reader : readers_at(readers, known, hook.port != witness.port)) {
    const Reading& reading = run_.reading(reader, {subject.namespace_name});
    const EndDecision one = oracle::evaluate_end(pool_, reading, hook.direction, flow, cluster);
    if (untold && !decided_at_every_address(pool_, reading, hook.direction, flow, cluster, one.verdict, *untold)) {
      const bool service = peer.kind == EndpointKind::outside;
      const std::string supply = service ? "give the Service with its address (spec.clusterIP)" : hook.tunnel ? tunnel_to_supply(peer.node) : "the address of " + peer.name + ": give its Node object";
      return {.verdict = EndVerdict::unknown, .reason = service ? "the Service's address is not in the input" : "the address of " + std::string(hook.tunnel ? "the tunnel device of " : "") + peer.name + " is not in the input",
              .reader = judgement.reader, .to_supply = supply};
    }
    if (!first && one.verdict != decision.verdict) {
      const std::string fault = run_.fault_to_supply(readers);
      if (!fault.empty()) return {.verdict = EndVerdict::unknown, .reason = fault, .reader = judgement.reader, .to_supply = fault};
      const bool knows_open = known.may_know && known.may_not_know;
      return {.verdict = EndVerdict::unknown, .reason = knows_open ? "nobody says whether its agents know " + peer.name + " or see an address only" : "which pods its agents know by name of a port is not said",
              .reader = judgement.reader, .to_supply = known.supply, .knowledge = true};
    }
    if (!first) continue;
    first = false;
    decision = one;
    const oracle::FlowVerdict here = egress ? oracle::FlowVerdict{one, {}} : oracle::FlowVerdict{{}, one};
    for (auto& place : deciding_places(reading, here, "")) policies.push_back(std::move(place));
  }
  judgement.verdict = decision.verdict;
  judgement.axis = decision.axis;
  if (judgement.stranger) decision.reason += "; " + peer.name + " is an address to it";
  judgement.reason = decision.reason;
  return judgement;
}

// ---------------------------------------------------------------------------------------------------------------------- verdicts
bool PathRun::breaks(const Replayed& main, const Replayed* other) const {
  if (!other) return main.all(question_ == Question::denied ? EndVerdict::deny : EndVerdict::allow);
  bool any = false;
  for (const JourneyVerdict& a : main.journeys)
    for (const JourneyVerdict& b : other->journeys) {
      if (!compatible(a.journey, b.journey)) continue;
      any = true;
      const bool opposite = (a.verdict == EndVerdict::allow && b.verdict == EndVerdict::deny) || (a.verdict == EndVerdict::deny && b.verdict == EndVerdict::allow);
      if (!opposite) return false;
    }
  return any;
}

bool PathRun::breaks(const Term& term, const Witness& witness, const Alteration* altered) {
  const Replayed main = replay(*term.variant, witness, altered);
  if (!term.other) return breaks(main, nullptr);
  const Replayed other = replay(*term.other, witness, altered);
  return breaks(main, &other);
}

void PathRun::tell_violated(const InvariantRun::Found& found, const Term& term, Witness witness) {
  InvariantResult& result = run_.answer_.result;
  const Replayed main = replay(*term.variant, witness);
  const std::optional<Replayed> other = term.other ? std::optional(replay(*term.other, witness)) : std::nullopt;
  const std::string flow = witness.source.name + " -> " + witness.destination.name + " " + base::to_string(witness.protocol) + "/" + std::to_string(witness.port);
  if (!breaks(main, other ? &*other : nullptr))
    throw base::InternalError("a flow that the solver found for invariant '" + context_.invariant.id + "' does not hold on its way: " + flow + ", " + way_text(main.path) + ": " + hops_text(main.path, main.journeys[0]));
  run_.recheck(found, witness);
  result.verdict = Verdict::violated;
  result.profile = term.variant->of->text();
  if (context_.reference) result.axes = axes_of(term, witness);
  result.policies = main.policies;
  if (other) result.policies.insert(result.policies.end(), other->policies.begin(), other->policies.end());
  for (auto& place : result.policies)
    if (place.role.ends_with(", ")) place.role.resize(place.role.size() - 2);
  witness.left = main.ends;
  result.reason = flow + ", " + way_text(main.path) + ": " + hops_text(main.path, main.journeys[0]);
  if (other) {
    witness.right = other->ends;
    result.reason += "; " + way_text(other->path) + ": " + hops_text(other->path, other->journeys[0]);
  }
  witness.path = main.path.path;
  witness.relay = main.path.relay;
  witness.ways = {main.path};
  if (other) witness.ways.push_back(other->path);
  if (!term.variant->of->one_reading()) {
    if (witness.source.kind != EndpointKind::outside) witness.source_reader = {term.variant->of->source.pool, term.variant->of->source.label + (term.variant->of->source.phase.empty() ? "" : ", " + term.variant->of->source.phase)};
    if (witness.destination.kind != EndpointKind::outside) witness.destination_reader = {term.variant->of->destination.pool, term.variant->of->destination.label + (term.variant->of->destination.phase.empty() ? "" : ", " + term.variant->of->destination.phase)};
  }
  result.witness = std::move(witness);
}

std::vector<std::string> PathRun::axes_of(const Term& term, const Witness& witness) {
  std::vector<std::string> out;
  const auto add = [&](Direction direction, const std::string& axis) {
    const Alteration altered{direction, axis};
    if (std::find(out.begin(), out.end(), axis) == out.end() && !breaks(term, witness, &altered)) out.push_back(axis);
  };
  for (const Direction direction : policy::both_directions) {
    if (direction == Direction::egress && term.variant->client != Client::What::pod) continue;
    const Readers& readers = direction == Direction::egress ? term.variant->of->source : *places_->kinds()[term.variant->destination_kind].readers;
    add(direction, "identity_scope");
    for (const auto& [id, axis] : readers.profile.axes)
      if (axis.rule != context_.reference->axis(id).rule || axis.parameters != context_.reference->axis(id).parameters) add(direction, id);
  }
  return out;
}

// What keeps the flow from being decided: settings of paths, what readers know, what profiles do not say.
void PathRun::tell_open(const Term& term, const Witness& witness, const std::vector<std::string>& unsure) {
  std::vector<Replayed> ways{replay(*term.variant, witness)};
  if (term.other) ways.push_back(replay(*term.other, witness));
  std::vector<std::string> reasons, supply;
  const auto add = [](std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  };
  for (const Replayed& way : ways) {
    for (const JourneyVerdict& journey : way.journeys) {
      if (journey.verdict == EndVerdict::unknown) add(reasons, journey.reason);
      for (const std::string& one : journey.to_supply) add(supply, one);
    }
    for (const path::OpenQuestion& question : deciding_questions(way.journeys)) add(supply, text_of(question));
    for (const WitnessHop& hop : way.path.hops)
      if (reasons.empty() && hop.source.starts_with("node:") && hop.source.find(" (") == std::string::npos) add(supply, "the address of " + hop.source.substr(0, hop.source.find(',')) + ": give its Node object");
  }
  for (const std::string& one : unsure) {
    add(reasons, "nobody says whether this way is there");
    add(supply, one);
  }
  if (reasons.empty()) add(reasons, "the verdict depends on what nothing here tells");
  const WitnessPath& path = ways[0].path;
  std::string text = witness.source.name + (witness.source.node.empty() ? "" : " on " + witness.source.node) + " -> " + witness.destination.name + (witness.destination.node.empty() ? "" : " on " + witness.destination.node) + " " +
                     base::to_string(witness.protocol) + "/" + std::to_string(witness.port) + ", " + way_text(path);
  if (ways.size() > 1) text += " and " + way_text(ways[1].path);
  for (const std::string& reason : reasons) text += (&reason == &reasons.front() ? ": " : "; ") + reason;
  for (const std::string& one : supply) text += "; to supply: " + one, run_.answer_.gaps.insert("paths: " + one);
  if (run_.gap_.empty()) run_.gap_ = text;
}

}  // namespace npverify::verify
