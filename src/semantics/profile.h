#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/version.h"

/// encodings/ to profiles: which rule holds for a CNI at a version under its options, and on what evidence.
namespace npverify::semantics {

class RuleLibrary;
struct PathFacts;

enum class Confidence : uint8_t { measured, sourced, documented, observed, assumed };
const char* to_string(Confidence confidence);

struct Evidence {
  std::string kind;  ///< measured, source, documentation, issue, pull, observed
  std::string text;
};

/// One axis as a profile answers it. `rule` is empty where encodings/ has no entry for the version: a gap.
struct Resolved {
  std::string axis, rule;
  std::string sentence;    ///< of the rule, in English
  Confidence confidence = Confidence::assumed;
  std::vector<Evidence> evidence;
  std::string versions;    ///< the range as written
  std::map<std::string, std::string> when;                        ///< the options that chose this entry; of a gap, the values of which nothing is known
  std::map<std::string, std::vector<std::string>> parameters;     ///< of structural rules ("ignore" -> patterns)
  bool gap() const { return rule.empty(); }
};

/// Where an option's value came from.
enum class OptionSource : uint8_t { documented_default, cluster_object, command_line };
struct OptionValue {
  std::string value;
  OptionSource source = OptionSource::documented_default;
  std::string origin;  ///< "ConfigMap kube-system/cilium-config (cluster.yaml:12)" for cluster objects
};

/// A CNI at a version with its options, every axis resolved to one rule or to a gap.
struct Profile {
  std::string cni;
  base::Version version;
  std::map<std::string, OptionValue> options;  ///< every option of the CNI that has effect at the version
  std::map<std::string, Resolved> axes;        ///< every axis of axes.yaml
  std::shared_ptr<const RuleLibrary> rules;

  std::string name() const;  ///< "cilium@1.16.19", "kubernetes"
  const Resolved& axis(const std::string& id) const;  ///< throws InternalError for an unknown id
};

/// Of an axis that is a gap: "no evidence for cilium@1.20.2 with policy-cidr-match-mode=nodes".
std::string missing_evidence(const Profile& profile, const Resolved& gap);

/// One axis of axes.yaml.
struct AxisInfo {
  std::string id, question, applies_to;
  std::string place;                        ///< how the policy room uses it: see encodings/README.md
  std::vector<std::string> rules;           ///< that it may resolve to
  std::vector<std::string> parameters;      ///< of its rules, with sorts: "port Port"
};

struct CniInfo {
  std::string name, title, peculiar;        ///< `peculiar`: what a reader should know first
  std::vector<base::Version> releases;      ///< that evidence speaks of, ascending
  std::map<std::string, std::string> option_defaults, option_meanings;
};

/// What the user asked for: "cilium@1.16[policy-cidr-match-mode=nodes]".
struct ProfileRequest {
  std::string cni;
  std::optional<base::Version> version;
  std::map<std::string, OptionValue> options;
};
/// Throws InputError with the forms that are right.
ProfileRequest parse_profile_request(const std::string& text);

/// All of encodings/, loaded and checked.
class Encodings {
 public:
  /// Throws InputError with every problem of every file.
  static std::shared_ptr<const Encodings> load(const std::string& folder);
  ~Encodings();

  /// A minor version means its newest known patch; a CNI without versions (kubernetes) takes none. Options that the CNI does not have
  /// throw InputError, and so do values on the command line that no version has; a version without evidence resolves every axis to a gap,
  /// and a value of which encodings/ say nothing for the version every axis that looks at the option.
  Profile resolve(const ProfileRequest& request) const;
  /// `profile` with axis `id` answered as `donor` answers it: what blame asks.
  static Profile with_axis(const Profile& profile, const std::string& id, const Profile& donor);

  std::vector<CniInfo> cnis() const;
  const std::vector<AxisInfo>& axes() const;
  const AxisInfo* axis(const std::string& id) const;
  std::shared_ptr<const RuleLibrary> rules() const;
  /// What Services, masquerade and encapsulation do to headers: paths.yaml.
  const PathFacts& paths() const;
  /// For one axis and CNI: every entry of the file, in order, as "cni explain AXIS" prints them.
  std::vector<Resolved> entries(const std::string& cni, const std::string& axis) const;

 private:
  struct State;
  explicit Encodings(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace npverify::semantics
