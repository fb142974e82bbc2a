#include "oracle/evaluate.h"

#include <algorithm>
#include <map>

#include "base/diagnostics.h"

namespace npverify::oracle {
namespace {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using world::Endpoint;
using world::Flow;

bool label_is(const resource::Labels& labels, const std::string& key, const std::string& value) {
  const auto it = labels.find(key);
  return it != labels.end() && it->second == value;
}

bool counts(resource::ContainerKind kind, logic::PortNames names) {
  switch (names) {
    case logic::PortNames::containers:
    case logic::PortNames::last: return kind == resource::ContainerKind::regular;
    case logic::PortNames::sidecars: return kind == resource::ContainerKind::sidecar;
    case logic::PortNames::inits: return kind == resource::ContainerKind::init;
  }
  return false;
}

bool declares_port(const Endpoint& pod, const std::string& name, base::Protocol protocol, logic::PortNames names, base::Port port) {
  if (pod.kind != EndpointKind::pod) return false;
  const resource::ContainerPort* last = nullptr;
  for (const auto& declared : pod.ports) {
    if (declared.name != name || !counts(declared.container, names)) continue;
    if (names != logic::PortNames::last && declared.protocol == protocol && declared.number == port) return true;
    last = &declared;
  }
  return names == logic::PortNames::last && last && last->protocol == protocol && last->number == port;
}

bool named_in_cluster(const std::string& name, base::Protocol protocol, const Flow& flow, const Cluster& cluster) {
  return flow.protocol == protocol && flow.port != 0 && cluster.named_port && cluster.named_port(name, protocol) == flow.port;
}

}  // namespace

const char* to_string(EndVerdict verdict) {
  switch (verdict) {
    case EndVerdict::allow: return "allow";
    case EndVerdict::deny: return "deny";
    case EndVerdict::unpoliced: return "unpoliced";
    case EndVerdict::unknown: return "unknown";
  }
  return "?";
}

EndVerdict FlowVerdict::verdict() const {
  if (egress.verdict == EndVerdict::deny || ingress.verdict == EndVerdict::deny) return EndVerdict::deny;
  if (egress.verdict == EndVerdict::unknown || ingress.verdict == EndVerdict::unknown) return EndVerdict::unknown;
  return EndVerdict::allow;
}

bool holds(const logic::Pool& pool, const Atom& a, const Flow& flow, const Cluster& cluster) {
  const Endpoint& end = flow.end(a.role);
  const bool is_pod = end.kind == EndpointKind::pod;
  const std::string& name = pool.text(a.name);
  switch (a.kind) {
    case AtomKind::kind_is: return end.kind == static_cast<EndpointKind>(a.detail);
    case AtomKind::namespace_is: return is_pod && end.namespace_name == name;
    case AtomKind::label_is: return is_pod && label_is(end.labels, name, pool.text(a.value));
    case AtomKind::label_exists: return is_pod && end.labels.contains(name);
    case AtomKind::namespace_label_is: return is_pod && label_is(end.namespace_labels, name, pool.text(a.value));
    case AtomKind::namespace_label_exists: return is_pod && end.namespace_labels.contains(name);
    case AtomKind::service_account_is: return is_pod && end.service_account == name;
    case AtomKind::node_is: return end.kind != EndpointKind::outside && end.node == name;
    case AtomKind::address_in:
      // The outside as a whole has no address, and only a range of everything holds it.
      if (end.kind == EndpointKind::outside && end.addresses.empty()) return base::AddressSet::all(flow.family).minus(pool.addresses(a)).empty();
      return end.address(flow.family) && pool.addresses(a).contains(*end.address(flow.family));
    case AtomKind::family_is: return flow.family == static_cast<base::Family>(a.detail);
    case AtomKind::protocol_is: return flow.protocol == static_cast<base::Protocol>(a.detail);
    case AtomKind::port_in: return pool.ports(a).contains(flow.port);
    case AtomKind::port_named:
      return flow.protocol == static_cast<base::Protocol>(a.detail) && declares_port(end, name, flow.protocol, a.names, flow.port);
    case AtomKind::port_named_in_cluster: return named_in_cluster(name, static_cast<base::Protocol>(a.detail), flow, cluster);
    case AtomKind::same_node: return world::same_node(flow);
    case AtomKind::same_endpoint: return is_pod && flow.source->name == flow.destination->name;
    case AtomKind::peer_known: return a.role == logic::Role::source ? cluster.source_knows_peer : cluster.destination_knows_peer;
    case AtomKind::flag: break;
  }
  throw base::InternalError("the oracle was asked for the free flag " + name);
}

namespace {

// One end of one flow.
class End {
 public:
  End(const logic::Pool& pool, const policy::Reading& reading, policy::Direction direction, const Flow& flow, const Cluster& cluster)
      : pool_(pool), side_(reading.direction(direction)), direction_(direction), flow_(flow), cluster_(cluster) {}

  EndDecision decide() {
    const Endpoint& subject = flow_.end(policy::subject_of(direction_));
    if (subject.kind != EndpointKind::pod || !subject.policed) return {EndVerdict::unpoliced, EndDecision::By::not_policed, "policy does not apply to this end", ""};
    if (flow_.source->name == flow_.destination->name) return {EndVerdict::allow, EndDecision::By::itself, "a pod reaches itself", ""};
    find_isolating();
    for (const auto& drop : side_.drops)
      if (truth(drop.when)) return {EndVerdict::deny, EndDecision::By::datapath, drop.sentence, drop.axis};
    for (const auto& admit : side_.admits)
      if (truth(admit.when)) return {EndVerdict::allow, EndDecision::By::datapath, admit.sentence, admit.axis};
    if (const auto* gap = gap_of(policy::Gap::Scope::always)) return unknown(*gap);
    if (!side_.enforced) return {EndVerdict::allow, EndDecision::By::not_isolated, "no policy is enforced", "enforcement.mode"};
    if (isolating_.empty()) return unselected();
    if (const auto* gap = gap_of(policy::Gap::Scope::isolated)) return unknown(*gap);
    return by_rules();
  }

 private:
  bool truth(logic::Expr e) const {
    return pool_.evaluate(e, [&](const Atom& a) {
      if (a.kind == AtomKind::flag && pool_.text(a.name) == "isolated") return !isolating_.empty();
      return holds(pool_, a, flow_, cluster_);
    });
  }

  // A policy selects pods of its own namespace only: its name is compared before its formula is asked.
  void find_isolating() {
    const std::string& here = flow_.end(policy::subject_of(direction_)).namespace_name;
    for (size_t i = 0; i < side_.policies.size(); ++i)
      if (side_.policies[i].namespace_name == here && truth(side_.policies[i].subject)) isolating_.push_back(i);
  }

  const policy::Gap* gap_of(policy::Gap::Scope scope) const {
    for (const auto& gap : side_.gaps)
      if (gap.scope == scope && truth(gap.when)) return &gap;
    return nullptr;
  }

  static EndDecision unknown(const policy::Gap& gap) { return {EndVerdict::unknown, EndDecision::By::gap, gap.axis + ": " + gap.reason, gap.axis}; }

  EndDecision unselected() const {
    if (!side_.unisolated_denied) return {EndVerdict::allow, EndDecision::By::not_isolated, "not isolated", ""};
    if (const auto* gap = gap_of(policy::Gap::Scope::denied)) return unknown(*gap);
    return {EndVerdict::deny, EndDecision::By::default_deny, "no policy selects it, and the CNI closes what none selects", "enforcement.mode"};
  }

  EndDecision by_rules() const {
    for (const size_t i : isolating_) {
      const policy::Policy& policy = side_.policies[i];
      for (size_t r = 0; r < policy.rules.size(); ++r)
        if (truth(policy.rules[r].peer) && truth(policy.rules[r].ports)) return allowed(i, r);
    }
    if (const auto* gap = gap_of(policy::Gap::Scope::denied)) return unknown(*gap);
    EndDecision decision{EndVerdict::deny, EndDecision::By::default_deny, "default deny of " + side_.policies[isolating_[0]].id(), ""};
    decision.policy = static_cast<int>(isolating_[0]);
    return decision;
  }

  int first_true(const std::vector<policy::Term>& terms) const {
    for (size_t i = 0; i < terms.size(); ++i)
      if (truth(terms[i].when)) return static_cast<int>(i);
    return -1;
  }

  EndDecision allowed(size_t policy_index, size_t rule_index) const {
    const policy::Policy& policy = side_.policies[policy_index];
    const policy::Rule& rule = policy.rules[rule_index];
    EndDecision decision{.verdict = EndVerdict::allow, .by = EndDecision::By::rule};
    decision.policy = static_cast<int>(policy_index);
    decision.rule = static_cast<int>(rule_index);
    decision.peer_term = first_true(rule.peer_terms);
    decision.port_term = first_true(rule.port_terms);
    decision.reason = policy.id() + " " + rule.field;
    if (decision.port_term >= 0)
      decision.reason += "." + rule.port_terms[static_cast<size_t>(decision.port_term)].field;
    else if (decision.peer_term >= 0)
      decision.reason += "." + rule.peer_terms[static_cast<size_t>(decision.peer_term)].field;
    return decision;
  }

  const logic::Pool& pool_;
  const policy::DirectionReading& side_;
  policy::Direction direction_;
  const Flow& flow_;
  const Cluster& cluster_;
  std::vector<size_t> isolating_;
};

}  // namespace

EndDecision evaluate_end(const logic::Pool& pool, const policy::Reading& reading, policy::Direction direction, const Flow& flow, const Cluster& cluster) {
  return End(pool, reading, direction, flow, cluster).decide();
}

FlowVerdict evaluate(const logic::Pool& pool, const policy::Reading& source_reading, const policy::Reading& destination_reading, const Flow& flow, const Cluster& cluster) {
  return {evaluate_end(pool, source_reading, policy::Direction::egress, flow, cluster), evaluate_end(pool, destination_reading, policy::Direction::ingress, flow, cluster)};
}

std::function<base::Port(const std::string&, base::Protocol)> cluster_port_names(const std::vector<const Endpoint*>& pods) {
  // 0: two numbers. A pod's last declaration of a name is the only one that counts.
  std::map<std::pair<std::string, base::Protocol>, base::Port> agreed;
  for (const Endpoint* pod : pods) {
    std::map<std::string, std::pair<base::Protocol, base::Port>> last;
    for (const auto& port : pod->ports)
      if (!port.name.empty() && port.container == resource::ContainerKind::regular) last[port.name] = {port.protocol, port.number};
    for (const auto& [name, declared] : last) {
      const auto [it, fresh] = agreed.try_emplace({name, declared.first}, declared.second);
      if (!fresh && it->second != declared.second) it->second = 0;
    }
  }
  return [agreed](const std::string& name, base::Protocol protocol) {
    const auto it = agreed.find({name, protocol});
    return it == agreed.end() ? base::Port{0} : it->second;
  };
}

}  // namespace npverify::oracle
