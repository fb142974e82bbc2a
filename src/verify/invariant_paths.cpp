// The question over service paths: its ways, its domain, its terms, and the one search over all placements.
#include "verify/invariant_paths.h"

#include <algorithm>

#include "verify/peer_domain.h"

namespace npverify::verify {

using path::Kind;

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
    if (!taken([&](const Way& way) { return way.kind == kind; })) note_missing(std::string("no ") + path::to_string(kind) + " leads to " + all_[0].to_text + " on these ports");
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
PoliciesByNamespace PathRun::policies_of_all() const {
  PoliciesByNamespace all;
  for (const auto& [snapshot, policies] : *context_.policies)
    for (const auto& [name, indices] : policies)
      if (auto& most = all[name]; most.size() < indices.size()) most = indices;
  return all;
}

std::vector<std::string> PathRun::relevant_namespaces() {
  std::vector<std::string> names;
  for (const auto& [name, indices] : policies_of_all()) names.push_back(name);
  std::set<std::string> relevant;
  for (const Flows& flows : all_) {
    for (const auto& name : candidate_namespaces(pool_, flows.from, logic::Role::source, run_.universe_, names)) relevant.insert(name);
    for (const auto& name : candidate_namespaces(pool_, flows.to, logic::Role::destination, run_.universe_, names)) relevant.insert(name);
  }
  return {relevant.begin(), relevant.end()};
}

void PathRun::search() {
  const PoliciesByNamespace policies = policies_of_all();
  std::vector<std::string> names;
  for (const auto& [name, indices] : policies) names.push_back(name);
  const auto pieces = [&](Direction direction) -> std::vector<Slice> {
    if (side_ && *side_ != direction) return {{{}, logic::True}};
    std::vector<Expr> end;
    for (const Flows& flows : all_) end.push_back(direction == Direction::ingress ? flows.to : flows.from);
    const logic::Role role = policy::subject_of(direction);
    return slices_of(pool_, policies, role, candidate_namespaces(pool_, pool_.disjunction(std::move(end)), role, run_.universe_, names), context_.options.most_policies);
  };
  std::optional<InvariantRun::Found> best;
  std::vector<Variant> kept;
  std::vector<Term> kept_terms;
  for (const Slice& to : pieces(Direction::ingress))
    for (const Slice& from : pieces(Direction::egress)) {
      std::vector<Variant> here = variants(from, to);
      std::vector<Term> asked = terms(here);
      std::vector<Expr> possible, definite;
      for (Term& term : asked) {
        const Variant& variant = *term.variant;
        const Flows& flows = all_[variant.flows];
        std::vector<Expr> domain = run_.domain_of(flows);
        for (const Expr e : {variant.where, variant.way->leads_to, pool_.negation(excepted(variant.way->kind)), term.other ? pool_.negation(excepted(term.other->way->kind)) : logic::True})
          domain.push_back(e);
        if (spare_admitted_hosts_ && variant.client == path::Client::What::node) domain.push_back(pool_.negation(admitted_hosts(*variant.of)));
        const Expr in = pool_.conjunction(std::move(domain));
        term.possible = pool_.both(in, term.possible);
        term.definite = pool_.both(in, term.definite);
        possible.push_back(term.possible);
        definite.push_back(term.definite);
      }
      const Expr may_break = pool_.disjunction(std::move(possible)), breaks_it = pool_.disjunction(std::move(definite));
      const std::vector<Expr> all{may_break, breaks_it};
      auto found = run_.search({run_.in_slice(from, Direction::egress, all), run_.in_slice(to, Direction::ingress, all)}, may_break, breaks_it, "paths");
      if (!found || (best && !found->definite)) continue;
      best = std::move(found);
      kept = std::move(here);
      kept_terms = std::move(asked);
      // `asked` points into `here`, whose elements a move leaves where they are.
      if (best->definite) return tell(*best, kept_terms);
    }
  if (best) tell(*best, kept_terms);
  if (best && run_.gap_.empty()) run_.gap_ = "a flow on a path is not decided";
  run_.conclude();
}

}  // namespace npverify::verify
