// Peers: who stands at an end of a flow.
#include <algorithm>
#include <array>
#include <cctype>

#include "verify/spec_reader.h"

namespace npverify::verify::reading {
namespace {

constexpr int deepest_peer = 32;
constexpr size_t most_peers = 20000;  // of one file, counted through aliases

// The alternatives of a peer and the fields of each. Fields of one alternative may stand together, those of two may not.
struct Alternative {
  Peer::Kind kind;
  std::vector<std::string> fields;
};
const std::vector<Alternative>& alternatives() {
  static const std::vector<Alternative> all{
      {Peer::Kind::any, {"any"}},
      {Peer::Kind::pods, {"namespaces", "pods", "serviceAccounts", "workloads", "services", "hostNetwork"}},
      {Peer::Kind::addresses, {"cidrs", "exceptCidrs", "external"}},
      {Peer::Kind::nodes, {"nodes"}},
      {Peer::Kind::reference, {"ref"}},
      {Peer::Kind::any_of, {"anyOf"}},
      {Peer::Kind::all_of, {"allOf"}},
      {Peer::Kind::negation, {"not"}},
  };
  return all;
}

std::vector<std::string> peer_fields() {
  std::vector<std::string> fields;
  for (const auto& alternative : alternatives()) fields.insert(fields.end(), alternative.fields.begin(), alternative.fields.end());
  return fields;
}

const Alternative* alternative_of(const std::string& field) {
  for (const auto& alternative : alternatives())
    if (std::find(alternative.fields.begin(), alternative.fields.end(), field) != alternative.fields.end()) return &alternative;
  return nullptr;
}

// A key or value of a label, by the API server's syntax: at most 63 of [A-Za-z0-9._-], alphanumeric at both ends.
bool is_label_word(const std::string& word) {
  const auto inner = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  const auto outer = [](unsigned char c) { return std::isalnum(c) != 0; };
  return !word.empty() && word.size() <= 63 && outer(static_cast<unsigned char>(word.front())) && outer(static_cast<unsigned char>(word.back())) && std::all_of(word.begin(), word.end(), inner);
}
bool is_label_value(const std::string& value) { return value.empty() || is_label_word(value); }
bool is_label_key(const std::string& key) {
  const auto slash = key.find('/');
  if (slash == std::string::npos) return is_label_word(key);
  const std::string prefix = key.substr(0, slash);
  const auto dns = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-' || c == '.'; };
  return !prefix.empty() && prefix.size() <= 253 && std::all_of(prefix.begin(), prefix.end(), dns) && is_label_word(key.substr(slash + 1));
}

class PeerReader {
 public:
  PeerReader(Context& context, int depth) : context_(context), yaml_(context.yaml), depth_(depth) {}

  Peer read(const YAML::Node& node, const std::string& field) {
    Peer peer{.origin = {yaml_.span(node), field}};
    if (depth_ > deepest_peer || ++context_.peers > most_peers) {
      if (context_.peers <= most_peers + 1) yaml_.error(node, field, depth_ > deepest_peer ? "peers nest deeper than 32 levels" : "more than 20000 peers in one file, counted through aliases");
      return peer;
    }
    if (!yaml_.mapping(node, field, peer_fields())) return peer;
    const Alternative* chosen = choose(node, field);
    if (!chosen) return peer;
    peer.kind = chosen->kind;
    read_fields(node, field, peer);
    return peer;
  }

 private:
  const Alternative* choose(const YAML::Node& node, const std::string& field) {
    const Alternative* chosen = nullptr;
    std::string first;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const Alternative* alternative = alternative_of(key);
      if (!alternative) continue;
      if (!chosen) first = key;
      if (chosen && alternative != chosen) yaml_.error(entry.first, join(field, key), "'" + key + "' cannot stand beside '" + first + "' in one peer; write allOf: [...] with one peer each");
      if (!chosen) chosen = alternative;
    }
    if (node.size() == 0) yaml_.error(node, field, "an empty peer; every end is written {any: true}");
    return chosen;
  }

  void read_fields(const YAML::Node& node, const std::string& field, Peer& peer) {
    switch (peer.kind) {
      case Peer::Kind::any: return only_true(node, "any", field);
      case Peer::Kind::pods: return read_pods(node, field, peer);
      case Peer::Kind::addresses: return read_addresses(node, field, peer);
      case Peer::Kind::nodes: peer.nodes = read_selector(node["nodes"], join(field, "nodes")); return;
      case Peer::Kind::reference: peer.ref = read_string(context_, node["ref"], join(field, "ref")); return;
      case Peer::Kind::any_of: return read_operands(node["anyOf"], join(field, "anyOf"), peer);
      case Peer::Kind::all_of: return read_operands(node["allOf"], join(field, "allOf"), peer);
      case Peer::Kind::negation: peer.operands.push_back(read_peer(context_, node["not"], join(field, "not"), depth_ + 1)); return;
    }
  }

  // A set is not narrowed by the absence of a property: `external: false` would mean something else to each reader.
  void only_true(const YAML::Node& node, const std::string& key, const std::string& field) {
    if (!read_flag(context_, node, key, field, true)) yaml_.error(node[key], join(field, key), "only true has a meaning; the others are written {not: {" + key + ": true}}");
  }

  void read_operands(const YAML::Node& list, const std::string& field, Peer& peer) {
    if (!list.IsSequence() || list.size() == 0) return yaml_.error(list, field, "expected a list with at least one peer, found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    for (size_t i = 0; i < list.size(); ++i) peer.operands.push_back(read_peer(context_, list[i], at(field, i), depth_ + 1));
  }

  void read_pods(const YAML::Node& node, const std::string& field, Peer& peer) {
    if (node["namespaces"].IsDefined()) peer.namespaces = read_namespaces(node["namespaces"], join(field, "namespaces"));
    if (node["pods"].IsDefined()) peer.pods = read_selector(node["pods"], join(field, "pods"));
    if (node["hostNetwork"].IsDefined()) peer.host_network = read_flag(context_, node, "hostNetwork", field, false);
    peer.service_accounts = read_names(node, "serviceAccounts", field, false);
    peer.workloads = read_names(node, "workloads", field, true);
    peer.services = read_names(node, "services", field, false);
  }

  NamespaceSelector read_namespaces(const YAML::Node& node, const std::string& field) {
    NamespaceSelector out{.origin = {yaml_.span(node), field}};
    if (!yaml_.mapping(node, field, {"names", "matchLabels", "matchExpressions", "any"})) return out;
    if (node.size() == 0) yaml_.error(node, field, "an empty selector; every namespace is written {any: true}");
    out.any = read_any(node, field);
    out.names = read_strings(context_, node, "names", field);
    out.labels = read_labels(node, field);
    return out;
  }

  SpecSelector read_selector(const YAML::Node& node, const std::string& field) {
    SpecSelector out;
    if (!yaml_.mapping(node, field, {"matchLabels", "matchExpressions", "any"})) return out;
    if (node.size() == 0) yaml_.error(node, field, "an empty selector; every one is written {any: true}");
    out.any = read_any(node, field);
    out.labels = read_labels(node, field);
    return out;
  }

  bool read_any(const YAML::Node& node, const std::string& field) {
    if (!node["any"].IsDefined()) return false;
    only_true(node, "any", field);
    if (node.size() > 1) yaml_.error(node["any"], join(field, "any"), "'any' stands alone");
    return true;
  }

  resource::LabelSelector read_labels(const YAML::Node& node, const std::string& field) {
    resource::LabelSelector out;
    if (node["matchLabels"].IsDefined()) read_match_labels(node["matchLabels"], join(field, "matchLabels"), out);
    if (node["matchExpressions"].IsDefined()) read_expressions(node["matchExpressions"], join(field, "matchExpressions"), out);
    return out;
  }

  void read_match_labels(const YAML::Node& node, const std::string& field, resource::LabelSelector& out) {
    if (!yaml_.mapping(node, field, {})) return;
    if (node.size() == 0) yaml_.error(node, field, "expected at least one label");
    for (const auto& entry : node) {
      const std::string key = read_key(entry.first, field);
      const std::string value = read_value(entry.second, join(field, key));
      out.requirements.push_back({key, resource::SelectorOperator::in, {value}});
    }
    std::sort(out.requirements.begin(), out.requirements.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  }

  std::string read_key(const YAML::Node& node, const std::string& field) {
    const std::string key = read_string(context_, node, field);
    if (node.IsScalar() && !is_label_key(key)) yaml_.error(node, field, "'" + key + "' is no label key; expected [prefix/]name with at most 63 letters, digits, '-', '_' and '.' in the name");
    return key;
  }

  std::string read_value(const YAML::Node& node, const std::string& field) {
    const std::string value = read_string(context_, node, field);
    if (!is_label_value(value)) yaml_.error(node, field, "'" + value + "' is no label value; expected at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends");
    return value;
  }

  void read_expressions(const YAML::Node& list, const std::string& field, resource::LabelSelector& out) {
    if (!list.IsSequence() || list.size() == 0) return yaml_.error(list, field, "expected a list of {key, operator, values}, found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    for (size_t i = 0; i < list.size(); ++i) read_expression(list[i], at(field, i), out);
  }

  void read_expression(const YAML::Node& node, const std::string& field, resource::LabelSelector& out) {
    if (!yaml_.mapping(node, field, {"key", "operator", "values"})) return;
    resource::LabelSelectorRequirement requirement;
    if (node["key"].IsDefined()) requirement.key = read_key(node["key"], join(field, "key"));
    for (const char* key : {"key", "operator"})
      if (!node[key].IsDefined()) yaml_.error(node, field, std::string("the field '") + key + "' is missing");
    static const std::vector<std::string> words{"In", "NotIn", "Exists", "DoesNotExist"};
    const std::string word = read_word(context_, node, "operator", field, words, "Exists");
    requirement.op = static_cast<resource::SelectorOperator>(std::find(words.begin(), words.end(), word) - words.begin());
    const bool wants = word == "In" || word == "NotIn";
    if (wants && !node["values"].IsDefined()) yaml_.error(node, field, "'" + word + "' needs values");
    if (!wants && node["values"].IsDefined() && node["operator"].IsDefined() && node["operator"].Scalar() == word) yaml_.error(node["values"], join(field, "values"), "'" + word + "' takes no values");
    requirement.values = read_strings(context_, node, "values", field);
    for (size_t i = 0; i < requirement.values.size(); ++i)
      if (!is_label_value(requirement.values[i])) yaml_.error(node["values"][i], at(join(field, "values"), i), "'" + requirement.values[i] + "' is no label value");
    std::sort(requirement.values.begin(), requirement.values.end());
    requirement.values.erase(std::unique(requirement.values.begin(), requirement.values.end()), requirement.values.end());
    out.requirements.push_back(std::move(requirement));
  }

  std::vector<ObjectName> read_names(const YAML::Node& node, const std::string& key, const std::string& field, bool with_kind) {
    std::vector<ObjectName> out;
    const auto texts = read_strings(context_, node, key, field);
    for (size_t i = 0; i < texts.size(); ++i)
      if (auto name = read_name(node[key][i], texts[i], at(join(field, key), i), with_kind)) out.push_back(std::move(*name));
    return out;
  }

  std::optional<ObjectName> read_name(const YAML::Node& node, const std::string& text, const std::string& field, bool with_kind) {
    static const std::vector<std::string> kinds{"Pod", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob"};
    std::vector<std::string> parts(1);
    for (const char c : text) {
      if (c == '/')
        parts.emplace_back();
      else
        parts.back() += c;
    }
    const bool shape = parts.size() == (with_kind ? 3u : 2u) && std::none_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); });
    if (!shape) {
      yaml_.error(node, field, "found '" + text + "'; expected " + (with_kind ? "NAMESPACE/KIND/NAME" : "NAMESPACE/NAME"));
      return std::nullopt;
    }
    if (with_kind && std::find(kinds.begin(), kinds.end(), parts[1]) == kinds.end()) {
      const auto near = base::nearest(parts[1], kinds);
      yaml_.error(node, field, "unknown kind of workload '" + parts[1] + "'; expected " + semantics::one_of(kinds), near ? "did you mean '" + *near + "'?" : "");
      return std::nullopt;
    }
    return ObjectName{parts[0], with_kind ? parts[1] : "", parts.back(), {yaml_.span(node), field}};
  }

  void read_addresses(const YAML::Node& node, const std::string& field, Peer& peer) {
    peer.external = node["external"].IsDefined();
    if (peer.external) only_true(node, "external", field);
    peer.cidrs = read_prefixes(node, "cidrs", field);
    peer.except_cidrs = read_prefixes(node, "exceptCidrs", field);
    if (!peer.external && !node["cidrs"].IsDefined()) yaml_.error(node["exceptCidrs"], join(field, "exceptCidrs"), "'exceptCidrs' needs cidrs or external: true beside it");
  }

  std::vector<base::Prefix> read_prefixes(const YAML::Node& node, const std::string& key, const std::string& field) {
    std::vector<base::Prefix> out;
    const auto texts = read_strings(context_, node, key, field);
    for (size_t i = 0; i < texts.size(); ++i) {
      bool host_bits = false;
      const auto prefix = base::Prefix::parse(texts[i], &host_bits);
      const std::string path = at(join(field, key), i);
      if (!prefix)
        yaml_.error(node[key][i], path, "'" + texts[i] + "' is no CIDR; expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32", base::Address::parse(texts[i]) ? "one address is " + texts[i] + (texts[i].find(':') == std::string::npos ? "/32" : "/128") : "");
      else if (host_bits)
        yaml_.error(node[key][i], path, "'" + texts[i] + "' has bits set beyond its prefix length", "did you mean '" + prefix->to_string() + "'?");
      else
        out.push_back(*prefix);
    }
    return out;
  }

  Context& context_;
  semantics::StrictYaml& yaml_;
  int depth_;
};

}  // namespace

Peer read_peer(Context& context, const YAML::Node& node, const std::string& field, int depth) { return PeerReader(context, depth).read(node, field); }

Peer need_peer(Context& context, const YAML::Node& map, const std::string& key, const std::string& field) {
  if (map[key].IsDefined()) return read_peer(context, map[key], join(field, key));
  context.yaml.error(map, field, "the field '" + key + "' is missing; expected a peer, such as {namespaces: {names: [shop]}} or {any: true}");
  return {};
}

}  // namespace npverify::verify::reading
