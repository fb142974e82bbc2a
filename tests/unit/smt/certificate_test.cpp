// Certificates: proofs are accepted, and what is not a proof is not. The formula of a damaged certificate is often satisfiable; accepting
// one of those would make every certificate worthless.
#include "smt/certificate.h"

#include <sstream>

#include "support/catch.h"
#include "world.h"

using namespace npverify;
using logic::Expr;
using smt::Answer;
using proof::Certificate;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

/// A certificate whose proof takes many steps: pigeons that are one too many, each seat a question about labels and ports.
Certificate some_certificate(unsigned seed) {
  std::mt19937 random(seed);
  logic::Pool pool;
  const auto vocabulary = smt_test::rich_vocabulary(pool);
  const int holes = 4 + static_cast<int>(seed % 2);
  const auto seat = [&](int pigeon, int hole) {
    const Expr flag = pool.flag(std::to_string(pigeon) + "." + std::to_string(hole));
    return (pigeon + hole) % 3 ? flag : pool.both(flag, vocabulary[random() % vocabulary.size()]);
  };
  std::vector<Expr> asserted;
  std::vector<std::vector<Expr>> seats;
  for (int p = 0; p <= holes; ++p) {
    seats.emplace_back();
    for (int h = 0; h < holes; ++h) seats.back().push_back(seat(p, h));
    asserted.push_back(pool.disjunction(seats.back()));
    for (int q = 0; q < p; ++q)
      for (size_t h = 0; h < seats.back().size(); ++h) asserted.push_back(pool.negation(pool.both(seats.back()[h], seats[static_cast<size_t>(q)][h])));
  }
  const auto certified = smt::check_with_proof(pool, asserted);
  REQUIRE(certified.certificate);
  return *certified.certificate;
}

/// Is the DIMACS formula satisfiable? Asked of Z3 through expressions, one flag a variable.
bool satisfiable(const std::string& cnf) {
  logic::Pool pool;
  std::vector<Expr> clauses;
  for (const std::string& line : lines_of(cnf)) {
    if (line[0] == 'c' || line[0] == 'p') continue;
    std::istringstream in(line);
    std::vector<Expr> clause;
    for (int literal = 0; in >> literal && literal;) {
      const Expr flag = pool.flag(std::to_string(std::abs(literal)));
      clause.push_back(literal > 0 ? flag : pool.negation(flag));
    }
    clauses.push_back(pool.disjunction(clause));
  }
  return smt::make_z3_solver()->check(pool, clauses).answer == Answer::sat;
}

/// Sets the promised number of clauses to what is there.
std::string renumbered(std::vector<std::string> lines) {
  const auto clauses = std::count_if(lines.begin(), lines.end(), [](const std::string& l) { return l[0] != 'c' && l[0] != 'p'; });
  for (std::string& line : lines)
    if (line[0] == 'p') line = line.substr(0, line.rfind(' ') + 1) + std::to_string(clauses);
  return joined(lines);
}

}  // namespace

TEST_CASE("a proof is accepted, and says what was checked") {
  const Certificate c = some_certificate(1);
  const auto check = proof::check(c);
  CHECK(check.accepted);
  CHECK(check.reason.empty());
  CHECK(check.clauses > 100);
  CHECK(check.steps > 8);
}

TEST_CASE("a satisfiable question has no certificate") {
  logic::Pool pool;
  const auto certified = smt::check_with_proof(pool, {pool.flag("f")});
  CHECK(certified.result.answer == Answer::sat);
  CHECK(certified.result.assignment);
  CHECK_FALSE(certified.certificate);
}

TEST_CASE("formulas that are damaged into satisfiable ones are never accepted") {
  size_t satisfiable_ones = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Certificate c = some_certificate(seed % 7);
    auto lines = lines_of(c.cnf);
    for (unsigned n = 0; n < 1 + seed % 3; ++n) {
      size_t at = 0;
      do at = random() % lines.size();
      while (lines[at][0] == 'c' || lines[at][0] == 'p');
      if (seed % 2)
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      else
        lines[at] = lines[at][0] == '-' ? lines[at].substr(1) : "-" + lines[at];  // the first literal, flipped
    }
    c.cnf = renumbered(lines);
    if (!satisfiable(c.cnf)) continue;
    ++satisfiable_ones;
    CHECK_FALSE(proof::check(c).accepted);
  }
  CHECK(satisfiable_ones > 10);
}

TEST_CASE("a proof that stops early proves nothing") {
  Certificate c = some_certificate(3);
  auto lines = lines_of(c.drup);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("d "); });
  size_t refused = 0;
  for (size_t keep = 0; keep < lines.size(); ++keep) {
    c.drup = joined({lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(keep)});
    const auto check = proof::check(c);
    if (check.accepted) break;  // from here on the contradiction is only said once more
    ++refused;
    CHECK(check.reason == "the proof ends without a contradiction");
  }
  CHECK(refused > 0);
  c.drup = "";
  CHECK_FALSE(proof::check(c).accepted);
}

TEST_CASE("a step that does not follow is refused, with its line") {
  const Certificate sound{"p cnf 2 2\n1 2 0\n-1 2 0\n", "2 0\n"};
  CHECK(proof::check(sound).reason == "the proof ends without a contradiction");
  CHECK(proof::check({sound.cnf, "2 0\n1 0\n0\n"}).reason == "proof, line 2: the clause does not follow by unit propagation");
  CHECK(proof::check({sound.cnf, "0\n"}).reason == "proof, line 1: the clause does not follow by unit propagation");
  CHECK(proof::check({sound.cnf, "d 1 -2 0\n"}).reason == "proof, line 1: deletes a clause that is not there");
  CHECK(proof::check({sound.cnf, "2 1"}).reason == "proof, line 1: not a clause");
  CHECK(proof::check({sound.cnf, "2 x 0"}).reason == "proof, line 1: not a clause");
  CHECK(proof::check({sound.cnf, "2 -2147483648 0"}).reason == "proof, line 1: not a clause");
  CHECK(proof::check({"p cnf 1 2\n1 0\n", "0\n"}).reason == "formula, the formula does not have as many clauses as it promises");
  CHECK(proof::check({"1 0\n-1 0\n", "0\n"}).reason == "formula, the formula does not have as many clauses as it promises");
  CHECK(proof::check({"", ""}).accepted == false);
}

TEST_CASE("deleted clauses are gone") {
  const std::string cnf = "p cnf 2 4\n1 2 0\n-1 2 0\n1 -2 0\n-1 -2 0\n";
  CHECK(proof::check({cnf, "2 0\n0\n"}).accepted);
  CHECK(proof::check({cnf, "d 2 1 0\n2 0\n0\n"}).accepted == false);
  CHECK(proof::check({cnf, "2 0\nd 1 2 0\n0\n"}).accepted);  // 2 was derived before, and the contradiction with it
}

TEST_CASE("a formula that contradicts itself by propagation needs no steps") { CHECK(proof::check({"p cnf 1 2\n1 0\n-1 0\n", ""}).accepted); }
