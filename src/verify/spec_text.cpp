// A peer on one line, as its author would write it.
#include "verify/spec.h"

namespace npverify::verify {
namespace {

std::string list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + item;
  return out + "]";
}

std::string map(const std::vector<std::string>& fields) {
  std::string out = "{";
  for (const auto& field : fields) out += (out.size() > 1 ? ", " : "") + field;
  return out + "}";
}

const char* word(resource::SelectorOperator op) {
  switch (op) {
    case resource::SelectorOperator::in: return "In";
    case resource::SelectorOperator::not_in: return "NotIn";
    case resource::SelectorOperator::exists: return "Exists";
    case resource::SelectorOperator::does_not_exist: return "DoesNotExist";
  }
  return "?";
}

void add_labels(const resource::LabelSelector& selector, std::vector<std::string>& fields) {
  std::vector<std::string> equal, other;
  for (const auto& r : selector.requirements) {
    if (r.op == resource::SelectorOperator::in && r.values.size() == 1)
      equal.push_back(r.key + ": " + (r.values[0].empty() ? "\"\"" : r.values[0]));
    else
      other.push_back(map(r.values.empty() ? std::vector<std::string>{"key: " + r.key, std::string("operator: ") + word(r.op)}
                                           : std::vector<std::string>{"key: " + r.key, std::string("operator: ") + word(r.op), "values: " + list(r.values)}));
  }
  if (!equal.empty()) fields.push_back("matchLabels: " + map(equal));
  if (!other.empty()) fields.push_back("matchExpressions: " + list(other));
}

std::string text_of(const SpecSelector& selector) {
  std::vector<std::string> fields;
  if (selector.any) fields.push_back("any: true");
  add_labels(selector.labels, fields);
  return map(fields);
}

std::string text_of(const NamespaceSelector& selector) {
  std::vector<std::string> fields;
  if (selector.any) fields.push_back("any: true");
  if (!selector.names.empty()) fields.push_back("names: " + list(selector.names));
  add_labels(selector.labels, fields);
  return map(fields);
}

std::string text_of(const std::vector<ObjectName>& names) {
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(name.text());
  return list(texts);
}

std::string text_of(const std::vector<base::Prefix>& prefixes) {
  std::vector<std::string> texts;
  for (const auto& prefix : prefixes) texts.push_back(prefix.to_string());
  return list(texts);
}

std::string text_of(const std::vector<Peer>& peers) {
  std::vector<std::string> texts;
  for (const auto& peer : peers) texts.push_back(to_string(peer));
  return list(texts);
}

std::string pods_text(const Peer& peer) {
  std::vector<std::string> fields;
  if (peer.namespaces) fields.push_back("namespaces: " + text_of(*peer.namespaces));
  if (peer.pods) fields.push_back("pods: " + text_of(*peer.pods));
  if (!peer.service_accounts.empty()) fields.push_back("serviceAccounts: " + text_of(peer.service_accounts));
  if (!peer.workloads.empty()) fields.push_back("workloads: " + text_of(peer.workloads));
  if (!peer.services.empty()) fields.push_back("services: " + text_of(peer.services));
  if (peer.host_network) fields.push_back(std::string("hostNetwork: ") + (*peer.host_network ? "true" : "false"));
  return map(fields);
}

std::string addresses_text(const Peer& peer) {
  std::vector<std::string> fields;
  if (peer.external) fields.push_back("external: true");
  if (!peer.cidrs.empty()) fields.push_back("cidrs: " + text_of(peer.cidrs));
  if (!peer.except_cidrs.empty()) fields.push_back("exceptCidrs: " + text_of(peer.except_cidrs));
  return map(fields);
}

}  // namespace

std::string to_string(const Peer& peer) {
  switch (peer.kind) {
    case Peer::Kind::any: return "{any: true}";
    case Peer::Kind::pods: return pods_text(peer);
    case Peer::Kind::addresses: return addresses_text(peer);
    case Peer::Kind::nodes: return "{nodes: " + (peer.nodes ? text_of(*peer.nodes) : "{}") + "}";
    case Peer::Kind::reference: return "{ref: " + peer.ref + "}";
    case Peer::Kind::any_of: return "{anyOf: " + text_of(peer.operands) + "}";
    case Peer::Kind::all_of: return "{allOf: " + text_of(peer.operands) + "}";
    case Peer::Kind::negation: return "{not: " + (peer.operands.empty() ? "{}" : to_string(peer.operands[0])) + "}";
  }
  return "{}";
}

}  // namespace npverify::verify
