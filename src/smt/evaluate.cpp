// The meaning of every atom for one concrete flow, and the laws of flows said once more. This shares no code with the laws that solvers
// get, so that a mistake in either shows.
#include <algorithm>
#include <unordered_map>

#include "base/diagnostics.h"
#include "smt/assignment.h"
#include "smt/scan.h"

namespace npverify::smt {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;
using logic::Op;
using logic::PortNames;
using logic::Role;

namespace {

bool has(const std::map<std::string, std::string>& labels, const std::string& key) { return labels.contains(key); }

bool has(const std::map<std::string, std::string>& labels, const std::string& key, const std::string& value) {
  const auto it = labels.find(key);
  return it != labels.end() && it->second == value;
}

bool is_name_label(const std::string& key) { return key == "kubernetes.io/metadata.name"; }

bool namespace_label(const logic::Pool& pool, const Atom& a, const EndAssignment& end) {
  const std::string& key = pool.text(a.name);
  const bool exists = a.kind == AtomKind::namespace_label_exists;
  if (is_name_label(key)) return exists ? end.kind == EndpointKind::pod : end.namespace_name == pool.text(a.value);
  return exists ? has(end.namespace_labels, key) : has(end.namespace_labels, key, pool.text(a.value));
}

bool holds(const logic::Pool& pool, const Atom& a, const Assignment& flow) {
  const EndAssignment& end = flow.end(a.role);
  const auto protocol = static_cast<base::Protocol>(a.detail);
  switch (a.kind) {
    case AtomKind::kind_is: return end.kind == static_cast<EndpointKind>(a.detail);
    case AtomKind::namespace_is: return end.namespace_name == pool.text(a.name);
    case AtomKind::label_is: return has(end.labels, pool.text(a.name), pool.text(a.value));
    case AtomKind::label_exists: return has(end.labels, pool.text(a.name));
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists: return namespace_label(pool, a, end);
    case AtomKind::service_account_is: return end.service_account == pool.text(a.name);
    case AtomKind::node_is: return end.node == pool.text(a.name);
    case AtomKind::address_in: return pool.addresses(a).contains(end.address);
    case AtomKind::family_is: return flow.family == static_cast<base::Family>(a.detail);
    case AtomKind::protocol_is: return flow.protocol == protocol;
    case AtomKind::port_in: return pool.ports(a).contains(flow.port);
    case AtomKind::port_named: {
      const NamedPortAssignment wanted{a.role, pool.text(a.name), protocol, a.names};
      return std::find(flow.named_ports.begin(), flow.named_ports.end(), wanted) != flow.named_ports.end();
    }
    case AtomKind::port_named_in_cluster:
      return std::find(flow.cluster_ports.begin(), flow.cluster_ports.end(), std::pair(pool.text(a.name), protocol)) != flow.cluster_ports.end();
    case AtomKind::same_node: return flow.same_node;
    case AtomKind::same_endpoint: return flow.same_endpoint;
    case AtomKind::peer_known: return a.role == Role::source ? flow.source_knows_peer : flow.destination_knows_peer;
    case AtomKind::flag: {
      const auto it = flow.flags.find(pool.text(a.name));
      return it != flow.flags.end() && it->second;
    }
  }
  throw base::InternalError("an atom of no kind");
}

}  // namespace

std::vector<bool> evaluate_all(const logic::Pool& pool, const std::vector<Expr>& roots, const Assignment& flow) {
  Scan scan;
  scan.run(pool, roots);
  std::unordered_map<uint32_t, bool> truth{{logic::False.id, false}, {logic::True.id, true}};
  const auto true_of = [&](Expr e) { return truth.at(e.id); };
  for (const Expr e : scan.nodes()) {
    bool value = false;
    switch (pool.op(e)) {
      case Op::constant_false: break;
      case Op::constant_true: value = true; break;
      case Op::atom: value = holds(pool, pool.atom_of(e), flow); break;
      case Op::negation: value = !true_of(*pool.args_begin(e)); break;
      case Op::conjunction: value = std::all_of(pool.args_begin(e), pool.args_end(e), true_of); break;
      case Op::disjunction: value = std::any_of(pool.args_begin(e), pool.args_end(e), true_of); break;
    }
    truth[e.id] = value;
  }
  std::vector<bool> values;
  for (const Expr e : roots) values.push_back(true_of(e));
  return values;
}

bool evaluate(const logic::Pool& pool, Expr e, const Assignment& flow) { return evaluate_all(pool, {e}, flow)[0]; }

namespace {

std::optional<std::string> broken_law_of_end(const Assignment& flow, Role role) {
  const EndAssignment& end = flow.end(role);
  const std::string who = to_string(role);
  if (end.kind != EndpointKind::pod && (end.namespace_name || end.service_account || !end.labels.empty() || !end.namespace_labels.empty()))
    return "the " + who + " is no pod, but has a pod's attributes";
  if (end.kind == EndpointKind::outside && end.node) return "the " + who + " is outside, but has a node";
  if (end.address.family != flow.family) return "the " + who + " has an address of the other family";
  if (std::any_of(end.namespace_labels.begin(), end.namespace_labels.end(), [](const auto& label) { return is_name_label(label.first); }))
    return "the " + who + " has its namespace's name as a label";
  return std::nullopt;
}

std::optional<std::string> broken_law_of_names(const Assignment& flow) {
  const auto& names = flow.named_ports;
  if (flow.port == 0 && !(names.empty() && flow.cluster_ports.empty())) return "port 0 has a name";
  for (const NamedPortAssignment& p : names) {
    if (p.protocol != flow.protocol) return "port name " + p.name + " is of another protocol";
    if (flow.end(p.role).kind != EndpointKind::pod) return "port name " + p.name + " is of an end that is no pod";
    if (p.names == PortNames::last && std::find(names.begin(), names.end(), NamedPortAssignment{p.role, p.name, p.protocol, PortNames::containers}) == names.end())
      return "port name " + p.name + " is declared last, but not declared";
    for (const OtherNamedPort& o : flow.other_named_ports)
      if (p.names == PortNames::last && o.role == p.role && o.name == p.name) return "port name " + p.name + " has two last declarations";
  }
  for (const OtherNamedPort& o : flow.other_named_ports) {
    if (flow.end(o.role).kind != EndpointKind::pod) return "port name " + o.name + " is of an end that is no pod";
    for (const OtherNamedPort& p : flow.other_named_ports)
      if (&o != &p && o.role == p.role && o.name == p.name) return "port name " + o.name + " has two last declarations";
  }
  for (const auto& [name, protocol] : flow.cluster_ports) {
    if (protocol != flow.protocol) return "the cluster's port " + name + " is of another protocol";
    for (const OtherNamedPort& o : flow.other_named_ports)
      if (o.name == name && o.protocol == protocol) return "the cluster's port " + name + " is not agreed on";
  }
  return std::nullopt;
}

// The declarations of one end, without the end: equal for two ends that are one pod.
template <class Declaration>
std::vector<Declaration> declared_at(const std::vector<Declaration>& all, Role role) {
  std::vector<Declaration> found;
  for (Declaration d : all)
    if (d.role == role) found.push_back((d.role = Role::source, d));
  return found;
}

bool one_pod(const Assignment& flow) {
  const EndAssignment &a = flow.source, &b = flow.destination;
  return a.kind == EndpointKind::pod && b.kind == EndpointKind::pod && flow.same_node && a.namespace_name == b.namespace_name && a.labels == b.labels &&
         a.namespace_labels == b.namespace_labels && a.service_account == b.service_account && a.node == b.node && a.address == b.address &&
         declared_at(flow.named_ports, Role::source) == declared_at(flow.named_ports, Role::destination) &&
         declared_at(flow.other_named_ports, Role::source) == declared_at(flow.other_named_ports, Role::destination);
}

}  // namespace

std::optional<std::string> broken_law(const Assignment& flow) {
  const EndAssignment &a = flow.source, &b = flow.destination;
  for (const Role role : {Role::source, Role::destination})
    if (auto broken = broken_law_of_end(flow, role)) return broken;
  if (flow.protocol == base::Protocol::icmp && flow.port != 0) return "ICMP has a port";
  if (auto broken = broken_law_of_names(flow)) return broken;
  if (flow.same_node && (a.kind == EndpointKind::outside || b.kind == EndpointKind::outside)) return "an outside end is on a node";
  if (flow.same_node && a.node != b.node) return "one node has two names";
  if (!flow.same_node && a.node && a.node == b.node) return "two nodes have one name";
  if (a.namespace_name && a.namespace_name == b.namespace_name && a.namespace_labels != b.namespace_labels) return "one namespace has two sets of labels";
  if (flow.same_endpoint && !one_pod(flow)) return "one pod differs from itself";
  return std::nullopt;
}

}  // namespace npverify::smt
