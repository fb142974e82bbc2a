#include "path/service.h"
#include "verify/path_ways.h"
#include "verify/peer_domain.h"

#include "resource/load.h"

namespace npverify::verify {
namespace {

using logic::EndpointKind;
using logic::Expr;
using logic::Role;

/// The label that the API server gives every Namespace: its name.
constexpr const char* name_label = "kubernetes.io/metadata.name";

// One requirement, given what asks for a value and for presence. A missing key satisfies NotIn, as in Kubernetes.
template <class Has, class Present>
Expr requirement(logic::Pool& pool, const resource::LabelSelectorRequirement& r, const Has& has, const Present& present) {
  std::vector<Expr> values;
  for (const auto& value : r.values) values.push_back(has(value));
  switch (r.op) {
    case resource::SelectorOperator::in: return pool.disjunction(std::move(values));
    case resource::SelectorOperator::not_in: return pool.negation(pool.disjunction(std::move(values)));
    case resource::SelectorOperator::exists: return present();
    case resource::SelectorOperator::does_not_exist: return pool.negation(present());
  }
  return logic::False;
}

class PeerTranslation {
 public:
  PeerTranslation(logic::Pool& pool, Role role, const resource::Snapshot& snapshot, const world::Universe& universe)
      : pool_(pool), role_(role), snapshot_(snapshot), universe_(universe) {}

  Expr peer(const Peer& peer) {
    switch (peer.kind) {
      case Peer::Kind::any: return logic::True;
      case Peer::Kind::pods: return peer.host_network.value_or(false) ? host_pods(peer) : pods(peer);
      case Peer::Kind::addresses: return addresses(peer);
      case Peer::Kind::nodes: return nodes(*peer.nodes);
      case Peer::Kind::reference: return peer.target ? this->peer(*peer.target) : logic::False;
      case Peer::Kind::any_of: return pool_.disjunction(operands(peer));
      case Peer::Kind::all_of: return pool_.conjunction(operands(peer));
      case Peer::Kind::negation: return pool_.negation(this->peer(peer.operands.at(0)));
    }
    return logic::False;
  }

 private:
  std::vector<Expr> operands(const Peer& peer) {
    std::vector<Expr> out;
    for (const Peer& operand : peer.operands) out.push_back(this->peer(operand));
    return out;
  }

  Expr host() { return pool_.kind_is(role_, EndpointKind::host); }

  Expr pods(const Peer& peer) {
    std::vector<Expr> all{pool_.kind_is(role_, EndpointKind::pod)};
    if (peer.namespaces) all.push_back(namespaces(*peer.namespaces));
    if (peer.pods) all.push_back(labels(peer.pods->labels));
    if (!peer.service_accounts.empty()) all.push_back(each(peer.service_accounts, [&](const ObjectName& name) {
      return pool_.both(pool_.namespace_is(role_, name.namespace_name), pool_.service_account_is(role_, name.name));
    }));
    if (!peer.services.empty()) all.push_back(each(peer.services, [&](const ObjectName& name) { return service(name); }));
    if (peer.workloads.empty()) return pool_.conjunction(std::move(all));
    std::vector<Expr> with_own_address = all;
    with_own_address.push_back(each(peer.workloads, [&](const ObjectName& name) { return workload(name, false); }));
    const Expr own = pool_.conjunction(std::move(with_own_address));
    if (peer.host_network) return own;  // false: only these
    return pool_.either(own, each(peer.workloads, [&](const ObjectName& name) { return workload(name, true); }));
  }

  template <class Make>
  Expr each(const std::vector<ObjectName>& names, const Make& make) {
    std::vector<Expr> out;
    for (const ObjectName& name : names) out.push_back(make(name));
    return pool_.disjunction(std::move(out));
  }

  Expr namespaces(const NamespaceSelector& selector) {
    std::vector<Expr> all;
    if (!selector.names.empty()) {
      std::vector<Expr> names;
      for (const auto& name : selector.names) names.push_back(pool_.namespace_is(role_, name));
      all.push_back(pool_.disjunction(std::move(names)));
    }
    for (const auto& r : selector.labels.requirements) {
      const bool by_name = r.key == name_label;
      all.push_back(requirement(
          pool_, r, [&](const std::string& value) { return by_name ? pool_.namespace_is(role_, value) : pool_.namespace_label_is(role_, r.key, value); },
          [&] { return by_name ? logic::True : pool_.namespace_label_exists(role_, r.key); }));
    }
    return pool_.conjunction(std::move(all));
  }

  Expr labels(const resource::LabelSelector& selector) {
    std::vector<Expr> all;
    for (const auto& r : selector.requirements)
      all.push_back(requirement(pool_, r, [&](const std::string& value) { return pool_.label_is(role_, r.key, value); }, [&] { return pool_.label_exists(role_, r.key); }));
    return pool_.conjunction(std::move(all));
  }

  Expr service(const ObjectName& name) {
    for (const auto& service : snapshot_.services)
      if (service.meta.namespace_name == name.namespace_name && service.meta.name == name.name && service.selector && !service.selector->empty())
        return pool_.both(pool_.namespace_is(role_, name.namespace_name), all_labels(*service.selector));
    return by_hand(name);
  }

  // Endpoints that a selector does not find: those that EndpointSlices list. missing_for says where there are none.
  Expr by_hand(const ObjectName& name) {
    std::vector<Expr> any;
    for (const auto& service : snapshot_.services)
      if (service.meta.namespace_name == name.namespace_name && service.meta.name == name.name)
        for (const auto& port : service.ports)
          for (const auto& backend : path::resolve(snapshot_, service, port, universe_.addresses.of_pods_alone()).backends) any.push_back(endpoint_expr(pool_, backend, role_, universe_));
    return pool_.disjunction(std::move(any));
  }

  // The pods of a workload: on the host network, or with an address of their own.
  Expr workload(const ObjectName& name, bool on_host) {
    for (const auto& workload : snapshot_.workloads)
      if (workload.kind == name.kind && workload.meta.namespace_name == name.namespace_name && workload.meta.name == name.name)
        return template_pods(name, workload.pod_labels, workload.pod, on_host);
    for (const auto& pod : snapshot_.pods)
      if (name.kind == "Pod" && pod.meta.namespace_name == name.namespace_name && pod.meta.name == name.name) return template_pods(name, pod.meta.labels, pod.spec, on_host);
    return logic::False;
  }

  Expr template_pods(const ObjectName& name, const resource::Labels& labels, const resource::PodSpec& spec, bool on_host) {
    if (spec.host_network != on_host) return logic::False;
    if (on_host) return spec.node_name.empty() ? host() : pool_.both(host(), pool_.node_is(role_, spec.node_name));
    return pool_.conjunction({pool_.namespace_is(role_, name.namespace_name), all_labels(labels), pool_.service_account_is(role_, spec.service_account)});
  }

  Expr all_labels(const std::map<std::string, std::string>& labels) {
    std::vector<Expr> all;
    for (const auto& [key, value] : labels) all.push_back(pool_.label_is(role_, key, value));
    return pool_.conjunction(std::move(all));
  }

  // Host-network pods that the other fields select. Where any pod could exist, one could stand on any node.
  Expr host_pods(const Peer& peer) {
    if (universe_.kind == world::UniverseKind::possible) return host();
    Peer as_pods = peer;
    as_pods.host_network.reset();
    const HostNetworkPods found = host_network_pods(as_pods, snapshot_);
    return found.named.empty() && found.selected.empty() && found.among_all.empty() ? logic::False : host();
  }

  Expr addresses(const Peer& peer) {
    base::AddressSet set = peer.cidrs.empty() ? base::AddressSet::everything() : base::AddressSet();
    for (const auto& cidr : peer.cidrs) set = set.united(base::AddressSet::of(cidr));
    for (const auto& cidr : peer.except_cidrs) set = set.minus(base::AddressSet::of(cidr));
    const Expr in = pool_.address_in(role_, set);
    return peer.external ? pool_.both(pool_.kind_is(role_, EndpointKind::outside), in) : in;
  }

  Expr nodes(const SpecSelector& selector) {
    if (selector.any) return host();
    std::vector<Expr> names;
    for (const auto& node : snapshot_.nodes)
      if (resource::selects(selector.labels, node.meta.labels)) names.push_back(pool_.node_is(role_, node.meta.name));
    return pool_.both(host(), pool_.disjunction(std::move(names)));
  }

  logic::Pool& pool_;
  Role role_;
  const resource::Snapshot& snapshot_;
  const world::Universe& universe_;
};

// Port 0 is no port that a connection can have; it stands for the missing port of ICMP.
Expr real_port(logic::Pool& pool, Expr ports) { return pool.both(ports, pool.either(pool.protocol_is(base::Protocol::icmp), pool.port_in(base::PortSet::range(1, 65535)))); }

Expr entry_expr(logic::Pool& pool, const PortEntry& entry) {
  if (entry.all_protocols) return pool.negation(pool.protocol_is(base::Protocol::icmp));
  if (entry.name.empty()) return pool.both(pool.protocol_is(entry.protocol), entry.protocol == base::Protocol::icmp ? logic::True : pool.port_in(entry.numbers));
  std::vector<Expr> any;
  for (const auto names : {logic::PortNames::containers, logic::PortNames::sidecars})
    any.push_back(pool.both(pool.protocol_is(entry.protocol), pool.port_named(Role::destination, entry.name, entry.protocol, names)));
  return pool.disjunction(std::move(any));
}

Expr entries_expr(logic::Pool& pool, const std::vector<PortEntry>& entries) {
  std::vector<Expr> any;
  for (const PortEntry& entry : entries) any.push_back(entry_expr(pool, entry));
  return pool.disjunction(std::move(any));
}

}  // namespace

Expr peer_expr(logic::Pool& pool, const Peer& peer, Role role, const resource::Snapshot& snapshot, const world::Universe& universe) {
  return PeerTranslation(pool, role, snapshot, universe).peer(peer);
}

Expr ports_expr(logic::Pool& pool, const PortSpec& ports) {
  const Expr listed = ports.entries.empty() ? entry_expr(pool, {.all_protocols = true}) : entries_expr(pool, ports.entries);
  return real_port(pool, pool.both(listed, pool.negation(entries_expr(pool, ports.except))));
}

Expr exception_expr(logic::Pool& pool, const Exception& exception, const resource::Snapshot& snapshot, const world::Universe& universe) {
  return pool.conjunction({peer_expr(pool, exception.from, Role::source, snapshot, universe), peer_expr(pool, exception.to, Role::destination, snapshot, universe), ports_expr(pool, exception.ports)});
}

Expr assumption_expr(logic::Pool& pool, const Assumption& assumption, const resource::Snapshot& snapshot, const world::Universe& universe) {
  std::vector<Expr> facts;
  for (const Role role : {Role::source, Role::destination}) {
    const Expr is_pod = pool.kind_is(role, EndpointKind::pod);
    if (const auto* fact = std::get_if<Assumption::Implication>(&assumption.fact)) {
      const Expr when = peer_expr(pool, fact->when, role, snapshot, universe), then = peer_expr(pool, fact->then, role, snapshot, universe);
      facts.push_back(pool.implies(pool.both(is_pod, when), then));
      continue;
    }
    const auto& domain = std::get<Assumption::LabelDomain>(assumption.fact);
    const auto limit = [&](Expr present, const auto& has) {
      std::vector<Expr> values;
      for (const auto& value : domain.values) values.push_back(has(value));
      facts.push_back(pool.implies(domain.required ? is_pod : pool.both(is_pod, present), pool.disjunction(std::move(values))));
    };
    if (domain.on_pods) limit(pool.label_exists(role, domain.key), [&](const std::string& value) { return pool.label_is(role, domain.key, value); });
    if (domain.on_namespaces) limit(pool.namespace_label_exists(role, domain.key), [&](const std::string& value) { return pool.namespace_label_is(role, domain.key, value); });
  }
  return pool.conjunction(std::move(facts));
}

}  // namespace npverify::verify
