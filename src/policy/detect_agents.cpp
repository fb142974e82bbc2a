// Agents by their images, else by the names that distributions give to their DaemonSets. The tag of the image on a node is what runs
// there: a DaemonSet with updateStrategy OnDelete can carry a newer one. Distributions rename images (RKE2 "hardened-calico", mirrors),
// build their own tags ("v3.28.2-build20241016", "v1.16.3-gke.5") or pin by digest, which says no version at all.
#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "placement/placement.h"
#include "policy/detect.h"

namespace npverify::policy {
namespace {

struct Known {
  std::string_view word, cni;
};

/// Ends of an image's repository.
constexpr std::array<Known, 23> images{{
    {"calico/node", "calico"},
    {"mirrored-calico-node", "calico"},
    {"hardened-calico", "calico"},
    {"tigera/cnx-node", "calico-enterprise"},
    {"cilium/cilium", "cilium"},
    {"cilium/cilium-ci", "cilium"},
    {"isovalent/cilium", "cilium"},
    {"mirrored-cilium-cilium", "cilium"},
    {"hardened-cilium", "cilium"},
    {"aws-network-policy-agent", "aws-vpc-cni"},
    {"azure-npm", "azure-npm"},
    {"antrea-agent-ubuntu", "antrea"},
    {"antrea-agent-ubi", "antrea"},
    {"antrea-agent-debian", "antrea"},
    {"antrea-ubuntu", "antrea"},
    {"cloudnativelabs/kube-router", "kube-router"},
    {"ovn-kube-ubuntu", "ovn-kubernetes"},
    {"ovn-kube-fedora", "ovn-kubernetes"},
    {"weave-npc", "weave-net"},
    {"kube-network-policies", "kube-network-policies"},
    {"kindest/kindnetd", "kindnet"},
    {"kube-ovn", "kube-ovn"},
    {"romana/agent", "romana"},
}};

/// Names of DaemonSets, for images that say nothing.
constexpr std::array<Known, 15> names{{
    {"calico-node", "calico"},
    {"canal", "calico"},
    {"rke2-canal", "calico"},
    {"cilium", "cilium"},
    {"rke2-cilium", "cilium"},
    {"anetd", "cilium"},
    {"aws-node", "aws-vpc-cni"},
    {"azure-npm", "azure-npm"},
    {"antrea-agent", "antrea"},
    {"kindnet", "kindnet"},
    {"kube-router", "kube-router"},
    {"ovnkube-node", "ovn-kubernetes"},
    {"weave-net", "weave-net"},
    {"kube-network-policies", "kube-network-policies"},
    {"sdn", "openshift-sdn"},
}};

struct Image {
  std::string_view repository, tag;
};

Image split_image(std::string_view text) {
  text = text.substr(0, text.find('@'));
  const size_t slash = text.rfind('/');
  const size_t colon = text.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon == std::string_view::npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool ends_as(std::string_view repository, std::string_view word) {
  if (!repository.ends_with(word)) return false;
  return repository.size() == word.size() || repository[repository.size() - word.size() - 1] == '/';
}

std::optional<Agent> agent_of(const std::vector<std::string>& pod_images, const std::string& owner_name) {
  for (const std::string& text : pod_images) {
    const Image image = split_image(text);
    for (const Known& known : images)
      if (ends_as(image.repository, known.word))
        return Agent{.cni = std::string(known.cni), .version = base::Version::parse(image.tag), .seen = "image " + text.substr(0, text.find('@'))};
  }
  for (const Known& known : names)
    if (owner_name == known.word) return Agent{.cni = std::string(known.cni), .seen = "the name"};
  return std::nullopt;
}

std::string object_text(const std::string& kind, const resource::ObjectMeta& meta) {
  const std::string place = meta.origin.span.to_string();
  return kind + " " + meta.namespace_name + "/" + meta.name + (place.empty() ? "" : " (" + place + ")");
}

/// A hand-written Node without labels is one on which agents for Linux run.
std::vector<placement::Candidate> candidates_of(const resource::Snapshot& snapshot) {
  auto candidates = placement::candidates_of(snapshot);
  for (auto& candidate : candidates)
    if (candidate.labels.empty()) candidate.labels["kubernetes.io/os"] = "linux";
  return candidates;
}

/// "DaemonSet"'s name out of "DaemonSet/calico-node", or "".
std::string daemon_set_of(const std::string& owner) { return owner.starts_with("DaemonSet/") ? owner.substr(10) : ""; }

}  // namespace

std::vector<Agent> find_agents(const resource::Snapshot& snapshot) {
  std::vector<Agent> agents;
  std::set<std::pair<std::string, std::string>> covered;  // node, CNI
  for (const auto& pod : snapshot.pods) {
    if (pod.spec.node_name.empty()) continue;
    auto agent = agent_of(pod.spec.images, daemon_set_of(pod.owner));
    if (!agent || !covered.emplace(pod.spec.node_name, agent->cni).second) continue;
    agent->owner = object_text("Pod", pod.meta);
    agent->seen += " of " + agent->owner;
    agent->variables = pod.spec.agent_variables;
    agent->nodes = {pod.spec.node_name};
    agent->by_pod = true;
    agents.push_back(*agent);
  }
  const auto nodes = candidates_of(snapshot);
  for (const auto& workload : snapshot.workloads) {
    if (workload.kind != "DaemonSet") continue;
    auto agent = agent_of(workload.pod.images, workload.meta.name);
    if (!agent) continue;
    agent->owner = object_text("DaemonSet", workload.meta);
    agent->seen += " of " + agent->owner;
    agent->variables = workload.pod.agent_variables;
    const placement::Subject subject = placement::subject_of(workload, snapshot);
    for (const auto& node : nodes)
      if (!covered.contains({node.name, agent->cni}) && placement::landing(subject, node) != placement::Landing::no) agent->nodes.push_back(node.name);
    if (!agent->nodes.empty() || snapshot.nodes.empty()) agents.push_back(*agent);
  }
  return agents;
}

}  // namespace npverify::policy
