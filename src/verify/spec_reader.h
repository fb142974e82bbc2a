#pragma once

#include <map>
#include <string>
#include <vector>

#include "semantics/yaml.h"
#include "verify/spec.h"

/// The parts of the strict reader of specs; only spec*.cpp include this. Each reports its problems and returns what it could read.
namespace npverify::verify::reading {

/// One file while it is read.
struct Context {
  semantics::StrictYaml yaml;
  size_t peers = 0;  ///< read so far: aliases can multiply a small text without end
};

inline std::string join(const std::string& field, const std::string& key) { return field.empty() ? key : field + "." + key; }
inline std::string at(const std::string& field, size_t index) { return field + "[" + std::to_string(index) + "]"; }

Peer read_peer(Context& context, const YAML::Node& node, const std::string& field, int depth = 0);
/// The peer at `key` of `map`; an error where it is absent.
Peer need_peer(Context& context, const YAML::Node& map, const std::string& key, const std::string& field);

/// `ports` and `exceptPorts` of `map`.
PortSpec read_ports(Context& context, const YAML::Node& map, const std::string& field);

Invariant read_invariant(Context& context, const YAML::Node& node, const std::string& field);
Capability read_capability(Context& context, const YAML::Node& node, const std::string& field);
ConflictFree read_conflict_free(Context& context, const YAML::Node& node, const std::string& field);
/// `in_set`: with `invariants`, as in an ExceptionSet.
Exception read_exception(Context& context, const YAML::Node& node, const std::string& field, bool in_set);
Assumption read_assumption(Context& context, const YAML::Node& node, const std::string& field);

std::optional<ProfileChoice> read_profiles(Context& context, const YAML::Node& map, const std::string& field);
std::optional<Placement> read_placement(Context& context, const YAML::Node& map, const std::string& field);
std::optional<PathChoice> read_paths(Context& context, const YAML::Node& map, const std::string& field);
std::optional<world::UniverseKind> read_universe(Context& context, const YAML::Node& map, const std::string& field);

/// The word at `key`, one of `words`; `otherwise` where absent or wrong (reported).
std::string read_word(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, const std::vector<std::string>& words, const std::string& otherwise);
/// The words at `key`, each one of `words`, none twice; empty where absent.
std::vector<std::string> read_words(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, const std::vector<std::string>& words);
bool read_flag(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, bool otherwise);
/// A text that YAML takes for a text: an unquoted 5, true or null is reported, as the API server would.
std::string read_string(Context& context, const YAML::Node& value, const std::string& field);
std::vector<std::string> read_strings(Context& context, const YAML::Node& map, const std::string& key, const std::string& field);
/// An id: lower-case letters, digits, '.' and '-'.
std::string read_id(Context& context, const YAML::Node& map, const std::string& key, const std::string& field);

/// Sets `target` of every reference, in peer sets too; unknown names and cycles are errors.
class References {
 public:
  explicit References(base::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
  void define(const std::string& name, Peer peer);
  bool defined(const std::string& name) const { return peers_.contains(name); }
  /// Resolves the definitions among themselves. Call once, after the last define.
  void close();
  void resolve(Peer& peer);
  void resolve(InvariantSet& set);

 private:
  void resolve_definition(const std::string& name, std::vector<std::string>& open);
  void visit(Peer& peer, std::vector<std::string>* open);

  base::Diagnostics& diagnostics_;
  std::map<std::string, std::shared_ptr<Peer>> peers_;
  std::map<std::string, bool> done_;
};

}  // namespace npverify::verify::reading
