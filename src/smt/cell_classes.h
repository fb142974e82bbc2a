#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"

namespace npverify::smt {

/// The cells between neighbouring cut points of one family, cell i from cuts[i - 1] on, in classes: two cells are of one class where every set
/// holds both or neither. Thousands of blocks in one list are thousands of cells and two classes.
class CellClasses {
 public:
  /// Nothing where telling the classes apart would cost much more than reading the sets does.
  /// PRECONDITION: `cuts` ascend and hold every end of the sets' intervals in the family, but for 0 and the end of the family.
  static std::optional<CellClasses> of(const std::vector<base::uint128>& cuts, const std::vector<const base::AddressSet*>& sets, base::Family family);

  /// Lowest cell of each class, ascending; the first is 0.
  const std::vector<size_t>& lowest() const { return lowest_; }
  /// The classes that a set holds, ascending. PRECONDITION: it was among `sets`.
  std::vector<size_t> held_by(const base::AddressSet& set) const;

 private:
  /// Cells that a set holds, as ranges [begin, end), ascending.
  using Ranges = std::vector<std::pair<size_t, size_t>>;
  Ranges ranges_of(const base::AddressSet& set) const;
  size_t cell_from(base::uint128 first) const;

  base::Family family_ = base::Family::ipv4;
  std::vector<base::uint128> cuts_;
  std::vector<uint32_t> class_of_;  ///< of each cell; numbered by their lowest cells
  std::vector<size_t> lowest_;
};

}  // namespace npverify::smt
