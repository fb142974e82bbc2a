#pragma once

#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

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

  using Policies = std::vector<const policy::Policy*>;
  /// Do these policies of one namespace and direction say the same, however they are named, cut into policies and rules, and ordered? Policies
  /// isolate what they select and rules only allow, so nothing counts but which ports are open to whom for each selector.
  /// Leaves in both what is not accounted for on the other side: the rest being equal, the whole is if these are.
  bool same(Policies& a, Policies& b, logic::Role peer);

 private:
  /// By the kind of the peer: who reaches which ports, and under what else a rule's ports ask for (the protocol, names). Every port is in one set
  /// of each such condition.
  using Openings = std::array<std::map<std::pair<logic::Expr, logic::Expr>, base::PortSet>, 3>;
  /// Nothing where writing it down would take much longer than the policies are.
  std::optional<Openings> openings(const Policies& policies, logic::Role peer);
  const base::AddressSet& range(logic::EndpointKind kind) const;

  logic::Pool& pool_;
  const world::AddressPlan& addresses_;
  std::array<std::unordered_map<uint32_t, Parts>, 2> known_;
  std::unordered_map<uint32_t, logic::Expr> spread_;  ///< peers with their alternatives on top
};

}  // namespace npverify::verify
