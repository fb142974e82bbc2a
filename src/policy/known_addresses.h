#pragma once

#include "policy/reading.h"

namespace npverify::policy {

/// What the snapshot says about ends with several addresses, for the CNIs to which an end is one identity with all of them: an ipBlock that
/// holds any address matches the end, whichever address the flow has. Source: the axis of place "block-addresses".
class KnownAddresses {
 public:
  KnownAddresses(const semantics::Profile& profile, const resource::Snapshot& snapshot, const ClusterFacts& facts);

  /// The peers that `block` holds by an address that need not be the flow's. False where the CNI looks at the flow's address alone.
  logic::Expr matched(logic::Pool& pool, Direction direction, const base::AddressSet& block) const;

  /// The peers of which nobody can say whether `block` holds one of their addresses: pods of a dual-stack cluster that the snapshot does not
  /// have, and the subject's own node, whose agent has an address of its own out of the node's pod network.
  logic::Expr unknown(logic::Pool& pool, Direction direction, const base::AddressSet& block) const;
  bool may_be_unknown() const { return of_pods_ || of_own_node_; }  ///< false: `unknown` is False for every block, and so is `matched`

 private:
  struct NodeAddresses {
    std::string name;
    base::AddressSet known;
    base::AddressSet hidden;  ///< where the agent's own addresses may lie, as far as they are not known
  };
  NodeAddresses addresses_of(const resource::Node& node, const resource::Snapshot& snapshot) const;

  std::vector<base::Family> families_;            ///< that the cluster has: of the others nobody reads an address
  bool of_pods_ = false, of_own_node_ = false;
  std::vector<std::vector<base::Address>> pods_;  ///< of running pods with addresses of their own
  base::AddressSet pod_addresses_;                ///< all of them
  std::vector<NodeAddresses> nodes_;
};

}  // namespace npverify::policy
