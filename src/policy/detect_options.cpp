// Options of an installation, from the objects that set them: Cilium's ConfigMap and CiliumNodeConfig carry the agent's own option names;
// Calico's FelixConfiguration "default" and "node.NAME" and the operator's Installation have names of their own.
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
  if (const std::string* action = value_at(object, "spec.defaultEndpointToHostAction")) set(options, "default-endpoint-to-host-action", *action, object);
}

Options calico_options(const resource::Snapshot& snapshot, const resource::Node* node) {
  Options options;
  for (const auto& object : snapshot.configurations)
    if (object.kind == "Installation")
      if (const std::string* plane = value_at(object, "spec.calicoNetwork.linuxDataplane")) set(options, "dataplane", lower(*plane), object);
  for (const std::string& name : {std::string("default"), node ? "node." + node->meta.name : std::string()})
    for (const auto& object : snapshot.configurations)
      if (object.kind == "FelixConfiguration" && object.meta.name == name) set_felix(options, object);
  return options;
}

}  // namespace

std::map<std::string, semantics::OptionValue> configured_options(const resource::Snapshot& snapshot, const semantics::CniInfo& known, const resource::Node* node) {
  Options options;
  if (known.name == "cilium") options = cilium_options(snapshot, known, node);
  if (known.name == "calico") options = calico_options(snapshot, node);
  std::erase_if(options, [&](const auto& option) { return !known.option_defaults.contains(option.first); });
  return options;
}

}  // namespace npverify::policy
