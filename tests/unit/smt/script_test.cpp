// The script says the same as the query: a solver that reads only the text gives the same answers.
#include <z3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "smt/solver.h"
#include "support/catch.h"
#include "world.h"

using namespace npverify;
using logic::Expr;

namespace {

std::string answer_of_z3_parser(const std::string& script) {
  Z3_config config = Z3_mk_config();
  Z3_context context = Z3_mk_context(config);
  std::string answer = Z3_eval_smtlib2_string(context, script.c_str());
  Z3_del_context(context);
  Z3_del_config(config);
  while (!answer.empty() && answer.back() == '\n') answer.pop_back();
  return answer;
}

/// The answer of another program, where one is installed.
std::string answer_of_program(const std::string& script) {
  const auto path = std::filesystem::temp_directory_path() / ("npverify-script-" + std::to_string(std::rand()) + ".smt2");
  std::ofstream(path) << script;
  const std::string command = "(cvc5 '" + path.string() + "' || z3 -smt2 '" + path.string() + "') 2>/dev/null";
  std::string answer;
  if (FILE* pipe = popen(command.c_str(), "r")) {
    char buffer[64];
    while (std::fgets(buffer, sizeof buffer, pipe)) answer += buffer;
    pclose(pipe);
  }
  std::filesystem::remove(path);
  while (!answer.empty() && answer.back() == '\n') answer.pop_back();
  return answer;
}

}  // namespace

TEST_CASE("a script answers as the query does") {
  const auto z3 = smt::make_z3_solver();
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    logic::Pool pool;
    const auto vocabulary = smt_test::rich_vocabulary(pool);
    std::vector<Expr> asserted;
    for (size_t i = 0; i < 3 + seed % 9; ++i) asserted.push_back(smt_test::random_expression(pool, vocabulary, 20, random));
    const std::string expected = to_string(z3->check(pool, asserted).answer);
    const std::string script = smt::to_smtlib_script(pool, asserted, "seed\n" + std::to_string(seed));
    CHECK(answer_of_z3_parser(script) == expected);
    if (seed < 5)
      if (const std::string other = answer_of_program(script); !other.empty()) CHECK(other == expected);
  }
}

TEST_CASE("names in a script are quoted and distinct") {
  logic::Pool pool;
  const std::vector<Expr> asserted{pool.flag("a|b"), pool.negation(pool.flag("a\\b")), pool.flag("flag a_b"), pool.label_is(logic::Role::source, "k", "v) (x")};
  const std::string script = smt::to_smtlib_script(pool, asserted, "title");
  CHECK(script.starts_with("; title\n(set-logic QF_UF)\n"));
  CHECK(script.find("|source.label k = v) (x|") != std::string::npos);
  CHECK(answer_of_z3_parser(script) == "sat");
}
