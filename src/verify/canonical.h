#pragma once

#include <array>
#include <unordered_map>

#include "logic/expression.h"
#include "policy/reading.h"
#include "world/universe.h"

namespace npverify::verify {

/// Canonical forms of a reading's formulas inside a universe. Equal forms mean equal sets of flows of the universe; different forms prove
/// nothing.
///
/// A formula about a peer is split by what the peer is (pod, host, outside). In each part the kind is a constant, a peer that is no pod has
/// no namespace and no labels, and an address lies in the universe's range of that kind, so "in 198.51.100.0/24" and "outside and in
/// 198.51.100.0/24" become one formula wherever no pod and no node has such an address.
class Canonical {
 public:
  Canonical(logic::Pool& pool, const world::AddressPlan& addresses) : pool_(pool), addresses_(addresses) {}

  using Parts = std::array<logic::Expr, 3>;
  /// The parts of `e` by the kind of the end in `role`.
  const Parts& parts(logic::Expr e, logic::Role role);

  /// One of them, not remembered.
  logic::Expr part(logic::Expr e, logic::Role role, logic::EndpointKind kind);

  /// Do the two policies select alike, and has each rule an equal one at its place?
  bool same(const policy::Policy& a, const policy::Policy& b, logic::Role peer);

 private:
  const base::AddressSet& range(logic::EndpointKind kind) const;

  logic::Pool& pool_;
  const world::AddressPlan& addresses_;
  std::array<std::unordered_map<uint32_t, Parts>, 2> known_;
};

}  // namespace npverify::verify
