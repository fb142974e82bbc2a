// From a solver's assignment to Kubernetes things. An assignment fixes only what the formula asks; the rest is chosen plain, and the oracle
// replays the result before anybody sees it.
#include <algorithm>
#include <set>

#include "base/diagnostics.h"
#include "smt/assignment.h"
#include "verify/question.h"

namespace npverify::verify {
namespace {

using base::Address;
using logic::EndpointKind;
using logic::Role;
using world::Endpoint;

const resource::Namespace* declared(const world::Universe& universe, const std::string& name) {
  for (const auto& ns : universe.namespaces)
    if (ns.meta.name == name) return &ns;
  return nullptr;
}

// A namespace of no policy and no object; the two ends of a flow may need two of them.
std::string fresh_namespace(const world::Universe& universe, const std::string& base_name) {
  std::string name = base_name;
  const auto taken = [&] { return declared(universe, name) || std::find(universe.unlabelled_namespaces.begin(), universe.unlabelled_namespaces.end(), name) != universe.unlabelled_namespaces.end(); };
  for (int i = 2; taken(); ++i) name = base_name + "-" + std::to_string(i);
  return name;
}

// A plain address of the set: a well-known example address outside, else one past the network address of the first interval.
Address plain_address(const base::AddressSet& set, const Address& lowest, EndpointKind kind, const std::set<Address>& avoid) {
  if (kind == EndpointKind::outside)
    for (const char* example : {"203.0.113.7", "198.51.100.7", "2001:db8::7"})
      if (const auto address = Address::parse(example); set.contains(*address) && !avoid.contains(*address)) return *address;
  for (const auto& interval : set.intervals()) {
    Address address = interval.first;
    const base::uint128 room = interval.last.bits - interval.first.bits;
    if (room > 2) address.bits += 2;
    for (base::uint128 i = 0; avoid.contains(address) && i < room; ++i) address.bits += 1;
    if (!avoid.contains(address) && address.bits <= interval.last.bits) return address;
  }
  return lowest;
}

// Nobody connects to port 0 of a protocol that has ports, and no engine can be asked about it: another port of the cell shows the same.
smt::Assignment with_real_port(smt::Assignment a) {
  base::PortSet real = a.ports.intersected(base::PortSet::range(1, 65535));
  if (a.protocol == base::Protocol::icmp || real.empty()) return a;
  a.port = real.intervals().front().first;
  a.ports = std::move(real);
  return a;
}

class Realisation {
 public:
  Realisation(const logic::Pool& pool, const world::Universe& universe, const smt::Assignment& a, const std::vector<logic::Expr>& mentioned, bool source_knows_destination)
      : pool_(pool), universe_(universe), a_(with_real_port(a)), mentioned_(mentioned) {
    w_.source_knows_destination = source_knows_destination;
  }

  Witness build() {
    w_.protocol = a_.protocol;
    w_.port = a_.port;
    w_.ports = a_.ports;
    w_.family = a_.family;
    w_.same_node = a_.same_node;
    if (universe_.kind != world::UniverseKind::possible) choose_closed_pods();
    w_.source = end(Role::source);
    w_.destination = end(Role::destination);
    choose_nodes();
    settle_addresses();
    declare_ports();
    return std::move(w_);
  }

 private:
  Endpoint end(Role role) {
    const smt::EndAssignment& e = a_.end(role);
    if (e.kind == EndpointKind::pod && universe_.kind != world::UniverseKind::possible)
      if (const auto* closed = closed_[role == Role::source ? 0 : 1]) return from_snapshot(*closed, e);
    Endpoint out{.kind = e.kind};
    if (e.kind == EndpointKind::host) return host(e);
    const Address address = take_address(e);
    out.addresses = {address};
    if (e.kind == EndpointKind::outside) {
      out.name = "ip:" + address.to_string();
      return out;
    }
    describe_pod(out, e, role);
    return out;
  }

  Address take_address(const smt::EndAssignment& e) {
    const Address address = plain_address(e.addresses, e.address, e.kind, used_);
    used_.insert(address);
    return address;
  }

  void describe_pod(Endpoint& out, const smt::EndAssignment& e, Role role) {
    out.namespace_name = e.namespace_name.value_or("");
    if (!e.namespace_name) out.namespace_name = shares_fresh_namespace(role) ? w_.source.namespace_name : fresh_namespace(universe_, role == Role::source ? "fresh" : "fresh-b");
    out.labels = {e.labels.begin(), e.labels.end()};
    if (const auto* ns = declared(universe_, out.namespace_name))
      out.namespace_labels = ns->meta.labels;
    else
      out.namespace_labels = {e.namespace_labels.begin(), e.namespace_labels.end()};
    out.namespace_labels["kubernetes.io/metadata.name"] = out.namespace_name;
    out.service_account = e.service_account.value_or("default");
    out.node = e.node.value_or("");
    out.name = out.namespace_name + (role == Role::source ? "/client" : "/server");
  }

  // Two ends in namespaces that no formula names are put in one where the labels allow it: fewer things to read.
  bool shares_fresh_namespace(Role role) const {
    return role == Role::destination && a_.source.kind == EndpointKind::pod && !a_.source.namespace_name && a_.source.namespace_labels == a_.destination.namespace_labels;
  }

  Endpoint host(const smt::EndAssignment& e) {
    for (const auto& known : universe_.hosts)
      if (const Address* address = known.address(a_.family); address && e.addresses.contains(*address) && (!e.node || *e.node == known.node)) {
        Endpoint out = known;
        used_.insert(*address);
        return out;
      }
    Endpoint out{.kind = EndpointKind::host, .node = e.node.value_or("node-1")};
    out.name = "node:" + out.node;
    out.addresses = {take_address(e)};
    return out;
  }

  // ------------------------------------------------------------------------------------------------------------- closed universes
  /// An atom that may be about one of the snapshot's pods, and what the assignment makes of it.
  struct Asked {
    logic::Expr atom;
    bool holds;
  };

  // Asked of the assignment once, not once a pod.
  std::vector<Asked> asked_of(Role role) const {
    using enum logic::AtomKind;
    std::vector<logic::Expr> atoms;
    for (const logic::Expr e : mentioned_) {
      const logic::AtomKind kind = pool_.atom_of(e).kind;
      const bool of_pod = kind == namespace_is || kind == label_is || kind == label_exists || kind == service_account_is || kind == port_named || kind == namespace_label_is || kind == namespace_label_exists || kind == address_in;
      if (of_pod && pool_.atom_of(e).role == role) atoms.push_back(e);
    }
    const std::vector<bool> holds = smt::evaluate_all(pool_, atoms, a_);
    std::vector<Asked> asked;
    for (size_t i = 0; i < atoms.size(); ++i) asked.push_back({atoms[i], holds[i]});
    return asked;
  }

  bool agrees(const std::vector<Asked>& asked, const world::ClosedPod& closed) const {
    using enum logic::AtomKind;
    const oracle::Cluster nobody;
    const world::Flow flow{.source = &closed.pod, .destination = &closed.pod, .protocol = a_.protocol, .port = a_.port, .family = a_.family};
    return std::all_of(asked.begin(), asked.end(), [&](const Asked& one) {
      const logic::Atom& atom = pool_.atom_of(one.atom);
      if ((atom.kind == namespace_label_is || atom.kind == namespace_label_exists) && !closed.namespace_known) return true;
      if (atom.kind == address_in && !closed.pod.address(a_.family)) return true;
      const bool free = std::find(closed.free_labels.begin(), closed.free_labels.end(), pool_.text(atom.name)) != closed.free_labels.end();
      return free || oracle::holds(pool_, atom, flow, nobody) == one.holds;
    });
  }

  static bool can_be_on(const world::ClosedPod& closed, const std::string& node) {
    if (!closed.pod.node.empty()) return closed.pod.node == node;
    return !closed.nodes || std::binary_search(closed.nodes->begin(), closed.nodes->end(), node);
  }

  std::vector<const world::ClosedPod*> candidates(Role role) const {
    std::vector<const world::ClosedPod*> found;
    const auto& node = a_.end(role).node;
    const std::vector<Asked> asked = asked_of(role);
    for (const auto& closed : universe_.pods)
      if ((!node || can_be_on(closed, *node)) && agrees(asked, closed)) found.push_back(&closed);
    return found;
  }

  // The pods of the snapshot that the ends stand for. A pod without a controller is there once.
  void choose_closed_pods() {
    const bool closed_source = a_.source.kind == EndpointKind::pod, closed_destination = a_.destination.kind == EndpointKind::pod;
    const auto sources = closed_source ? candidates(Role::source) : std::vector<const world::ClosedPod*>{nullptr};
    const auto destinations = closed_destination ? candidates(Role::destination) : std::vector<const world::ClosedPod*>{nullptr};
    for (const auto* source : sources)
      for (const auto* destination : destinations) {
        if (source && source == destination && !source->several) continue;
        closed_[0] = source;
        closed_[1] = destination;
        return;
      }
  }

  Endpoint from_snapshot(const world::ClosedPod& closed, const smt::EndAssignment& e) {
    Endpoint out = closed.pod;
    if (out.node.empty()) out.node = e.node.value_or("");
    for (const auto& key : closed.free_labels)
      if (const auto it = e.labels.find(key); it != e.labels.end()) out.labels[key] = it->second;
    if (!closed.namespace_known)
      for (const auto& [key, value] : e.namespace_labels) out.namespace_labels.emplace(key, value);
    if (out.name == w_.source.name) out.name += "-2";  // a second pod of one template
    if (!out.address(a_.family)) out.addresses = {take_address(e)};
    return out;
  }

  // ---------------------------------------------------------------------------------------------------------------- nodes, ports
  void choose_nodes() {
    Endpoint &s = w_.source, &d = w_.destination;
    std::vector<std::string> names;
    for (const auto& h : universe_.hosts) names.push_back(h.node);
    for (int i = 1; names.size() < 3; ++i) names.push_back("node-" + std::to_string(i));
    const auto other_than = [&](const std::string& node) { return *std::find_if(names.begin(), names.end(), [&](const auto& n) { return n != node; }); };
    for (Endpoint* end : {&s, &d}) {
      if (end->kind == EndpointKind::outside || !end->node.empty()) continue;
      const Endpoint& far = end == &s ? d : s;
      if (far.kind == EndpointKind::outside || far.node.empty())
        end->node = names[0];
      else
        end->node = a_.same_node ? far.node : other_than(far.node);
    }
  }

  // A pod whose address was free gets one of its node's range, where the formulas cannot tell it from the address it has.
  void settle_addresses() {
    for (const Role role : {Role::source, Role::destination}) {
      Endpoint& end = role == Role::source ? w_.source : w_.destination;
      const auto* closed = closed_[role == Role::source ? 0 : 1];
      const auto range = universe_.pod_ranges.find(end.node);
      if (end.kind != EndpointKind::pod || range == universe_.pod_ranges.end() || (closed && closed->pod.address(a_.family))) continue;
      const smt::EndAssignment& e = a_.end(role);
      const base::AddressSet near = e.addresses.intersected(range->second);
      if (near.empty() || range->second.contains(end.addresses[0])) continue;
      used_.erase(end.addresses[0]);
      end.addresses = {plain_address(near, end.addresses[0], e.kind, used_)};
      used_.insert(end.addresses[0]);
    }
  }

  bool closed_end(const Endpoint& end) const { return universe_.kind != world::UniverseKind::possible && end.kind == EndpointKind::pod; }

  // Ports by name: each declaration in a container of its own, since a name may stand only once in a container.
  void declare_ports() {
    for (const Role role : {Role::source, Role::destination}) {
      Endpoint& end = role == Role::source ? w_.source : w_.destination;
      if (closed_end(end)) continue;
      for (const auto& named : a_.named_ports)
        if (named.role == role) declare(end, named);
      for (const auto& named : a_.other_named_ports)
        if (named.role == role) end.ports.push_back({.name = named.name, .number = another_port(), .protocol = named.protocol});
    }
    add_bystanders();
  }

  base::Port another_port() const { return a_.port == 65535 ? base::Port{1} : static_cast<base::Port>(a_.port + 1); }

  bool is_named(Role role, const std::string& name, base::Protocol protocol, logic::PortNames names) const {
    return std::any_of(a_.named_ports.begin(), a_.named_ports.end(), [&](const auto& n) { return n.role == role && n.name == name && n.protocol == protocol && n.names == names; });
  }

  bool mentions_last(Role role, const std::string& name, base::Protocol protocol) const {
    return std::any_of(mentioned_.begin(), mentioned_.end(), [&](logic::Expr e) {
      const logic::Atom& a = pool_.atom_of(e);
      return a.kind == logic::AtomKind::port_named && a.role == role && a.names == logic::PortNames::last && pool_.text(a.name) == name && static_cast<base::Protocol>(a.detail) == protocol;
    });
  }

  void declare(Endpoint& end, const smt::NamedPortAssignment& named) {
    using enum logic::PortNames;
    resource::ContainerPort port{.name = named.name, .number = a_.port, .protocol = named.protocol};
    if (named.names == last && is_named(named.role, named.name, named.protocol, containers)) return;  // declared as a container's
    if (named.names == sidecars) port.container = resource::ContainerKind::sidecar;
    if (named.names == inits) port.container = resource::ContainerKind::init;
    end.ports.push_back(port);
    const bool overridden = named.names == containers && mentions_last(named.role, named.name, named.protocol) && !is_named(named.role, named.name, named.protocol, last);
    if (!overridden) return;
    port.number = another_port();
    end.ports.push_back(port);
  }

  // What other pods must declare for the cluster-wide table of names to be as the assignment has it.
  void add_bystanders() {
    for (const logic::Expr e : mentioned_) {
      const logic::Atom& atom = pool_.atom_of(e);
      if (atom.kind != logic::AtomKind::port_named_in_cluster) continue;
      const std::string& name = pool_.text(atom.name);
      const auto protocol = static_cast<base::Protocol>(atom.detail);
      if (protocol != a_.protocol) continue;
      const bool wanted = smt::evaluate(pool_, e, a_);
      if (names_port(name, protocol, nullptr) == wanted) continue;
      if (universe_.kind == world::UniverseKind::possible)
        w_.bystanders.push_back(bystander(name, protocol, wanted ? a_.port : another_port()));
      else
        add_closed_bystander(name, protocol, wanted);
    }
  }

  // Do the pods of the witness, and `more`, agree on the flow's port for the name?
  bool names_port(const std::string& name, base::Protocol protocol, const Endpoint* more) const {
    std::vector<const Endpoint*> pods;
    for (const auto* end : {&w_.source, &w_.destination})
      if (end->kind == EndpointKind::pod && (end == &w_.source || w_.source_knows_destination)) pods.push_back(end);
    for (const auto& pod : w_.bystanders) pods.push_back(&pod);
    if (more) pods.push_back(more);
    return a_.port != 0 && oracle::cluster_port_names(pods)(name, protocol) == a_.port;
  }

  // In a closed universe the table is that of its pods: one of them settles it.
  void add_closed_bystander(const std::string& name, base::Protocol protocol, bool wanted) {
    for (const auto& closed : universe_.pods) {
      if (closed.pod.name == w_.source.name || closed.pod.name == w_.destination.name || names_port(name, protocol, &closed.pod) != wanted) continue;
      Endpoint pod = closed.pod;
      if (pod.addresses.empty()) {
        pod.addresses = {plain_address(universe_.addresses.pods.only(a_.family), Address{a_.family, 1}, EndpointKind::pod, used_)};
        used_.insert(pod.addresses[0]);
      }
      if (pod.node.empty()) pod.node = w_.source.node.empty() ? w_.destination.node : w_.source.node;
      return w_.bystanders.push_back(std::move(pod));
    }
  }

  Endpoint bystander(const std::string& name, base::Protocol protocol, base::Port number) {
    Endpoint pod{.kind = EndpointKind::pod, .namespace_name = fresh_namespace(universe_, "bystanders"), .service_account = "default"};
    pod.name = pod.namespace_name + "/bystander-" + std::to_string(w_.bystanders.size() + 1);
    pod.namespace_labels = {{"kubernetes.io/metadata.name", pod.namespace_name}};
    pod.node = w_.source.node.empty() ? w_.destination.node : w_.source.node;
    pod.addresses = {plain_address(universe_.addresses.pods.only(a_.family), Address{a_.family, 1}, EndpointKind::pod, used_)};
    used_.insert(pod.addresses[0]);
    pod.ports = {{.name = name, .number = number, .protocol = protocol}};
    return pod;
  }

  const logic::Pool& pool_;
  const world::Universe& universe_;
  const smt::Assignment a_;
  const std::vector<logic::Expr>& mentioned_;
  Witness w_;
  std::set<Address> used_;
  const world::ClosedPod* closed_[2] = {};
};

}  // namespace

Witness realise(const logic::Pool& pool, const world::Universe& universe, const smt::Assignment& assignment, const std::vector<logic::Expr>& mentioned,
                bool source_knows_destination) {
  return Realisation(pool, universe, assignment, mentioned, source_knows_destination).build();
}

}  // namespace npverify::verify
