#include "cli/profiles.h"

#include <algorithm>

namespace npverify::cli {
namespace {

std::string list_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

/// A profile that the user named runs with the options of the cluster's objects; which these are is said once.
void note_options(const Profile& profile, ChosenProfiles& chosen) {
  for (const std::string& line : profile.options_of_cluster())
    if (std::find(chosen.notes.begin(), chosen.notes.end(), line) == chosen.notes.end()) chosen.notes.push_back(line);
}

}  // namespace

std::string profiles_text(const Encodings& encodings) { return "The profiles are:" + list_of(encodings.profile_names()) + "\n"; }

ChosenProfiles choose_profiles(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot, const std::vector<std::pair<std::string, std::string>>& names) {
  const InstallationOptions installation = installation_of(options);
  std::string missing;
  size_t missing_count = 0;
  for (const auto& [flag, name] : names)
    if (name.empty()) {
      missing += (missing.empty() ? "" : " and ") + flag;
      ++missing_count;
    }
  Detection detected;
  if (missing_count > 0) {
    detected = encodings.detect(snapshot, installation);
    if (detected.profiles.size() != missing_count || !detected.problems.empty()) {
      std::vector<std::string> found = detected.sentences;
      found.insert(found.end(), detected.problems.begin(), detected.problems.end());
      throw Error(Error::Kind::input, "error: name the CNI with " + missing + "; the manifests " + (found.empty() ? "do not tell it." : "tell:" + list_of(found)) + "\n" + profiles_text(encodings));
    }
  }
  ChosenProfiles chosen{.notes = detected.sentences};
  size_t next = 0;
  for (const auto& [flag, name] : names) {
    chosen.profiles.push_back(name.empty() ? detected.profiles[next++] : encodings.profile(name, snapshot, installation));
    if (!name.empty()) note_options(chosen.profiles.back(), chosen);
  }
  return chosen;
}

ChosenProfiles choose_run_profiles(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot) {
  const InstallationOptions installation = installation_of(options);
  if (!options.cni.empty()) {
    ChosenProfiles chosen{.profiles = {encodings.profile(options.cni, snapshot, installation)}, .notes = {}};
    note_options(chosen.profiles[0], chosen);
    return chosen;
  }
  const Detection detected = encodings.detect(snapshot, installation);
  if (!detected.problems.empty()) throw Error(Error::Kind::input, "error: name the CNI with --cni; the manifests tell:" + list_of(detected.problems) + "\n" + profiles_text(encodings));
  return {.profiles = detected.profiles, .notes = detected.sentences};
}

std::optional<NodePools> choose_pools(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot) {
  const InstallationOptions installation = installation_of(options);
  if (!options.matrix.empty()) {
    if (!options.cni.empty()) throw Error(Error::Kind::input, "error: --cni and --matrix: one reading for every node, or one for each pool; give one of them\n");
    note_inputs(options, {options.matrix});
    return NodePools::from_matrix(options.matrix, snapshot, encodings, installation);
  }
  if (!options.cni.empty()) return std::nullopt;
  const Detection detected = encodings.detect(snapshot, installation);
  if (detected.profiles.size() < 2 || !detected.problems.empty()) return std::nullopt;
  return NodePools::detect(snapshot, encodings, installation);
}

}  // namespace npverify::cli
