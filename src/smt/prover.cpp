// Who answers what. A flow can be checked by anybody (checked_assignment asks the plain meaning of every atom, and the oracle replays it), so
// whoever finds it first will do; that there is none is Z3's word. CaDiCaL finds flows two to four times faster and costs nothing to open,
// while Z3 costs 11 ms on its first query, so CaDiCaL is asked first and Z3 only where it finds nothing.
#include "smt/solver.h"

namespace npverify::smt {
namespace {

// A query, or a step on the way to the smallest flow, that CaDiCaL has not answered after so many conflicts is Z3's: no more than a few
// milliseconds are lost on a hard one. The smallest flow is the same whoever finds it.
constexpr uint64_t conflicts_before_z3 = 2000;

class Prover final : public Solver {
 public:
  explicit Prover(const Limits& limits) : finder_(make_second_solver({limits.timeout, conflicts_before_z3})), z3_(make_z3_solver(limits)) {}

  Result check(const logic::Pool& pool, const std::vector<logic::Expr>& asserted) override {
    Result found = finder_->check(pool, asserted);
    return found.answer == Answer::sat ? found : z3_->check(pool, asserted);
  }

  Result minimise(const logic::Pool& pool, const std::vector<logic::Expr>& asserted) override {
    Result found = finder_->minimise(pool, asserted);
    return found.answer == Answer::sat && found.reason.empty() ? found : z3_->minimise(pool, asserted);
  }

  const Statistics& statistics() const override {
    statistics_ = z3_->statistics();
    const Statistics& more = finder_->statistics();
    statistics_.queries += more.queries;
    statistics_.variables += more.variables;
    statistics_.clauses += more.clauses;
    statistics_.encode_time += more.encode_time;
    statistics_.solve_time += more.solve_time;
    return statistics_;
  }

  std::string name() const override { return z3_->name(); }

 private:
  std::unique_ptr<Solver> finder_, z3_;
  mutable Statistics statistics_;
};

}  // namespace

std::unique_ptr<Solver> make_prover(const Limits& limits) { return std::make_unique<Prover>(limits); }

}  // namespace npverify::smt
