#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

/// The profiles of a question: those that the command line names, else those that the snapshot's own objects tell.
namespace npverify::cli {

struct ChosenProfiles {
  std::vector<Profile> profiles;
  std::vector<std::string> notes;  ///< what was taken from where, for the report
};

/// `names`: as the command line gave them, "" for what it left out. One profile for each name. What is left out is detected; it must be
/// exactly as many profiles as are missing. Throws Error (input) with the list of profiles where it is not.
ChosenProfiles choose_profiles(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot, const std::vector<std::pair<std::string, std::string>>& names);

/// --cni, else every profile that was detected. May be empty: then the specifications have to name profiles themselves.
ChosenProfiles choose_run_profiles(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot);

/// The pools of --matrix; without --matrix and --cni, those that the snapshot tells where several CNIs run on nodes of their own. Nothing
/// where one reading holds everywhere. Throws Error (input) where --cni and --matrix stand side by side.
std::optional<NodePools> choose_pools(const CommonOptions& options, const Encodings& encodings, const Snapshot& snapshot);

/// "The profiles are:", and a line for each CNI.
std::string profiles_text(const Encodings& encodings);

}  // namespace npverify::cli
