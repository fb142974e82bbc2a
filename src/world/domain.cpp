// What the ends of a flow can be, as formulas over the atoms that a question mentions.
//
// Closed universes: pods that no mentioned atom tells apart are interchangeable in every formula over these atoms, so one disjunct a class
// of such pods is exact. Open ones: the laws of labels and intervals (smt/laws) leave every other pod possible by themselves.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>

#include "world/domain.h"

namespace npverify::world {
namespace {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;
using logic::Pool;
using logic::Role;

class Domain {
 public:
  Domain(Pool& pool, const Universe& universe, const std::vector<Expr>& mentioned, const std::vector<Expr>& asserted) : pool_(pool), universe_(universe), asserted_(asserted) {
    for (const Expr e : mentioned) {
      const Atom& a = pool.atom_of(e);
      if (a.kind == AtomKind::port_named_in_cluster) cluster_ports_.push_back(e);
      if (a.kind == AtomKind::same_node) asks_node_ = true;
    }
    if (universe.kind != UniverseKind::possible)
      for (const Expr e : asserted) {
        read_exclusion(e);
        read_inclusion(e);
      }
    for (const Expr e : mentioned) {
      const Atom& a = pool.atom_of(e);
      if (about_an_end(a.kind) && !(a.kind == AtomKind::namespace_is && excluded(a.role).contains(pool.text(a.name)))) (a.role == Role::source ? source_ : destination_).push_back(e);
    }
  }

  Expr build() {
    std::vector<Expr> all{pool_.negation(pool_.same_endpoint())};
    // No connection goes to port 0 of TCP, UDP or SCTP; ICMP has no ports, and 0 stands for none.
    all.push_back(pool_.either(pool_.protocol_is(base::Protocol::icmp), pool_.port_in(base::PortSet::range(1, 65535))));
    if (!universe_.addresses.ipv6) all.push_back(pool_.family_is(base::Family::ipv4));
    if (!universe_.addresses.ipv4) all.push_back(pool_.family_is(base::Family::ipv6));
    for (const Role role : {Role::source, Role::destination}) {
      all.push_back(kinds(role));
      all.push_back(universe_.kind == UniverseKind::possible ? namespace_labels(role) : pool_.both(closed_pods(role), hosts_on_their_nodes(role)));
    }
    if (universe_.kind != UniverseKind::possible) all.push_back(closed_cluster_ports());
    if (universe_.kind != UniverseKind::possible) all.push_back(no_pod_twice());
    return pool_.conjunction(std::move(all));
  }

 private:
  static bool about_an_end(AtomKind kind) {
    switch (kind) {
      case AtomKind::kind_is:
      case AtomKind::namespace_is:
      case AtomKind::label_is:
      case AtomKind::label_exists:
      case AtomKind::namespace_label_is:
      case AtomKind::namespace_label_exists:
      case AtomKind::service_account_is:
      case AtomKind::node_is:
      case AtomKind::address_in:
      case AtomKind::port_named: return true;
      case AtomKind::family_is:
      case AtomKind::protocol_is:
      case AtomKind::port_in:
      case AtomKind::port_named_in_cluster:
      case AtomKind::same_node:
      case AtomKind::same_endpoint:
      case AtomKind::peer_known:
      case AtomKind::flag: return false;
    }
    return false;
  }

  const std::vector<Expr>& atoms(Role role) const { return role == Role::source ? source_ : destination_; }
  const std::unordered_set<std::string_view>& excluded(Role role) const { return excluded_[role == Role::source ? 0 : 1]; }

  struct Names {
    Role role;
    std::unordered_set<std::string_view> names;
  };

  // match: the end is in a, or in b, ...
  std::optional<Names> namespaces_in(Expr e) const {
    const std::vector<Expr> parts = pool_.op(e) == logic::Op::disjunction ? pool_.args(e) : std::vector<Expr>{e};
    const auto names_one = [&](Expr part) { return pool_.op(part) == logic::Op::atom && pool_.atom_of(part).kind == AtomKind::namespace_is && pool_.atom_of(part).role == pool_.atom_of(parts[0]).role; };
    if (!std::all_of(parts.begin(), parts.end(), names_one)) return std::nullopt;
    Names found{pool_.atom_of(parts[0]).role, {}};
    for (const Expr part : parts) found.names.insert(pool_.text(pool_.atom_of(part).name));
    return found;
  }

  // match: not (the end is in a, or in b, ...)   result: pods there are no ends, and these atoms, false already, tell no two pods apart
  void read_exclusion(Expr e) {
    if (pool_.op(e) != logic::Op::negation) return;
    if (auto found = namespaces_in(*pool_.args_begin(e))) excluded_[found->role == Role::source ? 0 : 1].merge(found->names);
  }

  // match: the end is in a, or in b, ...   result: pods elsewhere are no ends
  void read_inclusion(Expr e) {
    if (auto found = namespaces_in(e)) included_[found->role == Role::source ? 0 : 1].push_back(std::move(found->names));
  }

  Expr kinds(Role role) {
    const auto when = [&](bool wanted, EndpointKind kind, const base::AddressSet& addresses) {
      return wanted ? pool_.both(pool_.kind_is(role, kind), pool_.address_in(role, addresses)) : logic::False;
    };
    return pool_.disjunction({when(universe_.classes.pods, EndpointKind::pod, universe_.addresses.pods),
                              when(universe_.classes.nodes, EndpointKind::host, universe_.addresses.nodes),
                              when(universe_.classes.external, EndpointKind::outside, universe_.addresses.external)});
  }

  // A declared namespace has the labels of its object, and no others. One that no atom names is a namespace like a fresh one, whose labels
  // are free, so only the named ones need be told. An end is in one namespace at most, so a question about a label can be answered for all of
  // them at once: in those that have it, yes; in any other of the named ones, no. That is as long as the labels are many; every question
  // answered for every namespace would be their product.
  Expr namespace_labels(Role role) {
    std::set<std::string> named;
    for (const Expr e : atoms(role)) {
      const Atom& a = pool_.atom_of(e);
      if (a.kind == AtomKind::namespace_is) named.insert(pool_.text(a.name));
      if (a.kind == AtomKind::namespace_label_is && pool_.text(a.name) == "kubernetes.io/metadata.name") named.insert(pool_.text(a.value));
    }
    std::vector<Expr> told;                                                   // the end is in a namespace whose labels are known
    std::map<std::string_view, std::vector<Expr>> with_key;                   // ... that has the key
    std::map<std::pair<std::string_view, std::string_view>, std::vector<Expr>> with_value;
    for (const auto& ns : universe_.namespaces) {
      if (!named.contains(ns.meta.name)) continue;
      told.push_back(pool_.namespace_is(role, ns.meta.name));
      for (const auto& [key, value] : ns.meta.labels) {
        with_key[key].push_back(told.back());
        with_value[{key, value}].push_back(told.back());
      }
    }
    if (told.empty()) return logic::True;
    const Expr in_told = pool_.disjunction(told);
    const auto having = [&](const auto& found, const auto& end) { return found == end ? logic::False : pool_.disjunction(found->second); };
    std::vector<Expr> all;
    for (const Expr e : atoms(role)) {
      const Atom a = pool_.atom_of(e);
      if (a.kind != AtomKind::namespace_label_is && a.kind != AtomKind::namespace_label_exists) continue;
      const std::string_view key = pool_.text(a.name), value = pool_.text(a.value);
      const Expr has = a.kind == AtomKind::namespace_label_exists ? having(with_key.find(key), with_key.end()) : having(with_value.find({key, value}), with_value.end());
      all.push_back(pool_.implies(has, e));
      all.push_back(pool_.implies(pool_.both(in_told, e), has));
    }
    return pool_.conjunction(std::move(all));
  }

  // ------------------------------------------------------------------------------------------------------------- closed universes
  Expr closed_pods(Role role) {
    std::set<std::vector<Expr>> cubes;
    Demands demands = demands_of_pods(role);
    for (size_t i = 0; i < universe_.pods.size(); ++i)
      if (can_be(role, i) && may_satisfy(universe_.pods[i], demands)) cubes.insert(cube(role, universe_.pods[i]));
    std::vector<Expr> any{pool_.negation(pool_.kind_is(role, EndpointKind::pod))};
    for (const auto& literals : cubes) any.push_back(pool_.conjunction(literals));
    return pool_.disjunction(std::move(any));
  }

  bool can_be(Role role, size_t pod) const {
    const auto& only = role == Role::source ? universe_.sources : universe_.destinations;
    const std::string& name = universe_.pods[pod].pod.namespace_name;
    const auto& included = included_[role == Role::source ? 0 : 1];
    return !excluded(role).contains(name) && std::all_of(included.begin(), included.end(), [&](const auto& names) { return names.contains(name); }) && (!only || std::binary_search(only->begin(), only->end(), static_cast<uint32_t>(pod)));
  }

  // Asserted formulas that speak of this end alone. Every pod is held to them, so only short ones: who an end may be, not what policies say of it.
  std::vector<Expr> demands_on(Role role) const {
    constexpr size_t small = 16;
    std::vector<Expr> out;
    for (const Expr e : asserted_) {
      const auto atoms = pool_.atoms_of({e});
      const bool alone = std::all_of(atoms.begin(), atoms.end(), [&](Expr atom) { return about_an_end(pool_.atom_of(atom).kind) && pool_.atom_of(atom).role == role; });
      if (alone && atoms.size() <= small) out.push_back(e);
    }
    return out;
  }

  /// What is demanded of the pods at one end. Most pods say the same of the few atoms, so each answer is worked out once.
  struct Demands {
    std::vector<Expr> formulas, atoms;
    std::map<std::vector<Expr>, bool> known;  ///< by what a pod says of the atoms
  };

  Demands demands_of_pods(Role role) const {
    Demands demands{.formulas = demands_on(role)};
    demands.atoms = pool_.atoms_of(demands.formulas);
    return demands;
  }

  /// False only where no flow of this pod at the end that the demands speak of satisfies all of them.
  bool may_satisfy(const ClosedPod& closed, Demands& demands) {
    std::vector<Expr> said;
    for (const Expr atom : demands.atoms) said.push_back(literal(atom, closed));
    const auto [it, fresh] = demands.known.try_emplace(std::move(said), true);
    if (fresh) it->second = may_satisfy(closed, demands.formulas);
    return it->second;
  }

  bool may_satisfy(const ClosedPod& closed, const std::vector<Expr>& demands) {
    const auto answer = [&](Expr atom) -> std::optional<Expr> {
      const Expr said = literal(atom, closed);
      if (said == atom) return logic::True;
      return said == pool_.negation(atom) ? std::optional(logic::False) : std::nullopt;
    };
    return std::none_of(demands.begin(), demands.end(), [&](Expr demand) { return pool_.substitute(demand, answer).is_false(); });
  }

  /// False only where the demands keep hosts from this end.
  bool may_be_host(Role role) {
    const auto answer = [&](Expr atom) -> std::optional<Expr> {
      const Atom& a = pool_.atom_of(atom);
      if (a.kind != AtomKind::kind_is) return std::nullopt;
      return static_cast<EndpointKind>(a.detail) == EndpointKind::host ? logic::True : logic::False;
    };
    const std::vector<Expr> demands = demands_on(role);
    return std::none_of(demands.begin(), demands.end(), [&](Expr demand) { return pool_.substitute(demand, answer).is_false(); });
  }

  // Pods of a closed universe may be bound to nodes, so there it matters which node a host is.
  Expr hosts_on_their_nodes(Role role) {
    if (!asks_node_ || universe_.hosts.empty() || !may_be_host(role)) return logic::True;
    std::vector<Expr> any{pool_.negation(pool_.kind_is(role, EndpointKind::host))};
    for (const auto& host : universe_.hosts) {
      base::AddressSet addresses;
      for (const auto& address : host.addresses) addresses = addresses.united(base::AddressSet::of(address));
      any.push_back(pool_.both(pool_.node_is(role, host.node), pool_.address_in(role, addresses)));
    }
    return pool_.disjunction(std::move(any));
  }

  std::vector<Expr> cube(Role role, const ClosedPod& closed) {
    std::vector<Expr> literals{pool_.kind_is(role, EndpointKind::pod)};
    for (const Expr e : atoms(role)) literals.push_back(literal(e, closed));
    if (asks_node_ && !closed.pod.node.empty()) literals.push_back(pool_.node_is(role, closed.pod.node));
    for (const auto family : {base::Family::ipv4, base::Family::ipv6})  // of a pod with an address, though no atom asks for it
      if (!closed.pod.addresses.empty() && !closed.pod.address(family)) literals.push_back(pool_.negation(pool_.family_is(family)));
    std::erase(literals, logic::True);
    return literals;
  }

  // What the pod says of one atom: true, false, a set of ports, or nothing (True).
  Expr literal(Expr e, const ClosedPod& closed) {
    const Atom a = pool_.atom_of(e);
    if (a.kind == AtomKind::port_named) return pool_.same(e, named(a, closed.pod));
    const std::string& key = pool_.text(a.name);
    const bool is_label = a.kind == AtomKind::label_is || a.kind == AtomKind::label_exists;
    if (is_label && std::find(closed.free_labels.begin(), closed.free_labels.end(), key) != closed.free_labels.end()) return logic::True;
    const bool is_namespace_label = a.kind == AtomKind::namespace_label_is || a.kind == AtomKind::namespace_label_exists;
    if (is_namespace_label && !closed.namespace_known && key != "kubernetes.io/metadata.name") return logic::True;
    if (a.kind == AtomKind::address_in) return address(e, a, closed.pod);
    if (a.kind == AtomKind::node_is && closed.pod.node.empty()) {
      const bool can = !closed.nodes || std::binary_search(closed.nodes->begin(), closed.nodes->end(), key);
      return can ? logic::True : pool_.negation(e);
    }
    return says(a, closed.pod) ? e : pool_.negation(e);
  }

  bool says(const Atom& a, const Endpoint& pod) const {
    const std::string& name = pool_.text(a.name);
    const auto is = [&](const resource::Labels& labels) {
      const auto it = labels.find(name);
      return it != labels.end() && it->second == pool_.text(a.value);
    };
    switch (a.kind) {
      case AtomKind::kind_is: return static_cast<EndpointKind>(a.detail) == EndpointKind::pod;
      case AtomKind::namespace_is: return pod.namespace_name == name;
      case AtomKind::label_is: return is(pod.labels);
      case AtomKind::label_exists: return pod.labels.contains(name);
      case AtomKind::namespace_label_is: return is(pod.namespace_labels);
      case AtomKind::namespace_label_exists: return pod.namespace_labels.contains(name);
      case AtomKind::service_account_is: return pod.service_account == name;
      case AtomKind::node_is: return pod.node == name;
      default: return false;
    }
  }

  // In each family that the pod has, its address is in the set or not; a pod without the family has no such flows.
  Expr address(Expr e, const Atom& a, const Endpoint& pod) {
    if (pod.addresses.empty()) return logic::True;
    std::vector<Expr> by_family;
    for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
      const base::Address* address = pod.address(family);
      if (!address)
        by_family.push_back(pool_.negation(pool_.family_is(family)));
      else
        by_family.push_back(pool_.implies(pool_.family_is(family), pool_.addresses(a).contains(*address) ? e : pool_.negation(e)));
    }
    return pool_.conjunction(std::move(by_family));
  }

  Expr named(const Atom& a, const Endpoint& pod) {
    const auto protocol = static_cast<base::Protocol>(a.detail);
    base::PortSet numbers;
    const resource::ContainerPort* last = nullptr;
    for (const auto& port : pod.ports) {
      if (port.name != pool_.text(a.name)) continue;
      const bool regular = port.container == resource::ContainerKind::regular;
      if (regular) last = &port;
      const bool counts = (a.names == logic::PortNames::containers && regular) ||
                          (a.names == logic::PortNames::sidecars && port.container == resource::ContainerKind::sidecar) ||
                          (a.names == logic::PortNames::inits && port.container == resource::ContainerKind::init);
      if (counts && port.protocol == protocol) numbers = numbers.united(base::PortSet::range(port.number, port.number));
    }
    if (a.names == logic::PortNames::last && last && last->protocol == protocol) numbers = base::PortSet::range(last->number, last->number);
    return pool_.both(pool_.protocol_is(protocol), pool_.port_in(numbers));
  }

  Expr closed_cluster_ports() {
    std::vector<Expr> all;
    for (const Expr e : cluster_ports_) {
      const Atom a = pool_.atom_of(e);
      const auto protocol = static_cast<base::Protocol>(a.detail);
      std::set<base::Port> numbers;
      for (const auto& closed : universe_.pods) {
        const resource::ContainerPort* last = nullptr;
        for (const auto& port : closed.pod.ports)
          if (port.name == pool_.text(a.name) && port.container == resource::ContainerKind::regular) last = &port;
        if (last && last->protocol == protocol) numbers.insert(last->number);
      }
      const base::PortSet agreed = numbers.size() == 1 ? base::PortSet::range(*numbers.begin(), *numbers.begin()) : base::PortSet();
      all.push_back(pool_.same(e, pool_.both(pool_.protocol_is(protocol), pool_.port_in(agreed))));
    }
    return pool_.conjunction(std::move(all));
  }

  using Cube = std::vector<Expr>;
  Cube sorted_cube(Role role, const ClosedPod& closed) {
    Cube literals = cube(role, closed);
    std::sort(literals.begin(), literals.end());
    return literals;
  }

  // What a pod says for sure of the atoms whose answers are yes or no; nothing where it leaves one open.
  std::optional<Cube> told(Role role, const ClosedPod& closed) {
    Cube literals;
    for (const Expr e : atoms(role)) {
      const AtomKind kind = pool_.atom_of(e).kind;
      if (kind == AtomKind::node_is || kind == AtomKind::address_in || kind == AtomKind::port_named) continue;
      literals.push_back(literal(e, closed));
      if (literals.back() == logic::True) return std::nullopt;
    }
    return literals;
  }

  /// The cubes of all pods that can be one end.
  struct Cubes {
    std::vector<Cube> of_pod;                         ///< empty: it cannot be the end
    std::map<Cube, size_t> alike;                     ///< how many pods have a cube
    std::map<Cube, std::vector<const Cube*>> by_told;  ///< keys of `alike` by what their pods say for sure: those of two keys contradict
    std::vector<const Cube*> loose;                   ///< those that leave something open
  };

  Cubes cubes_of(Role role) {
    Cubes cubes;
    Demands demands = demands_of_pods(role);
    for (size_t i = 0; i < universe_.pods.size(); ++i) {
      const bool can = can_be(role, i) && may_satisfy(universe_.pods[i], demands);
      cubes.of_pod.push_back(can ? sorted_cube(role, universe_.pods[i]) : Cube{});
      if (!can) continue;
      const auto [it, fresh] = cubes.alike.try_emplace(cubes.of_pod.back(), 0);
      ++it->second;
      if (!fresh) continue;
      const auto sure = told(role, universe_.pods[i]);
      (sure ? cubes.by_told[*sure] : cubes.loose).push_back(&it->first);
    }
    return cubes;
  }

  // Of pods without a controller each is there once: two ends are never the same one.
  // Both ends can be told from their cubes to be one pod only where no other pod fits either end. Cubes of two pods can both hold although
  // they differ: in what their port names stand for (on other ports), or in what is free of one of them.
  Expr no_pod_twice() {
    const auto there_once = [&](size_t i) { return !universe_.pods[i].several && can_be(Role::source, i) && can_be(Role::destination, i); };
    std::vector<size_t> once;
    for (size_t i = 0; i < universe_.pods.size(); ++i)
      if (there_once(i)) once.push_back(i);
    if (once.empty()) return logic::True;
    const Cubes sources = cubes_of(Role::source), destinations = cubes_of(Role::destination);
    std::vector<Expr> all;
    for (const size_t i : once) {
      const Cube &source = sources.of_pod[i], &destination = destinations.of_pod[i];
      if (source.empty() || destination.empty() || sources.alike.at(source) > 1 || destinations.alike.at(destination) > 1) continue;
      std::vector<Expr> only_this{pool_.conjunction(source), pool_.conjunction(destination)};
      exclude_others(sources, Role::source, i, only_this);
      exclude_others(destinations, Role::destination, i, only_this);
      all.push_back(pool_.negation(pool_.conjunction(std::move(only_this))));
    }
    return pool_.conjunction(std::move(all));
  }

  void exclude_others(const Cubes& cubes, Role role, size_t pod, std::vector<Expr>& asserted) {
    const Cube& own = cubes.of_pod[pod];
    const auto exclude = [&](const std::vector<const Cube*>& others) {
      for (const Cube* other : others)
        if (*other != own && !contradict(own, *other)) asserted.push_back(pool_.negation(pool_.conjunction(*other)));
    };
    exclude(cubes.loose);
    if (const auto sure = told(role, universe_.pods[pod])) {
      exclude(cubes.by_told.at(*sure));
    } else {
      for (const auto& [key, others] : cubes.by_told) exclude(others);
    }
  }

  bool contradict(const Cube& a, const Cube& b) {
    return std::any_of(a.begin(), a.end(), [&](Expr e) { return std::binary_search(b.begin(), b.end(), pool_.negation(e)); });
  }

  Pool& pool_;
  const Universe& universe_;
  const std::vector<Expr>& asserted_;
  std::vector<Expr> source_, destination_, cluster_ports_;
  std::unordered_set<std::string_view> excluded_[2];               ///< by role: namespaces in which the end is not
  std::vector<std::unordered_set<std::string_view>> included_[2];  ///< by role: of each of these sets it is in one
  bool asks_node_ = false;
};

}  // namespace

Expr domain(Pool& pool, const Universe& universe, const std::vector<Expr>& mentioned) { return Domain(pool, universe, mentioned, {}).build(); }

Expr domain(Pool& pool, const Universe& universe, const std::vector<Expr>& mentioned, const std::vector<Expr>& asserted) { return Domain(pool, universe, mentioned, asserted).build(); }

}  // namespace npverify::world
