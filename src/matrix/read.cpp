// The strict reader of NodeCapabilityMatrix: every field known, every value of the sort expected, every problem with its place.
#include <algorithm>
#include <cctype>
#include <set>

#include "matrix/features.h"
#include "matrix/matrix.h"
#include "semantics/yaml.h"

namespace npverify::matrix {

const char* to_string(IdentityScope scope) { return scope == IdentityScope::all ? "all" : "own_managed"; }

const char* to_string(FaultMode mode) {
  switch (mode) {
    case FaultMode::keep_last: return "keep_last";
    case FaultMode::fail_open: return "fail_open";
    case FaultMode::fail_closed: return "fail_closed";
  }
  return "?";
}

std::optional<FaultMode> parse_fault_mode(const std::string& text) {
  if (text == "stale") return FaultMode::keep_last;
  for (const FaultMode mode : {FaultMode::keep_last, FaultMode::fail_open, FaultMode::fail_closed})
    if (text == to_string(mode)) return mode;
  return std::nullopt;
}

namespace {

using semantics::StrictYaml;

/// Flags of agents that bear on paths and addresses; the options of encodings/ bear on the reading of policies.
const std::vector<std::string> datapath_flags{"kubeProxyReplacement", "kubeProxyMode", "masquerade", "natOutgoing", "routingMode", "tunnel", "encapsulation", "nodePortMode", "loadBalancerMode"};

const std::vector<std::string> behaviours{"snat_before_policy", "dnat_before_policy", "cidr_matches_nodes", "cidr_matches_pods", "host_to_local_exempt", "hairpin_exempt", "loopback_exempt"};

/// Features with a meaning to npverify; others are the user's own.
const std::vector<std::string> known_features{"endPort", "sctp", "namedPorts", "fqdn", "l7", "tiers", "deny", "ipBlockNodes", "mtls", "hbone", "ebpf", "xdp", "rdma"};

/// "policyCIDRMatchMode" and "policy-cidr-match-mode" are one option in two spellings.
std::string spelling_free(const std::string& name) {
  std::string out;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c))) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

const std::string* same_spelling(const std::string& name, const std::vector<std::string>& words) {
  const auto it = std::find_if(words.begin(), words.end(), [&](const std::string& word) { return spelling_free(word) == spelling_free(name); });
  return it == words.end() ? nullptr : &*it;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& words) {
  const auto near = base::nearest(word, words);
  return near ? "did you mean '" + *near + "'?" : "";
}

class Reader {
 public:
  Reader(const std::shared_ptr<const base::SourceFile>& file, const std::vector<semantics::CniInfo>& cnis, base::Diagnostics& diagnostics)
      : yaml_(file, diagnostics), cnis_(cnis), file_(file->name) {}

  Matrix read() {
    Matrix matrix{.file = file_};
    const YAML::Node root = yaml_.parse();
    if (!root.IsDefined()) return matrix;
    if (!envelope(root)) return matrix;
    const YAML::Node metadata = root["metadata"];
    if (metadata.IsDefined() && yaml_.mapping(metadata, "metadata", {"name", "labels", "annotations"})) matrix.name = yaml_.text(metadata, "name", "metadata", false);
    const YAML::Node spec = root["spec"];
    if (!spec.IsDefined()) return yaml_.error(root, "", "the field 'spec' is missing"), matrix;
    if (!yaml_.mapping(spec, "spec", {"ttl", "pools", "knowledge"})) return matrix;
    read_ttl(spec);
    read_pools(spec, matrix);
    read_knowledge(spec, matrix);
    return matrix;
  }

 private:
  bool envelope(const YAML::Node& root) {
    if (!root.IsMap()) return yaml_.error(root, "", "expected a document with apiVersion, kind, metadata and spec, found " + semantics::found_at(root)), false;
    yaml_.mapping(root, "", {"apiVersion", "kind", "metadata", "spec"});
    for (const auto& [key, wanted] : {std::pair{"apiVersion", "npverify.io/v1alpha1"}, std::pair{"kind", "NodeCapabilityMatrix"}}) {
      const YAML::Node value = root[key];
      if (value.IsDefined() && value.IsScalar() && value.Scalar() == wanted) continue;
      yaml_.error(value.IsDefined() ? value : root, key, "expected " + std::string(wanted) + ", found " + semantics::found_at(value));
      return false;
    }
    return true;
  }

  void read_ttl(const YAML::Node& spec) {
    const YAML::Node value = spec["ttl"];
    if (!value.IsDefined()) return;
    const std::string text = value.IsScalar() ? value.Scalar() : "";
    const bool number = text.size() > 1 && std::all_of(text.begin(), text.end() - 1, [](unsigned char c) { return std::isdigit(c); });
    if (!number || std::string("smhd").find(text.back()) == std::string::npos) yaml_.error(value, "spec.ttl", "expected a time such as 24h, found " + semantics::found_at(value));
  }

  template <class Read>
  void each(const YAML::Node& list, const std::string& field, const Read& read) {
    if (!list.IsSequence() || list.size() == 0) return yaml_.error(list, field, "expected a list with at least one entry, found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    for (size_t i = 0; i < list.size(); ++i) read(list[i], field + "[" + std::to_string(i) + "]");
  }

  void read_pools(const YAML::Node& spec, Matrix& matrix) {
    if (!spec["pools"].IsDefined()) return yaml_.error(spec, "spec", "the field 'pools' is missing");
    std::set<std::string> names;
    each(spec["pools"], "spec.pools", [&](const YAML::Node& node, const std::string& field) {
      if (!yaml_.mapping(node, field, {"name", "match", "cni", "features", "profile", "evidence"})) return;
      PoolEntry pool{.name = field.substr(5), .field = field, .span = yaml_.span(node)};
      if (node["name"].IsDefined()) pool.name = yaml_.text(node, "name", field, true);
      if (!names.insert(pool.name).second) yaml_.error(node["name"], field + ".name", "the name '" + pool.name + "' stands twice");
      read_match(node, field, pool);
      const semantics::CniInfo* cni = read_cni(node, field, pool);
      read_features(node["features"], field + ".features", pool);
      read_profile(node["profile"], field + ".profile", pool, cni);
      read_evidence(node["evidence"], field + ".evidence");
      matrix.pools.push_back(std::move(pool));
    });
  }

  // ------------------------------------------------------------------------------------------------------------------------- match
  void read_match(const YAML::Node& pool, const std::string& at, PoolEntry& out) {
    const YAML::Node node = pool["match"];
    const std::string field = at + ".match";
    if (!node.IsDefined()) return yaml_.error(pool, at, "the field 'match' is missing; expected nodeSelector or names");
    if (!yaml_.mapping(node, field, {"nodeSelector", "names"})) return;
    const bool selector = node["nodeSelector"].IsDefined(), names = node["names"].IsDefined();
    if (selector == names) return yaml_.error(node, field, std::string(selector ? "'nodeSelector' and 'names' stand side by side" : "neither 'nodeSelector' nor 'names'") + "; expected one of them");
    if (selector) out.node_selector = read_selector(node["nodeSelector"], field + ".nodeSelector");
    if (!names) return;
    out.node_names = yaml_.texts(node, "names", field);
    if (out.node_names.empty()) yaml_.error(node["names"], field + ".names", "expected at least one name of a node");
  }

  resource::LabelSelector read_selector(const YAML::Node& node, const std::string& field) {
    resource::LabelSelector selector;
    if (!yaml_.mapping(node, field, {"matchLabels", "matchExpressions"})) return selector;
    if (const YAML::Node labels = node["matchLabels"]; labels.IsDefined() && yaml_.mapping(labels, field + ".matchLabels", {}))
      for (const auto& entry : labels) {
        if (!entry.second.IsScalar()) {
          yaml_.error(entry.second, field + ".matchLabels." + entry.first.Scalar(), "expected a text, found " + semantics::found_at(entry.second));
          continue;
        }
        selector.requirements.push_back({entry.first.Scalar(), resource::SelectorOperator::in, {entry.second.Scalar()}, true});
      }
    if (const YAML::Node list = node["matchExpressions"]; list.IsDefined())
      each(list, field + ".matchExpressions", [&](const YAML::Node& one, const std::string& at) { read_expression(one, at, selector); });
    return selector;
  }

  void read_expression(const YAML::Node& node, const std::string& field, resource::LabelSelector& selector) {
    if (!yaml_.mapping(node, field, {"key", "operator", "values"})) return;
    static const std::vector<std::string> operators{"In", "NotIn", "Exists", "DoesNotExist"};
    const std::string key = yaml_.text(node, "key", field, true), word = word_at(node, "operator", field, operators);
    std::vector<std::string> values = yaml_.texts(node, "values", field);
    if (word.empty()) {
      if (!node["operator"].IsDefined()) yaml_.error(node, field, "the field 'operator' is missing");
      return;
    }
    const bool wants = word == "In" || word == "NotIn";
    if (wants == values.empty()) yaml_.error(node, field, "'" + word + "' " + (wants ? "needs values" : "takes no values"));
    std::sort(values.begin(), values.end());
    const auto op = static_cast<resource::SelectorOperator>(std::find(operators.begin(), operators.end(), word) - operators.begin());
    selector.requirements.push_back({key, op, std::move(values)});
  }

  // --------------------------------------------------------------------------------------------------------------------------- cni
  const semantics::CniInfo* read_cni(const YAML::Node& pool, const std::string& at, PoolEntry& out) {
    const YAML::Node node = pool["cni"];
    const std::string field = at + ".cni";
    if (!node.IsDefined()) return yaml_.error(pool, at, "the field 'cni' is missing; expected {name: NAME, version: VERSION}"), nullptr;
    if (!yaml_.mapping(node, field, {"name", "version", "policyController", "flags"})) return nullptr;
    out.request.cni = yaml_.text(node, "name", field, true);
    const auto cni = std::find_if(cnis_.begin(), cnis_.end(), [&](const auto& one) { return one.name == out.request.cni; });
    if (cni == cnis_.end()) {
      std::vector<std::string> names;
      for (const auto& one : cnis_) names.push_back(one.name);
      if (node["name"].IsDefined() && node["name"].IsScalar()) yaml_.error(node["name"], field + ".name", "unknown CNI '" + out.request.cni + "'; expected " + semantics::one_of(names), suggestion(out.request.cni, names));
      return nullptr;
    }
    out.request.version = read_version(node, "version", field);
    if (cni->releases.empty() && node["version"].IsDefined()) yaml_.error(node["version"], field + ".version", cni->name + " has no versions");
    if (!cni->releases.empty() && !node["version"].IsDefined()) yaml_.error(node, field, "the field 'version' is missing");
    out.policy_controller = read_version(node, "policyController", field);
    read_flags(node["flags"], field + ".flags", *cni, out);
    return &*cni;
  }

  std::optional<base::Version> read_version(const YAML::Node& node, const std::string& key, const std::string& field) {
    const YAML::Node value = node[key];
    if (!value.IsDefined()) return std::nullopt;
    const auto version = value.IsScalar() ? base::Version::parse(value.Scalar()) : std::nullopt;
    if (!version) yaml_.error(value, field + "." + key, "expected a version such as 1.16.3, found " + semantics::found_at(value));
    return version;
  }

  void read_flags(const YAML::Node& node, const std::string& field, const semantics::CniInfo& cni, PoolEntry& out) {
    if (!node.IsDefined() || !yaml_.mapping(node, field, {})) return;
    std::vector<std::string> options, known = datapath_flags;
    for (const auto& [name, value] : cni.option_defaults) options.push_back(name);
    known.insert(known.end(), options.begin(), options.end());
    for (const auto& entry : node) {
      const std::string name = entry.first.Scalar();
      if (!entry.second.IsScalar()) {
        yaml_.error(entry.second, field + "." + name, "expected a text, found " + semantics::found_at(entry.second));
      } else if (const std::string* option = same_spelling(name, options)) {
        out.request.options[*option] = {entry.second.Scalar(), semantics::OptionSource::cluster_object, "matrix " + yaml_.span(entry.second).to_string()};
      } else if (const std::string* flag = same_spelling(name, datapath_flags)) {
        out.datapath[*flag] = entry.second.Scalar();
      } else {
        yaml_.error(entry.first, field, "unknown flag '" + name + "' of " + cni.name + "; expected " + semantics::one_of(known), suggestion(name, known));
      }
    }
  }

  // --------------------------------------------------------------------------------------------------------------------- the rest
  void read_features(const YAML::Node& node, const std::string& field, PoolEntry& out) {
    if (!node.IsDefined() || !yaml_.mapping(node, field, {})) return;
    for (const auto& entry : node) {
      const std::string name = entry.first.Scalar();
      if (const auto meant = misspelt_feature(name)) yaml_.error(entry.first, field, "unknown feature '" + name + "'", "did you mean '" + *meant + "'?");
      if (const auto truth = truth_at(entry.second, field + "." + name)) out.features[name] = *truth;
    }
  }

  void read_profile(const YAML::Node& node, const std::string& field, PoolEntry& out, const semantics::CniInfo* cni) {
    if (!node.IsDefined()) return;
    std::vector<std::string> known{"identity_scope", "fault_mode", "new_pod_default"};
    known.insert(known.end(), behaviours.begin(), behaviours.end());
    if (!yaml_.mapping(node, field, known)) return;
    const std::string scope = word_at(node, "identity_scope", field, {"own_managed", "all", "all_api_pods"});
    if (!scope.empty()) out.identity_scope = scope == "own_managed" ? IdentityScope::own_managed : IdentityScope::all;
    const std::string fault = word_at(node, "fault_mode", field, {"keep_last", "stale", "fail_open", "fail_closed"});
    if (!fault.empty()) out.fault_mode = parse_fault_mode(fault);
    const std::string fresh = word_at(node, "new_pod_default", field, {"allow", "deny"});
    if (!fresh.empty()) out.behaviour["new_pods_allowed"] = fresh == "allow";
    for (const std::string& name : behaviours)
      if (node[name].IsDefined())
        if (const auto truth = truth_at(node[name], field + "." + name)) out.behaviour[name] = *truth;
    if (cni && cni->option_defaults.contains("policy-cidr-match-mode")) read_match_mode(node, field, out);
  }

  // What an ipBlock matches is an option of the agent: said here or among its flags, not two things at once.
  void read_match_mode(const YAML::Node& node, const std::string& field, PoolEntry& out) {
    const auto nodes = out.behaviour.find("cidr_matches_nodes"), pods = out.behaviour.find("cidr_matches_pods");
    if (nodes == out.behaviour.end() && pods == out.behaviour.end()) return;
    const bool wants_nodes = nodes != out.behaviour.end() && nodes->second, wants_pods = pods != out.behaviour.end() && pods->second;
    const std::string mode = wants_nodes && wants_pods ? "nodes,pods" : wants_nodes ? "nodes" : wants_pods ? "pods" : "";
    const auto flag = out.request.options.find("policy-cidr-match-mode");
    const bool agrees = flag == out.request.options.end() || flag->second.value == mode || (wants_nodes && wants_pods && flag->second.value == "pods,nodes");
    if (!agrees)
      return yaml_.error(node, field, "cidr_matches_nodes and cidr_matches_pods say policy-cidr-match-mode '" + mode + "', the flags say '" + flag->second.value + "'");
    if (flag == out.request.options.end() && !mode.empty()) out.request.options["policy-cidr-match-mode"] = {mode, semantics::OptionSource::cluster_object, "matrix " + yaml_.span(node).to_string()};
  }

  void read_evidence(const YAML::Node& node, const std::string& field) {
    if (!node.IsDefined()) return;
    each(node, field, [&](const YAML::Node& one, const std::string& at) {
      if (!yaml_.mapping(one, at, {"source", "value"})) return;
      for (const char* key : {"source", "value"}) yaml_.text(one, key, at, true);
    });
  }

  void read_knowledge(const YAML::Node& spec, Matrix& matrix) {
    if (!spec["knowledge"].IsDefined()) return;
    std::vector<std::string> names;
    for (const auto& pool : matrix.pools) names.push_back(pool.name);
    std::set<std::pair<std::string, std::string>> seen;
    each(spec["knowledge"], "spec.knowledge", [&](const YAML::Node& node, const std::string& field) {
      if (!yaml_.mapping(node, field, {"reader", "of", "known", "evidence"})) return;
      KnowledgeEntry entry{.reader = yaml_.text(node, "reader", field, true), .of = yaml_.text(node, "of", field, true), .span = yaml_.span(node)};
      for (const auto& [key, name] : {std::pair{"reader", entry.reader}, std::pair{"of", entry.of}})
        if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
          yaml_.error(node[key], field + "." + key, "no pool is called '" + name + "'; expected " + semantics::one_of(names), suggestion(name, names));
      if (!entry.reader.empty() && entry.reader == entry.of) yaml_.error(node, field, "the nodes of pool '" + entry.of + "' know their own pods");
      if (!seen.emplace(entry.reader, entry.of).second) yaml_.error(node, field, "what '" + entry.reader + "' knows of '" + entry.of + "' stands twice");
      if (!node["known"].IsDefined()) yaml_.error(node, field, "the field 'known' is missing");
      if (const auto truth = node["known"].IsDefined() ? truth_at(node["known"], field + ".known") : std::nullopt) entry.known = *truth;
      read_evidence(node["evidence"], field + ".evidence");
      matrix.knowledge.push_back(std::move(entry));
    });
  }

  std::optional<bool> truth_at(const YAML::Node& value, const std::string& field) {
    if (value.IsScalar() && value.Tag() == "?" && (value.Scalar() == "true" || value.Scalar() == "false")) return value.Scalar() == "true";
    yaml_.error(value, field, "expected true or false, found " + semantics::found_at(value));
    return std::nullopt;
  }

  /// The word at `key`, or "" where it is absent or wrong (reported).
  std::string word_at(const YAML::Node& map, const std::string& key, const std::string& field, const std::vector<std::string>& words) {
    const YAML::Node value = map[key];
    if (!value.IsDefined()) return "";
    if (value.IsScalar() && std::find(words.begin(), words.end(), value.Scalar()) != words.end()) return value.Scalar();
    yaml_.error(value, field + "." + key, "found " + semantics::found_at(value) + "; expected " + semantics::one_of(words), value.IsScalar() ? suggestion(value.Scalar(), words) : "");
    return "";
  }

  StrictYaml yaml_;
  const std::vector<semantics::CniInfo>& cnis_;
  std::string file_;
};

}  // namespace

std::optional<std::string> misspelt_feature(const std::string& name) {
  const std::string* known = same_spelling(name, known_features);
  return known && *known != name ? std::optional(*known) : std::nullopt;
}

Matrix read_matrix(const std::shared_ptr<const base::SourceFile>& file, const std::vector<semantics::CniInfo>& cnis, base::Diagnostics& diagnostics) {
  return Reader(file, cnis, diagnostics).read();
}

}  // namespace npverify::matrix
