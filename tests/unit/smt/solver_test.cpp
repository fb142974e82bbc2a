// What holds of a solver whatever it is asked: limits, constants, statistics, fresh values, models that lie.
#include "smt/solver.h"

#include "base/diagnostics.h"
#include "smt/assignment.h"
#include "smt/minimal.h"
#include "smt/scan.h"
#include "support/catch.h"
#include "world.h"

using namespace npverify;
using logic::Expr;
using logic::Pool;
using logic::Role;
using smt::Answer;

namespace {

/// n+1 pigeons in n holes: short to say, long to refute.
std::vector<Expr> pigeons(Pool& pool, int holes) {
  const auto sits = [&](int pigeon, int hole) { return pool.flag(std::to_string(pigeon) + "in" + std::to_string(hole)); };
  std::vector<Expr> asserted;
  for (int p = 0; p <= holes; ++p) {
    std::vector<Expr> somewhere;
    for (int h = 0; h < holes; ++h) {
      somewhere.push_back(sits(p, h));
      for (int q = 0; q < p; ++q) asserted.push_back(pool.negation(pool.both(sits(p, h), sits(q, h))));
    }
    asserted.push_back(pool.disjunction(somewhere));
  }
  return asserted;
}

}  // namespace

TEST_CASE("a timeout is unknown, with its reason") {
  Pool pool;
  const auto asserted = pigeons(pool, 11);
  const smt::Limits limits{.timeout = std::chrono::milliseconds(50)};
  for (const auto& solver : {smt::make_z3_solver(limits), smt::make_second_solver(limits), smt::make_prover(limits)}) {
    INFO(solver->name());
    for (const auto& result : {solver->check(pool, asserted), solver->minimise(pool, asserted)}) {
      CHECK(result.answer == Answer::unknown);
      CHECK(result.reason.find("no answer within 50 ms") == 0);
      CHECK_FALSE(result.assignment);
    }
    CHECK(solver->check(pool, {pool.flag("fine")}).answer == Answer::sat);  // and the next query is answered
  }
}

TEST_CASE("a resource limit is unknown, with its reason, and the same every time") {
  Pool pool;
  const auto asserted = pigeons(pool, 9);
  const smt::Limits limits{.resources = 500};
  for (const auto& solver : {smt::make_z3_solver(limits), smt::make_second_solver(limits), smt::make_prover(limits)}) {
    INFO(solver->name());
    for (int i = 0; i < 3; ++i) {
      const auto result = solver->check(pool, asserted);
      CHECK(result.answer == Answer::unknown);
      CHECK(result.reason.find("500 solver resources") != std::string::npos);
    }
  }
}

namespace {

/// Answers the first question with a model in which everything holds that may, and then gives up.
class GivesUp final : public smt::Incremental {
 public:
  explicit GivesUp(std::vector<bool> model) : model_(std::move(model)) {}
  smt::Literal new_variable() override { return ++last_; }
  void add(const std::vector<smt::Literal>&) override {}
  Answer solve(const std::vector<smt::Literal>&) override { return asked_++ ? Answer::unknown : Answer::sat; }
  std::vector<bool> model(smt::Literal) override { return model_; }

 private:
  std::vector<bool> model_;
  smt::Literal last_ = 1000;
  int asked_ = 0;
};

}  // namespace

TEST_CASE("a solver that gives up while a witness is made smaller still has a witness, and says so") {
  Pool pool;
  const std::vector<Expr> atoms{pool.label_is(Role::source, "k", "v")};
  const smt::Laws laws = smt::laws_of(pool, atoms);
  GivesUp solver(std::vector<bool>(static_cast<size_t>(laws.variables) + 1, true));
  smt::Result result;
  CHECK_FALSE(smt::smallest_model(laws, solver, result).empty());
  CHECK(result.answer == Answer::sat);
  CHECK(result.reason == "a smaller witness was not ruled out within the limits");
}

TEST_CASE("constants are answered") {
  Pool pool;
  for (const auto& solver : {smt::make_z3_solver(), smt::make_second_solver(), smt::make_prover()}) {
    CHECK(solver->check(pool, {}).answer == Answer::sat);
    CHECK(solver->check(pool, {logic::True}).answer == Answer::sat);
    CHECK(solver->check(pool, {logic::False}).answer == Answer::unsat);
    CHECK(solver->check(pool, {pool.flag("f"), logic::False}).answer == Answer::unsat);
    CHECK(solver->minimise(pool, {logic::False}).answer == Answer::unsat);
  }
}

TEST_CASE("a solver counts what it does and names itself") {
  Pool pool;
  for (const auto& solver : {smt::make_z3_solver(), smt::make_second_solver(), smt::make_prover()}) {
    solver->check(pool, {pool.flag("f")});
    solver->check(pool, {pool.flag("g")});
    CHECK(solver->statistics().queries == 2);
    CHECK(solver->statistics().variables > 0);
    CHECK(solver->statistics().clauses > 0);
  }
  CHECK(smt::make_z3_solver()->name().find("z3 ") == 0);
  CHECK(smt::make_prover()->name().find("z3 ") == 0);
  CHECK(smt::make_second_solver()->name().find("cadical ") == 0);
}

TEST_CASE("the prover asks Z3 where CaDiCaL finds no flow, and only there") {
  Pool pool;
  const auto prover = smt::make_prover();
  prover->check(pool, {pool.flag("f")});
  prover->minimise(pool, {pool.flag("f")});
  CHECK(prover->statistics().queries == 2);
  prover->check(pool, {pool.flag("f"), logic::False});
  CHECK(prover->statistics().queries == 4);
  prover->check(pool, pigeons(pool, 8));  // more conflicts than CaDiCaL is given
  CHECK(prover->statistics().queries == 6);
}

TEST_CASE("a fresh value is none of those mentioned") {
  CHECK(smt::fresh_value("k", {}) == "other");
  CHECK(smt::fresh_value("k", {"x", "other"}) == "other-2");
  CHECK(smt::fresh_value("k", {"other-2", "other"}) == "other-3");
}

TEST_CASE("one context serves several hundred queries and is then renewed") {
  Pool pool;
  const auto z3 = smt::make_z3_solver();
  for (int i = 0; i < 700; ++i) {
    const Expr f = pool.flag(std::to_string(i % 50)), g = pool.label_is(Role::source, "k", std::to_string(i));
    REQUIRE(z3->check(pool, {f, g}).answer == Answer::sat);
    REQUIRE(z3->check(pool, {f, pool.negation(f)}).answer == Answer::unsat);
  }
}

TEST_CASE("a model that falsifies an assertion or breaks a law is an internal error") {
  Pool pool;
  const std::vector<Expr> asserted{pool.flag("f"), pool.label_is(Role::source, "k", "v")};
  smt::Scan scan;
  scan.run(pool, asserted);
  const smt::Laws laws = smt::laws_of(pool, scan.atoms());
  std::vector<bool> holds(static_cast<size_t>(laws.variables) + 1, false);
  const auto set = [&](smt::Literal literal, bool value) { holds[static_cast<size_t>(literal)] = value; };
  for (const auto& kinds : laws.kinds) set(kinds[0], true);
  for (const smt::Literal atom : laws.atoms) set(atom, true);
  CHECK(smt::checked_assignment(pool, asserted, scan.atoms(), laws, holds).flags.at("f"));
  set(laws.kinds[0][0], false);
  set(laws.kinds[0][2], true);
  CHECK_THROWS_AS(smt::checked_assignment(pool, asserted, scan.atoms(), laws, holds), base::InternalError);
  set(laws.kinds[0][0], true);
  set(laws.kinds[0][2], false);
  set(laws.atoms[0], false);
  CHECK_THROWS_AS(smt::checked_assignment(pool, asserted, scan.atoms(), laws, holds), base::InternalError);
}
