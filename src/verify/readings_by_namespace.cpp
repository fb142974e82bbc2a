#include "verify/readings_by_namespace.h"

#include <algorithm>

namespace npverify::verify {

using logic::Expr;
using policy::Direction;
using policy::DirectionReading;
using policy::Reading;

const std::vector<uint32_t>& policies_in(const DirectionReading& side, const std::string& name) {
  static const std::vector<uint32_t> none;
  const auto it = side.by_namespace.find(name);
  return it == side.by_namespace.end() ? none : it->second;
}

Canonical::Policies policies_listed(const DirectionReading& side, const std::string& name) {
  Canonical::Policies policies;
  for (const uint32_t index : policies_in(side, name)) policies.push_back(&side.policies[index]);
  return policies;
}

bool same_gaps(const DirectionReading& a, const DirectionReading& b, const std::string& owner) {
  const auto of = [&](const DirectionReading& side) {
    std::vector<std::pair<policy::Gap::Scope, Expr>> gaps;
    if (const auto it = side.gaps_by_namespace.find(owner); it != side.gaps_by_namespace.end())
      for (const uint32_t index : it->second) gaps.emplace_back(side.gaps[index].scope, side.gaps[index].when);
    std::sort(gaps.begin(), gaps.end());
    return gaps;
  };
  return of(a) == of(b);
}

Reading restricted(const Reading& reading, const std::set<std::string>& namespaces) {
  Reading out{.profile = reading.profile};
  for (const Direction d : policy::both_directions) {
    const DirectionReading& from = reading.direction(d);
    DirectionReading& to = out.direction(d);
    to.drops = from.drops;
    to.admits = from.admits;
    to.unisolated_denied = from.unisolated_denied;
    to.enforced = from.enforced;
    for (const policy::Gap& gap : from.gaps)
      if (gap.namespace_name.empty() || namespaces.contains(gap.namespace_name)) to.add(gap);
    for (const auto& name : namespaces)
      for (const uint32_t index : policies_in(from, name)) {
        to.by_namespace[name].push_back(static_cast<uint32_t>(to.policies.size()));
        to.policies.push_back(from.policies[index]);
      }
  }
  return out;
}

}  // namespace npverify::verify
