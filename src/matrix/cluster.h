#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "matrix/matrix.h"
#include "policy/detect.h"
#include "policy/reading.h"

/// The pools of a cluster: which profile reads on which node, and of whom its agent knows more than an address.
namespace npverify::matrix {

/// An axis that the version of the agents and that of the policy controller answer differently.
struct Skew {
  std::string axis;
  semantics::Resolved agent, controller;
};

/// Nodes that read alike.
struct Pool {
  std::string name;
  semantics::Profile profile;
  std::string label;                 ///< "cilium@1.16.19", "cilium@1.16.19 with policy controller 1.15.19"
  std::vector<Skew> skewed;          ///< gaps of `profile`
  std::vector<std::string> nodes;    ///< of the snapshot, sorted
  bool named = false;                ///< it has the nodes that it names, and no others
  bool every_node = false;           ///< its selector is empty: nodes that nobody has seen are in it too
  std::optional<IdentityScope> identity_scope;
  std::optional<FaultMode> fault_mode;
  std::map<std::string, bool> features, behaviour;
  std::map<std::string, std::string> datapath;
  std::string field;                 ///< what to edit: "spec.pools[1]"; empty where the snapshot told the pool
  std::string place;                 ///< "matrix.yaml:9:5", or what told it
};

/// One way in which the agents of a pool may know the rest of the cluster. Several where nobody says which.
struct View {
  std::vector<bool> knows;    ///< by pool: the pods of its nodes, and these nodes themselves
  bool knows_others = true;   ///< those on nodes of no pool
  bool operator==(const View&) const = default;
};

class Cluster {
 public:
  /// `resolve` turns a request into a profile, with the options of the run. Throws InputError with every problem.
  using Resolve = std::function<semantics::Profile(const semantics::ProfileRequest&)>;
  Cluster(const Matrix& matrix, const resource::Snapshot& snapshot, const Resolve& resolve);
  /// What the snapshot's own objects tell. Identity scopes stay open: no object says them.
  Cluster(const policy::Detection& detection, const resource::Snapshot& snapshot, const Resolve& resolve);

  const std::vector<Pool>& pools() const { return pools_; }

  struct Place {
    std::optional<size_t> pool;
    std::string problem;  ///< why none, and what to supply
  };
  /// The pool of a node by name; "" is a pod that is on no node yet.
  const Place& place_of(const std::string& node) const;
  /// Nodes that are in no pool or in several, sorted: "node n4 is in no pool; ...".
  std::vector<std::string> problems() const;

  /// How the agents of a pool may know the cluster; at least one, without duplicates.
  std::vector<View> views(size_t reader) const;
  bool knows(const View& view, const std::string& node) const;
  /// What would settle which view is the true one: "set spec.pools[1].profile.identity_scope (...)".
  std::string to_supply(size_t reader) const;

 private:
  void place_nodes(const resource::Snapshot& snapshot, const std::vector<std::optional<resource::LabelSelector>>& selectors, const std::vector<std::vector<std::string>>& names);
  Place place(const std::string& node, const resource::Node* object, const std::vector<std::optional<resource::LabelSelector>>& selectors,
              const std::vector<std::vector<std::string>>& names) const;

  std::vector<Pool> pools_;
  std::string source_;  ///< the file of the matrix, or "the snapshot"
  bool from_matrix_ = false;
  std::map<std::string, Place> places_;
  Place nowhere_, unseen_;
  std::map<std::pair<size_t, size_t>, bool> pinned_;
  bool some_unplaced_ = false;
};

/// policy::read_policies for a pool. Where its version and its policy controller make the same of all policies of a namespace, that; elsewhere
/// what they read differently is a gap that says so.
policy::Reading read_policies(logic::Pool& expressions, const resource::Snapshot& snapshot, const policy::ClusterFacts& facts, const Pool& pool,
                              const std::vector<uint32_t>* only = nullptr);

}  // namespace npverify::matrix
