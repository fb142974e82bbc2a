// ConfigMaps and the kinds by which CNIs are configured: scalars by path, for the detection of what runs where.
#include <algorithm>
#include <array>

#include "resource/kinds.h"

namespace npverify::resource {
namespace {

void flatten(const manifest::Node& node, std::string& path, std::map<std::string, std::string>& values) {
  const size_t length = path.size();
  for (const auto& entry : node.entries) {
    path += (length == 0 ? "" : ".") + std::string(entry.key);
    flatten(entry.value, path, values);
    path.resize(length);
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    path += "[" + std::to_string(i) + "]";
    flatten(node.items[i], path, values);
    path.resize(length);
  }
  const bool scalar = node.kind != manifest::NodeKind::mapping && node.kind != manifest::NodeKind::sequence && node.kind != manifest::NodeKind::null;
  if (scalar) values.insert_or_assign(path, std::string(node.text));
}

/// The file of ip-masq-agent inside its ConfigMap, as values below "data.config:"; "data.config:unreadable" where it is not one YAML or JSON text.
void read_agent_file(std::map<std::string, std::string>& values) {
  const auto text = values.find("data.config");
  if (text == values.end()) return;
  base::Diagnostics unreadable;
  const auto documents = manifest::read_text("config", text->second, unreadable);
  if (unreadable.has_errors() || documents.size() > 1) values["data.config:unreadable"] = "true";
  std::map<std::string, std::string> fields;
  std::string path;
  if (documents.size() == 1) flatten(documents[0].root, path, fields);
  for (auto& [field, value] : fields) values["data.config:" + field] = std::move(value);
}

struct GroupKind {
  std::string_view group, kind;
};

constexpr std::array configuration_kinds{
    GroupKind{"crd.projectcalico.org", "FelixConfiguration"},  GroupKind{"projectcalico.org", "FelixConfiguration"},
    GroupKind{"crd.projectcalico.org", "IPPool"},              GroupKind{"projectcalico.org", "IPPool"},
    GroupKind{"crd.projectcalico.org", "ClusterInformation"},  GroupKind{"projectcalico.org", "ClusterInformation"},
    GroupKind{"crd.projectcalico.org", "BGPConfiguration"},    GroupKind{"projectcalico.org", "BGPConfiguration"},
    GroupKind{"crd.projectcalico.org", "KubeControllersConfiguration"}, GroupKind{"projectcalico.org", "KubeControllersConfiguration"},
    GroupKind{"operator.tigera.io", "Installation"},           GroupKind{"cilium.io", "CiliumNodeConfig"},
    GroupKind{"cilium.io", "CiliumNode"},
};

constexpr std::array<std::string_view, 15> config_maps{"cilium-config",  "calico-config",   "canal-config",     "kube-proxy",      "kube-proxy-config",
                                                       "ip-masq-agent",  "ip-masq-agent-config", "antrea-config", "kube-flannel-cfg", "amazon-vpc-cni",
                                                       "azure-npm-config", "kube-router-cfg", "ovnkube-config",  "weave-net",       "kubernetes-services-endpoint"};

}  // namespace

bool is_relevant_config_map(std::string_view name) {
  return name.starts_with("antrea-config-") || std::find(config_maps.begin(), config_maps.end(), name) != config_maps.end();
}

bool is_configuration_kind(std::string_view group, std::string_view kind) {
  return std::any_of(configuration_kinds.begin(), configuration_kinds.end(), [&](const GroupKind& k) { return k.group == group && k.kind == kind; });
}

Configuration decode_configuration(const Field& object, std::string_view api_version, std::string_view kind) {
  Configuration configuration;
  configuration.api_version = api_version;
  configuration.kind = kind;
  configuration.meta = decode_meta(object, kind == "ConfigMap" || kind == "CiliumNodeConfig" ? Scope::namespaced : Scope::cluster, NameForm::dns_subdomain, false);
  for (const auto& entry : object.node()->entries) {
    if (entry.key == "apiVersion" || entry.key == "kind" || entry.key == "metadata") continue;
    std::string path(entry.key);
    flatten(entry.value, path, configuration.values);
  }
  if (kind == "ConfigMap" && configuration.meta.name.starts_with("ip-masq-agent")) read_agent_file(configuration.values);
  return configuration;
}

}  // namespace npverify::resource
