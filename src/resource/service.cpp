// core/v1 Service.
#include <algorithm>

#include "resource/cidr.h"
#include "resource/kinds.h"
#include "resource/ports.h"
#include "resource/syntax.h"

namespace npverify::resource {
namespace {

void add_addresses(const Field& list, std::vector<base::Address>& addresses) {
  for (size_t i = 0; i < list.size(); ++i) {
    const Field entry = list.item(i);
    append_address(entry, addresses);
  }
}

std::variant<base::Port, std::string> decode_target(const Field& target, base::Port otherwise) {
  const auto value = target.integer_or_text();
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (*number == 0) return otherwise;  // as absent
    if (*number >= 1 && *number <= 65535) return static_cast<base::Port>(*number);
    target.error("port " + std::to_string(*number) + " is not a port; expected 1 to 65535");
  } else if (const auto* name = std::get_if<std::string_view>(&value)) {
    if (name->empty()) return otherwise;
    if (const auto expected = port_name_problem(*name)) target.error("port name '" + std::string(*name) + "' is not valid; expected " + *expected, number_hint(*name));
    return std::string(*name);
  }
  return otherwise;
}

ServicePort decode_port(const Field& entry) {
  ServicePort port;
  entry.no_slips({"name", "protocol", "appProtocol", "port", "targetPort", "nodePort"});
  const Field name = entry.child("name"), protocol = entry.child("protocol"), number = entry.child("port"), target = entry.child("targetPort"), node = entry.child("nodePort");
  port.name = name.text_or("");
  port.protocol = decode_protocol(protocol, true);
  if (!number.present()) number.error("a port is missing; expected 1 to 65535");
  port.port = static_cast<base::Port>(number.integer(1, 65535).value_or(0));
  port.node_port = static_cast<base::Port>(node.integer(0, 65535).value_or(0));
  port.target_port = decode_target(target, port.port);
  port.origin = entry.origin();
  return port;
}

/// Several ports need names, and no two may be alike: validateServicePort and ValidateService of kubernetes' core validation.
void check_ports(const Field& ports, const Service& service) {
  for (size_t i = 0; i < service.ports.size(); ++i) {
    const Field entry = ports.item(i);
    const Field name = entry.child("name");
    const ServicePort& port = service.ports[i];
    if (port.name.empty() && service.ports.size() > 1) name.error("a name is missing; each port of a Service with several has one");
    for (size_t j = 0; j < i; ++j) {
      const ServicePort& other = service.ports[j];
      if (!port.name.empty() && port.name == other.name) name.error("the port name " + quoted(port.name) + " is given twice");
      if (port.port != 0 && port.port == other.port && port.protocol == other.protocol)
        entry.error("port " + std::to_string(port.port) + "/" + base::to_string(port.protocol) + " is given twice");
    }
  }
}

void decode_type(const Field& type, Service& service) {
  const auto text = type.text();
  if (!text || text->empty()) return;
  const std::vector<std::string> types{"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"};
  service.type = *text;
  if (std::find(types.begin(), types.end(), *text) != types.end()) return;
  const auto near = base::nearest(*text, types);
  type.error("unknown service type '" + std::string(*text) + "'; expected " + alternatives(types), near ? "did you mean '" + *near + "'?" : "");
}

void decode_load_balancer(const Field& status, const Field& wanted, Service& service) {
  const Field balancer = status.child("loadBalancer");
  const Field ingress = balancer.child("ingress");
  for (size_t i = 0; i < ingress.size(); ++i) {
    const Field entry = ingress.item(i);
    const Field ip = entry.child("ip");
    append_address(ip, service.load_balancer_ips);
  }
  if (service.load_balancer_ips.empty()) append_address(wanted, service.load_balancer_ips);
}

/// Cluster or Local; absent and "" are Cluster.
std::string decode_traffic_policy(const Field& policy) {
  const std::string text = policy.text_or("");
  if (text.empty()) return "Cluster";
  if (text == "Cluster" || text == "Local") return text;
  const auto near = base::nearest(text, {"Cluster", "Local"});
  policy.error("unknown traffic policy '" + text + "'; expected Cluster or Local", near ? "did you mean '" + *near + "'?" : "");
  return "Cluster";
}

/// ServiceIPFamily and ServiceIPFamilyPolicy of core/v1: one family or two, and how many of the cluster's the Service is to have.
void decode_families(const Field& families, const Field& policy, Service& service) {
  for (size_t i = 0; i < families.size(); ++i) {
    const Field entry = families.item(i);
    const auto text = entry.text();
    if (!text) continue;
    const base::Family family = *text == "IPv6" ? base::Family::ipv6 : base::Family::ipv4;
    if (*text != base::to_string(family))
      entry.error("unknown address family '" + std::string(*text) + "'; expected IPv4 or IPv6");
    else if (std::find(service.ip_families.begin(), service.ip_families.end(), family) != service.ip_families.end())
      entry.error("the address family " + std::string(*text) + " is given twice");
    else
      service.ip_families.push_back(family);
  }
  service.ip_family_policy = policy.text_or("");
  const std::vector<std::string> policies{"SingleStack", "PreferDualStack", "RequireDualStack"};
  if (service.ip_family_policy.empty() || std::find(policies.begin(), policies.end(), service.ip_family_policy) != policies.end()) return;
  const auto near = base::nearest(service.ip_family_policy, policies);
  policy.error("unknown ipFamilyPolicy '" + service.ip_family_policy + "'; expected " + alternatives(policies), near ? "did you mean '" + *near + "'?" : "");
}

/// SingleStack, which a Service is where it does not say, has one family: initIPFamilyFields of pkg/registry/core/service/storage. What an API server has
/// stored it has filled in; one without addresses and selector is RequireDualStack unless it says otherwise.
void check_family_policy(const Field& families, const Field& addresses, const Service& service) {
  const bool said = !service.ip_family_policy.empty(), single = !said || service.ip_family_policy == "SingleStack";
  if (!single || service.stored || service.type == "ExternalName" || (!said && service.headless && !service.selector)) return;
  const std::string why = std::string(" of a Service ") + (said ? "of" : "without ipFamilyPolicy, which is then") + " SingleStack; expected one, or ipFamilyPolicy PreferDualStack or RequireDualStack";
  const Field family = families.item(1), address = addresses.item(1);
  if (service.ip_families.size() > 1)
    family.error("a second address family" + why);
  else if (service.cluster_ips.size() > 1)
    address.error("a second address" + why);
}

void decode_source_ranges(const Field& ranges, Service& service) {
  for (size_t i = 0; i < ranges.size(); ++i) {
    const Field entry = ranges.item(i);
    const auto text = entry.text();
    if (!text) continue;
    if (const auto cidr = parse_legacy_cidr(*text)) {
      service.source_ranges.push_back(cidr->prefix);
    } else {
      entry.error("'" + std::string(*text) + "' is not a CIDR; expected ADDRESS/LENGTH");
    }
  }
}

}  // namespace

Service decode_service(const Field& object) {
  Service service;
  service.meta = decode_meta(object, Scope::namespaced, NameForm::dns_label, false);
  const Field spec = object.child("spec"), status = object.child("status");
  if (!spec.mapping()) return service;
  spec.no_slips({"ports", "selector", "clusterIP", "clusterIPs", "type", "externalIPs", "sessionAffinity", "loadBalancerIP", "loadBalancerSourceRanges", "externalName", "externalTrafficPolicy",
                 "healthCheckNodePort", "publishNotReadyAddresses", "sessionAffinityConfig", "ipFamilies", "ipFamilyPolicy", "allocateLoadBalancerNodePorts", "loadBalancerClass",
                 "internalTrafficPolicy", "trafficDistribution"});
  const Field type = spec.child("type"), selector = spec.child("selector"), ports = spec.child("ports"), ip = spec.child("clusterIP"), ips = spec.child("clusterIPs"),
              external = spec.child("externalIPs"), wanted = spec.child("loadBalancerIP"), name = spec.child("externalName"), outside = spec.child("externalTrafficPolicy"),
              inside = spec.child("internalTrafficPolicy"), ranges = spec.child("loadBalancerSourceRanges"), not_ready = spec.child("publishNotReadyAddresses"),
              families = spec.child("ipFamilies"), family_policy = spec.child("ipFamilyPolicy"), node_ports = spec.child("allocateLoadBalancerNodePorts"), meta = object.child("metadata");
  decode_type(type, service);
  if (auto labels = selector.text_map(); !labels.empty()) service.selector = std::move(labels);
  for (size_t i = 0; i < ports.size(); ++i) {
    const Field port = ports.item(i);
    service.ports.push_back(decode_port(port));
  }
  check_ports(ports, service);
  service.headless = ip.text() == "None";
  add_addresses(ips, service.cluster_ips);
  if (service.cluster_ips.empty()) append_address(ip, service.cluster_ips);
  add_addresses(external, service.external_ips);
  decode_load_balancer(status, wanted, service);
  service.external_name = name.text_or("");
  service.external_traffic_policy = decode_traffic_policy(outside);
  service.internal_traffic_policy = decode_traffic_policy(inside);
  decode_source_ranges(ranges, service);
  service.publishes_not_ready = not_ready.boolean().value_or(false);
  decode_families(families, family_policy, service);
  service.allocates_node_ports = node_ports.boolean().value_or(true);
  const Field uid = meta.child("uid");
  service.stored = !uid.text_or("").empty();
  check_family_policy(families, ips, service);
  return service;
}

}  // namespace npverify::resource
