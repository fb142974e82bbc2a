#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "npverify/error.h"
#include "npverify/snapshot.h"

namespace npverify {

/// A CNI at a version with its options: what the policies are read with. A value; copies share.
class Profile {
 public:
  /// "cilium@1.16.19", "kubernetes".
  std::string name() const;
  /// A sentence for each option that was taken from the cluster's objects: "cilium@1.16.19: NAME=VALUE from ConfigMap kube-system/cilium-config (a.yaml:4)".
  std::vector<std::string> options_of_cluster() const;
  /// Every option at its value.
  std::map<std::string, std::string> options() const;

  struct State;
  explicit Profile(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

/// Options of installations, as "cilium.policy-cidr-match-mode" -> "nodes": each holds for every profile of its CNI.
using InstallationOptions = std::map<std::string, std::string>;

/// What a snapshot's own objects say about the CNI that runs.
struct Detection {
  std::vector<Profile> profiles;       ///< distinct ones; empty where nothing was recognised
  std::vector<std::string> sentences;  ///< what was taken from where
  std::vector<std::string> problems;   ///< what runs there and has no profile here, or no version: the answer would not be whole
};

/// encodings/: what each CNI does.
class Encodings {
 public:
  /// Throws Error (input) with every problem of every file under `folder`.
  static Encodings load(const std::string& folder);
  /// Where encodings/ is: $NPVERIFY_ENCODINGS, else beside the program (../share/npverify/encodings), else where it was built.
  /// Throws Error (input) that names the places that were tried.
  static std::string find_folder();

  /// "NAME@VERSION", "NAME@VERSION[option=value,...]" or "kubernetes". A minor version means its newest known patch.
  /// Throws Error (input) for an unknown CNI, version form or option, with what would be right.
  Profile profile(const std::string& text, const InstallationOptions& options = {}) const;
  /// The same, with the options that the snapshot's own objects set for that CNI (cilium-config, FelixConfiguration, ...) where neither `text` nor
  /// `options` does. One that is not the same on every node is a gap for what looks at it.
  Profile profile(const std::string& text, const Snapshot& snapshot, const InstallationOptions& options) const;
  Detection detect(const Snapshot& snapshot, const InstallationOptions& options = {}) const;

  /// Names that `profile` takes, "cilium@1.12 .. 1.20" each.
  std::vector<std::string> profile_names() const;

  /// The pages of `npverify cni`, as text or as JSON.
  std::string list_page(bool json, size_t width = 100) const;
  std::string show_page(const Profile& profile, bool json, size_t width = 100) const;
  std::string diff_page(const Profile& left, const Profile& right, bool json, size_t width = 100) const;
  std::string axis_page(const std::string& axis, bool json, size_t width = 100) const;

  struct State;
  explicit Encodings(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace npverify
