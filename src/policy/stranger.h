#pragma once

#include "policy/reading.h"

namespace npverify::policy {

/// `reading` where the subject's node does not know who is behind the peer's address: whatever the peer is, it is seen as an end outside
/// the cluster that has the peer's address. No selector finds it, no name of its ports counts, an ipBlock matches it as it matches the outside.
/// This is what a CNI's engine answers when it is fed the cluster without the peer (tests/engines/matrix.py asks the engines that).
Reading seen_by_a_stranger(logic::Pool& pool, const Reading& reading);

/// `reading` where every port name that is resolved for the cluster as a whole stands for nothing, or (`named`) for whatever number the flow
/// has. What the agents' own table makes of a name lies between the two.
Reading with_names_of_cluster(logic::Pool& pool, const Reading& reading, bool named);

}  // namespace npverify::policy
