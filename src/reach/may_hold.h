#pragma once

#include "reach/address_parts.h"
#include "reach/membership.h"

namespace npverify::reach {

/// Where an expression about one end may hold in flows of one family. What is not known of an end (its node, an address that is free, an atom
/// that its class does not tell) counts as true and as false, each where it helps the expression to hold: the answer is never too small.
class MayHold {
 public:
  /// The arguments must outlive it. `pod_addresses`: those that pods whose address is free can have.
  MayHold(logic::Pool& pool, const PodClasses& classes, const base::AddressSet& pod_addresses, base::Family family);

  /// Classes of pods, among those that can be an end of a flow of the family.
  Roaring pods(logic::Expr e, logic::Role role);
  /// Addresses of `domain`, which are those of nodes or of the outside.
  base::AddressSet addresses(logic::Expr e, logic::Role role, logic::EndpointKind kind, const base::AddressSet& domain) const;

 private:
  template <typename Set>
  struct Both {
    Set may, may_not;  ///< where the expression can be true, and where it can be false
  };
  template <typename Set, typename OfAtom>
  Both<Set> of(logic::Expr e, const Set& all, const OfAtom& of_atom) const;
  Both<Roaring> pods_of(logic::Expr atom, logic::Role role);
  Both<base::AddressSet> addresses_of(logic::Expr atom, logic::Role role, logic::EndpointKind kind, const base::AddressSet& domain) const;

  logic::Pool& pool_;
  const PodClasses& classes_;
  base::AddressSet pod_addresses_;
  base::Family family_;
  Membership membership_;
  Roaring of_family_;
};

}  // namespace npverify::reach
