// The prover. A query gets a solver of its own (the `sat` tactic; an incremental one where a witness is made small) in a context that
// lives for some hundred queries: reusing a solver is slower than making one, and a context that is never renewed grows (see
// docs/dependencies.md for the figures). Z3 is opened on the first query because that alone costs some milliseconds.
#include <z3++.h>

#include "base/diagnostics.h"
#include "smt/assignment.h"
#include "smt/minimal.h"
#include "smt/scan.h"
#include "smt/solver.h"
#include "smt/z3_query.h"

namespace npverify::smt {

using logic::Expr;
using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t queries_per_context = 300;

Answer answer_of(z3::check_result result) {
  switch (result) {
    case z3::sat: return Answer::sat;
    case z3::unsat: return Answer::unsat;
    case z3::unknown: return Answer::unknown;
  }
  return Answer::unknown;
}

// Looking for unused functions in a model costs a walk over all of it, and the models here are Booleans that are read one by one.
bool without_compacted_models() {
  z3::set_param("model.compact", false);
  return true;
}

class Session {
 public:
  Session() : terms(context) { [[maybe_unused]] static const bool set = without_compacted_models(); }
  z3::context context;
  Z3Terms terms;
};

class Z3Incremental final : public Incremental {
 public:
  Z3Incremental(z3::solver& solver, Z3Terms& terms, Clock::time_point deadline) : solver_(solver), terms_(terms), deadline_(deadline) {}

  Literal new_variable() override { return terms_.new_variable(); }
  void add(const std::vector<Literal>& clause) override { solver_.add(terms_.clause(clause)); }
  std::vector<bool> model(Literal count) override { return terms_.read(solver_.get_model(), count); }

  Answer solve(const std::vector<Literal>& assumptions) override {
    if (Clock::now() >= deadline_) return Answer::unknown;
    z3::expr_vector assumed(solver_.ctx());
    for (const Literal literal : assumptions) assumed.push_back(terms_.literal(literal));
    return answer_of(solver_.check(assumed));
  }

 private:
  z3::solver& solver_;
  Z3Terms& terms_;
  Clock::time_point deadline_;
};

class Z3Solver final : public Solver {
 public:
  explicit Z3Solver(const Limits& limits) : limits_(limits) {}

  Result check(const logic::Pool& pool, const std::vector<Expr>& asserted) override {
    return query(pool, asserted, "sat", [&](z3::solver& solver, const Laws& laws, Result& result) -> std::vector<bool> {
      result.answer = answer_of(solver.check());
      return result.answer == Answer::sat ? session_->terms.read(solver.get_model(), laws.variables) : std::vector<bool>{};
    });
  }

  Result minimise(const logic::Pool& pool, const std::vector<Expr>& asserted) override {
    return query(pool, asserted, "QF_FD", [&](z3::solver& solver, const Laws& laws, Result& result) {
      Z3Incremental incremental(solver, session_->terms, Clock::now() + limits_.timeout);
      return smallest_model(laws, incremental, result);
    });
  }

  const Statistics& statistics() const override { return statistics_; }

  std::string name() const override {
    unsigned major = 0, minor = 0, build = 0, revision = 0;
    Z3_get_version(&major, &minor, &build, &revision);
    return "z3 " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
  }

 private:
  template <class Ask>
  Result query(const logic::Pool& pool, const std::vector<Expr>& asserted, const char* kind, const Ask& ask) {
    Result result;
    try {
      const auto begin = Clock::now();
      open();
      scan_.run(pool, asserted);
      const Laws laws = laws_of(pool, scan_.atoms());
      z3::solver solver = make(kind);
      session_->terms.add(solver, pool, asserted, scan_.nodes(), scan_.atoms(), laws);
      const auto encoded = Clock::now();
      const std::vector<bool> model = ask(solver, laws, result);
      count(laws, encoded - begin, Clock::now() - encoded);
      if (result.answer == Answer::sat) result.assignment = checked_assignment(pool, asserted, scan_.atoms(), laws, model);
      if (result.answer == Answer::unknown) result.reason = reason_of(solver.reason_unknown());
    } catch (const z3::exception& e) {
      result = {.answer = Answer::unknown, .reason = reason_of(e.msg())};
    }
    return result;
  }

  void open() {
    if (session_ && ++used_ < queries_per_context) return;
    session_.reset();
    session_ = std::make_unique<Session>();
    used_ = 0;
  }

  z3::solver make(const std::string& kind) {
    z3::context& context = session_->context;
    z3::solver solver = kind == "sat" ? z3::tactic(context, "sat").mk_solver() : z3::solver(context, kind.c_str());
    z3::params params(context);
    params.set("random_seed", 0U);
    params.set("timeout", static_cast<unsigned>(limits_.timeout.count()));
    if (limits_.resources) params.set("rlimit", static_cast<unsigned>(std::min<uint64_t>(limits_.resources, UINT32_MAX)));
    solver.set(params);
    return solver;
  }

  void count(const Laws& laws, Clock::duration encode, Clock::duration solve) {
    ++statistics_.queries;
    statistics_.variables += static_cast<size_t>(laws.variables);
    statistics_.clauses += static_cast<size_t>(std::count(laws.clauses.begin(), laws.clauses.end(), 0));
    statistics_.encode_time += encode;
    statistics_.solve_time += solve;
  }

  std::string reason_of(const std::string& z3_reason) const {
    if (z3_reason.find("resource") != std::string::npos) return "the limit of " + std::to_string(limits_.resources) + " solver resources was reached";
    if (z3_reason == "canceled" || z3_reason == "timeout" || z3_reason.empty() || z3_reason == "unknown")
      return "no answer within " + std::to_string(limits_.timeout.count()) + " ms or " + std::to_string(limits_.resources) + " solver resources";
    return "z3: " + z3_reason;
  }

  Limits limits_;
  Statistics statistics_;
  Scan scan_;
  std::unique_ptr<Session> session_;
  size_t used_ = 0;
};

}  // namespace

std::unique_ptr<Solver> make_z3_solver(const Limits& limits) { return std::make_unique<Z3Solver>(limits); }

}  // namespace npverify::smt
