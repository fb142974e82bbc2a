#include "npverify/question.h"

#include <thread>

#include "explain/explain.h"
#include "library/inputs.h"
#include "library/remember.h"
#include "library/state.h"
#include "policy/detect.h"
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

verify::Shard shard_of(const Options& options) {
  if (!options.shard) return {};
  if (options.shard->index < 1 || options.shard->index > options.shard->of)
    throw base::InputError("error: shard " + std::to_string(options.shard->index) + "/" + std::to_string(options.shard->of) + ": expected I/N with I from 1 to N\n");
  return {options.shard->index, options.shard->of};
}

verify::Options rooms_options(const Options& options) {
  if (options.max_findings < 1) throw base::InputError("error: at least one finding must be looked for, or nothing would be\n");
  return {.universe = universe_of(options.universe),
          .peers = ends_of(options),
          .timeout = options.timeout,
          .jobs = jobs_of(options),
          .dump_smt2 = options.dump_smt2,
          .proofs = options.proofs,
          .second_solver = options.second_solver,
          .datapath = options.datapath,
          .max_findings = options.max_findings,
          .shard = shard_of(options),
          .progress = options.progress};
}

// What is written down for every query has to be there for all of them; and a shard is one part of a run, counted by what it looks at.
bool may_remember(const Options& options) { return options.dump_smt2.empty() && options.proofs.empty() && !options.second_solver && !options.shard; }

std::shared_ptr<Report::State> state_of(std::variant<verify::ComparisonResult, verify::ProveResult> result, const char* command, const Snapshot& snapshot) {
  auto state = std::make_shared<Report::State>(Report::State{.result = std::move(result), .run = {.command = command, .version = version()}, .snapshot = snapshot});
  state->run.notes = snapshot.notes();
  return state;
}

/// Says of `state` that it is one part of the work.
void mark_shard(Report::State& state, const Options& options, library::Inputs inputs, size_t items) {
  if (!options.shard) return;
  state.run.shard = {.index = options.shard->index, .of = options.shard->of, .inputs = std::move(inputs), .items = items};
  state.run.shard->exit_code = library::exit_code(state);
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
  if (text.empty()) return verify::today();
  const auto day = verify::parse_date(text);
  if (!day) throw base::InputError("error: --as-of '" + text + "' is no day; expected YYYY-MM-DD\n");
  return *day;
}

verify::ProveOptions rooms_options(const ProveOptions& options) {
  verify::ProveOptions rooms{.peers = ends_of(options), .jobs = jobs_of(options), .as_of = day_of(options.as_of), .shard = shard_of(options), .datapath = options.datapath};
  rooms.progress = options.progress;
  if (options.universe_given) rooms.universe = universe_of(options.universe);
  rooms.solver.limits.timeout = options.timeout;
  rooms.solver.second_solver = options.second_solver;
  rooms.solver.dump_smt2 = options.dump_smt2;
  rooms.solver.proofs = options.proofs;
  rooms.options = options_by_cni(options.installation);
  rooms.path_settings = options.path_settings;
  if (options.pools) rooms.cluster = &options.pools->state().cluster;
  if (options.before) rooms.before = &options.before->state().whole();
  for (const Profile& profile : options.rollout) rooms.rollout.push_back(profile.state().profile);
  return rooms;
}

/// What a shard of prove was asked. The day counts: exceptions expire.
library::Inputs inputs_of(const Snapshot& snapshot, const std::vector<std::shared_ptr<const base::SourceFile>>& specifications, const Encodings& encodings, const ProveOptions& options, std::chrono::year_month_day day) {
  library::Inputs inputs{{"manifests", snapshot.state().fingerprint()}, {"specifications", library::fingerprint_of(specifications)}, {"encodings", library::fingerprint_of(encodings)}};
  inputs["profiles"] = library::profile_words(options.profiles);
  if (options.pools) inputs["pools"] = library::pool_words(options.pools->state().cluster);
  if (options.before) inputs["manifests before"] = options.before->state().fingerprint();
  if (!options.rollout.empty()) inputs["rollout"] = library::profile_words(options.rollout);
  Options question = options;
  if (!options.universe_given) question.universe = "of the specifications";
  inputs["question"] = library::question_words(question);
  for (const auto& [name, value] : options.installation) inputs["question"] += ", " + name + "=" + value;
  for (const auto& [name, value] : options.path_settings) inputs["question"] += ", path " + name + "=" + value;
  inputs["day"] = verify::to_string(day);
  inputs["fails on"] = options.fail_on.empty() ? "every severity" : options.fail_on;
  return inputs;
}

}  // namespace

const char* version() { return NPVERIFY_VERSION; }

Report equiv(const Snapshot& snapshot, const Encodings& encodings, const Profile& left, const Profile& right, const Options& options) {
  return library::guarded([&] {
    const library::Manifests& manifests = snapshot.state().manifests;
    verify::Options rooms = rooms_options(options);
    std::optional<library::AgreementMemory> memory;
    if (manifests.cache() && left.state().encodings && right.state().encodings && may_remember(options)) rooms.memory = &memory.emplace(manifests, left, right, rooms);
    const auto ask = [&](const resource::Snapshot& read) {
      verify::ComparisonResult result = verify::equiv(read, left.state().profile, right.state().profile, rooms);
      explain::explain(result, *encodings.state().encodings, read, read);
      auto state = state_of(std::move(result), "equiv", snapshot);
      state->run.sources.add(read);
      if (options.shard)
        mark_shard(*state, options, {{"manifests", snapshot.state().fingerprint()}, {"profiles", library::profile_words({left, right})}, {"encodings", library::fingerprint_of(encodings)}, {"question", library::question_words(options)}}, options.max_findings);
      return Report(state);
    };
    const bool whole = !manifests.partial() || !memory;
    Report report = whole ? ask(manifests.whole()) : library::ask_with_few(memory->unsettled(), [&](const std::set<std::string>& namespaces) {
      rooms.unread = manifests.without(namespaces);
      return ask(manifests.with(namespaces));
    }, [&] {
      rooms.unread.clear();
      return ask(manifests.whole());
    });
    if (memory) memory->save();
    manifests.wait_until_saved();
    return report;
  });
}

Report diff(const Snapshot& old_snapshot, const Snapshot& new_snapshot, const Encodings& encodings, const Profile& profile, const Options& options) {
  return library::guarded([&] {
    const library::Manifests &before = old_snapshot.state().manifests, &after = new_snapshot.state().manifests;
    verify::Options rooms = rooms_options(options);
    const auto ask = [&](const resource::Snapshot& old_read, const resource::Snapshot& new_read) {
      verify::ComparisonResult result = verify::diff(old_read, new_read, profile.state().profile, rooms);
      explain::explain(result, *encodings.state().encodings, old_read, new_read);
      auto state = state_of(std::move(result), "diff", new_snapshot);
      state->run.sources.add(new_read);
      state->run.sources.add(old_read);
      state->old_snapshot = old_snapshot;
      if (options.shard)
        mark_shard(*state, options, {{"manifests before", old_snapshot.state().fingerprint()}, {"manifests after", new_snapshot.state().fingerprint()}, {"profiles", library::profile_words({profile})}, {"encodings", library::fingerprint_of(encodings)}, {"question", library::question_words(options)}}, options.max_findings);
      return Report(state);
    };
    const auto ask_whole = [&] {
      rooms.unread.clear();
      return ask(before.whole(), after.whole());
    };
    const auto changed = may_remember(options) ? library::changed_namespaces(before, after) : std::nullopt;
    Report report = !changed ? ask_whole() : library::ask_with_few(*changed, [&](const std::set<std::string>& namespaces) {
      rooms.unread = before.without(namespaces);
      return ask(before.with(namespaces), after.with(namespaces));
    }, ask_whole);
    for (const auto* side : {&before, &after}) side->wait_until_saved();
    return report;
  });
}

Report prove(const Snapshot& snapshot, const std::vector<std::string>& specifications, const Encodings& encodings, const ProveOptions& options) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    const auto files = verify::read_spec_files(specifications, diagnostics);
    const auto sets = verify::read_spec_texts(files, diagnostics);
    if (diagnostics.has_errors()) throw base::InputError(diagnostics);
    std::vector<semantics::Profile> profiles;
    for (const Profile& profile : options.profiles) profiles.push_back(profile.state().profile);
    verify::ProveOptions rooms = rooms_options(options);
    for (const auto& cni : encodings.state().encodings->cnis())
      for (const auto& [name, value] : policy::options_of_cluster(snapshot.state().whole(), cni)) rooms.options[cni.name].try_emplace(name, value);
    auto state = state_of(verify::prove(snapshot.state().whole(), sets, *encodings.state().encodings, profiles, rooms), "prove", snapshot);
    state->fail_on = options.fail_on;
    state->run.sources.add(snapshot.state().whole());
    if (options.before) state->run.sources.add(options.before->state().whole());
    if (options.shard) {
      size_t invariants = 0;
      for (const auto& set : sets) invariants += set.invariants.size();
      mark_shard(*state, options, inputs_of(snapshot, files, encodings, options, rooms.as_of), invariants);
    }
    return Report(state);
  });
}

}  // namespace npverify
