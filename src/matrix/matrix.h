#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

/// npverify.io/v1alpha1 NodeCapabilityMatrix: what the nodes of each pool run and can do. docs/mixed-clusters.md is its reference.
namespace npverify::matrix {

/// Of which pods on nodes of other CNIs an agent knows more than the address.
enum class IdentityScope : uint8_t {
  own_managed,  ///< only of those that a node with the same CNI runs: every other end is an address
  all,          ///< of every pod that the API server has
};
const char* to_string(IdentityScope scope);

/// What a node does with traffic while its agent is down.
enum class FaultMode : uint8_t { keep_last, fail_open, fail_closed };
const char* to_string(FaultMode mode);
/// "stale" is another word for keep_last.
std::optional<FaultMode> parse_fault_mode(const std::string& text);

/// One entry of spec.pools.
struct PoolEntry {
  std::string name;  ///< as written, else "pools[0]"
  std::optional<resource::LabelSelector> node_selector;  ///< this, or
  std::vector<std::string> node_names;
  semantics::ProfileRequest request;
  std::optional<base::Version> policy_controller;  ///< where it is said
  std::map<std::string, bool> features;            ///< "endPort" -> true; what is not listed is not known
  std::map<std::string, std::string> datapath;     ///< flags that bear on paths, not on the reading of policies: "kubeProxyReplacement" -> "true"
  std::map<std::string, bool> behaviour;           ///< "snat_before_policy", ...: as written
  std::optional<IdentityScope> identity_scope;
  std::optional<FaultMode> fault_mode;
  std::string field;  ///< "spec.pools[0]"
  base::SourceSpan span;
};

/// One entry of spec.knowledge: pins whether the agents of one pool know the pods of another.
struct KnowledgeEntry {
  std::string reader, of;
  bool known = false;
  base::SourceSpan span;
};

struct Matrix {
  std::string name, file;
  std::vector<PoolEntry> pools;
  std::vector<KnowledgeEntry> knowledge;
};

/// Reads the only document of a file strictly. Every problem goes to `diagnostics`; what is returned then is incomplete and must not be used.
/// `cnis`: those that encodings/ know, with their options.
Matrix read_matrix(const std::shared_ptr<const base::SourceFile>& file, const std::vector<semantics::CniInfo>& cnis, base::Diagnostics& diagnostics);

}  // namespace npverify::matrix
