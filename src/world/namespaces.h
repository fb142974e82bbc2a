#pragma once

#include <set>
#include <string>

#include "world/universe.h"

namespace npverify::world {

/// The universe as if objects in these namespaces were among those it was made of.
void add_namespaces(Universe& universe, std::set<std::string> names);

}  // namespace npverify::world
