#include "verify/list.h"

#include <algorithm>
#include <future>
#include <set>

#include "base/diagnostics.h"
#include "verify/limits.h"

namespace npverify::verify {
namespace {

policy::ClusterFacts facts_of(const resource::Snapshot& snapshot) {
  const world::AddressPlan plan = world::plan_addresses(snapshot);
  return {plan.ipv4, plan.ipv6};
}

reach::PortTable table_of(const std::vector<base::Protocol>& protocols) {
  reach::PortTable table;
  for (const auto protocol : protocols) table.of(protocol) = reach::PortTable::all().of(protocol);
  return table;
}

std::string namespace_of(const std::string& name) { return name.substr(0, name.find('/')); }

/// Does some selector ask for a label that a namespace without an object could have?
bool asks_namespace_labels(const logic::Pool& pool, const policy::Reading& reading) {
  std::vector<logic::Expr> peers;
  for (const auto d : policy::both_directions)
    for (const auto& policy : reading.direction(d).policies)
      for (const auto& rule : policy.rules) peers.push_back(rule.peer);
  const auto atoms = pool.atoms_of(peers);
  return std::any_of(atoms.begin(), atoms.end(), [&](logic::Expr e) {
    const auto& a = pool.atom_of(e);
    const bool of_namespace = a.kind == logic::AtomKind::namespace_label_is || a.kind == logic::AtomKind::namespace_label_exists;
    return of_namespace && pool.text(a.name) != "kubernetes.io/metadata.name";
  });
}

}  // namespace

struct ConnectionList::State {
  State(const resource::Snapshot& snapshot, const semantics::Profile& profile, const ListOptions& o)
      : options(o), making_world(std::async(std::launch::async, [&] { return reach::closed_world(snapshot, o.universe, o.ends); })),
        reading(policy::read_policies(pool, snapshot, facts_of(snapshot), profile)), world(making_world.get()),
        pairs(pool, reading, world, table_of(o.protocols)), policies(snapshot.network_policies.size()) {
    side = {reading.profile, reading.refused};
    find_focus();
    note_limits(snapshot);
  }

  void find_focus() {
    if (options.focus.empty()) return;
    std::set<std::string> names;
    for (const auto& end : world.workloads) names.insert({end.name, namespace_of(end.name)});
    for (const auto& name : options.focus) {
      if (names.contains(name)) continue;
      const auto near = base::nearest(name, {names.begin(), names.end()});
      throw base::InputError("error: no workload or namespace '" + name + "' in the manifests" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
    }
    for (const auto& end : world.workloads)
      focused.push_back(std::any_of(options.focus.begin(), options.focus.end(), [&](const auto& name) { return name == end.name || name == namespace_of(end.name); }));
  }

  void note_limits(const resource::Snapshot& snapshot) {
    for (const auto& [id, axis] : side.profile.axes)
      if (axis.gap()) limits.gaps.push_back("axis " + id + ": no evidence for " + side.profile.name());
    note_assumed(side.profile, AxesAsked::all, limits);
    note_unmodelled(snapshot, limits);
    note_unknown_pods(snapshot, world.universe.kind, limits);
    std::set<std::string> datapath;
    for (const auto d : policy::both_directions)
      for (const auto& drop : reading.direction(d).drops) datapath.insert(side.profile.name() + ": " + drop.sentence);
    limits.datapath.assign(datapath.begin(), datapath.end());
    assumptions = world.universe.addresses.sources;
    if (world.unlabelled_namespaces.empty() || !asks_namespace_labels(pool, reading)) return;
    limits.partial = true;
    std::string names;
    for (const auto& name : world.unlabelled_namespaces) names += (names.empty() ? "" : ", ") + name;
    assumptions.push_back("namespaces without a Namespace object are taken to have no label but their name: " + names);
  }

  /// A condition on flows, of the protocols that are listed.
  logic::Expr asked(logic::Expr when) {
    return pool.substitute(when, [&](logic::Expr atom) -> std::optional<logic::Expr> {
      const logic::Atom a = pool.atom_of(atom);
      if (a.kind != logic::AtomKind::protocol_is) return std::nullopt;
      const auto listed = std::find(options.protocols.begin(), options.protocols.end(), static_cast<base::Protocol>(a.detail));
      return listed == options.protocols.end() ? std::optional(logic::False) : std::nullopt;
    });
  }

  /// Why an answer is unknown: the gaps of the reading, an axis each. Called once something is.
  void note_unknown() {
    any_unknown = true;
    std::set<std::string> told;
    for (const auto d : policy::both_directions)
      for (const auto& gap : reading.direction(d).gaps)
        if (!asked(gap.when).is_false() && told.insert(gap.axis).second) limits.gaps.push_back("axis " + gap.axis + ": " + gap.reason);
  }

  ListOptions options;
  logic::Pool pool;
  std::future<reach::ClosedWorld> making_world;  // beside the reading, which does not ask for it
  policy::Reading reading;
  reach::ClosedWorld world;
  reach::AllPairs pairs;
  size_t policies;
  SideInfo side;
  Limits limits;
  std::vector<std::string> assumptions;
  std::vector<bool> focused;  // empty: everything
  bool any_unknown = false;
};

ConnectionList::ConnectionList(const resource::Snapshot& snapshot, const semantics::Profile& profile, const ListOptions& options) {
  if (options.universe == world::UniverseKind::possible) throw base::InputError("error: a list needs pods that are there: --universe declared or observed\n");
  state_ = std::make_unique<State>(snapshot, profile, options);
}
ConnectionList::ConnectionList(ConnectionList&&) noexcept = default;
ConnectionList::~ConnectionList() = default;

const SideInfo& ConnectionList::side() const { return state_->side; }
const reach::ClosedWorld& ConnectionList::world() const { return state_->world; }
const ListOptions& ConnectionList::options() const { return state_->options; }
const Limits& ConnectionList::limits() const { return state_->limits; }
const std::vector<std::string>& ConnectionList::assumptions() const { return state_->assumptions; }
size_t ConnectionList::policies() const { return state_->policies; }
bool ConnectionList::isolated(uint32_t workload, policy::Direction direction) const { return state_->pairs.isolated(workload, direction); }
bool ConnectionList::in_focus(uint32_t workload) const { return state_->focused.empty() || state_->focused[workload]; }

void ConnectionList::list(const std::function<void(const reach::Connection&)>& found) {
  state_->pairs.list(
      [&](const reach::Connection& connection) {
        if (!state_->any_unknown && !connection.reach->unknown.empty()) state_->note_unknown();
        found(connection);
      },
      [&](uint32_t workload) { return in_focus(workload); });
}

reach::Counts ConnectionList::count() {
  const reach::Counts counts = state_->pairs.count();
  if (!state_->any_unknown && counts.any_unknown) state_->note_unknown();
  return counts;
}

int ConnectionList::exit_code() const { return state_->any_unknown || state_->limits.partial || state_->world.workloads.empty() ? 3 : 0; }

}  // namespace npverify::verify
