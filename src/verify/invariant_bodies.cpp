// The bodies: what each asks the search for, and what a pod is that nobody has heard of.
#include <algorithm>
#include <set>

#include "verify/invariant_paths.h"
#include "verify/limits.h"
#include "verify/peer_domain.h"

namespace npverify::verify {

using logic::Expr;
using logic::Role;
using oracle::EndVerdict;
using policy::Direction;
using policy::Reading;

namespace {

bool lets_through(const oracle::EndDecision& decision) { return decision.verdict == EndVerdict::allow || decision.verdict == EndVerdict::unpoliced; }

const oracle::EndDecision& at(const oracle::FlowVerdict& verdict, Direction direction) { return direction == Direction::ingress ? verdict.ingress : verdict.egress; }

bool allowed(const oracle::FlowVerdict& verdict, std::optional<Direction> side) { return side ? lets_through(at(verdict, *side)) : verdict.verdict() == EndVerdict::allow; }
bool denied(const oracle::FlowVerdict& verdict, std::optional<Direction> side) { return side ? at(verdict, *side).verdict == EndVerdict::deny : verdict.verdict() == EndVerdict::deny; }

}  // namespace

world::UniverseKind InvariantRun::universe_kind() const { return universe_kind_of(context_.options, context_.set, context_.invariant); }

world::EndClasses InvariantRun::end_classes() const {
  world::EndClasses classes = context_.options.peers;
  if (const auto* body = std::get_if<Equivalent>(&context_.invariant.body)) {
    classes.pods = classes.pods && body->peers.pods;
    classes.nodes = classes.nodes && body->peers.nodes;
    classes.external = classes.external && body->peers.external;
  }
  return classes;
}

InvariantRun::InvariantRun(const ProofContext& context)
    : context_(context), borrowed_(context.worlds ? context.worlds->borrow(universe_kind(), end_classes()) : std::make_unique<world::Universe>(world::make_universe(context.snapshot, universe_kind(), end_classes()))),
      universe_(*borrowed_), keeps_universe_(!context.worlds || context.landings) {
  if (context.landings)
    for (auto& closed : universe_.pods)
      if (const auto found = context.landings->nodes.find(closed.workload); found != context.landings->nodes.end()) closed.nodes = found->second;
  if (std::holds_alternative<DefaultDeny>(context.invariant.body) && universe_.kind != world::UniverseKind::possible) add_fresh_pod();
  SolverOptions solver = context.options.solver;
  if (!solver.dump_smt2.empty()) solver.dump_smt2 += "/" + context.invariant.id;
  question_ = std::make_unique<Question>(pool_, universe_, solver, context.solvers);
}

InvariantRun::~InvariantRun() {
  if (keeps_universe_) return;
  if (!fresh_namespace_.empty()) universe_.pods.pop_back();
  context_.worlds->give_back(std::move(borrowed_));
}

ProofAnswer InvariantRun::run() {
  const Invariant& invariant = context_.invariant;
  answer_.result = {.id = invariant.id, .title = invariant.title, .severity = invariant.severity, .controls = invariant.controls, .span = invariant.span};
  if (!invariant.unsupported.empty()) {
    answer_.result.verdict = Verdict::unknown;
    for (const std::string& what : invariant.unsupported) answer_.result.reason += (answer_.result.reason.empty() ? "" : "; ") + what;
  } else {
    if (universe_.kind == world::UniverseKind::declared)
      for (const std::string& maker : makers_of_unknown_pods(context_.snapshot)) cap(maker + ": the pods that it makes are not in the universe 'declared'; ask with universe: possible, or observed with the pods themselves");
    add_exceptions();
    add_assumptions();
    if (universe_.kind == world::UniverseKind::possible && placement() == Placement::observed && !std::holds_alternative<Capability>(invariant.body))
      conclude();  // neither side of it is decided
    else
      std::visit([this](const auto& body) { decide(body); }, invariant.body);
  }
  finish();
  answer_.queries = question_->queries();
  return std::move(answer_);
}

void InvariantRun::finish() {
  for (const auto& list : {universe_.assumptions, universe_.addresses.sources}) answer_.assumptions.insert(list.begin(), list.end());
  InvariantResult& result = answer_.result;
  result.fails = (result.verdict == Verdict::unknown && context_.set.on_unknown == OnOutcome::fail) || (result.verdict == Verdict::vacuous && context_.set.on_vacuous == OnOutcome::fail);
  result.accepted = result.verdict == Verdict::vacuous && context_.set.on_vacuous == OnOutcome::ok;
}

// ------------------------------------------------------------------------------------------------- forbid, require, pathAgreement
void InvariantRun::decide(const Forbid& body) {
  const Flows asked = flows(body.from, body.to, body.ports);
  note_caveats(body.from, "from", covers_hosts(asked.from, Role::source));
  note_caveats(body.to, "to", covers_hosts(asked.to, Role::destination));
  if (const auto paths = listed_paths()) return PathRun(*this, *paths).forbid({asked}, {&body.to}, body.side, false);
  decide_each({asked}, [&](const Ends& ends) { return find_allowed(ends, asked, body.side); }, [&](const oracle::FlowVerdict& v) { return allowed(v, body.side); });
}

void InvariantRun::decide(const Require& body) {
  const Flows asked = flows(body.from, body.to, body.ports);
  note_caveats(body.from, "from", covers_hosts(asked.from, Role::source));
  note_caveats(body.to, "to", covers_hosts(asked.to, Role::destination));
  if (const auto paths = listed_paths()) return PathRun(*this, *paths).require(asked, body.to, body.side);
  decide_each({asked}, [&](const Ends& ends) { return find_denied(ends, asked, body.side); }, [&](const oracle::FlowVerdict& v) { return denied(v, body.side); });
}

void InvariantRun::decide(const PathAgreement& body) {
  const Flows asked = flows(body.from, body.to, body.ports);
  note_caveats(body.from, "from", covers_hosts(asked.from, Role::source));
  note_caveats(body.to, "to", covers_hosts(asked.to, Role::destination));
  PathChoice every{.kinds = {path::Kind::pod_ip, path::Kind::cluster_ip, path::Kind::node_port, path::Kind::load_balancer, path::Kind::host_port}, .all = true, .mesh = {}};
  PathRun(*this, listed_paths().value_or(std::move(every))).agree(asked, body.to);
}

// -------------------------------------------------------------------------------------------------------------------------- isolate
// What a CNI lets a node do to pods whatever policy says (kubelet's probes need it) says nothing about isolation by policy.
Expr InvariantRun::admitted_hosts(const Ends& ends) {
  if (context_.options.datapath) return logic::False;
  std::vector<Expr> any;
  for (const Direction direction : policy::both_directions) {
    const auto running = [](Reader one) { return one.fault.reset(), one; };  // a node without its agent admits no less
    const Reading& frame = reading(running(ends.first(direction)), {});
    std::vector<Expr> all;
    for (const Reader& one : ends.at(direction)) all.push_back(policy::admitted(pool_, reading(running(one), {}).direction(direction)));
    const Expr admitted = pool_.conjunction(std::move(all));
    if (admitted.is_false()) continue;
    any.push_back(pool_.conjunction({pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod), pool_.kind_is(policy::peer_of(direction), logic::EndpointKind::host), admitted}));
    for (const auto& condition : frame.direction(direction).admits)
      if (!condition.when.is_false()) answer_.datapath.insert(frame.profile.name() + ": " + condition.sentence);
  }
  return pool_.disjunction(std::move(any));
}

void InvariantRun::decide(const Isolate& body) {
  Peer outside{.kind = Peer::Kind::negation, .origin = body.group.origin, .operands = {body.group}};
  std::vector<Flows> all;
  if (body.into) all.push_back(flows(outside, body.group, body.ports));
  if (body.out_of) all.push_back(flows(body.group, outside, body.ports));
  note_caveats(body.group, "group", false);
  if (const auto paths = listed_paths()) {
    std::vector<const Peer*> to;
    if (body.into) to.push_back(&body.group);
    if (body.out_of) to.push_back(&outside);
    return PathRun(*this, *paths).forbid(all, to, std::nullopt, !context_.options.datapath);
  }
  const auto search = [&](const Ends& ends) {
    std::optional<Found> best;
    for (Flows asked : all) {
      asked.left_out = admitted_hosts(ends);
      if (keep(best, find_allowed(ends, asked, std::nullopt))) break;
    }
    return best;
  };
  decide_each(all, search, [](const oracle::FlowVerdict& v) { return allowed(v, std::nullopt); });
}

// ---------------------------------------------------------------------------------------------------------------------- defaultDeny
// A closed universe has no room for a pod that nobody has heard of, so it is put in.
void InvariantRun::add_fresh_pod() {
  universe_.pods.push_back(pod_of_nobody(universe_));
  fresh_namespace_ = universe_.pods.back().pod.namespace_name;
}

// In no namespace and with no label that `formulas` or the snapshot name. Its address is any of a pod.
Expr InvariantRun::fresh_pod(Role role, const std::vector<Expr>& formulas) {
  std::vector<Expr> all{pool_.kind_is(role, logic::EndpointKind::pod)};
  if (!fresh_namespace_.empty()) {
    all.push_back(pool_.namespace_is(role, fresh_namespace_));
    all.push_back(pool_.negation(pool_.namespace_is(logic::other(role), fresh_namespace_)));
    return pool_.conjunction(std::move(all));
  }
  for (const Expr e : pool_.atoms_of(formulas)) {
    const logic::Atom a = pool_.atom_of(e);
    using enum logic::AtomKind;
    const bool names_namespace = a.kind == namespace_is || a.kind == namespace_label_is || a.kind == namespace_label_exists;
    const bool names_label = a.kind == label_is || a.kind == label_exists;
    const bool every_namespace_has_it = a.kind == namespace_label_exists && pool_.text(a.name) == "kubernetes.io/metadata.name";
    if (a.role == role && (names_namespace || names_label) && !every_namespace_has_it) all.push_back(pool_.negation(e));
  }
  for (const auto& ns : universe_.namespaces) all.push_back(pool_.negation(pool_.namespace_is(role, ns.meta.name)));
  return pool_.conjunction(std::move(all));
}

void InvariantRun::decide(const DefaultDeny& body) {
  const Peer any{.kind = Peer::Kind::any};
  std::map<Direction, Flows> by_direction;
  std::vector<Flows> all;
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    if (ingress ? !body.ingress : !body.egress) continue;
    Flows asked = ingress ? flows(any, body.group, {}) : flows(body.group, any, {});
    Expr& end = ingress ? asked.to : asked.from;
    end = pool_.both(end, pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod));
    if (!fresh_namespace_.empty()) end = pool_.both(end, pool_.negation(pool_.namespace_is(policy::subject_of(direction), fresh_namespace_)));
    all.push_back(asked);
    by_direction[direction] = asked;
  }
  note_caveats(body.group, "group", false);
  std::optional<Direction> broken;
  const auto search = [&](const Ends& ends) {
    std::optional<Found> best;
    for (const auto& [direction, asked] : by_direction) {
      std::optional<Found> found = find_reaching_fresh(ends, asked, direction);
      if (found && (!best || found->definite)) broken = direction;
      if (keep(best, std::move(found))) break;
    }
    return best;
  };
  decide_each(all, search, [&](const oracle::FlowVerdict& v) { return allowed(v, broken); });
}

// ----------------------------------------------------------------------------------------------------------------------- equivalent
// As in equiv: what a datapath drops before policy is no difference in the reading of policies.
Expr InvariantRun::dropped_flows(const Reading& reading) {
  if (context_.options.datapath) return logic::False;
  std::vector<Expr> any;
  for (const Direction direction : policy::both_directions) {
    any.push_back(pool_.both(pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod), policy::dropped(pool_, reading.direction(direction))));
    for (const auto& condition : reading.direction(direction).drops)
      if (!condition.when.is_false()) answer_.datapath.insert(reading.profile.name() + ": " + condition.sentence);
  }
  return pool_.disjunction(std::move(any));
}

void InvariantRun::decide(const Equivalent& body) {
  const Peer any{.kind = Peer::Kind::any};
  if (body.identity_known)
    for (const Role role : {Role::source, Role::destination}) scope_.push_back(pool_.peer_known(role));
  const PortSpec every{{PortEntry{.all_protocols = true}, PortEntry{.protocol = base::Protocol::icmp, .numbers = base::PortSet::all()}}, {}};
  std::map<Direction, Flows> by_direction;
  std::vector<Flows> all;
  for (const Direction direction : policy::both_directions) {
    const bool ingress = direction == Direction::ingress;
    if (ingress ? !body.ingress : !body.egress) continue;
    Flows asked = ingress ? flows(any, body.scope, every) : flows(body.scope, any, every);
    Expr& end = ingress ? asked.to : asked.from;
    end = pool_.both(end, pool_.kind_is(policy::subject_of(direction), logic::EndpointKind::pod));
    all.push_back(asked);
    by_direction[direction] = asked;
  }
  note_caveats(body.scope, "scope", covers_hosts(peer(body.scope, Role::source), Role::source));
  if (!occupied(all)) return;
  const ReaderCase left_case = whole_cluster(context_.profiles.at(0)), right_case = whole_cluster(context_.profiles.at(1));
  const Ends at_left{.of = &left_case, .egress = {{&left_case.source}}, .ingress = {{&left_case.source}}}, at_right{.of = &right_case, .egress = {{&right_case.source}}, .ingress = {{&right_case.source}}};
  const Reader &left = at_left.first(Direction::ingress), &right = at_right.first(Direction::ingress);
  std::optional<Found> best;
  for (auto& [direction, asked] : by_direction) {
    asked.left_out = pool_.disjunction({admitted_hosts(at_left), admitted_hosts(at_right), dropped_flows(reading(left, {})), dropped_flows(reading(right, {}))});
    if (keep(best, find_different(left, right, asked, direction))) return tell_different(*best, left, right, direction);
  }
  if (best) tell_gap(*best, at_left);
  if (best && gap_.empty()) tell_gap(*best, at_right);
  if (best && gap_.empty()) gap_ = "whether " + left.of->profile.name() + " and " + right.of->profile.name() + " decide a flow alike is not decided";
  conclude();
}

}  // namespace npverify::verify
