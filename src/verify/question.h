#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "oracle/evaluate.h"
#include "policy/reading.h"
#include "smt/solver.h"
#include "verify/result.h"
#include "world/universe.h"

/// The machinery that every question shares: the verdict of a flow as a formula, asking the solver inside a universe, and turning its answer
/// into a concrete witness that the oracle has replayed.
namespace npverify::verify {

/// How hard to try, and what to write down on the way.
struct SolverOptions {
  smt::Limits limits;
  bool second_solver = false;  ///< ask CaDiCaL too; a disagreement is an InternalError
  std::string dump_smt2;       ///< folder for every query as a script; empty: none
  std::string proofs;          ///< folder for a checked proof of every query that has no answer; empty: none

  /// The user wants every answer from a solver: written down, or given by two. Then nothing is settled in other ways.
  bool every_answer_by_solver() const { return second_solver || !dump_smt2.empty() || !proofs.empty(); }
};

/// The solvers of one thread, which questions may share one after the other: opening Z3 costs more than most questions. Each query is put into
/// a solver of its own, so sat and unsat do not depend on what was asked before; which flow `ask` finds may, so what is shown is of `smallest`.
class Solvers {
 public:
  explicit Solvers(const SolverOptions& options);
  smt::Solver& first() { return *first_; }
  smt::Solver* second() { return second_.get(); }  ///< null unless wanted

 private:
  std::unique_ptr<smt::Solver> first_, second_;
};

/// Asks the solvers about flows of one universe.
class Question {
 public:
  /// `shared`: solvers made with the same limits; null: its own.
  Question(logic::Pool& pool, const world::Universe& universe, const SolverOptions& options, Solvers* shared = nullptr);

  /// Is there a flow of the universe that satisfies all of `asserted`? `title` names the query in dumps and errors.
  /// `told`: what the flow that is found will be held to besides. In a closed universe a pod stands for all that no atom tells apart, so the flow
  /// answers for the atoms of `asserted` and of these alone.
  smt::Result ask(const std::vector<logic::Expr>& asserted, const std::string& title, const std::vector<logic::Expr>& told = {});
  /// The same, smallest.
  smt::Result smallest(const std::vector<logic::Expr>& asserted, const std::string& title, const std::vector<logic::Expr>& told = {});
  /// As ask, where a flow is but a step on the way to a question that has none: only an answer without a flow is counted, and written down. Which
  /// flow a solver finds hangs on what it was asked before, so how many steps there are is nothing that two runs agree on.
  smt::Result probe(const std::vector<logic::Expr>& asserted, const std::string& title, const std::vector<logic::Expr>& told = {});

  /// Several, on up to `jobs` threads (0: one a core), each with solvers of its own that are opened when it has something to do. Neither counted nor
  /// written down: for steps on the way to an answer, where whoever asks counts what they were for.
  std::vector<smt::Result> aside(const std::vector<std::vector<logic::Expr>>& asserted, unsigned jobs);

  /// What would be asked, as an SMT-LIB script.
  std::string script(const std::vector<logic::Expr>& asserted, const std::string& title);

  logic::Pool& pool() { return pool_; }
  const world::Universe& universe() const { return universe_; }
  const SolverOptions& options() const { return options_; }
  size_t queries() const { return queries_; }

 private:
  std::vector<logic::Expr> within_universe(const std::vector<logic::Expr>& asserted, const std::vector<logic::Expr>& told);
  void write_proof(const std::vector<logic::Expr>& asserted, const std::string& title) const;
  enum class Want : uint8_t { any, smallest, none };
  smt::Result answer(const std::vector<logic::Expr>& asserted, const std::string& title, Want want, const std::vector<logic::Expr>& told);
  void write_script(const std::vector<logic::Expr>& asserted, const std::string& title) const;
  void compare(const std::vector<logic::Expr>& asserted, const std::string& title, const smt::Result& result);

  logic::Pool& pool_;
  const world::Universe& universe_;
  SolverOptions options_;
  std::unique_ptr<Solvers> own_;
  Solvers& solvers_;
  std::vector<std::unique_ptr<Solvers>> of_threads_;  ///< of aside
  size_t queries_ = 0;
};

/// The verdict of one direction for a subject in any namespace, as one formula.
/// `namespaces`: those to spell out; a subject elsewhere (or outside these) is taken as one without policies, so the caller must
/// constrain the subject to them or cover all namespaces that have policies.
policy::Verdict verdict_in(logic::Pool& pool, const policy::Reading& reading, policy::Direction direction, const std::vector<std::string>& namespaces);

/// The verdict of a whole flow: both ends. Ends that are no pods are not policed.
struct FlowFormula {
  logic::Expr allowed;  ///< egress and ingress allow
  logic::Expr unknown;  ///< some end is undetermined and the other does not deny
};
FlowFormula flow_verdict(logic::Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading,
                         const std::vector<std::string>& source_namespaces, const std::vector<std::string>& destination_namespaces);

/// Where the policies of a namespace are read; "" gives what holds for every subject. One reading, or several that share it.
using ReadingOf = std::function<const policy::Reading&(const std::string& namespace_name)>;
FlowFormula flow_verdict(logic::Pool& pool, const ReadingOf& reading_of, const std::vector<std::string>& source_namespaces, const std::vector<std::string>& destination_namespaces);

/// All namespaces in which some policy of the reading stands, both directions, sorted.
std::vector<std::string> policy_namespaces(const policy::Reading& reading);

/// A solver's assignment as concrete Kubernetes things. In closed universes the ends are pods of the snapshot.
/// `mentioned`: the atoms of the question that the assignment answers. Left and right verdicts are not filled in.
Witness realise(const logic::Pool& pool, const world::Universe& universe, const smt::Assignment& assignment, const std::vector<logic::Expr>& mentioned,
                bool source_knows_destination = true);

/// The oracle's verdict for a witness.
oracle::FlowVerdict replay(const logic::Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading, const Witness& witness);

/// The places that decide at one end, for a finding.
std::vector<PolicyPlace> deciding_places(const policy::Reading& reading, const oracle::FlowVerdict& verdict, const std::string& side);

}  // namespace npverify::verify
