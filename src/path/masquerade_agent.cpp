// kubernetes-sigs/ip-masq-agent, cmd/ip-masq-agent/ip-masq-agent.go. The file /etc/config/ip-masq-agent is the entry `config` of a ConfigMap; a field that it does
// not have keeps its default; a file that it refuses leaves the rules that were there before. Rules for IPv6 need a flag.
#include "path/masquerade_agent.h"

#include <algorithm>
#include <charconv>

namespace npverify::path {
namespace {

const std::string file_of = "data.config:";  // resource/config.cpp reads the file into values below this

std::string origin_of(const std::string& kind, const resource::ObjectMeta& meta) {
  const std::string place = meta.origin.span.to_string();
  return kind + " " + meta.namespace_name + "/" + meta.name + (place.empty() ? "" : " (" + place + ")");
}

bool is_agent(const resource::PodSpec& spec) {
  return std::any_of(spec.images.begin(), spec.images.end(), [](const std::string& image) { return ("/" + image).find("/ip-masq-agent") != std::string::npos; });
}

/// Does the DaemonSet run on every node (of Linux)?
bool on_every_node(const resource::PodSpec& spec) {
  return !spec.required_node_affinity && std::all_of(spec.node_selector.begin(), spec.node_selector.end(), [](const auto& label) { return label.key.ends_with("kubernetes.io/os"); });
}

base::Prefix prefix(const char* text) { return *base::Prefix::parse(text); }

std::optional<std::string> value(const resource::Configuration& map, const std::string& field) {
  const auto found = map.values.find(file_of + field);
  return found == map.values.end() ? std::nullopt : std::optional(found->second);
}

/// What the agent's file lists; nothing where the agent refuses it, or may.
std::optional<MasqueradeAgent> read_file(const resource::Configuration& map) {
  if (!map.values.contains("data.config") || value(map, "unreadable")) return std::nullopt;
  MasqueradeAgent agent;
  size_t count = 0;
  for (; const auto text = value(map, "nonMasqueradeCIDRs[" + std::to_string(count) + "]"); ++count) {
    bool had_host_bits = false;
    const auto cidr = base::Prefix::parse(*text, &had_host_bits);
    if (!cidr || had_host_bits || cidr->network.family == base::Family::ipv6) return std::nullopt;
    agent.keeps.push_back(*cidr);
  }
  size_t limit = 64;
  if (const auto text = value(map, "cidrLimit"); text && std::from_chars(text->data(), text->data() + text->size(), limit).ptr != text->data() + text->size()) return std::nullopt;
  if (count > limit) return std::nullopt;
  agent.rest_is_masqueraded = count > 0 || value(map, "nonMasqueradeCIDRs");
  if (!agent.rest_is_masqueraded)  // whether other reserved ranges are left alone too is a flag's matter
    for (const char* range : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}) agent.keeps.push_back(prefix(range));
  if (value(map, "masqLinkLocal").value_or("false") == "false") agent.keeps.push_back(prefix("169.254.0.0/16"));
  return agent;
}

}  // namespace

std::optional<bool> MasqueradeAgent::masquerades(const base::Address& destination) const {
  if (std::any_of(keeps.begin(), keeps.end(), [&](const auto& range) { return range.contains(destination); })) return false;
  return rest_is_masqueraded && destination.family == base::Family::ipv4 ? std::optional(true) : std::nullopt;
}

std::optional<MasqueradeAgent> masquerade_agent(const resource::Snapshot& snapshot) {
  const resource::Workload* daemon = nullptr;
  for (const auto& workload : snapshot.workloads)
    if (workload.kind == "DaemonSet" && is_agent(workload.pod)) daemon = &workload;
  const bool runs = daemon || std::any_of(snapshot.pods.begin(), snapshot.pods.end(), [](const auto& pod) { return is_agent(pod.spec); });
  const resource::Configuration* map = nullptr;
  size_t maps = 0;
  for (const auto& object : snapshot.configurations)
    if (object.kind == "ConfigMap" && object.meta.name.starts_with("ip-masq-agent")) map = &object, ++maps;
  if (!runs && !map) return std::nullopt;
  MasqueradeAgent agent;
  if (auto read = maps == 1 ? read_file(*map) : std::nullopt) agent = std::move(*read);
  // Where it does not run for sure, only what it would leave alone is sure.
  if (!daemon || !on_every_node(daemon->pod)) agent.rest_is_masqueraded = false;
  agent.origin = daemon ? origin_of("DaemonSet", daemon->meta) : map ? origin_of("ConfigMap", map->meta) : "pods with the image ip-masq-agent";
  return agent;
}

}  // namespace npverify::path
