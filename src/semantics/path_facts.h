#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "semantics/profile.h"

/// encodings/paths.yaml: what a header becomes on its way, as data.
namespace npverify::semantics {

/// Where the objects of a cluster say what a setting is.
struct PathSource {
  std::string flag;                ///< of a NodeCapabilityMatrix; or
  std::string option;              ///< of the profile; or
  std::string object, name, path;  ///< kind, name (empty: any) and path of a configuration object
  std::string key;                 ///< in the YAML text that stands at `path`; empty: the value itself
  std::string cni;                 ///< only for nodes of this CNI; empty: of any
  std::map<std::string, std::string> map;  ///< from what stands there to a value of the setting; "": the object is there and does not say
};

struct PathSetting {
  std::string id, question, default_value;  ///< an empty default: there is none
  std::vector<std::string> values;
  std::vector<PathSource> sources;
};

struct PathEntry {
  std::map<std::string, std::vector<std::string>> when;  ///< setting, or "cni", to the values for which the entry holds
  std::string answer;
  std::string confidence;
  std::vector<Evidence> evidence;
};

struct PathFact {
  std::string id, question;
  std::vector<std::pair<std::string, std::string>> answers;  ///< word and sentence
  std::vector<PathEntry> entries;
};

struct PathFacts {
  std::vector<PathSetting> settings;
  std::vector<PathFact> facts;
  std::vector<PathSource> ranges;  ///< of addresses that a CNI does not masquerade towards
  const PathSetting* setting(const std::string& id) const;
  /// Throws InternalError for an unknown id.
  const PathFact& fact(const std::string& id) const;
};

/// Every problem goes to `diagnostics`.
PathFacts read_path_facts(std::shared_ptr<const base::SourceFile> file, base::Diagnostics& diagnostics);

}  // namespace npverify::semantics
