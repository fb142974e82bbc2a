// Options of an installation, from the objects that set them: Cilium's ConfigMap and CiliumNodeConfig carry the agent's own option names;
// Calico's FelixConfiguration "default" and "node.NAME" and the operator's Installation have names of their own, and so have the
// variables of Felix's container, which outrank them (felix/config/config_params.go: environment, file, node, cluster).
#include <algorithm>

#include "policy/detect.h"

namespace npverify::policy {
namespace {

using Options = std::map<std::string, semantics::OptionValue>;

std::string origin_of(const resource::Configuration& object) {
  const std::string place = object.meta.origin.span.to_string();
  const std::string name = object.meta.namespace_name.empty() ? object.meta.name : object.meta.namespace_name + "/" + object.meta.name;
  return object.kind + " " + name + (place.empty() ? "" : " (" + place + ")");
}

void set(Options& options, const std::string& name, const std::string& value, const resource::Configuration& object) {
  options[name] = {value, semantics::OptionSource::cluster_object, origin_of(object)};
}

const std::string* value_at(const resource::Configuration& object, const std::string& path) {
  const auto found = object.values.find(path);
  return found == object.values.end() ? nullptr : &found->second;
}

/// Every option of `known` that stands under `prefix` by its own name.
void set_named(Options& options, const resource::Configuration& object, const std::string& prefix, const semantics::CniInfo& known) {
  for (const auto& [name, ignored] : known.option_defaults)
    if (const std::string* value = value_at(object, prefix + name)) set(options, name, *value, object);
}

/// Do the object's nodeSelector.matchLabels hold for the node? An object without any is for every node.
bool selects_node(const resource::Configuration& object, const resource::Node* node) {
  const std::string prefix = "spec.nodeSelector.matchLabels.";
  for (const auto& [path, value] : object.values) {
    if (!path.starts_with(prefix)) continue;
    if (!node) return false;
    const auto label = node->meta.labels.find(path.substr(prefix.size()));
    if (label == node->meta.labels.end() || label->second != value) return false;
  }
  return true;
}

Options cilium_options(const resource::Snapshot& snapshot, const semantics::CniInfo& known, const resource::Node* node) {
  Options options;
  for (const auto& object : snapshot.configurations)
    if (object.kind == "ConfigMap" && object.meta.name == "cilium-config") set_named(options, object, "data.", known);
  // Several CiliumNodeConfigs for one node apply in the order of their names.
  std::vector<const resource::Configuration*> of_nodes;
  for (const auto& object : snapshot.configurations)
    if (object.kind == "CiliumNodeConfig" && selects_node(object, node)) of_nodes.push_back(&object);
  std::sort(of_nodes.begin(), of_nodes.end(), [](const auto* a, const auto* b) { return a->meta.name < b->meta.name; });
  for (const auto* object : of_nodes) set_named(options, *object, "spec.defaults.", known);
  return options;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

void set_felix(Options& options, const resource::Configuration& object) {
  if (const std::string* bpf = value_at(object, "spec.bpfEnabled"); bpf && *bpf == "true") set(options, "dataplane", "bpf", object);
  if (const std::string* nft = value_at(object, "spec.nftablesMode"); nft && *nft == "Enabled") set(options, "dataplane", "nftables", object);
  if (const std::string* vxlan = value_at(object, "spec.allowVXLANPacketsFromWorkloads")) set(options, "allow-vxlan-packets-from-workloads", *vxlan, object);
  if (const std::string* port = value_at(object, "spec.vxlanPort")) set(options, "vxlan-port", *port, object);
  if (const std::string* action = value_at(object, "spec.defaultEndpointToHostAction")) set(options, "default-endpoint-to-host-action", *action, object);
}

/// Felix's own words for yes and no, else the text as it stands, which no option lists.
std::string felix_boolean(const std::string& text) {
  const std::string word = lower(text);
  for (const char* yes : {"true", "1", "yes", "y", "t"})
    if (word == yes) return "true";
  for (const char* no : {"false", "0", "no", "n", "f"})
    if (word == no) return "false";
  return text;
}

/// "ACCEPT" is Accept.
std::string capitalised(const std::string& text) {
  std::string word = lower(text);
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

void set_felix_variables(Options& options, const std::map<std::string, std::string>& variables, const std::string& owner) {
  const auto put = [&](const std::string& option, const std::string& variable, const std::string& value) {
    options[option] = {value, semantics::OptionSource::cluster_object, variable + " of " + owner};
  };
  for (const auto& [name, value] : variables) {
    if (name == "FELIX_ALLOWVXLANPACKETSFROMWORKLOADS") put("allow-vxlan-packets-from-workloads", name, felix_boolean(value));
    if (name == "FELIX_VXLANPORT") put("vxlan-port", name, value);
    if (name == "FELIX_DEFAULTENDPOINTTOHOSTACTION") put("default-endpoint-to-host-action", name, capitalised(value));
    if (name == "FELIX_BPFENABLED") {
      const std::string bpf = felix_boolean(value);
      if (bpf != "false") put("dataplane", name, bpf == "true" ? "bpf" : value);
      else if (const auto known = options.find("dataplane"); known != options.end() && known->second.value == "bpf") put("dataplane", name, "iptables");
    }
  }
}

Options calico_options(const resource::Snapshot& snapshot, const Agent& agent, const resource::Node* node) {
  Options options;
  for (const auto& object : snapshot.configurations)
    if (object.kind == "Installation")
      if (const std::string* plane = value_at(object, "spec.calicoNetwork.linuxDataplane")) set(options, "dataplane", lower(*plane), object);
  for (const std::string& name : {std::string("default"), node ? "node." + node->meta.name : std::string()})
    for (const auto& object : snapshot.configurations)
      if (object.kind == "FelixConfiguration" && object.meta.name == name) set_felix(options, object);
  set_felix_variables(options, agent.variables, agent.owner);
  return options;
}

}  // namespace

std::map<std::string, semantics::OptionValue> configured_options(const resource::Snapshot& snapshot, const semantics::CniInfo& known, const Agent& agent, const resource::Node* node) {
  Options options;
  if (known.name == "cilium") options = cilium_options(snapshot, known, node);
  if (known.name == "calico") options = calico_options(snapshot, agent, node);
  std::erase_if(options, [&](const auto& option) { return !known.option_defaults.contains(option.first); });
  return options;
}

namespace {

bool configures_anything(const resource::Snapshot& snapshot) {
  const auto has_variables = [](const auto& pods, const auto& spec) { return std::any_of(pods.begin(), pods.end(), [&](const auto& pod) { return !spec(pod).agent_variables.empty(); }); };
  return !snapshot.configurations.empty() || has_variables(snapshot.workloads, [](const auto& workload) -> const auto& { return workload.pod; }) ||
         has_variables(snapshot.pods, [](const auto& pod) -> const auto& { return pod.spec; });
}

/// What holds on every node stays in `options`; what is set otherwise on one, or left to the default there, is told to differ.
void meet(Options& options, const Options& others, const semantics::CniInfo& known) {
  const auto value_in = [&](const Options& some, const std::string& name) -> const std::string& {
    const auto found = some.find(name);
    return found == some.end() ? known.option_defaults.at(name) : found->second.value;
  };
  Options either = options;
  either.insert(others.begin(), others.end());
  for (auto& [name, value] : either)
    if (value_in(options, name) != value_in(others, name)) value.value = option_differs;
  options = std::move(either);
}

}  // namespace

std::map<std::string, semantics::OptionValue> options_of_cluster(const resource::Snapshot& snapshot, const semantics::CniInfo& known) {
  if (!configures_anything(snapshot)) return {};
  std::optional<Options> common;
  const auto count = [&](const Agent& agent, const resource::Node* node) {
    const Options here = configured_options(snapshot, known, agent, node);
    if (common) meet(*common, here, known);
    else common = here;
  };
  std::vector<Agent> agents = find_agents(snapshot);
  std::erase_if(agents, [&](const Agent& agent) { return agent.cni != known.name; });
  if (agents.empty()) agents.push_back({.cni = known.name});
  for (const Agent& agent : agents) {
    for (const std::string& name : agent.nodes) count(agent, snapshot.find_node(name));
    if (!agent.nodes.empty()) continue;
    for (const auto& node : snapshot.nodes) count(agent, &node);
    if (snapshot.nodes.empty()) count(agent, nullptr);
  }
  return common.value_or(Options{});
}

}  // namespace npverify::policy
