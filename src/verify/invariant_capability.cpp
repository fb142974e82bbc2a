// capability and conflictFree: invariants about nodes and rules. Decided by looking at each workload, node and rule; no flow is asked for.
#include <algorithm>
#include <set>

#include "placement/placement.h"
#include "resource/load.h"
#include "verify/invariant_run.h"
#include "verify/peer_domain.h"

namespace npverify::verify {
namespace {

using resource::NetworkPolicy;
using resource::NetworkPolicyPort;

/// A feature that pods need of their node, and what makes them need it.
struct Need {
  std::string feature;
  std::optional<PolicyPlace> policy;
};

PolicyPlace place_of(const NetworkPolicy& policy, const resource::Origin& origin) {
  PolicyPlace place{.namespace_name = policy.meta.namespace_name, .name = policy.meta.name, .field = origin.field, .role = "needs it"};
  place.file = origin.span.file ? origin.span.file->name : "";
  place.line = origin.span.line;
  return place;
}

std::string text_of(const PolicyPlace& place) {
  const std::string where = place.file.empty() ? "" : " (" + place.file + ":" + std::to_string(place.line) + ")";
  return place.kind + " " + place.namespace_name + "/" + place.name + (place.field.empty() ? "" : " " + place.field) + where;
}

/// Labels that controllers add are free, so a selector that asks of them may select.
bool may_select(const resource::LabelSelector& selector, const PodTemplate& pod, const std::vector<std::string>& free) {
  resource::LabelSelector fixed = selector;
  std::erase_if(fixed.requirements, [&](const auto& one) { return std::find(free.begin(), free.end(), one.key) != free.end() && !pod.labels->contains(one.key); });
  return resource::selects(fixed, *pod.labels);
}

/// A range that is meant for nodes: it holds one, and is not simply everything.
bool holds_node(const resource::IpBlock& block, const resource::Snapshot& snapshot) {
  if (block.cidr.length == 0) return false;
  const auto in = [&](const base::Address& address) {
    return block.cidr.contains(address) && std::none_of(block.except.begin(), block.except.end(), [&](const auto& except) { return except.contains(address); });
  };
  return std::any_of(snapshot.nodes.begin(), snapshot.nodes.end(), [&](const auto& node) { return std::any_of(node.internal_ips.begin(), node.internal_ips.end(), in); });
}

void add_needs_of_rule(const NetworkPolicy& policy, const resource::NetworkPolicyRule& rule, const resource::Snapshot& snapshot, std::vector<Need>& needs) {
  const auto add = [&](const char* feature, const resource::Origin& origin) {
    if (std::none_of(needs.begin(), needs.end(), [&](const Need& need) { return need.feature == feature; })) needs.push_back({feature, place_of(policy, origin)});
  };
  for (const NetworkPolicyPort& port : rule.ports) {
    if (port.end_port) add("endPort", port.origin);
    if (port.protocol == base::Protocol::sctp) add("sctp", port.origin);
    if (std::holds_alternative<std::string>(port.port)) add("namedPorts", port.origin);
  }
  for (const auto& peer : rule.peers)
    if (peer.ip_block && holds_node(*peer.ip_block, snapshot)) add("ipBlockNodes", rule.origin);
}

std::vector<Need> needs_of(const PodTemplate& pod, const std::vector<std::string>& free_labels, const Capability& body, const resource::Snapshot& snapshot) {
  std::vector<Need> needs;
  if (body.from_policies && !pod.spec->host_network)
    for (const NetworkPolicy& policy : snapshot.network_policies) {
      if (policy.meta.namespace_name != pod.meta->namespace_name || !may_select(policy.pod_selector, pod, free_labels)) continue;
      for (const auto* rules : {&policy.ingress, &policy.egress})
        for (const auto& rule : *rules) add_needs_of_rule(policy, rule, snapshot, needs);
    }
  for (const std::string& feature : body.features)
    if (std::none_of(needs.begin(), needs.end(), [&](const Need& need) { return need.feature == feature; })) needs.push_back({feature, std::nullopt});
  return needs;
}

std::string few(const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < 3; ++i) out += (i == 0 ? "" : ", ") + names[i];
  return out + (names.size() > 3 ? " and " + std::to_string(names.size() - 3) + " more" : "");
}

/// Where one template's pods can be, and what they lack there.
class Check {
 public:
  Check(const resource::Snapshot& snapshot, const matrix::Cluster* cluster, bool observed, InvariantResult& result) : snapshot_(snapshot), cluster_(cluster), observed_(observed), result_(result), candidates_(placement::candidates_of(snapshot)) {}

  void take(const PodTemplate& pod, const std::vector<Need>& needs) {
    const auto subject = pod.workload ? placement::subject_of(*pod.workload, snapshot_) : placement::subject_of(*pod.pod);
    const std::vector<std::string> nodes = nodes_of(pod, subject);
    places += nodes.size();
    for (const std::string& node : nodes)
      for (const Need& need : needs) look(pod, node, need);
  }

  size_t places = 0;                    ///< pairs of workload and node
  std::vector<std::string> unknown;     ///< what to supply, sentences without the nodes
  std::set<std::string> features;       ///< that somebody needs

 private:
  std::vector<std::string> nodes_of(const PodTemplate& pod, const placement::Subject& subject) {
    if (observed_) return subject.running_on;
    if (candidates_.empty()) {
      say("the input has no Node objects: give them with -f");
      return {};
    }
    std::vector<std::string> nodes = subject.running_on;
    for (const auto& candidate : candidates_)
      if (std::find(nodes.begin(), nodes.end(), candidate.name) == nodes.end() && placement::landing(subject, candidate) != placement::Landing::no) nodes.push_back(candidate.name);
    std::sort(nodes.begin(), nodes.end());
    if (nodes.empty()) result_.shortfalls.push_back({.workload = pod.id, .pool = "", .nodes = {}, .feature = "", .needed_by = std::nullopt});
    return nodes;
  }

  void look(const PodTemplate& pod, const std::string& node, const Need& need) {
    features.insert(need.feature);
    if (!cluster_) return say("which node can do what is told by a NodeCapabilityMatrix: give one with --matrix");
    const auto& place = cluster_->place_of(node);
    if (!place.pool) return say(place.problem);
    const matrix::Pool& pool = cluster_->pools()[*place.pool];
    const auto has = pool.features.find(need.feature);
    if (has == pool.features.end()) {
      const std::string by = need.policy ? text_of(*need.policy) : "the invariant";
      return say((pool.field.empty() ? "give a NodeCapabilityMatrix with --matrix that says features." + need.feature + " of the nodes with " + pool.label : "set " + pool.field + ".features." + need.feature + " (pool " + pool.name + ")") +
                 ": " + pod.id + " can be on " + node + " and needs it, says " + by, pool.name + "/" + need.feature);
    }
    if (has->second) return;
    for (Shortfall& one : result_.shortfalls)
      if (one.workload == pod.id && one.pool == pool.name && one.feature == need.feature) return one.nodes.push_back(node);
    result_.shortfalls.push_back({pod.id, pool.name, {node}, need.feature, need.policy});
  }

  /// Once for each `key`.
  void say(const std::string& sentence, const std::string& key = "") {
    if (said_.insert(key.empty() ? sentence : key).second) unknown.push_back(sentence);
  }

  const resource::Snapshot& snapshot_;
  const matrix::Cluster* cluster_;
  bool observed_;
  InvariantResult& result_;
  std::vector<placement::Candidate> candidates_;
  std::set<std::string> said_;
};

std::string sentence_of(const Shortfall& one) {
  if (one.nodes.empty()) return one.workload + " can land on no node; `npverify place " + one.workload + "` says why";
  return one.workload + " can be on " + few(one.nodes) + " (pool " + one.pool + "), which " + (one.nodes.size() == 1 ? "lacks " : "lack ") + one.feature + ", needed by " + (one.needed_by ? text_of(*one.needed_by) : "the invariant itself");
}

}  // namespace

void InvariantRun::decide(const Capability& body) {
  InvariantResult& result = answer_.result;
  for (const std::string& missing : missing_for(body.workloads, context_.snapshot)) cap("workloads: " + missing);
  const auto templates = templates_of(body.workloads, context_.snapshot);
  if (templates.empty()) {
    result.verdict = Verdict::vacuous;
    result.reason = "no workload and no pod of the input matches " + to_string(body.workloads);
    for (const std::string& reason : caps_) result.reason += "; " + reason;
    return;
  }
  Check check(context_.snapshot, context_.options.cluster, placement() == Placement::observed, result);
  const world::Universe declared = world::make_universe(context_.snapshot, world::UniverseKind::declared);
  std::map<std::string, std::vector<std::string>> free_labels;  // of the pods of each workload
  for (const auto& closed : declared.pods) free_labels[closed.workload] = closed.free_labels;
  for (const PodTemplate& pod : templates) check.take(pod, needs_of(pod, free_labels[pod.id], body, context_.snapshot));
  if (!result.shortfalls.empty()) {
    result.verdict = Verdict::violated;
    result.reason = sentence_of(result.shortfalls[0]);
    if (result.shortfalls.size() > 1) result.reason += "; and " + std::to_string(result.shortfalls.size() - 1) + " more";
    for (const Shortfall& one : result.shortfalls)
      if (one.needed_by) result.policies.push_back(*one.needed_by);
    for (const std::string& sentence : check.unknown) result.notes.push_back("not known: " + sentence);
    return;
  }
  for (const std::string& sentence : check.unknown) cap(sentence);
  if (caps_.empty() && check.places == 0) {
    result.verdict = Verdict::vacuous;
    result.reason = "no pod of " + to_string(body.workloads) + " is on a node in the dump";
    return;
  }
  conclude();
  if (result.verdict != Verdict::proved) return;
  std::string needed;
  for (const std::string& feature : check.features) needed += (needed.empty() ? "" : ", ") + feature;
  result.reason = std::to_string(templates.size()) + (templates.size() == 1 ? " workload on " : " workloads on ") + std::to_string(check.places) + " places; needed: " + (needed.empty() ? "nothing" : needed);
}

// NetworkPolicies only allow, and none comes before another: whatever two of them say of a flow, their union is the answer.
void InvariantRun::decide(const ConflictFree&) {
  for (const auto& kind : context_.snapshot.unmodelled)
    if (kind.carries_policy)
      cap(kind.kind + " (" + kind.api_version + ", " + std::to_string(kind.objects.size()) + (kind.objects.size() == 1 ? " object" : " objects") + ") can deny or have an order, and is not modelled");
  conclude();
  if (answer_.result.verdict == Verdict::proved)
    answer_.result.reason = std::to_string(context_.snapshot.network_policies.size()) + " NetworkPolicies have no order and no rule that denies: two of them never disagree about a flow, what one allows is allowed";
}

}  // namespace npverify::verify
