// networking.k8s.io/v1 NetworkPolicy: decoding, defaults and validation.
// Source: kubernetes pkg/apis/networking/v1/defaults.go and pkg/apis/networking/validation/validation.go, with StrictIPCIDRValidation off: what
// only newer servers refuse is a note. null entries of lists decode as empty objects, as in Go: a null rule allows everything.
#include "resource/cidr.h"
#include "resource/kinds.h"
#include "resource/ports.h"
#include "resource/syntax.h"

namespace npverify::resource {
namespace {

void decode_end_port(const Field& end_port, NetworkPolicyPort& port, bool port_is_present) {
  if (!end_port.present()) return;
  const auto last = end_port.integer(1, 65535);
  const auto* first = std::get_if<base::Port>(&port.port);
  if (!first) {
    end_port.error(port_is_present ? "endPort needs a numeric port" : "endPort without port; expected a number in 'port'");
  } else if (last && *last < *first) {
    end_port.error("endPort " + std::to_string(*last) + " is below port " + std::to_string(*first));
  } else if (last) {
    port.end_port = static_cast<base::Port>(*last);
  }
}

NetworkPolicyPort decode_port(const Field& entry) {
  NetworkPolicyPort port;
  port.origin = entry.origin();
  if (entry.present() && !entry.mapping()) return port;
  entry.only({"protocol", "port", "endPort"});
  const Field protocol = entry.child("protocol"), number = entry.child("port"), end_port = entry.child("endPort");
  port.protocol = decode_protocol(protocol, false);
  const auto value = number.integer_or_text();
  if (const auto* name = std::get_if<std::string_view>(&value)) {
    if (const auto expected = port_name_problem(*name)) number.error("port name " + quoted(*name) + " is not valid; expected " + *expected, number_hint(*name));
    port.port = std::string(*name);
  } else if (const auto* plain = std::get_if<int64_t>(&value)) {
    if (*plain < 1 || *plain > 65535) {
      number.error("port " + std::to_string(*plain) + " is not a port; expected 1 to 65535");
      return port;
    }
    port.port = static_cast<base::Port>(*plain);
  } else if (number.present()) {
    return port;  // of a wrong type, reported
  }
  decode_end_port(end_port, port, number.present());
  return port;
}

/// An address alone: what its writer may have meant.
std::string length_hint(std::string_view text) {
  const auto address = parse_legacy_address(text);
  if (!address) return "";
  const bool v4 = address->family == base::Family::ipv4;
  if (address->bits == 0) return "every " + std::string(base::to_string(address->family)) + " address is " + std::string(text) + "/0";
  return "one address is " + std::string(text) + (v4 ? "/32" : "/128");
}

std::optional<LegacyCidr> decode_cidr(const Field& field) {
  const auto text = field.text();
  if (!text) return std::nullopt;
  auto cidr = parse_legacy_cidr(*text);
  if (!cidr) {
    field.error(quoted(*text) + " is not a CIDR; expected ADDRESS/LENGTH such as 10.0.0.0/8 or 2001:db8::/32", length_hint(*text));
  } else if (!cidr->remark.empty()) {
    field.note(quoted(*text) + " " + cidr->remark + "; API servers from 1.36 on refuse it in new objects");
  }
  return cidr;
}

IpBlock decode_ip_block(const Field& block) {
  IpBlock result;
  block.only({"cidr", "except"});
  const Field cidr = block.child("cidr"), excepts = block.child("except");
  const auto text = cidr.text();
  if (!cidr.present() || (text && text->empty())) cidr.error("a cidr is missing");
  const auto outer = text && !text->empty() ? decode_cidr(cidr) : std::nullopt;
  if (outer) result.cidr = outer->prefix;
  for (size_t i = 0; i < excepts.size(); ++i) {
    const Field except = excepts.item(i);
    if (!except.present()) except.error("a cidr is missing");
    const auto inner = decode_cidr(except);
    if (!inner) continue;
    result.except.push_back(inner->prefix);
    if (outer && !(outer->prefix.contains(inner->prefix.network) && outer->written_length < inner->written_length))
      except.error(quoted(*except.text()) + " is not strictly inside " + quoted(*text));
  }
  return result;
}

NetworkPolicyPeer decode_peer(const Field& entry) {
  NetworkPolicyPeer peer;
  peer.origin = entry.origin();
  if (entry.present() && !entry.mapping()) return peer;
  entry.only({"podSelector", "namespaceSelector", "ipBlock"});
  const Field pods = entry.child("podSelector"), namespaces = entry.child("namespaceSelector"), block = entry.child("ipBlock");
  if (pods.present()) peer.pod_selector = decode_selector(pods, true);
  if (namespaces.present()) peer.namespace_selector = decode_selector(namespaces, true);
  if (block.mapping()) peer.ip_block = decode_ip_block(block);
  if (!pods.present() && !namespaces.present() && !block.present())
    entry.error("an empty peer; expected podSelector, namespaceSelector or ipBlock", entry.node() && entry.node()->entries.empty() ? "" : "a selector without value is absent; write {} to select all");
  if (block.present() && (pods.present() || namespaces.present())) entry.error("ipBlock beside a selector; a peer has one or the other");
  return peer;
}

std::vector<NetworkPolicyRule> decode_rules(const Field& rules, const char* peers_key) {
  std::vector<NetworkPolicyRule> result;
  const size_t size = rules.size();
  result.reserve(size);
  for (size_t i = 0; i < size; ++i) {
    const Field entry = rules.item(i);
    NetworkPolicyRule rule;
    rule.origin = entry.origin();
    if (!entry.present() || entry.mapping()) {
      entry.only({peers_key, "ports"});
      const Field peers = entry.child(peers_key), ports = entry.child("ports");
      const size_t peer_count = peers.size(), port_count = ports.size();
      rule.peers.reserve(peer_count);
      for (size_t j = 0; j < peer_count; ++j) {
        const Field peer = peers.item(j);
        rule.peers.push_back(decode_peer(peer));
      }
      rule.ports.reserve(port_count);
      for (size_t j = 0; j < port_count; ++j) {
        const Field port = ports.item(j);
        rule.ports.push_back(decode_port(port));
      }
    }
    result.push_back(std::move(rule));
  }
  return result;
}

void decode_types(const Field& types, NetworkPolicy& policy) {
  const size_t size = types.size();
  if (size == 0) {  // SetDefaults_NetworkPolicy
    policy.type_ingress = true;
    policy.type_egress = !policy.egress.empty();
    return;
  }
  if (size > 2) types.error("policyTypes has " + std::to_string(size) + " entries; expected at most Ingress and Egress");
  for (size_t i = 0; i < size; ++i) {
    const Field type = types.item(i);
    const auto text = type.text();
    if (text == "Ingress") {
      policy.type_ingress = true;
    } else if (text == "Egress") {
      policy.type_egress = true;
    } else if (text || !type.present()) {
      const auto near = base::nearest(text.value_or(""), {"Ingress", "Egress"});
      type.error("unknown policy type " + quoted(text.value_or("")) + "; expected Ingress or Egress", near ? "did you mean '" + *near + "'?" : "");
    }
  }
}

}  // namespace

NetworkPolicy decode_network_policy(const Field& object) {
  NetworkPolicy policy;
  object.only({"apiVersion", "kind", "metadata", "spec", "status"});  // status: stored by servers from 1.24 to 1.27
  policy.meta = decode_meta(object, Scope::namespaced, NameForm::dns_subdomain, true);
  const Field spec = object.child("spec");
  if (spec.present() && !spec.mapping()) return policy;
  spec.only({"podSelector", "policyTypes", "ingress", "egress"});
  const Field pods = spec.child("podSelector"), ingress = spec.child("ingress"), egress = spec.child("egress"), types = spec.child("policyTypes");
  policy.pod_selector = decode_selector(pods, true);
  policy.ingress = decode_rules(ingress, "from");
  policy.egress = decode_rules(egress, "to");
  decode_types(types, policy);
  return policy;
}

}  // namespace npverify::resource
