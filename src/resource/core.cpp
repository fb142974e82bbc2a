// core/v1 Namespace, Node and ServiceAccount.
#include "resource/cidr.h"
#include "resource/kinds.h"
#include "resource/placement.h"
#include "resource/ports.h"

namespace npverify::resource {
namespace {

void decode_addresses(const Field& addresses, Node& node) {
  std::vector<base::Address> others;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const Field entry = addresses.item(i);
    if (!entry.mapping()) continue;
    const Field type = entry.child("type"), address = entry.child("address");
    const std::string kind = type.text_or("");
    if (kind != "InternalIP" && kind != "ExternalIP") continue;
    append_address(address, kind == "InternalIP" ? node.internal_ips : others);
  }
  node.addresses = node.internal_ips;
  node.addresses.insert(node.addresses.end(), others.begin(), others.end());
}

void add_pod_cidr(const Field& field, Node& node) {
  const auto text = field.text();
  if (!text || text->empty()) return;
  if (const auto cidr = parse_legacy_cidr(*text)) {
    node.pod_cidrs.push_back(cidr->prefix);
  } else {
    field.error("'" + std::string(*text) + "' is not a CIDR; expected ADDRESS/LENGTH");
  }
}

void decode_node_spec(const Field& spec, Node& node) {
  const Field cidrs = spec.child("podCIDRs"), cidr = spec.child("podCIDR"), taints = spec.child("taints"), unschedulable = spec.child("unschedulable");
  const size_t size = cidrs.size();
  for (size_t i = 0; i < size; ++i) {
    const Field entry = cidrs.item(i);
    add_pod_cidr(entry, node);
  }
  if (size == 0) add_pod_cidr(cidr, node);
  node.unschedulable = unschedulable.boolean().value_or(false);
  if (node.unschedulable) node.unschedulable_origin = unschedulable.origin();
  for (size_t i = 0; i < taints.size(); ++i) {
    const Field taint = taints.item(i);
    if (taint.mapping()) node.taints.push_back(decode_taint(taint));
  }
}

}  // namespace

Namespace decode_namespace(const Field& object) {
  Namespace result{decode_meta(object, Scope::cluster, NameForm::dns_label, false)};
  result.meta.labels["kubernetes.io/metadata.name"] = result.meta.name;  // SetDefaults_Namespace; the server keeps it so
  return result;
}

Node decode_node(const Field& object) {
  Node node;
  node.meta = decode_meta(object, Scope::cluster, NameForm::dns_subdomain, false);
  const Field spec = object.child("spec"), status = object.child("status");
  if (spec.mapping()) decode_node_spec(spec, node);
  if (!status.mapping()) return node;
  const Field addresses = status.child("addresses"), info = status.child("nodeInfo");
  decode_addresses(addresses, node);
  if (info.mapping())
    for (const auto& entry : info.node()->entries)
      if (entry.value.kind == manifest::NodeKind::string) node.info.emplace(entry.key, entry.value.text);
  return node;
}

ServiceAccount decode_service_account(const Field& object) { return {decode_meta(object, Scope::namespaced, NameForm::dns_subdomain, false)}; }

}  // namespace npverify::resource
