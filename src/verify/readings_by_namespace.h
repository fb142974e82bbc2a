#pragma once

#include <set>
#include <string>
#include <vector>

#include "policy/reading.h"
#include "verify/canonical.h"

/// The policies of a reading by their namespaces, and readings of some namespaces alone.
namespace npverify::verify {

/// Into DirectionReading::policies; valid as long as that is.
const std::vector<uint32_t>& policies_in(const policy::DirectionReading& side, const std::string& namespace_name);
Canonical::Policies policies_listed(const policy::DirectionReading& side, const std::string& namespace_name);

/// Are the gaps that come from the policies of one namespace the same? `owner`: the namespace; empty for those that come from no policy.
bool same_gaps(const policy::DirectionReading& a, const policy::DirectionReading& b, const std::string& owner);

/// The policies of some namespaces, and all that is of none.
policy::Reading restricted(const policy::Reading& reading, const std::set<std::string>& namespaces);

}  // namespace npverify::verify
