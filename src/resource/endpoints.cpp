// discovery.k8s.io/v1 EndpointSlice and core/v1 Endpoints: the addresses behind a Service.
#include "resource/kinds.h"
#include "resource/ports.h"

namespace npverify::resource {
namespace {

std::string target_of(const Field& endpoint) {
  const Field target = endpoint.child("targetRef");
  if (!target.mapping()) return "";
  const Field kind = target.child("kind"), space = target.child("namespace"), name = target.child("name");
  return kind.text() == "Pod" ? space.text_or("") + "/" + name.text_or("") : "";
}

EndpointPort decode_port(const Field& entry) {
  const Field name = entry.child("name"), protocol = entry.child("protocol"), number = entry.child("port");
  return {name.text_or(""), decode_protocol(protocol, true), static_cast<base::Port>(number.integer(1, 65535).value_or(0))};
}

void decode_ports(const Field& ports, EndpointSubset& subset) {
  for (size_t i = 0; i < ports.size(); ++i) {
    const Field entry = ports.item(i);
    if (entry.mapping()) subset.ports.push_back(decode_port(entry));
  }
}

void decode_slice_endpoint(const Field& entry, EndpointSubset& subset) {
  const Field addresses = entry.child("addresses"), conditions = entry.child("conditions"), node = entry.child("nodeName"), topology = entry.child("topology");
  const Field ready = conditions.child("ready"), terminating = conditions.child("terminating"), host = topology.child("kubernetes.io/hostname");
  std::vector<base::Address> read;
  const Field first = addresses.item(0);  // an endpoint may list more; consumers use the first
  if (addresses.size() > 0) append_address(first, read);
  if (read.empty()) return;
  // An absent "ready" is to be read as true (EndpointConditions).
  subset.endpoints.push_back({read[0], ready.boolean().value_or(true), terminating.boolean().value_or(false), node.text_or(host.text_or("")), target_of(entry)});
}

void decode_slice(const Field& object, EndpointObject& slice) {
  const auto service = slice.meta.labels.find("kubernetes.io/service-name");
  if (service != slice.meta.labels.end()) slice.service = service->second;
  const Field type = object.child("addressType"), endpoints = object.child("endpoints"), ports = object.child("ports");
  slice.host_names = type.text() == "FQDN";
  EndpointSubset subset{.origin = object.origin()};
  for (size_t i = 0; i < endpoints.size() && !slice.host_names; ++i) {
    const Field entry = endpoints.item(i);
    if (entry.mapping()) decode_slice_endpoint(entry, subset);
  }
  decode_ports(ports, subset);
  slice.subsets.push_back(std::move(subset));
}

void decode_addresses(const Field& addresses, bool ready, EndpointSubset& subset) {
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Field entry = addresses.item(i);
    if (!entry.mapping()) continue;
    const Field ip = entry.child("ip"), node = entry.child("nodeName");
    std::vector<base::Address> read;
    append_address(ip, read);
    if (!read.empty()) subset.endpoints.push_back({read[0], ready, false, node.text_or(""), target_of(entry)});
  }
}

}  // namespace

EndpointObject decode_endpoints(const Field& object, std::string_view kind) {
  EndpointObject result;
  result.kind = kind;
  result.meta = decode_meta(object, Scope::namespaced, NameForm::dns_subdomain, false);
  if (kind == "EndpointSlice") {
    decode_slice(object, result);
    return result;
  }
  result.service = result.meta.name;
  const Field subsets = object.child("subsets");
  for (size_t i = 0; i < subsets.size(); ++i) {
    const Field entry = subsets.item(i);
    if (!entry.mapping()) continue;
    const Field addresses = entry.child("addresses"), not_ready = entry.child("notReadyAddresses"), ports = entry.child("ports");
    EndpointSubset subset{.origin = entry.origin()};
    decode_addresses(addresses, true, subset);
    decode_addresses(not_ready, false, subset);
    decode_ports(ports, subset);
    result.subsets.push_back(std::move(subset));
  }
  return result;
}

}  // namespace npverify::resource
