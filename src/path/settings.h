#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "path/masquerade_agent.h"
#include "resource/snapshot.h"
#include "semantics/path_facts.h"
#include "semantics/profile.h"

/// What a node is set to, as far as it bears on paths: the settings of encodings/paths.yaml.
namespace npverify::path {

struct SettingValue {
  std::string value, origin;  ///< "ConfigMap kube-system/kube-proxy (cluster.yaml:3)", "command line", "documented default"
};

struct NodeSettings {
  std::string cni;
  std::map<std::string, SettingValue> values;  ///< those that are known
  std::vector<base::Prefix> ranges;            ///< addresses that the CNI does not masquerade towards; empty: not known
  std::vector<base::Prefix> cluster_cidrs;     ///< kube-proxy's clusterCIDR; empty: none, or not known
  std::optional<MasqueradeAgent> masquerade_agent;
};

/// `given`: from the command line, setting to value; `flags`: datapath flags of the node's pool. Throws InputError for a setting or value that
/// there is not.
NodeSettings settings_of(const semantics::PathFacts& facts, const resource::Snapshot& snapshot, const semantics::Profile& profile, const std::map<std::string, std::string>& given,
                         const std::map<std::string, std::string>& flags = {});

/// Throws InputError for a setting or a value that there is not, with what there is.
void check_given(const semantics::PathFacts& facts, const std::map<std::string, std::string>& given);

}  // namespace npverify::path
