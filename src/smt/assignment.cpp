// A model becomes a flow. Numbers are the lowest of all that answer every atom alike; what is not mentioned keeps its plainest value.
#include "smt/assignment.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/diagnostics.h"

namespace npverify::smt {

using base::AddressSet;
using base::Family;
using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Role;

namespace {

constexpr Role roles[] = {Role::source, Role::destination};

class Reader {
 public:
  Reader(const logic::Pool& pool, const std::vector<logic::Expr>& atoms, const Laws& laws, const std::vector<bool>& holds)
      : pool_(pool), atoms_(atoms), laws_(laws), holds_(holds) {}

  Assignment read() {
    read_relations();
    for (const Role role : roles) read_kind(role);
    for (const Choice& choice : laws_.choices) read_choice(choice);
    read_port_names();
    share_what_is_one();
    for (const Role role : roles) read_address(role);
    read_port();
    return std::move(flow_);
  }

 private:
  bool holds(Literal literal) const { return literal > 0 ? holds_[static_cast<size_t>(literal)] : literal < 0 && !holds_[static_cast<size_t>(-literal)]; }

  void read_relations() {
    for (size_t i = 0; i < laws_.protocols.size(); ++i)
      if (holds(laws_.protocols[i])) flow_.protocol = static_cast<base::Protocol>(i);
    flow_.family = holds(laws_.ipv4) ? Family::ipv4 : Family::ipv6;
    flow_.same_node = holds(laws_.same_node);
    flow_.same_endpoint = holds(laws_.same_endpoint);
    if (laws_.peer_known[0]) flow_.source_knows_peer = holds(laws_.peer_known[0]);
    if (laws_.peer_known[1]) flow_.destination_knows_peer = holds(laws_.peer_known[1]);
    for (const Flag& flag : laws_.flags) flow_.flags[pool_.text(flag.name)] = holds(flag.literal);
  }

  void read_kind(Role role) {
    const auto& kinds = laws_.kinds[static_cast<size_t>(role)];
    for (size_t i = 0; i < kinds.size(); ++i)
      if (holds(kinds[i])) flow_.end(role).kind = static_cast<EndpointKind>(i);
  }

  void read_choice(const Choice& choice) {
    std::optional<std::string> value;
    for (size_t i = 0; i < choice.is.size(); ++i)
      if (holds(choice.is[i])) value = pool_.text(choice.values[i]);
    EndAssignment& end = flow_.end(choice.role);
    switch (choice.attribute) {
      case Attribute::namespace_name: end.namespace_name = value; return;
      case Attribute::service_account: end.service_account = value; return;
      case Attribute::node: end.node = value; return;
      case Attribute::label:
      case Attribute::namespace_label: break;
    }
    if (!value && !holds(choice.exists)) return;
    auto& labels = choice.attribute == Attribute::label ? end.labels : end.namespace_labels;
    labels[pool_.text(choice.key)] = value ? *value : fresh(choice.attribute, choice.key);
  }

  // Fresh with respect to the whole pool, so that the witness is fresh in every other reading over the same pool as well.
  std::string fresh(Attribute attribute, logic::Symbol key) const {
    const AtomKind kind = attribute == Attribute::label ? AtomKind::label_is : AtomKind::namespace_label_is;
    std::set<std::string> mentioned;
    for (uint32_t id = 2; id < pool_.size(); ++id)
      if (pool_.op({id}) == logic::Op::atom)
        if (const Atom& a = pool_.atom_of({id}); a.kind == kind && a.name == key) mentioned.insert(pool_.text(a.value));
    return fresh_value(pool_.text(key), {mentioned.begin(), mentioned.end()});
  }

  void read_port_names() {
    for (const PortName& p : laws_.port_names)
      if (holds(p.literal)) flow_.named_ports.push_back({p.role, pool_.text(p.name), p.protocol, p.names});
    for (const OtherPort& o : laws_.other_ports)
      if (holds(o.literal)) flow_.other_named_ports.push_back({o.role, pool_.text(o.name), o.protocol});
    for (const ClusterPort& c : laws_.cluster_ports)
      if (holds(c.literal)) flow_.cluster_ports.emplace_back(pool_.text(c.name), c.protocol);
  }

  // No law ties what only one end mentions, so the other end takes it over where the two are one thing.
  void share_what_is_one() {
    EndAssignment &a = flow_.source, &b = flow_.destination;
    const auto share = [](auto& x, auto& y) {
      if (!x) x = y;
      if (!y) y = x;
    };
    const auto unite = [](auto& x, auto& y) {
      x.insert(y.begin(), y.end());
      y.insert(x.begin(), x.end());
    };
    if (flow_.same_endpoint) {
      flow_.same_node = true;
      share(a.namespace_name, b.namespace_name);
      share(a.service_account, b.service_account);
      unite(a.labels, b.labels);
    }
    if (flow_.same_node) share(a.node, b.node);
    const bool one_node = a.node && a.node == b.node;
    const bool one_namespace = a.namespace_name && a.namespace_name == b.namespace_name;
    if (one_node) flow_.same_node = true;
    if (one_namespace || flow_.same_endpoint) unite(a.namespace_labels, b.namespace_labels);
  }

  void read_address(Role role) {
    const Scale& scale = laws_.addresses[static_cast<size_t>(role)][static_cast<size_t>(flow_.family)];
    const base::Address lowest{flow_.family, lowest_of(scale)};
    AddressSet alike = AddressSet::all(flow_.family);
    std::vector<AddressSet::Interval> elsewhere;  // of all sets that the address is not in, taken away at once: there may be thousands
    for (const logic::Expr e : atoms_) {
      const Atom& a = pool_.atom_of(e);
      if (a.kind != AtomKind::address_in || (a.role != role && !flow_.same_endpoint)) continue;
      // Two ends that are one pod have one address, and the scale of an end that mentions none of this family says nothing.
      const AddressSet& set = pool_.addresses(a);
      if (contains(a.role, set))
        alike = alike.intersected(set);
      else
        elsewhere.insert(elsewhere.end(), set.intervals().begin(), set.intervals().end());
    }
    alike = alike.minus(AddressSet::of(std::move(elsewhere)));
    EndAssignment& end = flow_.end(role);
    base::require(!alike.empty() && (scale.cuts.empty() || alike.contains(lowest)), "a model's address is outside its own cell");
    end.addresses = std::move(alike);
    end.address = end.addresses.intervals().front().first;
  }

  bool contains(Role role, const AddressSet& set) {
    auto& lowest = lowest_[static_cast<size_t>(role)];
    if (!lowest) lowest = lowest_of(laws_.addresses[static_cast<size_t>(role)][static_cast<size_t>(flow_.family)]);
    return set.contains({flow_.family, *lowest});
  }

  base::uint128 lowest_of(const Scale& scale) const {
    base::uint128 lowest = 0;
    for (size_t i = 0; i < scale.cuts.size() && !holds(scale.below[i]); ++i) lowest = scale.cuts[i];
    return lowest;
  }

  void read_port() {
    const auto lowest = static_cast<base::Port>(lowest_of(laws_.ports));
    base::PortSet alike = flow_.protocol == base::Protocol::icmp ? base::PortSet::range(0, 0) : base::PortSet::all();
    if (!flow_.named_ports.empty() || !flow_.cluster_ports.empty()) alike = base::PortSet::range(1, 65535);
    for (const logic::Expr e : atoms_) {
      const Atom& a = pool_.atom_of(e);
      if (a.kind != AtomKind::port_in) continue;
      const base::PortSet& set = pool_.ports(a);
      alike = alike.intersected(set.contains(lowest) ? set : set.complement());
    }
    base::require(alike.contains(lowest), "a model's port is outside its own cell");
    flow_.port = alike.intervals().front().first;
    flow_.ports = std::move(alike);
  }

  const logic::Pool& pool_;
  const std::vector<logic::Expr>& atoms_;
  const Laws& laws_;
  const std::vector<bool>& holds_;
  std::array<std::optional<base::uint128>, 2> lowest_;  // of each role's scale in the flow's family, once asked
  Assignment flow_;
};

}  // namespace

const char* to_string(Answer answer) {
  switch (answer) {
    case Answer::sat: return "sat";
    case Answer::unsat: return "unsat";
    case Answer::unknown: return "unknown";
  }
  return "?";
}

std::string fresh_value(const std::string&, const std::vector<std::string>& mentioned) {
  std::string value = "other";
  for (size_t n = 2; std::find(mentioned.begin(), mentioned.end(), value) != mentioned.end(); ++n) value = "other-" + std::to_string(n);
  return value;
}

Assignment assignment_of(const logic::Pool& pool, const std::vector<logic::Expr>& atoms, const Laws& laws, const std::vector<bool>& holds) {
  return Reader(pool, atoms, laws, holds).read();
}

Assignment checked_assignment(const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const std::vector<logic::Expr>& atoms, const Laws& laws,
                              const std::vector<bool>& holds) {
  Assignment flow = assignment_of(pool, atoms, laws, holds);
  if (const auto broken = broken_law(flow)) throw base::InternalError("a solver's model is no flow: " + *broken);
  const std::vector<bool> truth = evaluate_all(pool, asserted, flow);
  for (size_t i = 0; i < asserted.size(); ++i)
    if (!truth[i]) throw base::InternalError("a solver's model does not satisfy assertion " + std::to_string(i));
  return flow;
}

}  // namespace npverify::smt
