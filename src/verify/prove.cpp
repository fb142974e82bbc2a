// prove: one answer an invariant. Each has a pool of its own and shows flows that only it decides on (see Solvers), so the answers do not depend
// on the number of threads.
#include "verify/prove.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/diagnostics.h"
#include "base/parallel.h"
#include "path/settings.h"
#include "policy/refused.h"
#include "verify/invariant_run.h"
#include "verify/limits.h"
#include "verify/mesh.h"
#include "verify/peer_domain.h"

namespace npverify::verify {

ProofAnswer prove_invariant(const ProofContext& context) { return InvariantRun(context).run(); }

namespace {

using semantics::Encodings;
using semantics::Profile;

// The profiles that specs list, resolved once, with the command line's options laid over the defaults.
class Profiles {
 public:
  Profiles(const Encodings& encodings, const ProveOptions& options, base::Diagnostics& diagnostics) : encodings_(encodings), options_(options), diagnostics_(diagnostics) {}

  std::vector<Profile> listed(const ProfileChoice& choice) {
    std::vector<Profile> out;
    for (const std::string& name : choice.names) {
      if (!resolved_.contains(name)) resolve(name, choice.span);
      if (const auto& profile = resolved_.at(name)) out.push_back(*profile);
    }
    return out;
  }

 private:
  void resolve(const std::string& name, const base::SourceSpan& span) {
    resolved_[name] = std::nullopt;
    try {
      auto request = semantics::parse_profile_request(name);
      if (const auto of_cni = options_.options.find(request.cni); of_cni != options_.options.end())
        for (const auto& [option, value] : of_cni->second) request.options.try_emplace(option, value);
      resolved_[name] = encodings_.resolve(request);
    } catch (const base::InputError& e) {
      std::string text = e.what();
      for (const char* part : {"error: ", "\n"})
        if (const auto found = text.find(part); found != std::string::npos) text.erase(found, std::string(part).size());
      diagnostics_.error(span, "profiles", text);
    }
  }

  const Encodings& encodings_;
  const ProveOptions& options_;
  base::Diagnostics& diagnostics_;
  std::map<std::string, std::optional<Profile>> resolved_;
};

const ProfileChoice* choice_of(const InvariantSet& set, const Invariant& invariant) {
  const auto* own = std::visit([](const auto& body) -> const ProfileChoice* { if constexpr (requires { body.profiles; }) return body.profiles ? &*body.profiles : nullptr; else return nullptr; }, invariant.body);
  return own ? own : set.profiles ? &*set.profiles : nullptr;
}

struct Task {
  const InvariantSet* set;
  const Invariant* invariant;
  std::vector<Profile> profiles;   ///< that the invariant lists, or the run's
  std::vector<ReaderCase> cases;
  const matrix::Cluster* cluster = nullptr;  ///< whose pools the cases are
};

std::vector<ReaderCase> cases_under(const std::vector<Profile>& profiles) {
  std::vector<ReaderCase> cases;
  for (const Profile& profile : profiles) cases.push_back(whole_cluster(profile));
  return cases;
}

// The cases of an invariant that lists no profiles: the run's.
std::vector<ReaderCase> cases_of_run(const std::vector<Profile>& profiles, const ProveOptions& options) {
  if (options.cluster) return cases_of(*options.cluster);
  if (options.rollout.size() == 2) return rollout_of(options.rollout[0], options.rollout[1]);
  return cases_under(profiles);
}

std::vector<Profile> profiles_of(const std::vector<ReaderCase>& cases) {
  std::vector<Profile> out;
  for (const ReaderCase& one : cases)
    for (const Readers* readers : {&one.source, &one.destination}) out.push_back(readers->profile);
  return out;
}

// By position: the answers of the shard's tasks; the others stay empty.
std::vector<ProofAnswer> answers_to(const std::vector<Task>& tasks, const Shard& shard, unsigned jobs, const SolverOptions& solver,
                                    const std::function<ProofAnswer(const Task&, Solvers&)>& answer) {
  std::vector<ProofAnswer> answers(tasks.size());
  std::atomic<size_t> next{0};
  base::in_parallel(std::min<size_t>(jobs, tasks.size()), jobs, [&](size_t) {
    Solvers solvers(solver);  // of one thread
    for (size_t task = next++; task < tasks.size(); task = next++)
      if (shard.takes(task)) answers[task] = answer(tasks[task], solvers);
  });
  return answers;
}

void note_profile(const Profile& profile, const resource::Snapshot& snapshot, ProveResult& result) {
  const bool known = std::any_of(result.profiles.begin(), result.profiles.end(), [&](const SideInfo& side) {
    return side.profile.name() == profile.name() && std::equal(side.profile.options.begin(), side.profile.options.end(), profile.options.begin(), profile.options.end(),
                                                               [](const auto& a, const auto& b) { return a.first == b.first && a.second.value == b.second.value; });
  });
  if (known) return;
  const world::AddressPlan addresses = world::plan_addresses(snapshot);
  result.profiles.push_back({profile, policy::refused_policies(snapshot, {addresses.ipv4, addresses.ipv6}, profile)});
  note_assumed(profile, AxesAsked::all, result.limits);
}

std::optional<Profile> reference_of(const Encodings& encodings) {
  try {
    return encodings.resolve({.cni = "kubernetes"});
  } catch (const base::InputError&) {
    return std::nullopt;  // encodings of a user's own may lack it
  }
}

std::vector<Task> tasks_of(const resource::Snapshot& snapshot, const std::vector<InvariantSet>& sets, const Encodings& encodings, const std::vector<Profile>& profiles, const ProveOptions& options) {
  base::Diagnostics diagnostics;
  Profiles listed(encodings, options, diagnostics);
  std::vector<Task> tasks;
  const std::vector<ReaderCase> of_run = cases_of_run(profiles, options);
  for (const InvariantSet& set : sets) {
    check_names(set, snapshot, diagnostics);
    for (const Invariant& invariant : set.invariants) {
      const ProfileChoice* choice = choice_of(set, invariant);
      const bool names_some = choice && choice->kind == ProfileChoice::Kind::listed;
      Task task{.set = &set, .invariant = &invariant};
      task.profiles = names_some ? listed.listed(*choice) : profiles;
      task.cases = names_some ? cases_under(task.profiles) : of_run;
      if (options.before) task.cases = with_policies(task.cases, *options.before, snapshot);
      if (invariant.faults) task.cases = with_faults(task.cases, invariant.faults->nodes, invariant.faults->modes);
      if (!names_some) task.cluster = options.cluster;
      tasks.push_back(std::move(task));
      const bool reads_nothing = std::holds_alternative<Capability>(invariant.body) || std::holds_alternative<ConflictFree>(invariant.body);
      if (tasks.back().cases.empty() && !names_some && !reads_nothing && invariant.unsupported.empty())
        diagnostics.error(invariant.span, "", "invariant '" + invariant.id + "' names no profile and the run has none", "give one with --cni, such as --cni calico@3.28");
    }
  }
  if (diagnostics.has_errors()) throw base::InputError(diagnostics);
  return tasks;
}

// No reader takes a policy to bear on a direction that it does not speak of.
bool read_by_direction(const Task& task) {
  return std::all_of(task.cases.begin(), task.cases.end(), [](const ReaderCase& one) {
    const auto plain = [](const Readers& readers) { return policy::bears_on_its_directions_alone(readers.profile) && (!readers.settings || readers.settings->skewed.empty()); };
    return plain(one.source) && plain(one.destination);
  }) && std::all_of(task.profiles.begin(), task.profiles.end(), policy::bears_on_its_directions_alone);
}

// Where a connection goes by nodes, which nodes pods can be on is part of the question.
bool lists_paths(const Task& task) {
  if (task.set->paths || std::holds_alternative<PathAgreement>(task.invariant->body)) return true;
  return std::visit([](const auto& body) { if constexpr (requires { body.paths; }) return body.paths.has_value(); else return false; }, task.invariant->body);
}

bool below(const std::string& severity, const std::string& threshold) {
  static const std::vector<std::string> order{"info", "low", "medium", "high", "critical"};
  return std::find(order.begin(), order.end(), severity) < std::find(order.begin(), order.end(), threshold);
}

}  // namespace

std::chrono::year_month_day today() { return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()); }

ProveResult prove(const resource::Snapshot& snapshot, const std::vector<InvariantSet>& sets, const Encodings& encodings, const std::vector<Profile>& profiles, const ProveOptions& options) {
  path::check_given(encodings.paths(), options.path_settings);
  const std::vector<Task> tasks = tasks_of(snapshot, sets, encodings, profiles, options);
  const auto as_of = options.as_of.ok() ? options.as_of : today();
  const std::optional<Profile> reference = reference_of(encodings);
  const bool on_paths = std::any_of(tasks.begin(), tasks.end(), [](const Task& task) { return lists_paths(task); });
  const Landings landings = options.cluster || on_paths ? landings_of(snapshot, options.cluster, options.cluster ? cases_of(*options.cluster) : std::vector<ReaderCase>{}) : Landings{};
  const bool directions_alone = std::all_of(tasks.begin(), tasks.end(), [](const Task& task) { return read_by_direction(task); });
  PolicyIndex policies;
  for (const resource::Snapshot* of : {&snapshot, options.before})
    if (of) policies[of] = index_policies(*of, directions_alone);
  const std::map<std::string, std::string> meshes = meshes_of(snapshot);
  std::vector<ClosedTask> closed;
  for (const Task& task : tasks) closed.push_back({task.set, task.invariant, &task.cases});
  ClosedWorlds worlds(snapshot, policies.at(&snapshot), options, closed);
  const unsigned jobs = options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  const auto answers = answers_to(tasks, options.shard, jobs, options.solver, [&](const Task& task, Solvers& solvers) {
    if (options.progress) options.progress("proving", task.invariant->id + ", " + std::to_string(tasks.size()) + " invariants in all");
    return prove_invariant({snapshot, *task.set, *task.invariant, task.profiles, task.cases, options, as_of, reference ? &*reference : nullptr, task.cluster || lists_paths(task) ? &landings : nullptr, task.cluster,
                            &policies, &solvers, &encodings.paths(), &meshes, &worlds});
  });
  ProveResult result;
  std::set<std::string> gaps, datapath, assumptions, meshed;
  for (size_t i = 0; i < tasks.size(); ++i) {
    for (const Profile& profile : profiles_of(tasks[i].cases)) note_profile(profile, snapshot, result);
    if (!options.shard.takes(i)) continue;
    result.results.push_back(answers[i].result);
    gaps.insert(answers[i].gaps.begin(), answers[i].gaps.end());
    datapath.insert(answers[i].datapath.begin(), answers[i].datapath.end());
    assumptions.insert(answers[i].assumptions.begin(), answers[i].assumptions.end());
    meshed.insert(answers[i].meshed.begin(), answers[i].meshed.end());
    result.counts["queries"] += answers[i].queries;
    if (worlds.any()) result.counts["byClasses"] += answers[i].by_classes;
  }
  result.limits.gaps.assign(gaps.begin(), gaps.end());
  result.limits.datapath.assign(datapath.begin(), datapath.end());
  result.assumptions.assign(assumptions.begin(), assumptions.end());
  note_unmodelled(snapshot, result.limits);
  note_meshed(meshed, meshes, result.limits);
  result.counts["policies"] = snapshot.network_policies.size();
  result.counts["invariants"] = tasks.size();
  return result;
}

int exit_code(const ProveResult& result, const std::string& fail_on) {
  bool open = result.limits.partial || result.results.empty();
  for (const InvariantResult& one : result.results) {
    const bool fails = one.verdict == Verdict::violated || one.fails;
    if (fails && (fail_on.empty() || !below(one.severity, fail_on))) return 1;
    open = open || (one.verdict != Verdict::proved && !one.accepted);
  }
  return open ? 3 : 0;
}

}  // namespace npverify::verify
