#pragma once

#include <string>

#include "semantics/profile.h"

/// The pages of `npverify cni`: what encodings/ says, for people (text) and programs (JSON).
namespace npverify::report {

/// CNIs, the releases that evidence speaks of, their titles.
std::string list_page(const semantics::Encodings& encodings, bool json, size_t width);
/// Every axis as `profile` answers it.
std::string profile_page(const semantics::Encodings& encodings, const semantics::Profile& profile, bool json, size_t width);
/// The axes on which two profiles part, and the options.
std::string difference_page(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right, bool json, size_t width);
/// One axis: the question, and every CNI's answers by version. Throws InputError for an axis that there is not, with the nearest.
std::string axis_page(const semantics::Encodings& encodings, const std::string& axis, bool json, size_t width);

}  // namespace npverify::report
