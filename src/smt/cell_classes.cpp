#include "smt/cell_classes.h"

#include <algorithm>

namespace npverify::smt {
namespace {

constexpr size_t work_a_cell = 64;  ///< on average; above, the cells are taken one by one

}  // namespace

// The cell that begins at `first`.
size_t CellClasses::cell_from(base::uint128 first) const { return first == 0 ? 0 : static_cast<size_t>(std::lower_bound(cuts_.begin(), cuts_.end(), first) - cuts_.begin()) + 1; }

CellClasses::Ranges CellClasses::ranges_of(const base::AddressSet& set) const {
  Ranges ranges;
  for (const auto& interval : set.intervals()) {
    if (interval.first.family != family_) continue;
    const bool to_end = interval.last == base::last_address(family_);
    ranges.emplace_back(cell_from(interval.first.bits), to_end ? cuts_.size() + 1 : cell_from(interval.last.bits + 1));
  }
  return ranges;
}

// Each set splits the classes that it holds in part. Splitting off what it does not hold comes to the same, so the smaller of the two is walked.
std::optional<CellClasses> CellClasses::of(const std::vector<base::uint128>& cuts, const std::vector<const base::AddressSet*>& sets, base::Family family) {
  CellClasses all;
  all.family_ = family;
  all.cuts_ = cuts;
  const size_t cells = cuts.size() + 1;
  all.class_of_.assign(cells, 0);
  std::vector<size_t> size{cells}, held, split;
  size_t work = 0;
  for (const base::AddressSet* set : sets) {
    const Ranges inside = all.ranges_of(*set);
    Ranges outside;
    size_t count = 0, at = 0;
    for (const auto& [begin, end] : inside) {
      count += end - begin;
      if (at < begin) outside.emplace_back(at, begin);
      at = end;
    }
    if (at < cells) outside.emplace_back(at, cells);
    const Ranges& walked = 2 * count <= cells ? inside : outside;
    work += std::min(count, cells - count) + walked.size();
    if (work > work_a_cell * cells) return std::nullopt;
    std::vector<uint32_t> met;
    held.assign(size.size(), 0);
    split.assign(size.size(), 0);
    for (const auto& [begin, end] : walked)
      for (size_t cell = begin; cell < end; ++cell)
        if (held[all.class_of_[cell]]++ == 0) met.push_back(all.class_of_[cell]);
    for (const uint32_t one : met) {
      if (held[one] == size[one]) continue;
      split[one] = size.size();
      size[one] -= held[one];
      size.push_back(held[one]);
    }
    for (const auto& [begin, end] : walked)
      for (size_t cell = begin; cell < end; ++cell)
        if (const size_t fresh = split[all.class_of_[cell]]; fresh != 0) all.class_of_[cell] = static_cast<uint32_t>(fresh);
    work += size.size();
  }
  std::vector<uint32_t> number(size.size(), UINT32_MAX);
  for (size_t cell = 0; cell < cells; ++cell) {
    uint32_t& of_class = number[all.class_of_[cell]];
    if (of_class == UINT32_MAX) {
      of_class = static_cast<uint32_t>(all.lowest_.size());
      all.lowest_.push_back(cell);
    }
    all.class_of_[cell] = of_class;
  }
  return all;
}

std::vector<size_t> CellClasses::held_by(const base::AddressSet& set) const {
  std::vector<size_t> held;
  for (const auto& [begin, end] : ranges_of(set))
    for (size_t cell = begin; cell < end; ++cell)
      if (lowest_[class_of_[cell]] == cell) held.push_back(class_of_[cell]);
  return held;
}

}  // namespace npverify::smt
