#include "verify/landings.h"

#include <algorithm>
#include <set>

#include "placement/placement.h"

namespace npverify::verify {
namespace {

std::set<std::string> nodes_of(const resource::Snapshot& snapshot, const matrix::Cluster* cluster, const std::vector<ReaderCase>& cases) {
  std::set<std::string> nodes;
  for (const auto& node : snapshot.nodes) nodes.insert(node.meta.name);
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty()) nodes.insert(pod.spec.node_name);
  for (const auto& pool : cluster ? cluster->pools() : std::vector<matrix::Pool>{}) nodes.insert(pool.nodes.begin(), pool.nodes.end());
  for (const ReaderCase& one : cases) nodes.insert(one.source.nodes.begin(), one.source.nodes.end());
  return nodes;
}

/// `nodes` but those candidates on which nothing lands.
std::vector<std::string> nodes_for(const std::set<std::string>& nodes, const std::vector<placement::Candidate>& candidates, const std::vector<placement::Landing>& landings) {
  std::set<std::string> left = nodes;
  for (size_t i = 0; i < landings.size(); ++i)
    if (landings[i] == placement::Landing::no) left.erase(candidates[i].name);
  return {left.begin(), left.end()};
}

/// Nodes that the same workloads are kept from have a class. Numbered in the order of names.
std::map<std::string, uint32_t> classes_of(const std::set<std::string>& nodes, const std::map<std::string, std::vector<std::string>>& landings) {
  std::map<std::string, std::vector<uint32_t>> open_to;
  uint32_t workload = 0;
  for (const auto& [id, can] : landings) {
    for (const std::string& node : can) open_to[node].push_back(workload);
    ++workload;
  }
  std::map<std::vector<uint32_t>, uint32_t> numbers;
  std::map<std::string, uint32_t> classes;
  for (const std::string& node : nodes) classes[node] = numbers.try_emplace(std::move(open_to[node]), static_cast<uint32_t>(numbers.size())).first->second;
  return classes;
}

}  // namespace

Landings landings_of(const resource::Snapshot& snapshot, const matrix::Cluster* cluster, const std::vector<ReaderCase>& cases) {
  const std::set<std::string> nodes = nodes_of(snapshot, cluster, cases);
  std::map<std::string, placement::Candidate> known;
  for (auto& candidate : placement::candidates_of(snapshot)) known.emplace(candidate.name, candidate);
  std::vector<placement::Candidate> candidates;
  for (const std::string& node : nodes)
    if (const auto found = known.find(node); found != known.end()) candidates.push_back(found->second);
  placement::ManyLandings all(std::move(candidates));
  std::map<const std::vector<placement::Landing>*, std::vector<std::string>> open_to;  // by what subjects ask for
  Landings landings;
  for (const placement::Subject& subject : placement::subjects_of(snapshot)) {
    const auto& by_candidate = all.of(subject);
    const auto [asked, fresh] = open_to.try_emplace(&by_candidate);
    if (fresh) asked->second = nodes_for(nodes, all.candidates(), by_candidate);
    if (asked->second.size() == nodes.size()) continue;
    std::vector<std::string> can;
    std::set_union(asked->second.begin(), asked->second.end(), subject.running_on.begin(), subject.running_on.end(), std::back_inserter(can));
    if (can.size() < nodes.size()) landings.nodes[subject.id] = std::move(can);
  }
  landings.class_of = classes_of(nodes, landings.nodes);
  return landings;
}

}  // namespace npverify::verify
