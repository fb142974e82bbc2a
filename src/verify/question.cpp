#include "verify/question.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/diagnostics.h"
#include "base/log.h"
#include "base/parallel.h"
#include "smt/certificate.h"
#include "world/domain.h"

namespace npverify::verify {
namespace {

using logic::Expr;
using logic::Pool;
using policy::Direction;

}  // namespace

Solvers::Solvers(const SolverOptions& options)
    : first_(options.second_solver ? smt::make_z3_solver(options.limits) : smt::make_prover(options.limits)), second_(options.second_solver ? smt::make_second_solver(options.limits) : nullptr) {}

Question::Question(Pool& pool, const world::Universe& universe, const SolverOptions& options, Solvers* shared)
    : pool_(pool), universe_(universe), options_(options), own_(shared ? nullptr : std::make_unique<Solvers>(options)), solvers_(shared ? *shared : *own_) {}

std::vector<Expr> Question::within_universe(const std::vector<Expr>& asserted, const std::vector<Expr>& told) {
  std::vector<Expr> all = asserted, mentioned = asserted;
  mentioned.insert(mentioned.end(), told.begin(), told.end());
  all.push_back(world::domain(pool_, universe_, pool_.atoms_of(mentioned), asserted));
  return all;
}

smt::Result Question::ask(const std::vector<Expr>& asserted, const std::string& title, const std::vector<Expr>& told) { return answer(asserted, title, Want::any, told); }
smt::Result Question::smallest(const std::vector<Expr>& asserted, const std::string& title, const std::vector<Expr>& told) { return answer(asserted, title, Want::smallest, told); }
smt::Result Question::probe(const std::vector<Expr>& asserted, const std::string& title, const std::vector<Expr>& told) { return answer(asserted, title, Want::none, told); }

std::string Question::script(const std::vector<Expr>& asserted, const std::string& title) { return smt::to_smtlib_script(pool_, within_universe(asserted, {}), title); }

smt::Result Question::answer(const std::vector<Expr>& asserted, const std::string& title, Want want, const std::vector<Expr>& told) {
  const std::vector<Expr> all = within_universe(asserted, told);
  smt::Solver& solver = solvers_.first();
  smt::Result result = want == Want::smallest ? solver.minimise(pool_, all) : solver.check(pool_, all);
  if (base::logging()) base::log("query", title + ": " + to_string(result.answer) + (result.reason.empty() ? "" : " (" + result.reason + ")"));
  if (want == Want::none && result.answer == smt::Answer::sat) return result;
  ++queries_;
  if (!options_.dump_smt2.empty()) write_script(all, title);
  compare(all, title, result);
  if (result.answer == smt::Answer::unsat && !options_.proofs.empty()) write_proof(all, title);
  return result;
}

// Making expressions is for one thread at a time and reading them is not, so the queries are written out before any is asked.
std::vector<smt::Result> Question::aside(const std::vector<std::vector<Expr>>& asserted, unsigned jobs) {
  std::vector<std::vector<Expr>> all;
  for (const auto& one : asserted) all.push_back(within_universe(one, {}));
  const size_t threads = std::min<size_t>(all.size(), jobs > 0 ? jobs : std::max(1u, std::thread::hardware_concurrency()));
  while (of_threads_.size() < threads) of_threads_.push_back(std::make_unique<Solvers>(options_));
  std::vector<smt::Result> answers(all.size());
  std::atomic<size_t> next{0};
  base::in_parallel(threads, static_cast<unsigned>(threads), [&](size_t thread) {
    for (size_t i = next++; i < all.size(); i = next++) answers[i] = of_threads_[thread]->first().check(pool_, all[i]);
  });
  return answers;
}

void Question::write_script(const std::vector<Expr>& asserted, const std::string& title) const {
  std::filesystem::create_directories(options_.dump_smt2);
  std::string number = std::to_string(queries_);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, '0');
  std::ofstream(std::filesystem::path(options_.dump_smt2) / (number + ".smt2")) << smt::to_smtlib_script(pool_, asserted, title);
}

void Question::compare(const std::vector<Expr>& asserted, const std::string& title, const smt::Result& result) {
  smt::Solver* second = solvers_.second();
  if (!second || result.answer == smt::Answer::unknown) return;
  const smt::Result other = second->check(pool_, asserted);
  if (other.answer == smt::Answer::unknown || other.answer == result.answer) return;
  throw base::InternalError("the solvers disagree on '" + title + "': " + solvers_.first().name() + " says " + to_string(result.answer) + ", " + second->name() + " says " + to_string(other.answer) +
                            "\n" + smt::to_smtlib_script(pool_, asserted, title));
}

// Named by what is proved, so that threads and runs need not agree on numbers.
void Question::write_proof(const std::vector<Expr>& asserted, const std::string& title) const {
  const smt::CertifiedResult certified = smt::check_with_proof(pool_, asserted, options_.limits);
  if (certified.result.answer == smt::Answer::sat) throw base::InternalError("the solvers disagree on '" + title + "': no proof, but a flow\n" + smt::to_smtlib_script(pool_, asserted, title));
  if (!certified.certificate) return;
  std::string line = title;
  std::replace(line.begin(), line.end(), '\n', ' ');
  const std::string formula = "c query: " + line + "\n" + certified.certificate->cnf;
  char name[17];
  std::snprintf(name, sizeof name, "%016llx", static_cast<unsigned long long>(std::hash<std::string>{}(formula)));
  const std::filesystem::path stem = std::filesystem::path(options_.proofs) / name;
  std::filesystem::create_directories(options_.proofs);
  std::ofstream cnf(stem.string() + ".cnf", std::ios::binary), drup(stem.string() + ".drup", std::ios::binary);
  cnf << formula;
  drup << certified.certificate->drup;
  if (!cnf.flush() || !drup.flush()) throw base::InputError("error: cannot write proofs into '" + options_.proofs + "'\n");
}

namespace {

policy::Verdict verdict_of(Pool& pool, const ReadingOf& reading_of, Direction direction, const std::vector<std::string>& namespaces) {
  const policy::Verdict elsewhere = policy::verdict_elsewhere(pool, reading_of("").direction(direction), direction);
  std::vector<Expr> here, allowed, unknown;
  for (const auto& name : namespaces) {
    const policy::Verdict v = policy::verdict_in_namespace(pool, reading_of(name).direction(direction), direction, name);
    if (v.allowed == elsewhere.allowed && v.unknown == elsewhere.unknown) continue;
    const Expr in = pool.namespace_is(policy::subject_of(direction), name);
    here.push_back(in);
    allowed.push_back(pool.both(in, v.allowed));
    unknown.push_back(pool.both(in, v.unknown));
  }
  const Expr nowhere = pool.negation(pool.disjunction(std::move(here)));
  allowed.push_back(pool.both(nowhere, elsewhere.allowed));
  unknown.push_back(pool.both(nowhere, elsewhere.unknown));
  return {pool.disjunction(std::move(allowed)), pool.disjunction(std::move(unknown))};
}

FlowFormula flow_of(Pool& pool, const ReadingOf& at_source, const ReadingOf& at_destination, const std::vector<std::string>& source_namespaces, const std::vector<std::string>& destination_namespaces) {
  const auto end = [&](const ReadingOf& reading_of, Direction direction, const std::vector<std::string>& namespaces) {
    policy::Verdict v = verdict_of(pool, reading_of, direction, namespaces);
    const Expr is_pod = pool.kind_is(policy::subject_of(direction), logic::EndpointKind::pod);
    return policy::Verdict{pool.implies(is_pod, v.allowed), pool.both(is_pod, v.unknown)};
  };
  const policy::Verdict out = end(at_source, Direction::egress, source_namespaces), in = end(at_destination, Direction::ingress, destination_namespaces);
  // Undetermined as a whole: one end is, and the other is undetermined too or allows.
  const Expr unknown = pool.either(pool.both(out.unknown, pool.either(in.unknown, in.allowed)), pool.both(in.unknown, pool.either(out.unknown, out.allowed)));
  return {pool.both(out.allowed, in.allowed), unknown};
}

ReadingOf everywhere(const policy::Reading& reading) {
  return [&reading](const std::string&) -> const policy::Reading& { return reading; };
}

}  // namespace

policy::Verdict verdict_in(Pool& pool, const policy::Reading& reading, Direction direction, const std::vector<std::string>& namespaces) {
  return verdict_of(pool, everywhere(reading), direction, namespaces);
}

FlowFormula flow_verdict(Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading, const std::vector<std::string>& source_namespaces,
                         const std::vector<std::string>& destination_namespaces) {
  return flow_of(pool, everywhere(source_reading), everywhere(destination_reading), source_namespaces, destination_namespaces);
}

FlowFormula flow_verdict(Pool& pool, const ReadingOf& reading_of, const std::vector<std::string>& source_namespaces, const std::vector<std::string>& destination_namespaces) {
  return flow_of(pool, reading_of, reading_of, source_namespaces, destination_namespaces);
}

std::vector<std::string> policy_namespaces(const policy::Reading& reading) {
  std::set<std::string> names;
  for (const Direction d : policy::both_directions)
    for (const auto& [name, policies] : reading.direction(d).by_namespace) names.insert(name);
  return {names.begin(), names.end()};
}

oracle::FlowVerdict replay(const Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading, const Witness& witness) {
  std::vector<const world::Endpoint*> pods;
  for (const auto* end : {&witness.source, &witness.destination})
    if (end->kind == logic::EndpointKind::pod && (end == &witness.source || witness.source_knows_destination)) pods.push_back(end);
  for (const auto& pod : witness.bystanders) pods.push_back(&pod);
  const oracle::Cluster cluster{.named_port = oracle::cluster_port_names(pods)};
  const world::Flow flow{.source = &witness.source, .destination = &witness.destination, .protocol = witness.protocol, .port = witness.port, .family = witness.family};
  return oracle::evaluate(pool, source_reading, destination_reading, flow, cluster);
}

namespace {

PolicyPlace place_of(const policy::Policy& policy, const resource::Origin& origin, const std::string& role) {
  PolicyPlace place{.kind = policy.kind, .namespace_name = policy.namespace_name, .name = policy.name, .role = role};
  const base::SourceSpan& span = origin.span.file ? origin.span : policy.origin.span;
  place.file = span.file ? span.file->name : "";
  place.line = span.line;
  place.field = origin.field;
  return place;
}

void add_place(std::vector<PolicyPlace>& places, const policy::DirectionReading& side, const oracle::EndDecision& decision, const std::string& role) {
  if (decision.policy < 0) return;
  const policy::Policy& policy = side.policies[static_cast<size_t>(decision.policy)];
  if (decision.rule < 0) return places.push_back(place_of(policy, policy.origin, "isolates, " + role));
  const policy::Rule& rule = policy.rules[static_cast<size_t>(decision.rule)];
  const resource::Origin& origin = decision.peer_term >= 0   ? rule.peer_terms[static_cast<size_t>(decision.peer_term)].origin
                                   : decision.port_term >= 0 ? rule.port_terms[static_cast<size_t>(decision.port_term)].origin
                                                             : rule.origin;
  places.push_back(place_of(policy, origin, "allows, " + role));
}

}  // namespace

std::vector<PolicyPlace> deciding_places(const policy::Reading& reading, const oracle::FlowVerdict& verdict, const std::string& side) {
  std::vector<PolicyPlace> places;
  add_place(places, reading.egress, verdict.egress, side);
  add_place(places, reading.ingress, verdict.ingress, side);
  return places;
}

}  // namespace npverify::verify
