// Two solvers that share no encoder, asked the same random questions: equal answers, equal smallest witnesses, proofs that check.
#include "smt/certificate.h"
#include "smt/solver.h"
#include "support/catch.h"
#include "world.h"

using namespace npverify;
using logic::Expr;
using logic::Role;
using smt::Answer;
using smt::Assignment;

namespace {

std::string text(const Assignment& f) {
  std::string out = std::string(base::to_string(f.protocol)) + " " + std::to_string(f.port) + " " + f.ports.to_string() + " " + base::to_string(f.family);
  for (const Role role : {Role::source, Role::destination}) {
    const auto& end = f.end(role);
    out += std::string("; ") + logic::to_string(end.kind) + " " + end.namespace_name.value_or("-") + " " + end.service_account.value_or("-") + " " + end.node.value_or("-");
    for (const auto& [key, value] : end.labels) out += " " + key + "=" + value;
    for (const auto& [key, value] : end.namespace_labels) out += " ns:" + key + "=" + value;
    out += " " + end.address.to_string() + " " + end.addresses.to_string();
  }
  out += "; " + std::to_string(f.same_node) + std::to_string(f.same_endpoint) + std::to_string(f.source_knows_peer) + std::to_string(f.destination_knows_peer);
  for (const auto& p : f.named_ports) out += std::string(" ") + logic::to_string(p.role) + "." + logic::to_string(p.names) + "." + p.name + "/" + base::to_string(p.protocol);
  for (const auto& [name, protocol] : f.cluster_ports) out += " cluster." + name + "/" + base::to_string(protocol);
  for (const auto& p : f.other_named_ports) out += std::string(" ") + logic::to_string(p.role) + ".other." + p.name + "/" + base::to_string(p.protocol);
  for (const auto& [name, holds] : f.flags) out += " " + name + "=" + std::to_string(holds);
  return out;
}

size_t label_count(const Assignment& f) {
  return f.source.labels.size() + f.source.namespace_labels.size() + f.destination.labels.size() + f.destination.namespace_labels.size();
}

}  // namespace

TEST_CASE("random questions: both solvers answer alike, and so does the prover that is made of them") {
  const auto z3 = smt::make_z3_solver(), second = smt::make_second_solver(), prover = smt::make_prover();
  size_t answers[3] = {};
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    logic::Pool pool;
    const auto vocabulary = smt_test::rich_vocabulary(pool);
    std::vector<Expr> asserted;
    for (size_t i = 0; i < 3 + seed % 9; ++i) asserted.push_back(smt_test::random_expression(pool, vocabulary, seed % 30, random));
    const auto a = z3->check(pool, asserted), b = second->check(pool, asserted);
    REQUIRE(a.answer == b.answer);
    REQUIRE(prover->check(pool, asserted).answer == a.answer);
    ++answers[static_cast<size_t>(a.answer)];
    if (a.answer == Answer::unsat) {
      CHECK(prover->minimise(pool, asserted).answer == Answer::unsat);
      const auto certified = smt::check_with_proof(pool, asserted);
      REQUIRE(certified.certificate);
      continue;
    }
    const auto small = z3->minimise(pool, asserted), small_too = second->minimise(pool, asserted);
    REQUIRE(small.assignment);
    REQUIRE(small_too.assignment);
    CHECK(text(*small.assignment) == text(*small_too.assignment));
    CHECK(text(*prover->minimise(pool, asserted).assignment) == text(*small.assignment));
    CHECK(label_count(*small.assignment) <= label_count(*a.assignment));
  }
  CHECK(answers[static_cast<size_t>(Answer::sat)] > 50);
  CHECK(answers[static_cast<size_t>(Answer::unsat)] > 50);
}

TEST_CASE("the same question has the same smallest witness, whatever was asked before") {
  logic::Pool pool;
  const auto vocabulary = smt_test::rich_vocabulary(pool);
  std::mt19937 random(7);
  std::vector<Expr> parts;
  for (int i = 0; i < 6; ++i) parts.push_back(smt_test::random_expression(pool, vocabulary, 12, random));
  const Expr question = pool.disjunction(parts);
  const auto fresh = smt::make_z3_solver(), used = smt::make_z3_solver();
  for (int i = 0; i < 400; ++i) used->check(pool, {smt_test::random_expression(pool, vocabulary, 25, random)});
  const auto a = fresh->minimise(pool, {question}), b = used->minimise(pool, {question});
  REQUIRE(a.assignment);
  REQUIRE(b.assignment);
  CHECK(text(*a.assignment) == text(*b.assignment));
}
