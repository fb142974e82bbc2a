// From entries to pools: profiles resolved, nodes placed, knowledge settled as far as somebody says it.
#include "matrix/cluster.h"

#include <algorithm>
#include <set>

#include "resource/load.h"

namespace npverify::matrix {
namespace {

using semantics::Profile;
using semantics::Resolved;

bool answers_alike(const Resolved& a, const Resolved& b) { return a.rule == b.rule && a.parameters == b.parameters; }

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

/// The profile of nodes whose policies one version prepares and another enforces: where the two read alike, that; elsewhere nobody
/// has measured what comes out.
void skew(Pool& pool, const Profile& controller) {
  pool.label = pool.profile.name() + " with policy controller " + controller.version.to_string();
  for (auto& [id, axis] : pool.profile.axes) {
    const Resolved& other = controller.axis(id);
    if (answers_alike(axis, other)) continue;
    pool.skewed.push_back({id, axis, other});
    axis = {.axis = id};
  }
}

/// What the entry's `profile` says of the CNI's behaviour, held to what encodings say.
void check_behaviour(const PoolEntry& entry, const Profile& profile, base::Diagnostics& diagnostics) {
  const std::string& blocks = profile.axis("ip-blocks.peers").rule;
  const std::string& own_node = profile.axis("datapath.from-own-node").rule;
  const std::map<std::string, std::pair<std::string, bool>> said{
      {"cidr_matches_nodes", {blocks, blocks == "blocks.by-address" || blocks.starts_with("blocks.outside-and-nodes")}},
      {"cidr_matches_pods", {blocks, blocks == "blocks.by-address" || blocks == "blocks.outside-and-pods"}},
      {"host_to_local_exempt", {own_node, own_node.starts_with("admits.own-node") || own_node == "admits.every-node"}},
  };
  for (const auto& [name, answer] : said) {
    const auto found = entry.behaviour.find(name);
    if (found == entry.behaviour.end() || answer.first.empty() || found->second == answer.second) continue;
    diagnostics.error(entry.span, entry.field + ".profile." + name,
                      std::string(found->second ? "true" : "false") + " is not what encodings say of " + profile.name() + " (" + answer.first + ")",
                      "correct the version or the flags, or leave the field out");
  }
}

std::string strip_error(std::string text) {
  for (const char* part : {"error: ", "\n"})
    if (const auto found = text.find(part); found != std::string::npos) text.erase(found, std::string(part).size());
  return text;
}

std::optional<Pool> make_pool(const PoolEntry& entry, const Cluster::Resolve& resolve, base::Diagnostics& diagnostics) {
  try {
    Pool pool{.name = entry.name,
              .profile = resolve(entry.request),
              .identity_scope = entry.identity_scope,
              .fault_mode = entry.fault_mode,
              .features = entry.features,
              .behaviour = entry.behaviour,
              .datapath = entry.datapath,
              .field = entry.field,
              .place = entry.span.to_string()};
    pool.label = pool.profile.name();
    check_behaviour(entry, pool.profile, diagnostics);
    if (!entry.policy_controller) return pool;
    semantics::ProfileRequest controller = entry.request;
    controller.version = entry.policy_controller;
    const Profile other = resolve(controller);
    if (other.version != pool.profile.version) skew(pool, other);
    return pool;
  } catch (const base::InputError& error) {
    diagnostics.error(entry.span, entry.field + ".cni", strip_error(error.what()));
    return std::nullopt;
  }
}

}  // namespace

Cluster::Cluster(const Matrix& matrix, const resource::Snapshot& snapshot, const Resolve& resolve) : source_(matrix.file), from_matrix_(true) {
  base::Diagnostics diagnostics;
  std::vector<std::optional<resource::LabelSelector>> selectors;
  std::vector<std::vector<std::string>> names;
  std::map<std::string, size_t> by_name;
  for (const PoolEntry& entry : matrix.pools) {
    auto pool = make_pool(entry, resolve, diagnostics);
    if (!pool) continue;
    by_name[entry.name] = pools_.size();
    pool->named = !entry.node_selector;
    pool->every_node = entry.node_selector && entry.node_selector->empty();
    pools_.push_back(std::move(*pool));
    selectors.push_back(entry.node_selector);
    names.push_back(entry.node_names);
  }
  if (diagnostics.has_errors()) throw base::InputError(diagnostics);
  for (const KnowledgeEntry& entry : matrix.knowledge) pinned_[{by_name.at(entry.reader), by_name.at(entry.of)}] = entry.known;
  place_nodes(snapshot, selectors, names);
}

Cluster::Cluster(const policy::Detection& detection, const resource::Snapshot& snapshot, const Resolve& resolve) : source_("the snapshot") {
  std::vector<std::optional<resource::LabelSelector>> selectors;
  std::vector<std::vector<std::string>> names;
  for (const auto& found : detection.profiles) {
    Pool pool{.profile = resolve(found.request)};
    pool.label = pool.name = pool.profile.name();
    for (int i = 2; std::any_of(pools_.begin(), pools_.end(), [&](const Pool& one) { return one.name == pool.name; }); ++i) pool.name = pool.label + " (" + std::to_string(i) + ")";
    pool.named = !found.nodes.empty();
    pool.every_node = found.nodes.empty();
    pool.place = "detected";
    pools_.push_back(std::move(pool));
    selectors.push_back(found.nodes.empty() ? std::optional(resource::LabelSelector{}) : std::nullopt);
    names.push_back(found.nodes);
  }
  place_nodes(snapshot, selectors, names);
}

void Cluster::place_nodes(const resource::Snapshot& snapshot, const std::vector<std::optional<resource::LabelSelector>>& selectors, const std::vector<std::vector<std::string>>& names) {
  std::set<std::string> all;
  for (const auto& node : snapshot.nodes) all.insert(node.meta.name);
  for (const auto& pod : snapshot.pods)
    if (!pod.spec.node_name.empty()) all.insert(pod.spec.node_name);
  for (const auto& own : names) all.insert(own.begin(), own.end());
  for (const std::string& node : all) {
    const Place& found = places_[node] = place(node, snapshot.find_node(node), selectors, names);
    if (found.pool)
      pools_[*found.pool].nodes.push_back(node);
    else
      some_unplaced_ = true;
  }
  const bool one = pools_.size() == 1 && pools_[0].every_node;
  nowhere_ = one ? Place{0, ""} : Place{std::nullopt, "the pod is on no node yet: supply its spec.nodeName"};
  unseen_ = one ? Place{0, ""} : Place{std::nullopt, "the node is not in the manifests: supply its Node object"};
  some_unplaced_ = some_unplaced_ || (!one && std::any_of(snapshot.pods.begin(), snapshot.pods.end(), [](const auto& pod) { return pod.spec.node_name.empty(); }));
}

Cluster::Place Cluster::place(const std::string& node, const resource::Node* object, const std::vector<std::optional<resource::LabelSelector>>& selectors,
                              const std::vector<std::vector<std::string>>& names) const {
  std::vector<size_t> in;
  for (size_t i = 0; i < pools_.size(); ++i) {
    const bool named = std::find(names[i].begin(), names[i].end(), node) != names[i].end();
    const bool selected = selectors[i] && (selectors[i]->empty() || (object && resource::selects(*selectors[i], object->meta.labels)));
    if (named || selected) in.push_back(i);
  }
  if (in.size() == 1) return {in[0], ""};
  if (in.empty() && !from_matrix_) return {std::nullopt, "nothing tells which CNI runs on node " + node + ": supply its agent's pod, or a row for it with --matrix"};
  if (in.empty() && !object) return {std::nullopt, "node " + node + " is in no pool of " + source_ + ": supply its Node object, or name it in spec.pools[].match.names"};
  if (in.empty()) return {std::nullopt, "node " + node + " is in no pool of " + source_ + ": supply an entry of spec.pools that matches it"};
  std::vector<std::string> pools;
  for (const size_t i : in) pools.push_back(pools_[i].name);
  return {std::nullopt, "node " + node + " is in " + std::to_string(in.size()) + " pools of " + source_ + " (" + list_of(pools) + "): " + (from_matrix_ ? "let one of them match it" : "give a row for it with --matrix")};
}

const Cluster::Place& Cluster::place_of(const std::string& node) const {
  if (node.empty()) return nowhere_;
  const auto found = places_.find(node);
  return found == places_.end() ? unseen_ : found->second;
}

std::vector<std::string> Cluster::problems() const {
  std::vector<std::string> out;
  for (const auto& [node, place] : places_)
    if (!place.pool) out.push_back(place.problem);
  return out;
}

std::vector<View> Cluster::views(size_t reader) const {
  const Pool& own = pools_[reader];
  std::vector<View> views;
  const auto add = [&](View view) {
    if (std::find(views.begin(), views.end(), view) == views.end()) views.push_back(std::move(view));
  };
  for (const IdentityScope scope : {IdentityScope::all, IdentityScope::own_managed}) {
    if (own.identity_scope && *own.identity_scope != scope) continue;
    View view;
    for (size_t i = 0; i < pools_.size(); ++i) {
      const auto pinned = pinned_.find({reader, i});
      view.knows.push_back(pinned != pinned_.end() ? pinned->second : scope == IdentityScope::all || pools_[i].profile.cni == own.profile.cni);
    }
    add(view);
    if (scope == IdentityScope::all || !some_unplaced_) continue;
    view.knows_others = false;
    add(view);
  }
  return views;
}

bool Cluster::knows(const View& view, const std::string& node) const {
  const Place& place = place_of(node);
  return place.pool ? view.knows[*place.pool] : view.knows_others;
}

std::string Cluster::to_supply(size_t reader) const {
  const Pool& pool = pools_[reader];
  if (pool.identity_scope) return "supply the pools of all nodes";
  const std::string values = " (own_managed: only those that its own CNI runs; all)";
  if (pool.field.empty()) return "give a matrix with --matrix that sets profile.identity_scope" + values + " of the nodes with " + pool.label;
  return "set " + pool.field + ".profile.identity_scope" + values + " in " + source_;
}

}  // namespace npverify::matrix
