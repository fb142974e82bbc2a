// Many cells of addresses, few kinds of them: the classes are what comparing the cells one by one gives, and a query over them has the answer and
// the least address that trying every cell has.
#include "smt/cell_classes.h"

#include <map>
#include <random>
#include <set>

#include "smt/solver.h"
#include "support/catch.h"

using namespace npverify;
using base::Address;
using base::AddressSet;
using base::Family;

namespace {

uint32_t draw(std::mt19937& random, uint32_t below) { return static_cast<uint32_t>(random() % below); }

Address address(uint32_t bits) { return {Family::ipv4, bits}; }

/// Lists of single addresses, some of them holed ranges, over `count` places; sets repeat places of each other.
std::vector<AddressSet> random_sets(std::mt19937& random, size_t sets, uint32_t count) {
  std::vector<uint32_t> kind(count);
  for (auto& k : kind) k = draw(random, 5);  // few kinds of places
  std::vector<AddressSet> out;
  for (size_t i = 0; i < sets; ++i) {
    const uint32_t mask = draw(random, 32);
    std::vector<AddressSet::Interval> intervals;
    for (uint32_t place = 0; place < count; ++place)
      if (mask >> kind[place] & 1U) intervals.push_back({address(1000 + 3 * place), address(1000 + 3 * place + (draw(random, 50) == 0 ? 1U : 0U))});
    AddressSet set = AddressSet::of(std::move(intervals));
    if (draw(random, 4) == 0) set = AddressSet::all(Family::ipv4).minus(set);
    out.push_back(std::move(set));
  }
  return out;
}

std::vector<base::uint128> cuts_of(const std::vector<AddressSet>& sets) {
  std::set<base::uint128> cuts;
  for (const auto& set : sets)
    for (const auto& interval : set.intervals()) {
      if (interval.first.bits != 0) cuts.insert(interval.first.bits);
      if (interval.last != base::last_address(Family::ipv4)) cuts.insert(interval.last.bits + 1);
    }
  return {cuts.begin(), cuts.end()};
}

unsigned answers(const std::vector<AddressSet>& sets, base::uint128 bits) {
  unsigned out = 0;
  for (size_t i = 0; i < sets.size(); ++i) out |= sets[i].contains({Family::ipv4, bits}) ? 1U << i : 0U;
  return out;
}

}  // namespace

TEST_CASE("cells are of one class where every set holds both or neither", "[smt]") {
  std::mt19937 random(3);
  size_t merged = 0;
  for (int round = 0; round < 200; ++round) {
    const auto sets = random_sets(random, 1 + draw(random, 5), 1 + draw(random, 200));
    const auto cuts = cuts_of(sets);
    std::vector<const AddressSet*> given;
    for (const auto& set : sets) given.push_back(&set);
    const auto classes = smt::CellClasses::of(cuts, given, Family::ipv4);
    REQUIRE(classes);
    std::map<unsigned, size_t> lowest;  // brute force: the lowest cell of each answer
    std::vector<unsigned> of_cell;
    for (size_t cell = 0; cell <= cuts.size(); ++cell) {
      of_cell.push_back(answers(sets, cell == 0 ? 0 : cuts[cell - 1]));
      lowest.emplace(of_cell.back(), cell);
    }
    std::set<size_t> expected;
    for (const auto& [answer, cell] : lowest) expected.insert(cell);
    CHECK(classes->lowest() == std::vector<size_t>(expected.begin(), expected.end()));
    for (size_t i = 0; i < sets.size(); ++i) {
      std::vector<size_t> held;
      for (size_t k = 0; k < classes->lowest().size(); ++k)
        if (of_cell[classes->lowest()[k]] >> i & 1U) held.push_back(k);
      CHECK(classes->held_by(sets[i]) == held);
    }
    merged += expected.size() * 2 < cuts.size() ? 1 : 0;
  }
  CHECK(merged > 50);
}

TEST_CASE("a query over long lists of addresses has the answer and the least address of trying every cell", "[smt]") {
  std::mt19937 random(5);
  const auto z3 = smt::make_z3_solver(), second = smt::make_second_solver();
  size_t sat = 0, unsat = 0;
  for (int round = 0; round < 60; ++round) {
    const bool one_end = draw(random, 2) == 0;  // the sets ask of both ends, which are one pod
    const auto sets = random_sets(random, 4, 300 + draw(random, 200));
    logic::Pool pool;
    std::vector<logic::Expr> atoms;
    for (size_t i = 0; i < sets.size(); ++i) atoms.push_back(pool.address_in(one_end && i % 2 == 0 ? logic::Role::destination : logic::Role::source, sets[i]));
    const unsigned wanted = draw(random, 16);
    std::vector<logic::Expr> asserted{pool.family_is(Family::ipv4)};
    if (one_end) asserted.push_back(pool.same_endpoint());
    for (size_t i = 0; i < sets.size(); ++i) asserted.push_back(wanted >> i & 1U ? atoms[i] : pool.negation(atoms[i]));
    std::optional<base::uint128> least;
    auto cuts = cuts_of(sets);
    cuts.insert(cuts.begin(), 0);
    for (const auto cut : cuts)
      if (!least && answers(sets, cut) == wanted) least = cut;
    (least ? sat : unsat) += 1;
    for (const auto& solver : {z3.get(), second.get()}) {
      const smt::Result result = solver->minimise(pool, asserted);
      REQUIRE(result.answer == (least ? smt::Answer::sat : smt::Answer::unsat));
      CHECK(solver->check(pool, asserted).answer == result.answer);
      if (least) CHECK(result.assignment->source.address.bits == *least);
    }
  }
  CHECK(sat > 10);
  CHECK(unsat > 5);
}
