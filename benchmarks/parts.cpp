// What the parts of a question cost on generated clusters (generate.py): reading text, decoding objects, making a reading, canonical forms, one
// slice of the solver, the quotient engine. By Google Benchmark, whose options it takes; figures of processor time, and growth
// as its complexity (BigO) over the number of policies.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

#include "generate_slices.h"
#include "manifest/node.h"
#include "policy/reading.h"
#include "reach/all_pairs.h"
#include "resource/load.h"
#include "semantics/profile.h"
#include "smt/solver.h"
#include "verify/canonical.h"

namespace gbench = ::benchmark;
using namespace npverify;

namespace {

namespace fs = std::filesystem;

/// A generated cluster, made once a size.
struct Cluster {
  std::vector<std::string> paths;
  std::vector<manifest::Document> documents;
  resource::Snapshot snapshot;
};

const std::string& folder_of(int64_t policies) {
  static std::map<int64_t, std::string> folders;
  const auto [it, fresh] = folders.try_emplace(policies);
  if (!fresh) return it->second;
  it->second = (fs::temp_directory_path() / ("npverify-parts-" + std::to_string(policies))).string();
  const std::string command = std::string("python3 ") + NPVERIFY_SOURCE_DIR + "/benchmarks/generate.py --policies " + std::to_string(policies) + " --workloads " + std::to_string(policies / 2) +
                              " --mode one-cause --open 0.2 " + it->second;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("generate.py failed");
  return it->second;
}

std::vector<manifest::Document> documents_of(int64_t policies) {
  base::Diagnostics diagnostics;
  return manifest::read_documents({folder_of(policies)}, diagnostics);
}

resource::Snapshot decoded(const std::vector<manifest::Document>& documents) {
  base::Diagnostics diagnostics;
  return resource::load_snapshot(documents, {}, diagnostics);
}

const Cluster& cluster_of(int64_t policies) {
  static std::map<int64_t, std::unique_ptr<Cluster>> clusters;
  auto& one = clusters[policies];
  if (!one) {
    one = std::make_unique<Cluster>();
    one->documents = documents_of(policies);
    one->snapshot = decoded(one->documents);
  }
  return *one;
}

const semantics::Profile& profile_of(const std::string& name) {
  static const auto encodings = semantics::Encodings::load(std::string(NPVERIFY_SOURCE_DIR) + "/encodings");
  static std::map<std::string, semantics::Profile> profiles;
  const auto it = profiles.find(name);
  return it != profiles.end() ? it->second : profiles.emplace(name, encodings->resolve(semantics::parse_profile_request(name))).first->second;
}

policy::ClusterFacts facts_of(const resource::Snapshot& snapshot) {
  const world::AddressPlan addresses = world::plan_addresses(snapshot);
  return {addresses.ipv4, addresses.ipv6};
}

void read_text(gbench::State& state) {
  folder_of(state.range(0));
  for (auto _ : state) gbench::DoNotOptimize(documents_of(state.range(0)));
  state.SetComplexityN(state.range(0));
}

void decode_objects(gbench::State& state) {
  const auto& documents = cluster_of(state.range(0)).documents;
  for (auto _ : state) gbench::DoNotOptimize(decoded(documents));
  state.SetComplexityN(state.range(0));
}

void make_reading(gbench::State& state) {
  const auto& snapshot = cluster_of(state.range(0)).snapshot;
  const auto facts = facts_of(snapshot);
  for (auto _ : state) {
    logic::Pool pool;
    gbench::DoNotOptimize(policy::read_policies(pool, snapshot, facts, profile_of("cilium@1.16")));
  }
  state.SetComplexityN(state.range(0));
}

// Two readings, policy by policy, as equiv does before it asks a solver.
void compare_canonical_forms(gbench::State& state) {
  const auto& snapshot = cluster_of(state.range(0)).snapshot;
  const auto facts = facts_of(snapshot);
  const world::Universe universe = world::make_universe(snapshot, world::UniverseKind::possible);
  logic::Pool pool;
  const auto left = policy::read_policies(pool, snapshot, facts, profile_of("calico@3.28")), right = policy::read_policies(pool, snapshot, facts, profile_of("cilium@1.16"));
  for (auto _ : state) {
    verify::Canonical canonical(pool, universe.addresses);
    size_t same = 0;
    for (const auto d : policy::both_directions)
      for (size_t i = 0; i < left.direction(d).policies.size(); ++i) same += canonical.same(left.direction(d).policies[i], right.direction(d).policies[i], policy::peer_of(d)) ? 1 : 0;
    gbench::DoNotOptimize(same);
  }
  state.SetComplexityN(state.range(0));
}

void solve_slice(gbench::State& state, std::unique_ptr<smt::Solver> (*make)(const smt::Limits&), bool equal) {
  std::vector<npverify::benchmark::Slice> slices;
  for (unsigned seed = 0; seed < 8; ++seed) slices.push_back(npverify::benchmark::make_slice(static_cast<size_t>(state.range(0)), seed));
  const auto solver = make({});
  size_t next = 0;
  for (auto _ : state) {
    const auto& slice = slices[next++ % slices.size()];
    const auto answer = solver->check(*slice.pool, equal ? slice.equal : slice.differs).answer;
    if (answer != (equal ? smt::Answer::unsat : smt::Answer::sat)) state.SkipWithError("a wrong answer");
  }
}

void count_all_pairs(gbench::State& state) {
  const auto& snapshot = cluster_of(state.range(0)).snapshot;
  const auto world = reach::closed_world(snapshot, world::UniverseKind::declared);
  for (auto _ : state) {
    logic::Pool pool;
    const auto reading = policy::read_policies(pool, snapshot, {world.universe.addresses.ipv4, world.universe.addresses.ipv6}, profile_of("kubernetes"));
    gbench::DoNotOptimize(reach::AllPairs(pool, reading, world).count());
  }
  state.SetComplexityN(state.range(0));
}

// 60 policies a namespace is where a slice begins to cost; equal has to be proved, different has a model.
BENCHMARK_CAPTURE(solve_slice, z3_equal, &smt::make_z3_solver, true)->Arg(20)->Arg(60)->Unit(gbench::kMillisecond);
BENCHMARK_CAPTURE(solve_slice, z3_different, &smt::make_z3_solver, false)->Arg(20)->Arg(60)->Unit(gbench::kMillisecond);
BENCHMARK_CAPTURE(solve_slice, cadical_equal, &smt::make_second_solver, true)->Arg(20)->Arg(60)->Unit(gbench::kMillisecond);
BENCHMARK_CAPTURE(solve_slice, cadical_different, &smt::make_second_solver, false)->Arg(20)->Arg(60)->Unit(gbench::kMillisecond);
BENCHMARK(read_text)->RangeMultiplier(4)->Range(100, 6400)->Complexity()->Unit(gbench::kMillisecond);
BENCHMARK(decode_objects)->RangeMultiplier(4)->Range(100, 6400)->Complexity()->Unit(gbench::kMillisecond);
BENCHMARK(make_reading)->RangeMultiplier(4)->Range(100, 6400)->Complexity()->Unit(gbench::kMillisecond);
BENCHMARK(compare_canonical_forms)->RangeMultiplier(4)->Range(100, 6400)->Complexity()->Unit(gbench::kMillisecond);
BENCHMARK(count_all_pairs)->RangeMultiplier(4)->Range(100, 6400)->Complexity()->Unit(gbench::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
