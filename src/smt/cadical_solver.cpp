// The second opinion: CaDiCaL on clauses of its own encoder (cnf.cpp), and the maker of certificates. Nothing here goes through Z3.
#include <cadical.hpp>

#include <cstdio>
#include <cstdlib>

#include "base/diagnostics.h"
#include "smt/assignment.h"
#include "smt/certificate.h"
#include "smt/cnf.h"
#include "smt/minimal.h"

namespace npverify::smt {

using logic::Expr;
using Clock = std::chrono::steady_clock;

namespace {

class Deadline final : public CaDiCaL::Terminator {
 public:
  explicit Deadline(std::chrono::milliseconds timeout) : end_(Clock::now() + timeout) {}
  bool terminate() override { return Clock::now() >= end_; }

 private:
  Clock::time_point end_;
};

/// One query in one CaDiCaL solver.
class Session final : public Incremental {
 public:
  Session(const Limits& limits) : limits_(limits), deadline_(limits.timeout) {
    solver_.set("quiet", 1);
    solver_.connect_terminator(&deadline_);
  }
  ~Session() override { solver_.disconnect_terminator(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  CaDiCaL::Solver& solver() { return solver_; }

  void load(const Cnf& cnf) {
    variables_ = cnf.variables;
    for (const Literal literal : cnf.clauses) solver_.add(literal);
  }

  Literal new_variable() override { return ++variables_; }

  void add(const std::vector<Literal>& clause) override {
    for (const Literal literal : clause) solver_.add(literal);
    solver_.add(0);
  }

  Answer solve(const std::vector<Literal>& assumptions) override {
    for (const Literal literal : assumptions) solver_.assume(literal);
    if (limits_.resources) solver_.limit("conflicts", static_cast<int>(std::min<uint64_t>(limits_.resources, INT32_MAX)));
    switch (solver_.solve()) {
      case 10: return Answer::sat;
      case 20: return Answer::unsat;
      default: return Answer::unknown;
    }
  }

  std::vector<bool> model(Literal count) override {
    std::vector<bool> holds(static_cast<size_t>(count) + 1, false);
    for (int v = 1; v <= count; ++v) holds[static_cast<size_t>(v)] = v <= solver_.vars() && solver_.val(v) > 0;
    return holds;
  }

 private:
  Limits limits_;
  Deadline deadline_;
  CaDiCaL::Solver solver_;
  Literal variables_ = 0;
};

std::string unknown_reason(const Limits& limits) {
  return "no answer within " + std::to_string(limits.timeout.count()) + " ms or " + std::to_string(limits.resources) + " solver resources";
}

class SecondSolver final : public Solver {
 public:
  explicit SecondSolver(const Limits& limits) : limits_(limits) {}

  Result check(const logic::Pool& pool, const std::vector<Expr>& asserted) override {
    return query(pool, asserted, [](Session& session, const Laws& laws, Result& result) {
      result.answer = session.solve({});
      return result.answer == Answer::sat ? session.model(laws.variables) : std::vector<bool>{};
    });
  }

  Result minimise(const logic::Pool& pool, const std::vector<Expr>& asserted) override {
    return query(pool, asserted, [](Session& session, const Laws& laws, Result& result) { return smallest_model(laws, session, result); });
  }

  const Statistics& statistics() const override { return statistics_; }
  std::string name() const override { return std::string("cadical ") + CaDiCaL::Solver::version(); }

 private:
  template <class Ask>
  Result query(const logic::Pool& pool, const std::vector<Expr>& asserted, const Ask& ask) {
    const auto begin = Clock::now();
    scan_.run(pool, asserted);
    const Laws laws = laws_of(pool, scan_.atoms());
    const Cnf cnf = cnf_of(pool, asserted, scan_, laws);
    const auto encoded = Clock::now();
    Session session(limits_);
    session.load(cnf);
    Result result;
    const std::vector<bool> model = ask(session, laws, result);
    ++statistics_.queries;
    statistics_.variables += static_cast<size_t>(cnf.variables);
    statistics_.clauses += static_cast<size_t>(std::count(cnf.clauses.begin(), cnf.clauses.end(), 0));
    statistics_.encode_time += encoded - begin;
    statistics_.solve_time += Clock::now() - encoded;
    if (result.answer == Answer::sat) result.assignment = checked_assignment(pool, asserted, scan_.atoms(), laws, model);
    if (result.answer == Answer::unknown) result.reason = unknown_reason(limits_);
    return result;
  }

  Limits limits_;
  Statistics statistics_;
  Scan scan_;
};

/// A file in memory that CaDiCaL writes its proof to.
class ProofText {
 public:
  ProofText() : file_(open_memstream(&text_, &size_)) { base::require(file_ != nullptr, "no memory for a proof"); }
  ~ProofText() {
    if (file_) std::fclose(file_);
    std::free(text_);
  }
  ProofText(const ProofText&) = delete;
  ProofText& operator=(const ProofText&) = delete;
  FILE* file() { return file_; }
  std::string take() {
    std::fclose(file_);
    file_ = nullptr;
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  size_t size_ = 0;
  FILE* file_;
};

}  // namespace

std::unique_ptr<Solver> make_second_solver(const Limits& limits) { return std::make_unique<SecondSolver>(limits); }

CertifiedResult check_with_proof(const logic::Pool& pool, const std::vector<Expr>& asserted, const Limits& limits) {
  Scan scan;
  scan.run(pool, asserted);
  const Laws laws = laws_of(pool, scan.atoms());
  const Cnf cnf = cnf_of(pool, asserted, scan, laws);
  ProofText proof;
  CertifiedResult certified;
  {
    Session session(limits);
    session.solver().set("binary", 0);
    base::require(session.solver().trace_proof(proof.file(), "proof"), "CaDiCaL refused to trace its proof");
    session.load(cnf);
    certified.result.answer = session.solve({});
    if (certified.result.answer == Answer::sat) certified.result.assignment = checked_assignment(pool, asserted, scan.atoms(), laws, session.model(laws.variables));
    session.solver().close_proof_trace();
  }
  if (certified.result.answer == Answer::unknown) certified.result.reason = unknown_reason(limits);
  if (certified.result.answer != Answer::unsat) return certified;
  certified.certificate = proof::Certificate{to_dimacs(cnf, variable_names(pool, laws)), proof.take()};
  if (const proof::Check check = proof::check(*certified.certificate); !check.accepted) throw base::InternalError("a proof does not check: " + check.reason);
  return certified;
}

}  // namespace npverify::smt
