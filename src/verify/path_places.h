#pragma once

#include <string>
#include <vector>

#include "logic/expression.h"
#include "path/settings.h"
#include "verify/readers.h"
#include "world/universe.h"

/// The nodes of a connection on a path, in classes of nodes that nothing tells apart: one of them stands for all.
///
/// Two nodes are alike where the same readers judge on them, the same settings of paths hold, and no address that a formula asks for tells theirs
/// apart. Which pods can be on which is left to the formula: a class is the set of its names.
namespace npverify::verify {

/// Readers as they stand in the cases of a run, with the settings of their nodes.
struct ReaderKind {
  const Readers* readers = nullptr;
  path::NodeSettings settings;
  size_t settings_class = 0;  ///< equal for equal settings
};

struct NodeClass {
  size_t kind = 0;                    ///< into Places::kinds
  std::vector<std::string> nodes;     ///< sorted; empty: any number of nodes that nobody names
  world::Endpoint host;               ///< a node of it, as its address is seen; without addresses where no Node object tells them
  std::vector<base::Address> tunnel;  ///< of its tunnel device
};

class Places {
 public:
  /// `asked`: the address sets that formulas ask of. `thin`: at most three nodes of a class that `apart` does not tell apart are kept; more are of no
  /// use to a connection, which touches three. `facts`, `given`: as path::settings_of.
  struct Input {
    const resource::Snapshot& snapshot;
    const world::Universe& universe;
    const std::vector<ReaderCase>& cases;
    const semantics::PathFacts& facts;
    const std::map<std::string, std::string>& given;
    std::vector<const base::AddressSet*> asked;
    std::function<std::string(const std::string& node)> apart;  ///< equal for nodes that may stand for each other; unique: no other may
  };
  explicit Places(const Input& input);

  const std::vector<ReaderKind>& kinds() const { return kinds_; }
  const std::vector<NodeClass>& classes() const { return classes_; }
  /// The case of these readers at the two ends; nullptr where the run has none.
  const ReaderCase* case_of(size_t source, size_t destination) const;
  size_t kind_of(const Readers& readers) const;
  bool named() const { return named_; }  ///< the nodes have names

 private:
  void add_kinds(const Input& input);
  void add_classes(const Input& input);

  std::vector<ReaderKind> kinds_;
  std::vector<NodeClass> classes_;
  std::map<std::pair<size_t, size_t>, const ReaderCase*> cases_;
  bool named_ = false;
};

/// The addresses that a node's tunnel device has, as its agent writes them to the Node. Without, it is one of the cluster's pods', nobody says which.
std::vector<base::Address> tunnel_addresses(const resource::Node& node);
/// What would tell.
std::string tunnel_to_supply(const std::string& node);

}  // namespace npverify::verify
