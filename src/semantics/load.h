#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "semantics/path_facts.h"
#include "semantics/profile.h"
#include "semantics/rules.h"

namespace npverify::semantics {

/// One entry of an axis in a CNI's file.
struct Entry {
  base::VersionRange range;
  Resolved resolved;
  base::SourceSpan span;
};

struct OptionInfo {
  std::string default_value, meaning;
  base::VersionRange range;
  std::map<std::string, base::VersionRange> values;  ///< that encodings speak of, and the versions that know them; empty: any value
};

struct CniFile {
  CniInfo info;
  std::map<std::string, OptionInfo> options;
  std::map<std::string, std::vector<Entry>> axes;
};

/// One example of axes.yaml: the values of a rule's parameters and of the vocabulary, and whether the rule holds there.
struct Example {
  std::string axis, rule;
  bool holds = false;
  std::map<std::string, std::string> values;
  base::SourceSpan span;
};

struct EncodingsData {
  std::vector<AxisInfo> axes;
  std::map<std::string, std::string> structural_sentences;  ///< of rules that axes.yaml itself defines
  std::vector<Example> examples;
  std::vector<CniFile> cnis;
  std::shared_ptr<const RuleLibrary> rules;
  PathFacts paths;
};

/// The files that load_encodings reads, from `folder`, in order.
std::vector<std::string> files_of_encodings(const std::string& folder);

/// Reads axes.yaml, rules/*.smt2 and cni/*.yaml under `folder`. Every problem of every file goes to `diagnostics`.
EncodingsData load_encodings(const std::string& folder, base::Diagnostics& diagnostics);

/// The place of an axis, how many arguments of which sorts the policy room gives to its rules; nullopt for an unknown place.
/// Structural places have no parameters and close their list of rules.
struct Place {
  std::string name;
  bool structural = false;
  std::vector<std::pair<std::string, Sort>> parameters;
};
const std::vector<Place>& places();

}  // namespace npverify::semantics
