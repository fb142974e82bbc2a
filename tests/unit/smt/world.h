#pragma once

#include <functional>
#include <random>

#include "smt/solver.h"

/// Small worlds for the tests of smt: atoms, and every concrete flow that can answer them.
namespace npverify::smt_test {

/// One thing of a flow that may be one way or another.
using Dimension = std::vector<std::function<void(smt::Assignment&)>>;

struct World {
  logic::Pool pool;
  std::vector<logic::Expr> atoms;  ///< at most 16
  std::vector<Dimension> dimensions;

  void kinds(logic::Role role);
  void choose(std::function<void(smt::Assignment&)> yes) { dimensions.push_back({[](smt::Assignment&) {}, std::move(yes)}); }
  /// Every combination of the dimensions that breaks no law.
  std::vector<smt::Assignment> flows() const;
};

/// A random expression over `atoms`, of about `size` connectives.
logic::Expr random_expression(logic::Pool& pool, const std::vector<logic::Expr>& atoms, size_t size, std::mt19937& random);

/// Atoms of every kind, some that interact.
std::vector<logic::Expr> rich_vocabulary(logic::Pool& pool);

}  // namespace npverify::smt_test
