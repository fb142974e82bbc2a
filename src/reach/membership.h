#pragma once

#include <roaring/roaring.hh>
#include <unordered_map>

#include "reach/pod_classes.h"

namespace npverify::reach {

/// Which classes of pods satisfy an expression about one end, as sets: an inverted index by label value, namespace and address gives
/// those of atoms, and set algebra those of everything else. Of flows of one family.
class Membership {
 public:
  /// The arguments must outlive it; `classes` must not grow.
  Membership(const logic::Pool& pool, const PodClasses& classes, base::Family family);

  /// Classes that satisfy `e`, whose atoms are about one end, in whichever role. A class whose address is free counts as outside every set of
  /// addresses: take fixed() alone from the answer where `e` asks for addresses.
  /// Throws Unsupported for atoms that a class does not determine.
  const Roaring& of(logic::Expr e);
  const Roaring& everyone() const { return everyone_; }
  /// Classes whose address is fixed, and of the family.
  const Roaring& fixed() const { return fixed_; }

 private:
  Roaring atom(const logic::Atom& a) const;
  Roaring at(const base::AddressSet& addresses) const;

  const logic::Pool& pool_;
  const PodClasses& classes_;
  base::Family family_;
  Roaring everyone_, fixed_;
  std::unordered_map<uint64_t, Roaring> by_label_, by_namespace_label_;  ///< (key, value + 1); value + 1 = 0: the key with any value
  std::unordered_map<uint32_t, Roaring> by_namespace_, by_service_account_;
  std::vector<std::pair<base::Address, ClassId>> by_address_;
  std::unordered_map<uint32_t, Roaring> known_;
};

}  // namespace npverify::reach
