// The question over service paths: its ways, its domain, its terms, and the one search over all placements.
#include "verify/invariant_paths.h"

#include <algorithm>

#include "smt/assignment.h"
#include "verify/peer_domain.h"

namespace npverify::verify {

using path::Kind;

// A piece costs its placements beside its policies, so it is larger than where there are none. Measured: 2 to 4 are best.
constexpr size_t piece_on_paths = 3;

PathRun::PathRun(InvariantRun& run, PathChoice choice) : run_(run), pool_(run.pool_), context_(run.context_), choice_(std::move(choice)) {
  run_.excepted_ = logic::False;  // exceptions are for paths here
}

void PathRun::forbid(std::vector<Flows> all, const std::vector<const Peer*>& to, std::optional<Direction> side, bool spare_admitted_hosts) {
  side_ = side;
  spare_admitted_hosts_ = spare_admitted_hosts;
  ask(Question::allowed, std::move(all), to, true);
}

void PathRun::require(const Flows& asked, const Peer& to, std::optional<Direction> side) {
  side_ = side;
  ask(Question::denied, {asked}, {&to}, false);
}

void PathRun::agree(const Flows& asked, const Peer& to) { ask(Question::disagreement, {asked}, {&to}, false); }

void PathRun::ask(Question question, std::vector<Flows> all, const std::vector<const Peer*>& to, bool through_any) {
  question_ = question;
  all_ = std::move(all);
  if (context_.cluster)
    for (const std::string& problem : context_.cluster->problems()) run_.cap(problem);
  for (const std::string& mesh : choice_.mesh) run_.cap("the path " + mesh + " is outside: what a service mesh does is not modelled");
  run_.narrow_to(all_);
  find_ways(to, through_any);
  note_other_ports();
  if (!run_.occupied(all_) || !occupied()) {
    // What is not known of endpoints may be what is missing in the domain.
    const bool open = std::any_of(ways_.begin(), ways_.end(), [](const Ways& ways) { return !ways.supply.empty(); });
    if (open) run_.answer_.result.verdict = Verdict::unknown;
    return;
  }
  note_empty_ways();
  make_places();
  search();
}

// A path that is not there lets nothing through, so it breaks no `forbid`; what is required of it does not hold.
void PathRun::note_missing(const std::string& sentence) {
  some_missing_ = true;
  auto& notes = run_.answer_.result.notes;
  if (question_ != Question::allowed) return run_.cap(sentence);
  if (std::find(notes.begin(), notes.end(), sentence) == notes.end()) notes.push_back(sentence);
}

void PathRun::find_ways(const std::vector<const Peer*>& to, bool through_any) {
  for (size_t i = 0; i < all_.size(); ++i) {
    ways_.push_back(ways_to(pool_, *to[i], all_[i].to, choice_, through_any, context_.snapshot, run_.universe_));
    for (Way& way : ways_.back().ways)
      if (way.kind == Kind::cluster_ip) way.leads_to = pool_.both(way.leads_to, pool_.negation(pool_.kind_is(logic::Role::source, logic::EndpointKind::outside)));
    for (const std::string& sentence : ways_.back().missing) note_missing(sentence);
    for (const std::string& sentence : ways_.back().supply) run_.cap(sentence);
  }
}

logic::Expr PathRun::excepted(Kind kind) {
  const auto [at, fresh] = excepted_.try_emplace(kind, logic::False);
  if (!fresh) return at->second;
  std::vector<Expr> applied;
  for (const Exception& exception : context_.invariant.except)
    if (exception.covers(kind) && !run_.expired(exception)) applied.push_back(exception_expr(pool_, exception, context_.snapshot, run_.universe_));
  return at->second = pool_.disjunction(std::move(applied));
}

bool PathRun::occupied() {
  const auto any = [&](bool except) {
    for (size_t i = 0; i < all_.size(); ++i) {
      std::vector<Expr> ways, domain = run_.domain_of(all_[i]);
      for (const Way& way : ways_[i].ways) ways.push_back(pool_.both(way.leads_to, except ? pool_.negation(excepted(way.kind)) : logic::True));
      domain.push_back(pool_.disjunction(std::move(ways)));
      if (run_.satisfiable(std::move(domain), "ways")) return true;
    }
    return false;
  };
  if (any(true)) return true;
  InvariantResult& result = run_.answer_.result;
  result.verdict = Verdict::vacuous;
  result.reason = any(false) ? "every flow of the domain is excepted" : "no listed path leads from " + all_[0].from_text + " to " + all_[0].to_text + " on these ports";
  for (const auto* said : {&run_.caps_, &result.notes})
    for (const std::string& sentence : *said) result.reason += "; " + sentence;
  return false;
}

// Is there a flow of the domain that some of the ways lead to?
bool PathRun::taken(const std::function<bool(const Way&)>& counts) {
  for (size_t i = 0; i < all_.size(); ++i) {
    std::vector<Expr> ways, domain = run_.domain_of(all_[i]);
    for (const Way& way : ways_[i].ways)
      if (counts(way)) ways.push_back(way.leads_to);
    domain.push_back(pool_.disjunction(std::move(ways)));
    if (run_.satisfiable(std::move(domain), "a way")) return true;
  }
  return false;
}

// A named Service none of whose ports leads to a port that is asked for: likely its own port was meant.
void PathRun::note_other_ports() {
  for (const auto& ways : ways_)
    for (const resource::Service* service : ways.named) {
      const bool has_way = std::any_of(ways.ways.begin(), ways.ways.end(), [&](const Way& way) { return way.service == service; });
      if (!has_way || taken([&](const Way& way) { return way.service == service; })) continue;
      std::string leads;
      for (const auto& port : service->ports) {
        const auto* number = std::get_if<base::Port>(&port.target_port);
        leads += (leads.empty() ? "" : ", ") + std::string(base::to_string(port.protocol)) + "/" + (number ? std::to_string(*number) : ":" + std::get<std::string>(port.target_port));
      }
      note_missing("no port of Service " + service->meta.namespace_name + "/" + service->meta.name + " leads to a port that is asked for; its ports lead to " + leads + " of its pods, and `ports` are the pods'");
    }
}

// A listed path that no flow can take is said.
void PathRun::note_empty_ways() {
  if (choice_.all || some_missing_) return;
  for (const Kind kind : choice_.kinds)
    if (!taken([&](const Way& way) { return way.kind == kind; }))
      note_missing(std::string("no ") + path::to_string(kind) + " leads from " + all_[0].from_text + " to " + all_[0].to_text + " on these ports" + (kind == Kind::cluster_ip ? " (it has no clients outside)" : ""));
}

// ----------------------------------------------------------------------------------------------------------------------- terms
std::vector<PathRun::Term> PathRun::terms(const std::vector<Variant>& variants) const {
  std::vector<Term> out;
  if (question_ == Question::disagreement) {
    add_disagreements(variants, out);
    return out;
  }
  for (const Variant& variant : variants) {
    std::vector<Expr> harmless, harmful;  // under each answer
    for (const Route& route : variant.routes) {
      harmless.push_back(question_ == Question::denied ? route.allowed : route.denied);
      harmful.push_back(question_ == Question::denied ? route.denied : route.allowed);
    }
    out.push_back({&variant, nullptr, pool_.negation(pool_.conjunction(std::move(harmless))), pool_.conjunction(std::move(harmful))});
  }
  return out;
}

// On each placement, every way through one port of a Service is held to the first that is listed.
void PathRun::add_disagreements(const std::vector<Variant>& variants, std::vector<Term>& terms) const {
  std::vector<const resource::ServicePort*> ports;
  for (const Variant& variant : variants)
    if (variant.way->port && std::find(ports.begin(), ports.end(), variant.way->port) == ports.end()) ports.push_back(variant.way->port);
  for (const auto* port : ports) {
    std::map<std::string, std::vector<const Variant*>> first;  // several where addresses tell cells apart
    for (const Variant& variant : variants) {
      const bool on_path = variant.way->kind == Kind::pod_ip || variant.way->port == port;
      if (!on_path) continue;
      auto& held_to = first[variant.placement];
      for (const Variant* other : held_to) terms.push_back(disagreement(variant, *other));
      const bool is_first = held_to.empty() || (held_to[0]->way == variant.way && held_to[0]->relay_at == variant.relay_at && held_to[0]->relay == variant.relay);
      if (is_first) held_to.push_back(&variant);
    }
  }
}

PathRun::Term PathRun::disagreement(const Variant& variant, const Variant& other) const {
  std::vector<Expr> agree, differ;
  for (const Route& a : variant.routes)
    for (const Route& b : other.routes) {
      if (!compatible(*a.journey, *b.journey)) continue;
      agree.push_back(pool_.either(pool_.both(a.allowed, b.allowed), pool_.both(a.denied, b.denied)));
      differ.push_back(pool_.either(pool_.both(a.allowed, b.denied), pool_.both(a.denied, b.allowed)));
    }
  // A way without a Service leads wherever the other does.
  const Expr both = pool_.both(other.where, other.way->leads_to);
  const Expr possible = pool_.both(both, pool_.negation(pool_.conjunction(std::move(agree))));
  return {&variant, &other, possible, pool_.both(possible, pool_.conjunction(std::move(differ)))};
}

// One question has one answer at one place.
bool PathRun::compatible(const path::Journey& a, const path::Journey& b) {
  for (const auto& mine : a.open)
    for (const auto& other : b.open)
      if (mine.id == other.id && mine.node == other.node && mine.answer != other.answer) return false;
  return true;
}

logic::Expr PathRun::admitted_hosts(const ReaderCase& of) {
  const auto [at, fresh] = admitted_.try_emplace(&of, logic::False);
  if (fresh) at->second = run_.admitted_hosts(run_.ends_in(of, all_));
  return at->second;
}

// ---------------------------------------------------------------------------------------------------------------------- search
PoliciesByNamespace PathRun::policies_on(std::optional<Direction> direction) const {
  PoliciesByNamespace all;
  for (const auto& [snapshot, policies] : *context_.policies)
    for (const auto& [name, indices] : direction ? policies.of(*direction) : policies.all)
      if (auto& most = all[name]; most.size() < indices.size()) most = indices;
  return all;
}

std::vector<std::string> PathRun::relevant_namespaces() {
  std::vector<std::string> names;
  for (const auto& [name, indices] : policies_on(std::nullopt)) names.push_back(name);
  std::set<std::string> relevant;
  for (const Flows& flows : all_) {
    for (const auto& name : candidate_namespaces(pool_, flows.from, logic::Role::source, run_.universe_, names)) relevant.insert(name);
    for (const auto& name : candidate_namespaces(pool_, flows.to, logic::Role::destination, run_.universe_, names)) relevant.insert(name);
  }
  return {relevant.begin(), relevant.end()};
}

std::vector<Slice> PathRun::pieces(Direction direction) {
  if (side_ && *side_ != direction) return {{{}, logic::True}};
  std::vector<Expr> end;
  for (const Flows& flows : all_) end.push_back(direction == Direction::ingress ? flows.to : flows.from);
  const PoliciesByNamespace policies = policies_on(direction);
  std::vector<std::string> names;
  for (const auto& [name, indices] : policies) names.push_back(name);
  const Role role = policy::subject_of(direction);
  const auto candidates = candidate_namespaces(pool_, pool_.disjunction(std::move(end)), role, run_.universe_, names);
  return slices_of(pool_, policies, role, candidates, context_.options.most_policies * piece_on_paths);
}

// Where both ends are cut into pieces, most pairs need not be looked at: what is to be allowed must be allowed by either hook alone, and what is
// to be denied by one of them.
void PathRun::search() {
  const std::vector<Slice> from = pieces(Direction::egress), to = pieces(Direction::ingress);
  const bool by_end = from.size() > 1 && to.size() > 1 && question_ != Question::disagreement;
  const std::vector<bool> from_open = may_break(from, Direction::egress, by_end), to_open = may_break(to, Direction::ingress, by_end);
  std::optional<Broken> best;
  for (size_t t = 0; t < to.size(); ++t)
    for (size_t f = 0; f < from.size(); ++f) {
      if (question_ == Question::denied ? !from_open[f] && !to_open[t] : !from_open[f] || !to_open[t]) continue;
      std::optional<Broken> broken = search(from[f], to[t], best.has_value());
      if (!broken) continue;
      best = std::move(broken);
      if (best->found.definite) return tell(best->found, best->term);
    }
  if (best) tell(best->found, best->term);
  if (best && run_.gap_.empty()) run_.gap_ = "a flow on a path is not decided";
  run_.conclude();
}

std::vector<bool> PathRun::may_break(const std::vector<Slice>& slices, Direction direction, bool asked) {
  std::vector<bool> open(slices.size(), true);
  if (!asked) return open;
  alone_ = direction;
  for (size_t i = 0; i < slices.size(); ++i) {
    const Slice none{{}, logic::True};
    const bool ingress = direction == Direction::ingress;
    const std::vector<Variant> here = ingress ? variants(none, slices[i]) : variants(slices[i], none);
    const std::vector<Term> asked_terms = terms_of(here);
    const Expr any = pool_.disjunction(formulas(asked_terms, false));
    open[i] = run_.satisfiable({any, run_.in_slice(slices[i], direction, {any})}, std::string(to_string(direction)) + " alone");
  }
  alone_.reset();
  return open;
}

// The terms with their domain.
std::vector<PathRun::Term> PathRun::terms_of(const std::vector<Variant>& variants) {
  std::vector<Term> all = terms(variants);
  for (Term& term : all) {
    const Variant& variant = *term.variant;
    std::vector<Expr> domain = run_.domain_of(all_[variant.flows]);
    for (const Expr e : {variant.where, variant.leads_to, pool_.negation(excepted(variant.way->kind)), term.other ? pool_.negation(excepted(term.other->way->kind)) : logic::True})
      domain.push_back(e);
    if (spare_admitted_hosts_ && variant.client == path::Client::What::node) domain.push_back(pool_.negation(admitted_hosts(*variant.of)));
    const Expr in = pool_.conjunction(std::move(domain));
    term.possible = pool_.both(in, term.possible);
    term.definite = pool_.conjunction({in, term.definite, variant.surely, term.other ? term.other->surely : logic::True});
  }
  return all;
}

std::vector<logic::Expr> PathRun::formulas(const std::vector<Term>& terms, bool definite) {
  std::vector<Expr> all;
  for (const Term& term : terms) all.push_back(definite ? term.definite : term.possible);
  return all;
}

// One question says whether there is a flow at all. The flow that is shown is the smallest of the first term that has one: of one term there is
// little to make small, where the smallest of all terms together costs more than everything else.
std::optional<PathRun::Broken> PathRun::search(const Slice& from, const Slice& to, bool definite_only) {
  Broken broken{{}, variants(from, to), {}};
  const std::vector<Term> all = terms_of(broken.variants);
  const std::vector<Expr> possible_terms = formulas(all, false), definite_terms = formulas(all, true);
  const Expr may = pool_.disjunction(possible_terms), does = pool_.disjunction(definite_terms);
  const std::vector<Expr> both{may, does};
  const std::vector<Expr> domain{run_.in_slice(from, Direction::egress, both), run_.in_slice(to, Direction::ingress, both)};
  std::vector<Expr> told = possible_terms;
  told.insert(told.end(), definite_terms.begin(), definite_terms.end());
  const auto possible = definite_only ? std::nullopt : ask(domain, may, told);
  if (!definite_only && !possible) return std::nullopt;
  const auto definite = possible && smt::evaluate(pool_, does, *possible) ? possible : ask(domain, does, definite_terms);
  if (!definite && !possible) return std::nullopt;
  const bool sure = definite.has_value();
  broken.term = all[first_of(domain, all, sure, sure ? *definite : *possible)];  // it points into `variants`, whose elements a move leaves where they are
  auto found = smallest_of(domain, broken.term, sure);
  if (!found) return std::nullopt;
  broken.found = std::move(*found);
  return broken;
}

std::optional<smt::Assignment> PathRun::ask(std::vector<Expr> domain, Expr question, const std::vector<Expr>& told, bool probe) {
  domain.push_back(question);
  const std::string title = context_.invariant.id + ": paths";
  smt::Result result = probe ? run_.question_->probe(domain, title, told) : run_.question_->ask(domain, title, told);
  if (result.answer == smt::Answer::unknown && run_.open_.empty()) run_.open_ = "paths: " + result.reason;
  return result.answer == smt::Answer::sat ? std::move(result.assignment) : std::nullopt;
}

// Downwards, by the flows that the solver finds on the way, until no term before has one.
size_t PathRun::first_of(const std::vector<Expr>& domain, const std::vector<Term>& terms, bool definite, smt::Assignment found) {
  std::vector<Expr> all = formulas(terms, definite);
  for (;;) {
    const std::vector<bool> holds = smt::evaluate_all(pool_, all, found);
    const size_t first = static_cast<size_t>(std::find(holds.begin(), holds.end(), true) - holds.begin());
    base::require(first < holds.size(), "a flow that was found is of some term");
    all.resize(first);
    auto before = first == 0 ? std::nullopt : ask(domain, pool_.disjunction(all), all, true);
    if (!before) return first;
    found = std::move(*before);
  }
}

// Which of the ways that no hook tells apart it takes is asked of the flow afterwards.
std::optional<InvariantRun::Found> PathRun::smallest_of(const std::vector<Expr>& domain, const Term& term, bool definite) {
  std::vector<Expr> asserted = domain, told;
  asserted.push_back(definite ? term.definite : term.possible);
  for (const Way* way : term.variant->alike) told.insert(told.end(), {way->leads_to, way->unsure});
  if (term.other) told.push_back(term.other->way->unsure);
  const std::string title = context_.invariant.id + ": paths";
  smt::Result result = run_.question_->smallest(asserted, title + ", smallest", told);
  if (result.answer == smt::Answer::unknown) result = run_.question_->ask(asserted, title, told);  // not the smallest, but a flow all the same
  base::require(result.answer != smt::Answer::unsat, "a way on which a flow was found to break has one");
  if (result.answer == smt::Answer::unknown && run_.open_.empty()) run_.open_ = "paths: " + result.reason;
  if (result.answer != smt::Answer::sat) return std::nullopt;
  std::vector<Expr> mentioned = asserted;
  mentioned.insert(mentioned.end(), told.begin(), told.end());
  return InvariantRun::Found{definite, std::move(*result.assignment), asserted, pool_.atoms_of(mentioned)};
}

}  // namespace npverify::verify
