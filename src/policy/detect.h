#pragma once

#include <map>
#include <string>
#include <vector>

#include "resource/snapshot.h"
#include "semantics/profile.h"

/// Which CNI runs on which node, as the cluster's own objects say: the agents' images, then the objects that configure them.
namespace npverify::policy {

/// An agent that was seen.
struct Agent {
  std::string cni;                       ///< as encodings/ calls it
  std::optional<base::Version> version;  ///< of the image's tag
  std::vector<std::string> nodes;        ///< on which it runs; empty: every node
  std::string seen;                      ///< "image calico/node:v3.28.2 of DaemonSet kube-system/calico-node (cluster.yaml:12)"
  std::string owner;                     ///< "DaemonSet kube-system/calico-node (cluster.yaml:12)"
  std::map<std::string, std::string> variables;  ///< that configure it: resource::PodSpec::agent_variables
  bool by_pod = false;                   ///< a running pod, which outranks the template it came from
};
/// In the order of the snapshot, pods first. A node whose agent's pod is there is not listed under its DaemonSet again.
std::vector<Agent> find_agents(const resource::Snapshot& snapshot);

/// Options that the snapshot's configuration objects and the agent's own variables set for `node` (nullptr: for all). Only options of `known`.
std::map<std::string, semantics::OptionValue> configured_options(const resource::Snapshot& snapshot, const semantics::CniInfo& known, const Agent& agent, const resource::Node* node);

/// Stands for the value of an option that is not the same on every node; no option lists it, so that what looks at it is a gap.
inline constexpr const char* option_differs = "(not the same on every node)";

/// Options of `known` that the snapshot sets wherever that CNI runs: for profiles that the user names without them.
std::map<std::string, semantics::OptionValue> options_of_cluster(const resource::Snapshot& snapshot, const semantics::CniInfo& known);

struct DetectedProfile {
  semantics::ProfileRequest request;
  std::vector<std::string> nodes;  ///< empty: every node
};

struct Detection {
  std::vector<DetectedProfile> profiles;  ///< distinct requests, in order of appearance
  std::vector<std::string> sentences;     ///< what was taken from where
  std::vector<std::string> problems;      ///< agents that cannot be turned into a profile: no version, or a CNI that `cnis` lacks
};
Detection detect_profiles(const resource::Snapshot& snapshot, const std::vector<semantics::CniInfo>& cnis);

}  // namespace npverify::policy
