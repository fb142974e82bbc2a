#include "reach/pool_reader.h"

#include "policy/stranger.h"
#include "world/universe.h"

namespace npverify::reach {
namespace {

policy::ClusterFacts facts_of(const resource::Snapshot& snapshot) {
  const world::AddressPlan plan = world::plan_addresses(snapshot);
  return {plan.ipv4, plan.ipv6};
}

}  // namespace

PoolReader::PoolReader(const resource::Snapshot& snapshot, const semantics::Profile& of)
    : profile(&of), label(of.name()), plain(policy::read_policies(expressions, snapshot, facts_of(snapshot), of)), stranger(policy::seen_by_a_stranger(expressions, plain)), directory(snapshot, of) {
  eyes.push_back({matrix::View{}, directory.running_pods(), {.named_port = oracle::cluster_port_names(directory.running_pods())}});
}

PoolReader::PoolReader(const resource::Snapshot& snapshot, const matrix::Cluster& cluster, size_t pool)
    : profile(&cluster.pools()[pool].profile), label(cluster.pools()[pool].label), datapath(cluster.pools()[pool].datapath), plain(matrix::read_policies(expressions, snapshot, facts_of(snapshot), cluster.pools()[pool])),
      stranger(policy::seen_by_a_stranger(expressions, plain)), directory(snapshot, *profile) {
  for (const matrix::View& view : cluster.views(pool)) {
    Eyes seen{view, {}, {}};
    for (const world::Endpoint* pod : directory.running_pods())
      if (cluster.knows(view, pod->node)) seen.known.push_back(pod);
    seen.surroundings.named_port = oracle::cluster_port_names(seen.known);
    eyes.push_back(std::move(seen));
  }
}

}  // namespace npverify::reach
