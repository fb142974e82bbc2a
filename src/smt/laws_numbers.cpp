// Laws of addresses and ports: order encoding over the cut points that the query mentions. See laws.cpp for why it is exact.
#include <algorithm>

#include "smt/law_builder.h"

namespace npverify::smt {

using base::Family;
using base::uint128;
using logic::Role;

namespace {
constexpr size_t worth_merging = 256;  ///< cuts; fewer cost the solver nothing
}

void LawBuilder::mention_cuts(const base::AddressSet& set, Role role) {
  address_sets_[static_cast<size_t>(role)].push_back(&set);
  for (const auto& interval : set.intervals()) {
    auto& cuts = address_cuts_[static_cast<size_t>(role)][static_cast<size_t>(interval.first.family)];
    if (interval.first.bits != 0) cuts.insert(interval.first.bits);
    if (interval.last != base::last_address(interval.last.family)) cuts.insert(interval.last.bits + 1);
  }
}

void LawBuilder::mention_cuts(const base::PortSet& set) {
  for (const auto& interval : set.intervals()) {
    if (interval.first != 0) port_cuts_.insert(interval.first);
    if (interval.last != 65535) port_cuts_.insert(static_cast<uint128>(interval.last) + 1);
  }
}

void LawBuilder::make_scales() {
  if (!port_names_.empty() || !cluster_names_.empty()) port_cuts_.insert(1);  // a declared port is never 0
  make_scale(laws_.ports, port_cuts_, 65535);
  for (const size_t role : {0, 1})
    for (const Family family : {Family::ipv4, Family::ipv6})
      if (!make_merged_scale(static_cast<Role>(role), family)) make_scale(laws_.addresses[role][static_cast<size_t>(family)], address_cuts_[role][static_cast<size_t>(family)], base::last_address(family).bits);
}

// Of many cells few may differ in what is asked of them. The lowest cell of each class stands for it, so the least address is the same. Two ends
// that may be one pod have one scale, so there the sets of both tell cells apart.
bool LawBuilder::make_merged_scale(Role role, Family family) {
  const auto r = static_cast<size_t>(role), f = static_cast<size_t>(family);
  const std::set<uint128>& cuts = address_cuts_[r][f];
  if (cuts.size() < worth_merging) return false;
  std::vector<const base::AddressSet*> sets = address_sets_[same_endpoint_ ? 0 : r];
  if (same_endpoint_) sets.insert(sets.end(), address_sets_[1].begin(), address_sets_[1].end());
  const std::vector<uint128> sorted(cuts.begin(), cuts.end());
  auto classes = CellClasses::of(sorted, sets, family);
  if (!classes || 2 * classes->lowest().size() > sorted.size()) return false;
  std::set<uint128> begins;
  for (const size_t cell : classes->lowest())
    if (cell > 0) begins.insert(sorted[cell - 1]);
  make_scale(laws_.addresses[r][f], begins, base::last_address(family).bits);
  merged_[r][f] = std::make_unique<const CellClasses>(std::move(*classes));
  return true;
}

void LawBuilder::make_scale(Scale& scale, const std::set<uint128>& cuts, uint128 last) {
  scale.last = last;
  scale.cuts.assign(cuts.begin(), cuts.end());
  for (size_t i = 0; i < scale.cuts.size(); ++i) scale.below.push_back(fresh());
  for (size_t i = 0; i + 1 < scale.below.size(); ++i) clause({-scale.below[i], scale.below[i + 1]});
}

Literal LawBuilder::below(const Scale& scale, uint128 cut) const {
  return scale.below[static_cast<size_t>(std::lower_bound(scale.cuts.begin(), scale.cuts.end(), cut) - scale.cuts.begin())];
}

// One cube for each run of neighbouring classes that the set holds.
void LawBuilder::add_cubes(std::vector<std::vector<Literal>>& cubes, const CellClasses& classes, const base::AddressSet& set, Role role, Family family) const {
  const Scale& scale = laws_.addresses[static_cast<size_t>(role)][static_cast<size_t>(family)];
  const std::vector<size_t> held = classes.held_by(set);
  for (size_t i = 0; i < held.size();) {
    size_t end = i + 1;
    while (end < held.size() && held[end] == held[end - 1] + 1) ++end;
    std::vector<Literal> cube{family == Family::ipv4 ? laws_.ipv4 : -laws_.ipv4};
    if (held[i] > 0) cube.push_back(-scale.below[held[i] - 1]);
    if (held[end - 1] < scale.below.size()) cube.push_back(scale.below[held[end - 1]]);
    cubes.push_back(std::move(cube));
    i = end;
  }
}

Literal LawBuilder::address_literal(Role role, const base::AddressSet& set) {
  std::vector<std::vector<Literal>> cubes;
  for (const Family family : {Family::ipv4, Family::ipv6})
    if (const auto& classes = merged_[static_cast<size_t>(role)][static_cast<size_t>(family)]) add_cubes(cubes, *classes, set, role, family);
  for (const auto& interval : set.intervals()) {
    const Family family = interval.first.family;
    if (merged_[static_cast<size_t>(role)][static_cast<size_t>(family)]) continue;
    const Scale& scale = laws_.addresses[static_cast<size_t>(role)][static_cast<size_t>(family)];
    std::vector<Literal> cube{family == Family::ipv4 ? laws_.ipv4 : -laws_.ipv4};
    if (interval.first.bits != 0) cube.push_back(-below(scale, interval.first.bits));
    if (interval.last.bits != scale.last) cube.push_back(below(scale, interval.last.bits + 1));
    cubes.push_back(std::move(cube));
  }
  return membership(std::move(cubes));
}

Literal LawBuilder::port_literal(const base::PortSet& set) {
  std::vector<std::vector<Literal>> cubes;
  for (const auto& interval : set.intervals()) {
    std::vector<Literal> cube;
    if (interval.first != 0) cube.push_back(-below(laws_.ports, interval.first));
    if (interval.last != 65535) cube.push_back(below(laws_.ports, static_cast<uint128>(interval.last) + 1));
    cubes.push_back(std::move(cube));
  }
  return membership(std::move(cubes));
}

Literal LawBuilder::membership(std::vector<std::vector<Literal>> cubes) {
  if (cubes.empty()) return -always;
  for (const auto& cube : cubes)
    if (cube.empty()) return always;
  if (cubes.size() == 1 && cubes[0].size() == 1) return cubes[0][0];
  laws_.memberships.push_back({fresh(), std::move(cubes)});
  return laws_.memberships.back().defined;
}

void LawBuilder::agree(Literal condition, const Scale& a, const Scale& b) {
  if (a.below.size() != b.below.size()) return;  // one end mentions none of this family
  for (size_t i = 0; i < a.below.size(); ++i) equal_under(condition, a.below[i], b.below[i]);
}

}  // namespace npverify::smt
