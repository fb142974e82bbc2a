#pragma once

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
  bool by_pod = false;                   ///< a running pod, which outranks the template it came from
};
/// In the order of the snapshot, pods first. A node whose agent's pod is there is not listed under its DaemonSet again.
std::vector<Agent> find_agents(const resource::Snapshot& snapshot);

/// Options of `cni` that the snapshot's configuration objects set for `node` (nullptr: for all). Only options of `known`.
/// What could not be told is added to `sentences`.
std::map<std::string, semantics::OptionValue> configured_options(const resource::Snapshot& snapshot, const semantics::CniInfo& known, const resource::Node* node);

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
