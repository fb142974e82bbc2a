#include "verify/path_ways.h"

#include <algorithm>

#include "path/service.h"
#include "placement/owner.h"
#include "placement/placement.h"
#include "verify/peer_domain.h"
#include "verify/slices.h"

namespace npverify::verify {
namespace {

using logic::Expr;
using logic::Role;
using path::Kind;
using resource::Service;
using resource::ServicePort;

std::string name_of(const resource::ObjectMeta& meta) { return meta.namespace_name + "/" + meta.name; }

bool by_hand(const Service& service) { return !service.selector || service.selector->empty(); }

void collect_services(const Peer& peer, std::vector<std::string>& names) {
  if (peer.kind == Peer::Kind::negation) return;
  for (const ObjectName& name : peer.services)
    if (std::find(names.begin(), names.end(), name.text()) == names.end()) names.push_back(name.text());
  for (const Peer& operand : peer.operands) collect_services(operand, names);
  if (peer.target) collect_services(*peer.target, names);
}

bool offers(const Service& service, Kind kind) {
  if (kind == Kind::pod_ip || kind == Kind::host_port || service.type == "ExternalName" || service.headless) return false;
  if (kind == Kind::cluster_ip) return true;
  if (kind == Kind::load_balancer) return service.type == "LoadBalancer";
  return std::any_of(service.ports.begin(), service.ports.end(), [&](const ServicePort& port) { return path::has_node_port(service, port); });
}

Expr labelled(logic::Pool& pool, Role role, const resource::ObjectMeta& meta, const resource::Labels& labels) {
  std::vector<Expr> all{pool.kind_is(role, logic::EndpointKind::pod), pool.namespace_is(role, meta.namespace_name)};
  for (const auto& [key, value] : labels) all.push_back(pool.label_is(role, key, value));
  return pool.conjunction(std::move(all));
}

std::string kind_of(const Service& service) {
  if (service.headless) return "it is headless";
  return "it is of type " + service.type + (service.type == "LoadBalancer" ? " with allocateLoadBalancerNodePorts: false" : "");
}

class Collector {
 public:
  Collector(logic::Pool& pool, const Peer& peer, Expr to, const PathChoice& choice, const resource::Snapshot& snapshot, const world::Universe& universe)
      : pool_(pool), peer_(peer), to_(to), choice_(choice), snapshot_(snapshot), universe_(universe) {}

  Ways run(bool through_any) {
    named_ = named_services(peer_);
    const std::vector<const Service*> services = candidates(through_any || named_.empty());
    for (const Kind kind : choice_.kinds) {
      if (kind == Kind::pod_ip) result_.ways.push_back({});
      if (kind == Kind::host_port) add_host_ports();
      for (const Service* service : services)
        if (offers(*service, kind)) add(*service, kind);
    }
    for (const Service* service : services) {
      note_missing(*service);
      if (is_named(*service)) result_.named.push_back(service);
    }
    return std::move(result_);
  }

 private:
  bool is_named(const Service& service) const { return std::find(named_.begin(), named_.end(), name_of(service.meta)) != named_.end(); }

  /// Those that the peer names, or those that may lead to an end of it. A Service without selector can lead anywhere.
  std::vector<const Service*> candidates(bool any) {
    std::vector<std::string> namespaces;
    if (any) {
      std::set<std::string> all;
      for (const Service& service : snapshot_.services) all.insert(service.meta.namespace_name);
      namespaces = candidate_namespaces(pool_, to_, Role::destination, universe_, {all.begin(), all.end()});
    }
    std::vector<const Service*> out;
    for (const Service& service : snapshot_.services) {
      const bool near = any && (by_hand(service) || std::find(namespaces.begin(), namespaces.end(), service.meta.namespace_name) != namespaces.end());
      if (near || is_named(service)) out.push_back(&service);
    }
    return out;
  }

  void note_missing(const Service& service) {
    if (!is_named(service)) return;
    if (service.type == "ExternalName") result_.supply.push_back("Service " + name_of(service.meta) + " is a name outside the cluster (ExternalName " + service.external_name + "): no way to it is followed");
    if (choice_.all) return;
    for (const Kind kind : choice_.kinds)
      if (kind != Kind::pod_ip && kind != Kind::host_port && service.type != "ExternalName" && !offers(service, kind))
        result_.missing.push_back("Service " + name_of(service.meta) + " offers no " + path::to_string(kind) + ": " + kind_of(service));
  }

  // ------------------------------------------------------------------------------------------------------------- endpoints
  void add(const Service& service, Kind kind) {
    const path::ServiceFamilies families = path::families_of(kind, service, cluster_families());
    const Expr unsure = any_family(families.may_have), any = pool_.either(any_family(families.has), unsure);
    if (is_named(service)) note_families(service, families);
    for (const ServicePort& port : service.ports) {
      if (kind == Kind::node_port && !path::has_node_port(service, port)) continue;
      const Expr leads_to = pool_.both(endpoints(service, port), any);
      if (leads_to.is_false()) continue;
      result_.ways.push_back({.kind = kind, .service = &service, .port = &port, .entry_port = kind == Kind::node_port ? port.node_port : port.port, .leads_to = leads_to, .unsure = unsure,
                              .to_supply = families.to_supply, .asked = std::nullopt, .only_at = {}, .served = served(service)});
    }
  }

  /// The families that objects show the cluster to have.
  std::vector<base::Family> cluster_families() const {
    std::vector<base::Family> families;
    if (universe_.addresses.families_told && universe_.addresses.ipv4) families.push_back(base::Family::ipv4);
    if (universe_.addresses.families_told && universe_.addresses.ipv6) families.push_back(base::Family::ipv6);
    return families;
  }

  Expr any_family(const std::vector<base::Family>& families) {
    std::vector<Expr> any;
    for (const auto family : families) any.push_back(pool_.family_is(family));
    return pool_.disjunction(std::move(any));
  }

  /// A Service of a family that no object shows the cluster to have is a way that no flow of the universe can take.
  void note_families(const Service& service, const path::ServiceFamilies& families) {
    const auto cluster = cluster_families();
    const auto shown = [&](base::Family family) { return cluster.empty() || std::find(cluster.begin(), cluster.end(), family) != cluster.end(); };
    for (const auto family : families.has)
      if (!shown(family)) {
        const std::string sentence = "Service " + name_of(service.meta) + " has an " + base::to_string(family) + " address, and no other object shows one of the cluster: give Nodes, Pods or ranges with theirs";
        if (std::find(result_.supply.begin(), result_.supply.end(), sentence) == result_.supply.end()) result_.supply.push_back(sentence);
      }
  }

  Expr endpoints(const Service& service, const ServicePort& port) {
    if (const auto known = endpoints_.find(&port); known != endpoints_.end()) return known->second;
    const bool listed = by_hand(service) || universe_.kind == world::UniverseKind::observed;
    const Expr leads_to = pool_.both(pool_.protocol_is(port.protocol), listed ? listed_endpoints(service, port) : pool_.both(selected(service), target(port)));
    return endpoints_[&port] = leads_to;
  }

  Expr selected(const Service& service) {
    std::vector<Expr> all{pool_.kind_is(Role::destination, logic::EndpointKind::pod), pool_.namespace_is(Role::destination, service.meta.namespace_name)};
    for (const auto& [key, value] : *service.selector) all.push_back(pool_.label_is(Role::destination, key, value));
    return pool_.conjunction(std::move(all));
  }

  Expr number(base::Port number) { return pool_.port_in(base::PortSet::range(number, number)); }

  Expr target(const ServicePort& port) {
    if (const auto* fixed = std::get_if<base::Port>(&port.target_port)) return number(*fixed);
    std::vector<Expr> any;
    for (const auto names : {logic::PortNames::containers, logic::PortNames::sidecars})
      any.push_back(pool_.port_named(Role::destination, std::get<std::string>(port.target_port), port.protocol, names));
    return pool_.disjunction(std::move(any));
  }

  /// What EndpointSlices list; for pods that are as they are, also what the selector finds among them.
  Expr listed_endpoints(const Service& service, const ServicePort& port) {
    const path::Resolution resolution = path::resolve(snapshot_, service, port, universe_.addresses.of_pods_alone());
    const bool may_lead = is_named(service) || by_hand(service);  // a Pod that is not in the input is no end that another Service is asked for
    if (may_lead && !resolution.to_supply.empty()) result_.supply.push_back("Service " + name_of(service.meta) + ": " + resolution.to_supply);
    for (const auto& problem : resolution.problems)
      if (is_named(service) && resolution.backends.empty() && resolution.to_supply.empty()) result_.missing.push_back("Service " + name_of(service.meta) + ": " + problem.sentence);
    std::vector<Expr> any;
    for (const auto& backend : resolution.backends) any.push_back(pool_.both(endpoint_expr(pool_, backend, Role::destination, universe_), number(backend.port)));
    return pool_.disjunction(std::move(any));
  }

  /// Nodes with an endpoint whatever the scheduler does: where pods are, in `observed`; else where DaemonSets run.
  std::set<std::string> served(const Service& service) {
    if (service.external_traffic_policy != "Local" && service.internal_traffic_policy != "Local") return {};
    if (const auto known = served_.find(&service); known != served_.end()) return known->second;
    std::set<std::string> nodes;
    if (universe_.kind == world::UniverseKind::observed) {
      for (const ServicePort& port : service.ports)
        for (const auto& backend : path::resolve(snapshot_, service, port, universe_.addresses.of_pods_alone()).backends)
          if (!backend.node.empty()) nodes.insert(backend.node);
    } else if (!by_hand(service)) {
      const auto candidates = placement::candidates_of(snapshot_);
      for (const auto& workload : snapshot_.workloads) {
        const auto subject = placement::subject_of(workload, snapshot_);
        if (!subject.daemon_set || workload.meta.namespace_name != service.meta.namespace_name || !path::selects(service, workload.pod_labels)) continue;
        for (const auto& candidate : candidates)
          if (placement::landing(subject, candidate) == placement::Landing::yes) nodes.insert(candidate.name);
      }
    }
    return served_[&service] = nodes;
  }

  // ------------------------------------------------------------------------------------------------------------ host ports
  void add_host_ports() {
    const bool observed = universe_.kind == world::UniverseKind::observed;
    if (!observed)
      for (const auto& workload : snapshot_.workloads) add_host_ports(workload.meta, workload.pod_labels, workload.pod);
    const placement::Controllers controllers(snapshot_);
    for (const auto& pod : snapshot_.pods)
      if (observed || !controllers.declare(pod)) add_host_ports(pod.meta, pod.meta.labels, pod.spec);
  }

  void add_host_ports(const resource::ObjectMeta& meta, const resource::Labels& labels, const resource::PodSpec& spec) {
    for (const auto& port : spec.ports)
      if (port.host_port != 0 && !spec.host_network && port.container != resource::ContainerKind::init)
        result_.ways.push_back(host_port(port, labelled(pool_, Role::destination, meta, labels)));
  }

  Way host_port(const resource::ContainerPort& port, Expr pods) {
    const path::HostPortPlace place = path::place_of(snapshot_, port);
    Way way{.kind = Kind::host_port, .entry_port = port.host_port, .leads_to = pool_.conjunction({pods, pool_.protocol_is(port.protocol), number(port.number)}), .unsure = logic::False, .to_supply = place.to_supply,
            .asked = place.address, .only_at = {place.nodes.begin(), place.nodes.end()}};
    if (place.family) way.leads_to = pool_.both(way.leads_to, pool_.family_is(*place.family));
    if (!place.to_supply.empty()) way.unsure = logic::True;
    std::vector<Expr> there;
    for (const auto& node : place.nodes) there.push_back(pool_.node_is(Role::destination, node));
    if (!there.empty()) way.leads_to = pool_.both(way.leads_to, pool_.disjunction(std::move(there)));
    return way;
  }

  logic::Pool& pool_;
  const Peer& peer_;
  Expr to_;
  const PathChoice& choice_;
  const resource::Snapshot& snapshot_;
  const world::Universe& universe_;
  std::vector<std::string> named_;
  std::map<const ServicePort*, Expr> endpoints_;
  std::map<const Service*, std::set<std::string>> served_;
  Ways result_;
};

}  // namespace

bool Way::serves_own_only() const {
  if (!service) return false;
  return kind == Kind::cluster_ip ? service->internal_traffic_policy == "Local" : service->external_traffic_policy == "Local";
}

std::string Way::text() const {
  std::string text = path::to_string(kind);
  if (service) text += " of " + name_of(service->meta) + " " + base::to_string(port->protocol) + "/" + std::to_string(port->port);
  if (kind == Kind::host_port) text += " " + std::to_string(entry_port);
  return text;
}

Expr endpoint_expr(logic::Pool& pool, const path::Backend& backend, Role role, const world::Universe& universe) {
  const bool observed = universe.kind == world::UniverseKind::observed;
  if (backend.pod && (!observed || !backend.address)) return labelled(pool, role, backend.pod->meta, backend.pod->meta.labels);
  if (backend.workload) return labelled(pool, role, backend.workload->meta, backend.workload->pod_labels);
  base::AddressSet addresses = base::AddressSet::of(*backend.address);
  if (backend.pod && !backend.listed)
    for (const auto& address : backend.pod->addresses) addresses = addresses.united(base::AddressSet::of(address));
  return pool.address_in(role, addresses);
}

std::vector<std::string> named_services(const Peer& peer) {
  std::vector<std::string> names;
  collect_services(peer, names);
  return names;
}

Ways ways_to(logic::Pool& pool, const Peer& peer, Expr to, const PathChoice& choice, bool through_any, const resource::Snapshot& snapshot, const world::Universe& universe) {
  return Collector(pool, peer, to, choice, snapshot, universe).run(through_any);
}

}  // namespace npverify::verify
