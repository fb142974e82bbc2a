// What a slice costs: start-up, encoding, solving, the smallest witness and the certificate, for both solvers, and for the ways in which
// Z3 may be used. Prints a table; figures are medians over slices in milliseconds of CPU.
#include <sys/resource.h>
#include <time.h>
#include <z3++.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "smt/certificate.h"
#include "smt/scan.h"
#include "smt/solver.h"
#include "smt/z3_query.h"
#include "generate_slices.h"

using namespace npverify;
using benchmark::Slice;
using logic::Expr;
using smt::Answer;

namespace {

// CPU time, so that a busy machine does not show.
double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double milliseconds(const std::function<void()>& work) {
  const double begin = cpu_milliseconds();
  work();
  return cpu_milliseconds() - begin;
}

double memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct Times {
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  double median() {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  double worst() const { return *std::max_element(values.begin(), values.end()); }
};

void row(const char* what, Times& equal, Times& differs) {
  std::printf("  %-44s %8.2f (%7.2f) %8.2f (%7.2f)\n", what, equal.median(), equal.worst(), differs.median(), differs.worst());
}

void expect(bool holds, const char* what) {
  if (!holds) std::fprintf(stderr, "wrong answer: %s\n", what), std::exit(1);
}

using Slices = std::vector<Slice>;

void measure_solver(const char* what, smt::Solver& solver, const Slices& slices) {
  Times equal, differs, least;
  for (const Slice& s : slices) {
    equal.add(milliseconds([&] { expect(solver.check(*s.pool, s.equal).answer == Answer::unsat, what); }));
    differs.add(milliseconds([&] { expect(solver.check(*s.pool, s.differs).answer == Answer::sat, what); }));
    least.add(milliseconds([&] { expect(solver.minimise(*s.pool, s.differs).answer == Answer::sat, what); }));
  }
  row((std::string(what) + ", check").c_str(), equal, differs);
  Times none{{0}};
  row((std::string(what) + ", minimise").c_str(), none, least);
  const auto& t = solver.statistics();
  const auto per_query = [&](std::chrono::nanoseconds total) { return std::chrono::duration<double, std::milli>(total).count() / static_cast<double>(t.queries); };
  std::printf("  %-44s %8.2f encoding, %.2f solving, %zu variables, %zu clauses a query; %.0f MB so far\n", "", per_query(t.encode_time), per_query(t.solve_time),
              t.variables / t.queries, t.clauses / t.queries, memory_mb());
}

void measure_certificates(const Slices& slices) {
  Times equal, none{{0}};
  size_t bytes = 0;
  for (const Slice& s : slices)
    equal.add(milliseconds([&] {
      const auto certified = smt::check_with_proof(*s.pool, s.equal);
      expect(certified.certificate.has_value(), "certificate");
      bytes += certified.certificate->drup.size();
    }));
  row("cadical, check with proof, checked", equal, none);
  std::printf("  %-44s %8.1f KB of proof a slice\n", "", static_cast<double>(bytes) / 1024 / static_cast<double>(slices.size()));
}

/// One way to use Z3, without reading a model.
void measure_z3(const char* what, const Slices& slices, const std::function<z3::solver(z3::context&)>& make) {
  Times times[2];
  z3::context context;
  smt::Z3Terms terms(context);
  smt::Scan scan;
  for (const Slice& s : slices)
    for (const bool differs : {false, true}) {
      const auto& asserted = differs ? s.differs : s.equal;
      times[differs].add(milliseconds([&] {
        scan.run(*s.pool, asserted);
        const smt::Laws laws = smt::laws_of(*s.pool, scan.atoms());
        z3::solver solver = make(context);
        terms.add(solver, *s.pool, asserted, scan.nodes(), scan.atoms(), laws);
        expect(solver.check() == (differs ? z3::sat : z3::unsat), what);
      }));
    }
  row(what, times[0], times[1]);
}

/// The fewest labels by z3::optimize, without the rest of the order: what the descent is compared with.
void measure_optimize(const Slices& slices) {
  Times times, none{{0}};
  z3::context context;
  smt::Z3Terms terms(context);
  smt::Scan scan;
  for (const Slice& s : slices)
    times.add(milliseconds([&] {
      scan.run(*s.pool, s.differs);
      const smt::Laws laws = smt::laws_of(*s.pool, scan.atoms());
      z3::solver solver(context);
      terms.add(solver, *s.pool, s.differs, scan.nodes(), scan.atoms(), laws);
      z3::optimize optimize(context);
      for (const z3::expr& assertion : solver.assertions()) optimize.add(assertion);
      for (const smt::Choice& c : laws.choices)
        if (c.attribute == smt::Attribute::label || c.attribute == smt::Attribute::namespace_label)
          for (const smt::Literal l : c.exists ? std::vector{c.exists} : c.is) optimize.add_soft(!terms.literal(l), 1U);
      for (const smt::Literal l : laws.ports.below) optimize.add_soft(terms.literal(l), 1U);
      expect(optimize.check() == z3::sat, "optimize");
    }));
  row("z3::optimize, labels and port only", none, times);
}

}  // namespace

int main() {
  logic::Pool pool;
  const auto z3 = smt::make_z3_solver(), second = smt::make_second_solver();
  const auto start = milliseconds([&] { z3->check(pool, {pool.flag("f")}); });
  std::printf("%s: first query %.1f ms, second %.2f ms, %.0f MB; %s: first query %.2f ms\n", z3->name().c_str(), start, milliseconds([&] { z3->check(pool, {pool.flag("f")}); }),
              memory_mb(), second->name().c_str(), milliseconds([&] { second->check(pool, {pool.flag("f")}); }));
  std::printf("  %-44s %18s %18s\n", "median (worst), ms of CPU", "equal (unsat)", "different (sat)");
  for (const auto& [policies, count] : {std::pair{20, 60}, std::pair{60, 30}, std::pair{200, 7}}) {
    Slices slices;
    for (int i = 0; i < count; ++i) slices.push_back(benchmark::make_slice(static_cast<size_t>(policies), static_cast<unsigned>(i)));
    std::printf("%d slices of %d policies\n", count, policies);
    measure_solver("z3", *z3, slices);
    measure_solver("cadical", *second, slices);
    measure_certificates(slices);
    measure_optimize(slices);
    measure_z3("z3 sat tactic", slices, [](z3::context& c) { return z3::tactic(c, "sat").mk_solver(); });
    measure_z3("z3 simplify, propagate-values, sat", slices, [](z3::context& c) { return (z3::tactic(c, "simplify") & z3::tactic(c, "propagate-values") & z3::tactic(c, "sat")).mk_solver(); });
    measure_z3("z3 QF_FD", slices, [](z3::context& c) { return z3::solver(c, "QF_FD"); });
    measure_z3("z3 default", slices, [](z3::context& c) { return z3::solver(c); });
  }
}
