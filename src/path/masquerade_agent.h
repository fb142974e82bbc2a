#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resource/snapshot.h"

namespace npverify::path {

/// ip-masq-agent: on its nodes what leaves for an address that is in none of its list gets the node's address.
struct MasqueradeAgent {
  std::string origin;                ///< the DaemonSet or the ConfigMap that shows it
  std::vector<base::Prefix> keeps;   ///< destinations that it surely leaves alone
  bool rest_is_masqueraded = false;  ///< every other IPv4 destination surely not; else nothing tells

  /// Of what goes to the address; nothing where nothing tells.
  std::optional<bool> masquerades(const base::Address& destination) const;
};

/// As DaemonSet and ConfigMap tell it together; nothing where neither is there.
std::optional<MasqueradeAgent> masquerade_agent(const resource::Snapshot& snapshot);

}  // namespace npverify::path
