// As the endpoint slice controller works (pkg/controller/endpointslice, pkg/api/v1/pod FindPort).
#include "path/service.h"

#include <algorithm>

namespace npverify::path {
namespace {

using resource::Origin;
using resource::Service;
using resource::ServicePort;

std::string name_of(const resource::ObjectMeta& meta) { return meta.namespace_name + "/" + meta.name; }

std::string selector_text(const Service& service) {
  std::string text;
  for (const auto& [key, value] : *service.selector) text += (text.empty() ? "" : ",") + key + "=" + value;
  return text;
}

std::string port_text(const ServicePort& port) { return std::string(base::to_string(port.protocol)) + " " + std::to_string(port.port); }

/// "TCP 8080 (http), TCP 9090"
std::string declared_ports(const resource::PodSpec& pod) {
  std::string text;
  for (const auto& one : pod.ports)
    if (one.container != resource::ContainerKind::init)
      text += (text.empty() ? "" : ", ") + std::string(base::to_string(one.protocol)) + " " + std::to_string(one.number) + (one.name.empty() ? "" : " (" + one.name + ")");
  return text.empty() ? "none" : text;
}

class Resolver {
 public:
  Resolver(const resource::Snapshot& snapshot, const Service& service, const ServicePort& port, const base::AddressSet& pods) : snapshot_(snapshot), service_(service), port_(port), pods_(pods) {}

  Resolution run() {
    if (service_.type == "ExternalName") {
      result_.problems.push_back({"the Service is a name outside the cluster (ExternalName " + service_.external_name + ")", service_.meta.origin});
    } else if (!from_objects("EndpointSlice") && !from_objects("Endpoints")) {
      by_selector();
    }
    return std::move(result_);
  }

 private:
  // --------------------------------------------------------------------------------------------------------- from objects
  bool from_objects(const char* kind) {
    bool any = false;
    for (const auto& object : snapshot_.endpoints) {
      if (object.kind != kind || object.service != service_.meta.name || object.meta.namespace_name != service_.meta.namespace_name) continue;
      any = true;
      if (object.host_names) result_.notes.push_back({object.kind + " " + object.meta.name + " lists names, not addresses; what they resolve to is outside", object.meta.origin});
      for (const auto& subset : object.subsets) add_subset(object, subset);
    }
    if (any && result_.backends.empty() && result_.problems.empty() && result_.to_supply.empty())
      result_.problems.push_back({"no " + std::string(kind) + " of the Service lists an endpoint for port " + port_text(port_), port_.origin});
    if (any) compare_with_pods(kind);
    return any;
  }

  void add_subset(const resource::EndpointObject& object, const resource::EndpointSubset& subset) {
    const auto number = std::find_if(subset.ports.begin(), subset.ports.end(), [&](const auto& one) { return one.name == port_.name && one.protocol == port_.protocol; });
    if (number == subset.ports.end()) {
      if (!subset.endpoints.empty())
        result_.problems.push_back({object.kind + " " + object.meta.name + " has no port named '" + port_.name + "' under " + base::to_string(port_.protocol), subset.origin});
      return;
    }
    for (const auto& endpoint : subset.endpoints) {
      if (!endpoint.ready && !service_.publishes_not_ready) {
        result_.problems.push_back({"endpoint " + endpoint.address.to_string() + " is not ready", subset.origin});
        continue;
      }
      Backend backend{.id = endpoint.address.to_string(), .pod = pod_of(endpoint), .address = endpoint.address, .node = endpoint.node, .port = number->number == 0 ? port_.port : number->number};
      if (backend.pod) backend.id = name_of(backend.pod->meta);
      const bool of_a_pod = !endpoint.pod.empty() || pods_.contains(endpoint.address);
      if (!backend.pod && of_a_pod) {
        const std::string who = endpoint.pod.empty() ? "the Pod" : "the Pod " + endpoint.pod + ",";
        result_.to_supply = who + " whose address " + endpoint.address.to_string() + " " + object.kind + " " + object.meta.name + " lists" + (endpoint.pod.empty() ? "" : ",") + " is not in the manifests: give it";
        continue;
      }
      backend.listed = true;
      if (backend.pod && backend.node.empty()) backend.node = backend.pod->spec.node_name;
      result_.backends.push_back(std::move(backend));
    }
  }

  const resource::Pod* pod_of(const resource::ServiceEndpoint& endpoint) const {
    for (const auto& pod : snapshot_.pods) {
      if (name_of(pod.meta) == endpoint.pod) return &pod;
      if (!pod.spec.host_network && std::find(pod.addresses.begin(), pod.addresses.end(), endpoint.address) != pod.addresses.end()) return &pod;
    }
    return nullptr;
  }

  void compare_with_pods(const std::string& kind) {
    for (const auto& pod : snapshot_.pods) {
      if (!serves(pod) || !selects(service_, pod.meta.labels) || pod.meta.namespace_name != service_.meta.namespace_name || pod.addresses.empty()) continue;
      const auto listed = [&](const Backend& backend) { return backend.pod == &pod; };
      const auto number = target_number(port_, pod.spec);
      const auto found = std::find_if(result_.backends.begin(), result_.backends.end(), listed);
      if (found == result_.backends.end())
        result_.notes.push_back({"pod " + name_of(pod.meta) + " is selected and ready, and no " + kind + " lists it", pod.meta.origin});
      else if (number && *number != found->port)
        result_.notes.push_back({"the " + kind + " sends to port " + std::to_string(found->port) + " of " + name_of(pod.meta) + ", the Service's targetPort is " + std::to_string(*number), port_.origin});
    }
  }

  // ---------------------------------------------------------------------------------------------------------- by selector
  bool serves(const resource::Pod& pod) const {
    const bool ended = pod.phase == resource::PodPhase::succeeded || pod.phase == resource::PodPhase::failed;
    return !ended && !pod.terminating && (service_.publishes_not_ready || pod.ready.value_or(true));
  }

  void by_selector() {
    if (!service_.selector) {
      result_.to_supply = "the Service has no selector: give its EndpointSlices";
      result_.problems.push_back({"the Service has no selector, and no EndpointSlice of it is in the manifests", service_.meta.origin});
      return;
    }
    bool any = false;
    for (const auto& pod : snapshot_.pods) {
      if (pod.meta.namespace_name != service_.meta.namespace_name || !selects(service_, pod.meta.labels)) continue;
      any = true;
      if (!serves(pod)) {
        result_.problems.push_back({"pod " + name_of(pod.meta) + " is selected and not ready", pod.meta.origin});
        continue;
      }
      add({.id = name_of(pod.meta), .pod = &pod, .address = pod.addresses.empty() ? std::nullopt : std::optional(pod.addresses[0]), .node = pod.spec.node_name}, pod.spec, pod.meta.origin);
    }
    if (any) return;
    for (const auto& workload : snapshot_.workloads) {
      if (workload.meta.namespace_name != service_.meta.namespace_name || !selects(service_, workload.pod_labels)) continue;
      any = true;
      const std::string id = workload.meta.namespace_name + "/" + workload.kind + "/" + workload.meta.name;
      if (workload.replicas == 0)
        result_.problems.push_back({id + " is selected and scaled to 0", workload.meta.origin});
      else
        add({.id = id, .workload = &workload}, workload.pod, workload.meta.origin);
    }
    if (!any) result_.problems.push_back({"no pod and no workload of the manifests has the labels of the Service's selector, " + selector_text(service_), service_.meta.origin});
  }

  void add(Backend backend, const resource::PodSpec& spec, const Origin& origin) {
    const auto number = target_number(port_, spec);
    if (!number) {
      result_.problems.push_back({"no container of " + backend.id + " has a port named '" + std::get<std::string>(port_.target_port) + "' under " + base::to_string(port_.protocol) +
                                      "; declared: " + declared_ports(spec), port_.origin});
      return;
    }
    const bool declared = std::any_of(spec.ports.begin(), spec.ports.end(), [&](const auto& one) { return one.number == *number && one.protocol == port_.protocol; });
    if (!declared && !spec.ports.empty())
      result_.notes.push_back({"no container of " + backend.id + " declares " + base::to_string(port_.protocol) + " " + std::to_string(*number) + ", to which the Service sends; declared: " + declared_ports(spec), origin});
    backend.port = *number;
    result_.backends.push_back(std::move(backend));
  }

  const resource::Snapshot& snapshot_;
  const Service& service_;
  const ServicePort& port_;
  const base::AddressSet& pods_;
  Resolution result_;
};

}  // namespace

// initIPFamilyFields of pkg/registry/core/service/storage: what is not given is the cluster's first family, and a second one where the policy asks
// for it and the cluster has two. SingleStack is the default.
ServiceFamilies families_of(const Service& service, const std::vector<base::Family>& cluster) {
  const std::vector<base::Family> both{base::Family::ipv4, base::Family::ipv6};
  ServiceFamilies families{.has = service.ip_families, .may_have = {}, .to_supply = {}};
  for (const auto& address : service.cluster_ips)
    if (std::find(families.has.begin(), families.has.end(), address.family) == families.has.end()) families.has.push_back(address.family);
  if (service.ip_family_policy == "RequireDualStack" && !service.stored) families.has = both;
  const bool one_family = cluster.size() == 1;
  if (families.has.empty() && one_family) families.has = cluster;
  // Where nothing shows the cluster's families, it may have either: one that has this one gives it to the Service.
  if (families.has.empty() && cluster.empty()) families.has = both;
  const bool may_have_more = families.has.empty() || (service.ip_family_policy == "PreferDualStack" && !service.stored && !one_family);
  for (const auto family : both)
    if (may_have_more && std::find(families.has.begin(), families.has.end(), family) == families.has.end()) families.may_have.push_back(family);
  if (!families.may_have.empty()) families.to_supply = "give Service " + name_of(service.meta) + " with its spec.ipFamilies, or with spec.clusterIPs and metadata.uid as the API server stores it";
  return families;
}

// initNodePorts, same place: without allocation, only numbers that are asked for.
bool has_node_port(const Service& service, const ServicePort& port) {
  if (service.type == "NodePort") return true;
  return service.type == "LoadBalancer" && (service.allocates_node_ports || port.node_port != 0);
}

HostPortPlace place_of(const resource::Snapshot& snapshot, const resource::ContainerPort& port) {
  HostPortPlace place;
  if (port.host_ip.empty()) return place;
  const auto address = base::Address::parse(port.host_ip);
  if (!address) {
    place.to_supply = "a hostIP that is an address: '" + port.host_ip + "' is none";
    return place;
  }
  place.family = address->family;
  if (address->bits == 0) return place;
  place.address = address;
  for (const auto& node : snapshot.nodes)
    if (std::find(node.addresses.begin(), node.addresses.end(), *address) != node.addresses.end()) place.nodes.push_back(node.meta.name);
  if (place.nodes.empty()) place.to_supply = "the Node that has the address " + port.host_ip + " (hostIP) among its status.addresses";
  return place;
}

bool selects(const Service& service, const resource::Labels& labels) {
  return service.selector && std::all_of(service.selector->begin(), service.selector->end(), [&](const auto& wanted) {
           const auto found = labels.find(wanted.first);
           return found != labels.end() && found->second == wanted.second;
         });
}

std::optional<base::Port> target_number(const ServicePort& port, const resource::PodSpec& pod) {
  if (const auto* number = std::get_if<base::Port>(&port.target_port)) return *number;
  const auto& name = std::get<std::string>(port.target_port);
  for (const auto& one : pod.ports)
    if (one.name == name && one.protocol == port.protocol && one.container != resource::ContainerKind::init) return one.number;
  return std::nullopt;
}

Resolution resolve(const resource::Snapshot& snapshot, const Service& service, const ServicePort& port, const base::AddressSet& pods) { return Resolver(snapshot, service, port, pods).run(); }

}  // namespace npverify::path
