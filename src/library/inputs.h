#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/source.h"
#include "library/state.h"

/// What was asked, so that two runs can be told to be the same: contents by fingerprint, choices in words.
namespace npverify::library {

using Inputs = std::map<std::string, std::string>;

std::string fingerprint_of(const std::vector<std::shared_ptr<const base::SourceFile>>& files);
/// Of encodings/: every file of the folder, by name.
std::string fingerprint_of(const Encodings& encodings);

/// The name, and every option with its value.
std::string profile_words(const semantics::Profile& profile);
std::string profile_words(const std::vector<Profile>& profiles);
/// Of a matrix: each pool with its nodes, profile and what it knows.
std::string pool_words(const matrix::Cluster& cluster);

/// Universe, ends and the other choices on which the answer depends. Threads and time limits are not among them.
std::string question_words(const Options& options);

}  // namespace npverify::library
