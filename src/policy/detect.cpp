#include "policy/detect.h"

#include <algorithm>

namespace npverify::policy {
namespace {

bool same_options(const std::map<std::string, semantics::OptionValue>& a, const std::map<std::string, semantics::OptionValue>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return x.first == y.first && x.second.value == y.second.value; });
}

bool same_request(const semantics::ProfileRequest& a, const semantics::ProfileRequest& b) {
  return a.cni == b.cni && a.version == b.version && same_options(a.options, b.options);
}

std::string nodes_text(const std::vector<std::string>& nodes) {
  if (nodes.empty()) return "every node";
  std::string text = nodes.size() == 1 ? "node " : "nodes ";
  for (size_t i = 0; i < nodes.size() && i < 4; ++i) text += (i == 0 ? "" : ", ") + nodes[i];
  return nodes.size() > 4 ? text + " and " + std::to_string(nodes.size() - 4) + " more" : text;
}

/// One request for each way in which the agent is configured on its nodes.
void add_profiles(Detection& detection, const Agent& agent, const semantics::CniInfo& cni, const resource::Snapshot& snapshot) {
  std::vector<const resource::Node*> nodes;
  for (const std::string& name : agent.nodes)
    nodes.push_back(snapshot.find_node(name));
  if (nodes.empty()) nodes.push_back(nullptr);
  for (size_t i = 0; i < nodes.size(); ++i) {
    semantics::ProfileRequest request{agent.cni, cni.releases.empty() ? std::nullopt : agent.version, {}};
    request.options = configured_options(snapshot, cni, agent, nodes[i]);
    auto found = std::find_if(detection.profiles.begin(), detection.profiles.end(), [&](const auto& one) { return same_request(one.request, request); });
    if (found == detection.profiles.end()) found = detection.profiles.insert(detection.profiles.end(), {request, {}});
    if (!agent.nodes.empty()) found->nodes.push_back(agent.nodes[i]);
  }
}

void say_where(Detection& detection, const std::vector<Agent>& agents) {
  for (const auto& profile : detection.profiles) {
    const semantics::ProfileRequest& request = profile.request;
    std::string text = request.cni + (request.version ? "@" + request.version->to_string() : "") + " on " + nodes_text(profile.nodes);
    const auto agent = std::find_if(agents.begin(), agents.end(), [&](const Agent& one) {
      return one.cni == request.cni && one.version == request.version && (one.nodes.empty() || profile.nodes.empty() || one.nodes.front() == profile.nodes.front() || !one.by_pod);
    });
    if (agent != agents.end()) text += ": " + agent->seen;
    for (const auto& [name, value] : request.options) text += "; " + name + "=" + (value.value.empty() ? "\"\"" : value.value) + " from " + value.origin;
    detection.sentences.push_back(text);
  }
}

void find_embedded(Detection& detection, const resource::Snapshot& snapshot) {
  for (const auto& node : snapshot.nodes) {
    const auto version = node.info.find("kubeletVersion");
    if (version == node.info.end() || version->second.find("+k3s") == std::string::npos) continue;
    detection.problems.push_back("node " + node.meta.name + " runs k3s (" + version->second + "), whose own policy controller is kube-router's; name the profile");
    return;
  }
}

}  // namespace

Detection detect_profiles(const resource::Snapshot& snapshot, const std::vector<semantics::CniInfo>& cnis) {
  Detection detection;
  const std::vector<Agent> agents = find_agents(snapshot);
  for (const Agent& agent : agents) {
    const auto cni = std::find_if(cnis.begin(), cnis.end(), [&](const auto& one) { return one.name == agent.cni; });
    const std::string what = agent.seen + " on " + nodes_text(agent.nodes);
    if (cni == cnis.end()) {
      detection.problems.push_back(agent.cni + " runs here (" + what + "), of which encodings/ knows nothing");
    } else if (!agent.version && !cni->releases.empty()) {
      detection.problems.push_back(agent.cni + " runs here (" + what + "), but nothing tells its version");
    } else {
      add_profiles(detection, agent, *cni, snapshot);
    }
  }
  if (agents.empty()) find_embedded(detection, snapshot);
  say_where(detection, agents);
  return detection;
}

}  // namespace npverify::policy
