// The domain of an invariant: which flows it speaks of, whether there are any, and what keeps an answer from being about all of them.
#include <algorithm>

#include "placement/placement.h"
#include "verify/invariant_run.h"
#include "verify/peer_domain.h"

namespace npverify::verify {

using logic::Expr;
using logic::Role;

namespace {

std::string join(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string few(std::vector<std::string> names) {
  const size_t more = names.size() > 3 ? names.size() - 3 : 0;
  if (more > 0) names.resize(3);
  return join(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::string runs_on_host(const std::vector<std::string>& names) {
  return few(names) + (names.size() == 1 ? " runs" : " run") + " with hostNetwork: NetworkPolicy does not apply to " + (names.size() == 1 ? "it" : "them");
}

}  // namespace

Placement InvariantRun::placement() const { return placement_of(context_.set, context_.invariant); }

std::optional<PathChoice> InvariantRun::listed_paths() const { return paths_of(context_.set, context_.invariant); }

bool InvariantRun::expired(const Exception& exception) const { return std::chrono::sys_days(exception.expires) < std::chrono::sys_days(context_.as_of); }

void InvariantRun::cap(const std::string& reason) {
  if (std::find(caps_.begin(), caps_.end(), reason) == caps_.end()) caps_.push_back(reason);
}

Expr InvariantRun::peer(const Peer& peer, Role role) { return peer_expr(pool_, peer, role, context_.snapshot, universe_); }

// What is left of a set of ends where the end is a host.
Expr InvariantRun::at_host(Expr e, Role role) {
  return pool_.substitute(e, [&](Expr atom) -> std::optional<Expr> {
    const logic::Atom a = pool_.atom_of(atom);
    if (a.role != role) return std::nullopt;
    using enum logic::AtomKind;
    if (a.kind == kind_is) return static_cast<logic::EndpointKind>(a.detail) == logic::EndpointKind::host ? logic::True : logic::False;
    const bool of_pods = a.kind == namespace_is || a.kind == label_is || a.kind == label_exists || a.kind == namespace_label_is || a.kind == namespace_label_exists || a.kind == service_account_is;
    return of_pods ? std::optional(logic::False) : std::nullopt;
  });
}

// Whether an end that is a host is in the set, whatever else is true of it.
bool InvariantRun::covers_hosts(Expr e, Role role) { return at_host(e, role).is_true(); }

bool InvariantRun::may_be_host(Expr e, Role role) { return !at_host(e, role).is_false(); }

void InvariantRun::note_caveats(const Peer& peer, const std::string& field, bool host_covered) {
  for (const std::string& missing : missing_for(peer, context_.snapshot)) cap(field + ": " + missing);
  if (!universe_.classes.nodes) host_covered = false;
  const HostNetworkPods pods = host_network_pods(peer, context_.snapshot);
  if (!pods.named.empty()) said_of_hosts_.push_back(field + ": " + runs_on_host(pods.named));
  if (!pods.named.empty() && !universe_.classes.nodes) cap(field + ": " + runs_on_host(pods.named) + ", and nodes are left out of the question");
  if (!pods.among_all.empty() && !host_covered) answer_.assumptions.insert(few(pods.among_all) + ": on the host network, so part of a node and not among " + to_string(peer));
  if (!pods.selected.empty() && !host_covered)
    cap(field + ": " + runs_on_host(pods.selected) + "; write hostNetwork: false to leave " + (pods.selected.size() == 1 ? "it" : "them") + " out, or hostNetwork: true to ask about " +
        (pods.selected.size() == 1 ? "its node" : "their nodes"));
}

Flows InvariantRun::flows(const Peer& from, const Peer& to, const PortSpec& ports) {
  return {peer(from, Role::source), peer(to, Role::destination), ports_expr(pool_, ports), to_string(from), to_string(to)};
}

void InvariantRun::add_exceptions() {
  std::vector<Expr> applied;
  const std::vector<path::Kind> asked = listed_paths() ? listed_paths()->kinds : std::vector{path::Kind::pod_ip};
  for (const Exception& exception : context_.invariant.except) {
    const bool over = expired(exception), covers = std::any_of(asked.begin(), asked.end(), [&](path::Kind kind) { return exception.covers(kind); });
    std::string said = exception.id + (over ? " (expired " : " (expires ") + to_string(exception.expires);
    said += over ? ": does not apply)" : !covers ? ": for other paths)" : ")";
    answer_.result.exceptions.push_back(std::move(said));
    if (!over && exception.covers(path::Kind::pod_ip)) applied.push_back(exception_expr(pool_, exception, context_.snapshot, universe_));
  }
  excepted_ = pool_.disjunction(std::move(applied));
}

void InvariantRun::add_assumptions() {
  for (const Assumption& assumption : context_.set.assume) {
    scope_.push_back(assumption_expr(pool_, assumption, context_.snapshot, universe_));
    answer_.assumptions.insert("assumed: " + assumption.text);
  }
  if (placement() == Placement::same_node) scope_.push_back(pool_.same_node());
  if (placement() == Placement::cross_node) scope_.push_back(pool_.negation(pool_.same_node()));
  if (placement() == Placement::observed && !std::holds_alternative<Capability>(context_.invariant.body)) keep_pods_where_they_are();
  // From one address outside to another is no flow of the cluster: no policy sees it.
  scope_.push_back(pool_.negation(pool_.both(pool_.kind_is(Role::source, logic::EndpointKind::outside), pool_.kind_is(Role::destination, logic::EndpointKind::outside))));
  if (!std::holds_alternative<Equivalent>(context_.invariant.body))  // what is not known is in the readings themselves
    for (const Role role : {Role::source, Role::destination}) scope_.push_back(pool_.peer_known(role));
}

// `placement: observed`: a template stands for its pods in the dump, each on its node.
void InvariantRun::keep_pods_where_they_are() {
  if (universe_.kind == world::UniverseKind::possible) return cap("placement: observed is about the pods of the dump, and the universe 'possible' holds pods that are in none; ask it with universe: declared or observed");
  std::map<std::string, std::set<std::string>> where;
  for (const auto& workload : context_.snapshot.workloads) {
    const auto subject = placement::subject_of(workload, context_.snapshot);
    where[subject.id].insert(subject.running_on.begin(), subject.running_on.end());
  }
  for (const auto& pod : context_.snapshot.pods)
    if (!pod.spec.node_name.empty()) where[pod.meta.namespace_name + "/Pod/" + pod.meta.name].insert(pod.spec.node_name);
  std::set<std::string> nodes;
  std::vector<std::string> nowhere;
  keeps_universe_ = true;
  std::erase_if(universe_.pods, [&](world::ClosedPod& closed) {
    const auto& here = where[closed.workload];
    if (here.empty()) nowhere.push_back(closed.workload);
    closed.nodes.emplace(here.begin(), here.end());
    nodes.insert(here.begin(), here.end());
    return here.empty();
  });
  if (!nowhere.empty()) answer_.assumptions.insert("placement: observed: of " + few(nowhere) + " no pod is on a node in the dump; left out");
  for (const Role role : {Role::source, Role::destination}) {
    std::vector<Expr> any{pool_.negation(pool_.kind_is(role, logic::EndpointKind::pod))};
    for (const std::string& node : nodes) any.push_back(pool_.node_is(role, node));
    scope_.push_back(pool_.disjunction(std::move(any)));
  }
}

std::vector<Expr> InvariantRun::domain_of(const Flows& flows) const {
  std::vector<Expr> all = scope_;
  for (const Expr e : {flows.from, flows.to, flows.ports}) all.push_back(e);
  return all;
}

void InvariantRun::narrow_to(const std::vector<Flows>& all) {
  std::vector<Expr> from, to;
  for (const Flows& flows : all) {
    from.push_back(flows.from);
    to.push_back(flows.to);
  }
  const Expr any_from = pool_.disjunction(std::move(from)), any_to = pool_.disjunction(std::move(to));
  auto known = std::make_unique<KnownEnds>(pool_, universe_, any_from, any_to);
  note_meshes(any_from, any_to, *known);
  const auto &sources = known->candidates(Role::source), &destinations = known->candidates(Role::destination);
  if (sources.empty() || destinations.empty()) return;  // an empty domain is told by the end that is empty
  universe_.sources = sources;
  universe_.destinations = destinations;
  known_ = std::move(known);
}

// In the universe of possible pods those of the workloads stand for what is there to be in a mesh.
void InvariantRun::note_meshes(Expr from, Expr to, const KnownEnds& known) {
  if (!context_.meshes || context_.meshes->empty()) return;
  const auto note = [&](const world::Universe& universe, const KnownEnds& ends) {
    for (const Role role : {Role::source, Role::destination})
      for (const uint32_t i : ends.candidates(role)) {
        const std::string& name = universe.pods[i].pod.name;
        const size_t slash = name.find('/');
        for (const std::string& id : {universe.pods[i].workload, slash == std::string::npos ? std::string() : name.substr(0, slash) + "/Pod" + name.substr(slash)})
          if (context_.meshes->contains(id)) answer_.meshed.insert(id);
      }
  };
  if (universe_.kind != world::UniverseKind::possible) return note(universe_, known);
  const world::Universe declared = world::make_universe(context_.snapshot, world::UniverseKind::declared, end_classes());
  note(declared, KnownEnds(pool_, declared, from, to));
}

bool InvariantRun::satisfiable(std::vector<Expr> asserted, const std::string& title) {
  return ask(asserted, context_.invariant.id + ": " + title).answer != smt::Answer::unsat;
}

bool InvariantRun::occupied(const std::vector<Flows>& all, Expr where) {
  const bool any = std::any_of(all.begin(), all.end(), [&](const Flows& flows) {
    std::vector<Expr> domain = domain_of(flows);
    for (const Expr out : {excepted_, flows.left_out}) domain.push_back(pool_.negation(out));
    domain.push_back(where);
    return satisfiable(std::move(domain), "domain");
  });
  if (any) return true;
  answer_.result.verdict = Verdict::vacuous;
  answer_.result.reason = why_vacuous(all, where);
  if (!caps_.empty()) answer_.result.reason += "; " + join(caps_, "; ");
  return false;
}

// The first part of the domain that is empty by itself, in the author's words.
std::string InvariantRun::why_vacuous(const std::vector<Flows>& all, Expr where) {
  const std::string universe = std::string(" in the universe '") + world::to_string(universe_.kind) + "'";
  for (const Flows& flows : all) {
    if (!satisfiable({flows.from}, "from")) return "nothing matches " + flows.from_text + universe;
    if (!satisfiable({flows.to}, "to")) return "nothing matches " + flows.to_text + universe;
    if (!satisfiable({flows.ports}, "ports")) return "no port is left: exceptPorts takes them all away";
    if (!satisfiable({flows.from, flows.to, flows.ports}, "flows")) return "no flow goes from " + flows.from_text + " to " + flows.to_text + universe;
    if (!satisfiable(domain_of(flows), "assumptions")) return "no flow from " + flows.from_text + " to " + flows.to_text + " fits the assumptions and the placement";
    std::vector<Expr> placed = domain_of(flows);
    placed.push_back(where);
    if (!satisfiable(std::move(placed), "nodes")) return "no node of any pool can hold both ends of a flow from " + flows.from_text + " to " + flows.to_text;
  }
  return "every flow of the domain is excepted";
}

}  // namespace npverify::verify
