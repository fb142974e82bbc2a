#pragma once

#include <string>
#include <vector>

#include "npverify/profile.h"
#include "npverify/snapshot.h"

/// The steps between manifests and a verdict, as text to look at. Its form is for people and may change.
namespace npverify::show {

std::string documents(const std::vector<std::string>& paths);
std::string resources(const Snapshot& snapshot);
/// What `profile` makes of the policies: conditions, policies, rules, gaps.
std::string reading(const Snapshot& snapshot, const Profile& profile);
/// For each namespace and direction: the formula of "allowed" over one flow, in SMT-LIB's spelling.
std::string formula(const Snapshot& snapshot, const Profile& profile);
/// The same as scripts that any SMT solver takes, with every law of the variables.
std::string smt2(const Snapshot& snapshot, const Profile& profile);
/// How the question is cut: namespaces, directions, policies of each, and what two profiles agree on before solving.
std::string slices(const Snapshot& snapshot, const Profile& left, const Profile& right);

}  // namespace npverify::show
