#include "npverify/question.h"

#include <thread>

#include "explain/explain.h"
#include "library/state.h"
#include "verify/compare.h"
#include "verify/prove.h"

namespace npverify {
namespace {

world::UniverseKind universe_of(const std::string& name) {
  for (const auto kind : {world::UniverseKind::observed, world::UniverseKind::declared, world::UniverseKind::possible})
    if (name == world::to_string(kind)) return kind;
  const auto near = base::nearest(name, {"observed", "declared", "possible"});
  throw base::InputError("error: there is no universe '" + name + "'; expected observed, declared or possible" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

world::EndClasses ends_of(const Options& options) { return {.pods = options.pods, .nodes = options.nodes, .external = options.external}; }

unsigned jobs_of(const Options& options) { return options.jobs != 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency()); }

verify::Options rooms_options(const Options& options) {
  return {.universe = universe_of(options.universe),
          .peers = ends_of(options),
          .timeout = options.timeout,
          .jobs = jobs_of(options),
          .dump_smt2 = options.dump_smt2,
          .proofs = options.proofs,
          .second_solver = options.second_solver,
          .datapath = options.datapath,
          .max_findings = options.max_findings};
}

std::shared_ptr<Report::State> state_of(std::variant<verify::ComparisonResult, verify::ProveResult> result, const char* command, const Snapshot& snapshot) {
  auto state = std::make_shared<Report::State>(Report::State{.result = std::move(result), .run = {.command = command, .version = version()}, .snapshot = snapshot});
  state->run.notes = snapshot.notes();
  state->run.sources.add(snapshot.state().snapshot);
  return state;
}

/// Options of the command line by CNI, for profiles that a specification lists itself.
std::map<std::string, std::map<std::string, semantics::OptionValue>> options_by_cni(const InstallationOptions& options) {
  std::map<std::string, std::map<std::string, semantics::OptionValue>> by_cni;
  for (const auto& [name, value] : options) {
    const size_t dot = name.find('.');
    if (dot != std::string::npos) by_cni[name.substr(0, dot)][name.substr(dot + 1)] = {value, semantics::OptionSource::command_line, "command line"};
  }
  return by_cni;
}

std::chrono::year_month_day day_of(const std::string& text) {
  if (text.empty()) return {};
  const auto day = verify::parse_date(text);
  if (!day) throw base::InputError("error: --as-of '" + text + "' is no day; expected YYYY-MM-DD\n");
  return *day;
}

verify::ProveOptions rooms_options(const ProveOptions& options) {
  verify::ProveOptions rooms{.peers = ends_of(options), .jobs = jobs_of(options), .as_of = day_of(options.as_of), .datapath = options.datapath};
  if (options.universe_given) rooms.universe = universe_of(options.universe);
  rooms.solver.limits.timeout = options.timeout;
  rooms.solver.second_solver = options.second_solver;
  rooms.solver.dump_smt2 = options.dump_smt2;
  rooms.solver.proofs = options.proofs;
  rooms.options = options_by_cni(options.installation);
  return rooms;
}

}  // namespace

const char* version() { return NPVERIFY_VERSION; }

Report equiv(const Snapshot& snapshot, const Encodings& encodings, const Profile& left, const Profile& right, const Options& options) {
  return library::guarded([&] {
    const resource::Snapshot& read = snapshot.state().snapshot;
    verify::ComparisonResult result = verify::equiv(read, left.state().profile, right.state().profile, rooms_options(options));
    explain::explain(result, *encodings.state().encodings, read, read);
    return Report(state_of(std::move(result), "equiv", snapshot));
  });
}

Report diff(const Snapshot& old_snapshot, const Snapshot& new_snapshot, const Encodings& encodings, const Profile& profile, const Options& options) {
  return library::guarded([&] {
    const resource::Snapshot &before = old_snapshot.state().snapshot, &after = new_snapshot.state().snapshot;
    verify::ComparisonResult result = verify::diff(before, after, profile.state().profile, rooms_options(options));
    explain::explain(result, *encodings.state().encodings, before, after);
    auto state = state_of(std::move(result), "diff", new_snapshot);
    state->run.sources.add(before);
    state->old_snapshot = old_snapshot;
    return Report(state);
  });
}

Report prove(const Snapshot& snapshot, const std::vector<std::string>& specifications, const Encodings& encodings, const ProveOptions& options) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    const auto sets = verify::read_specs(specifications, diagnostics);
    if (diagnostics.has_errors()) throw base::InputError(diagnostics);
    std::vector<semantics::Profile> profiles;
    for (const Profile& profile : options.profiles) profiles.push_back(profile.state().profile);
    auto state = state_of(verify::prove(snapshot.state().snapshot, sets, *encodings.state().encodings, profiles, rooms_options(options)), "prove", snapshot);
    state->fail_on = options.fail_on;
    return Report(state);
  });
}

}  // namespace npverify
