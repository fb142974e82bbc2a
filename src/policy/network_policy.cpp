// networking.k8s.io/v1 NetworkPolicy. What a CNI does to a selector, a block or a port is in the formulas that its axes give;
// the shape (any rule of any selecting policy allows) is the same for all.
#include <algorithm>

#include "base/diagnostics.h"
#include "policy/refused.h"
#include "policy/translate.h"

namespace npverify::policy {
namespace {

using logic::Expr;
using logic::Role;
using resource::NetworkPolicy;
using resource::NetworkPolicyPeer;
using resource::NetworkPolicyPort;
using resource::NetworkPolicyRule;

bool asks_only_for_absence(const resource::LabelSelector& selector) {
  return std::all_of(selector.requirements.begin(), selector.requirements.end(), [](const auto& r) {
    return r.op == resource::SelectorOperator::not_in || r.op == resource::SelectorOperator::does_not_exist;
  });
}

// Keys that the CNI's own prefix makes longer than a label key may be: see the rules of policy.key-length.
bool has_long_key(const resource::LabelSelector& selector, size_t longest, size_t longest_prefix) {
  return std::any_of(selector.requirements.begin(), selector.requirements.end(), [&](const auto& r) {
    const auto slash = r.key.find('/');
    return slash == std::string::npos ? r.key.size() > longest : slash > longest_prefix;
  });
}

// Axes that concern whole policies: a gap in one makes a policy a gap in both directions.
constexpr const char* structural_axes[] = {"policy.types", "selectors.long-keys", "labels.keys"};
constexpr const char* refusing_axes[] = {"policy.sctp", "policy.key-length", "policy.ingress-ip-block"};

// What the profile says of every policy, looked up once.
struct Structure {
  bool long_keys_select_everything = false;  ///< a selector with such a key does
  bool rules_isolate = false;                ///< also in a direction that policyTypes does not list
  std::vector<std::string> missing;          ///< structural axes without evidence

  explicit Structure(const semantics::Profile& profile) {
    long_keys_select_everything = profile.axis("selectors.long-keys").rule == "keys.long-select-everything";
    rules_isolate = profile.axis("policy.types").rule == "types.rules-isolate-too";
    for (const char* axis : structural_axes)
      if (profile.axis(axis).gap()) missing.emplace_back(axis);
  }

  bool selects_everything(const resource::LabelSelector& selector, bool of_namespaces) const {
    return long_keys_select_everything && has_long_key(selector, of_namespaces ? 28 : 59, of_namespaces ? 218 : 249);
  }

  bool isolates(const NetworkPolicy& policy, Direction direction) const {
    const bool listed = direction == Direction::ingress ? policy.type_ingress : policy.type_egress;
    return listed || (rules_isolate && speaks_of(policy, direction));
  }
};

// The block without its excepts.
base::AddressSet addresses_of(const resource::IpBlock& block) {
  std::vector<base::AddressSet::Interval> holes;
  for (const auto& except : block.except) holes.push_back({except.first(), except.last()});
  return base::AddressSet::of(block.cidr).minus(base::AddressSet::of(std::move(holes)));
}

class Translation {
 public:
  Translation(AxisReader& axes, const Structure& structure, const LabelView& labels, const KnownAddresses& addresses, const NetworkPolicy& policy, Direction direction)
      : axes_(axes), structure_(structure), pool_(axes.pool()), labels_(labels), addresses_(addresses), policy_(policy), direction_(direction), peer_(peer_of(direction)) {}

  // What of a rule nobody can say: flows that it may allow, if no other does.
  void note_open(const NetworkPolicyRule& source, const Policy& read, Expr ports, DirectionReading& side) {
    const auto add = [&](Expr when, const char* axis, const char* what, const char* why) {
      if (!when.is_false()) side.add({pool_.conjunction({read.subject, when, ports}), Gap::Scope::denied, axis, what + read.id() + why, policy_.meta.namespace_name});
    };
    for (const auto& peer : source.peers) {
      add(open_accounts(peer), "labels.keys", "a peer of ", " asks for labels of the pod's ServiceAccount, which is not among the objects given");
      add(open_addresses(peer), "ip-blocks.addresses", "an ipBlock of ", " may hold another address of the peer, which is not among the objects given");
    }
  }

  // A rule as written is one Rule, or two where its peers are other ends by a port's name than by its number: one of the numbers, one of the names.
  // Returns when its ports hold, of either.
  Expr translate(const NetworkPolicyRule& source, size_t number, std::vector<Rule>& rules) {
    const std::string field = std::string(to_string(direction_)) + "[" + std::to_string(number) + "]";
    std::vector<Term> ports, by_number = peers(source, false), by_name;
    ports.reserve(source.ports.size());
    for (size_t i = 0; i < source.ports.size(); ++i) ports.push_back({port(source.ports[i]), "ports[" + std::to_string(i) + "]", source.ports[i].origin});
    if (std::any_of(source.ports.begin(), source.ports.end(), is_name)) by_name = peers(source, true);
    if (by_name.empty() || std::ranges::equal(by_number, by_name, {}, &Term::when, &Term::when)) {
      rules.push_back(rule(field, source.origin, std::move(by_number), std::move(ports)));
      return rules.back().ports;
    }
    const Expr all = any(ports);
    std::vector<Term> numbers, names;
    for (size_t i = 0; i < ports.size(); ++i) (is_name(source.ports[i]) ? names : numbers).push_back(std::move(ports[i]));
    rules.push_back(rule(field, source.origin, std::move(by_name), std::move(names)));
    if (!numbers.empty()) rules.push_back(rule(field, source.origin, std::move(by_number), std::move(numbers)));
    return all;
  }

 private:
  static bool is_name(const NetworkPolicyPort& entry) { return std::holds_alternative<std::string>(entry.port); }

  std::vector<Term> peers(const NetworkPolicyRule& source, bool by_name) {
    std::vector<Term> terms;
    terms.reserve(source.peers.size());
    for (size_t i = 0; i < source.peers.size(); ++i)
      terms.push_back({peer(source.peers[i], !source.ports.empty(), by_name), (direction_ == Direction::ingress ? "from[" : "to[") + std::to_string(i) + "]", source.peers[i].origin});
    return terms;
  }

  // No terms: every peer, every port.
  Rule rule(const std::string& field, const resource::Origin& origin, std::vector<Term> peers, std::vector<Term> ports) {
    Rule rule{.peer = logic::True, .ports = logic::True, .origin = origin};
    rule.field = field;
    if (!peers.empty()) rule.peer = any(peers);
    if (!ports.empty()) rule.ports = any(ports);
    rule.peer_terms = std::move(peers);
    rule.port_terms = std::move(ports);
    return rule;
  }

  Expr any(const std::vector<Term>& terms) {
    if (terms.size() == 1) return terms[0].when;
    std::vector<Expr> all;
    all.reserve(terms.size());
    for (const Term& term : terms) all.push_back(term.when);
    return pool_.disjunction(std::move(all));
  }

  Expr peer(const NetworkPolicyPeer& peer, bool has_ports, bool by_name) { return peer.ip_block ? block(*peer.ip_block, has_ports) : selected(peer, by_name); }

  // Pods by selectors; and, for the CNIs that look there, ends that are no pods.
  Expr selected(const NetworkPolicyPeer& peer, bool by_name) {
    if ((peer.pod_selector && structure_.selects_everything(*peer.pod_selector, false)) || (peer.namespace_selector && structure_.selects_everything(*peer.namespace_selector, true))) return logic::True;
    const Expr is_pod = pool_.kind_is(peer_, logic::EndpointKind::pod);
    std::vector<Expr> pod{is_pod, in_namespace(peer)};
    if (peer.pod_selector) pod.push_back(pool_.negation(labels_.unknown(pool_, peer_, *peer.pod_selector)));
    if (peer.pod_selector) pod.push_back(peer.namespace_selector ? labels_.pods(pool_, peer_, *peer.pod_selector) : labels_.pods_of_own_namespace(pool_, peer_, *peer.pod_selector));
    const bool matches_unlabelled = peer.namespace_selector && !peer.namespace_selector->empty() && asks_only_for_absence(*peer.namespace_selector) &&
                                    (!peer.pod_selector || asks_only_for_absence(*peer.pod_selector));
    const Expr beyond = axes_.ask("selectors.beyond-pods", {truth(matches_unlabelled), truth(by_name)}, direction_);
    return pool_.either(pool_.conjunction(std::move(pod)), beyond);
  }

  // Pods of whom it is open whether the peer's selectors select them.
  Expr open_accounts(const NetworkPolicyPeer& peer) {
    const Expr unknown = peer.pod_selector ? labels_.unknown(pool_, peer_, *peer.pod_selector) : logic::False;
    return unknown.is_false() ? logic::False : pool_.both(in_namespace(peer), unknown);
  }

  // Ends of whom it is open whether the block holds one of their addresses.
  Expr open_addresses(const NetworkPolicyPeer& peer) {
    if (!peer.ip_block || !addresses_.may_be_unknown()) return logic::False;
    const Expr counts = axes_.ask("ip-blocks.peers", {logic::True, truth(peer.ip_block->cidr.length == 0)}, direction_);
    return pool_.both(counts, addresses_.unknown(pool_, direction_, addresses_of(*peer.ip_block)));
  }

  Expr in_namespace(const NetworkPolicyPeer& peer) {
    return peer.namespace_selector ? labels_.namespaces(pool_, peer_, *peer.namespace_selector) : pool_.namespace_is(peer_, policy_.meta.namespace_name);
  }

  Expr block(const resource::IpBlock& block, bool has_ports) {
    const bool zero = block.cidr.length == 0;
    const base::AddressSet left = addresses_of(block);
    const Expr in_block = pool_.either(pool_.address_in(peer_, left), addresses_.matched(pool_, direction_, left));
    std::vector<Expr> ways{axes_.ask("ip-blocks.peers", {in_block, truth(zero)}, direction_)};
    const base::Family family = block.cidr.network.family;
    const base::Family other = family == base::Family::ipv4 ? base::Family::ipv6 : base::Family::ipv4;
    const Expr leak = axes_.ask("ip-blocks.other-family", {truth(zero), truth(!block.except.empty())}, direction_);
    ways.push_back(pool_.both(pool_.family_is(other), leak));
    if (left.empty()) ways.push_back(axes_.ask("ip-blocks.empty", {truth(has_ports)}, direction_));
    return pool_.disjunction(std::move(ways));
  }

  Expr port(const NetworkPolicyPort& entry) {
    const bool has_port = !std::holds_alternative<std::monostate>(entry.port);
    const Expr read = axes_.ask("ports.read", {entry.protocol, truth(has_port)}, direction_);
    return pool_.conjunction({pool_.protocol_is(entry.protocol), read, number(entry)});
  }

  Expr number(const NetworkPolicyPort& entry) {
    if (const auto* name = std::get_if<std::string>(&entry.port))
      return axes_.ask(direction_ == Direction::ingress ? "ports.named-ingress" : "ports.named-egress", {*name, entry.protocol}, direction_);
    if (const auto* port = std::get_if<base::Port>(&entry.port)) {
      if (!entry.end_port) return pool_.port_in(base::PortSet::range(*port, *port));
      return axes_.ask("ports.range", {int64_t{*port}, int64_t{*entry.end_port}}, direction_);
    }
    return axes_.ask("ports.absent", {}, direction_);
  }

  static Expr truth(bool b) { return b ? logic::True : logic::False; }

  AxisReader& axes_;
  const Structure& structure_;
  logic::Pool& pool_;
  const LabelView& labels_;
  const KnownAddresses& addresses_;
  const NetworkPolicy& policy_;
  Direction direction_;
  Role peer_;
};

// The facts that a refusal may depend on. Keys without a prefix and prefixes are measured apart: a CNI's own prefix makes either longer.
struct PolicyFacts {
  struct Keys {
    int64_t longest = 0, longest_prefix = 0;
    auto operator<=>(const Keys&) const = default;
  } pods, namespaces;
  bool uses_sctp = false, has_ingress_ip_block = false;
  auto operator<=>(const PolicyFacts&) const = default;

  explicit PolicyFacts(const NetworkPolicy& policy) {
    measure(policy.pod_selector, pods);
    for (const auto* rules : {&policy.ingress, &policy.egress})
      for (const auto& rule : *rules) add(rule, rules == &policy.ingress);
  }

  void add(const NetworkPolicyRule& rule, bool ingress) {
    for (const auto& port : rule.ports) uses_sctp = uses_sctp || port.protocol == base::Protocol::sctp;
    for (const auto& peer : rule.peers) {
      if (peer.pod_selector) measure(*peer.pod_selector, pods);
      if (peer.namespace_selector) measure(*peer.namespace_selector, namespaces);
      has_ingress_ip_block = has_ingress_ip_block || (ingress && peer.ip_block);
    }
  }

  static void measure(const resource::LabelSelector& selector, Keys& keys) {
    for (const auto& r : selector.requirements) {
      const auto slash = r.key.find('/');
      int64_t& longest = slash == std::string::npos ? keys.longest : keys.longest_prefix;
      longest = std::max(longest, static_cast<int64_t>(slash == std::string::npos ? r.key.size() : slash));
    }
  }

  AxisReader::Facts by_name() const {
    return {{"policy.uses-sctp", uses_sctp},
            {"policy.has-ingress-ip-block", has_ingress_ip_block},
            {"policy.longest-pod-key", pods.longest},
            {"policy.longest-namespace-key", namespaces.longest},
            {"policy.longest-pod-key-prefix", pods.longest_prefix},
            {"policy.longest-namespace-key-prefix", namespaces.longest_prefix}};
  }
};

// Which policies an axis of place "refusal" refuses as a whole. Few facts decide it, so it is asked once for each combination of them.
class Refusals {
 public:
  explicit Refusals(AxisReader& axes) : axes_(axes) {}

  struct Answer {
    const char* axis = nullptr;        ///< that refuses; null: none
    std::vector<std::string> missing;  ///< axes without evidence
  };
  const Answer& of(const NetworkPolicy& policy) {
    const PolicyFacts facts(policy);
    const auto [it, fresh] = known_.try_emplace(facts);
    if (fresh) it->second = ask(facts.by_name());
    return it->second;
  }

  Refused refused(const NetworkPolicy& policy, uint32_t index, const Answer& answer) const {
    return {policy.meta.namespace_name, policy.meta.name, answer.axis, axes_.profile().axis(answer.axis).sentence, policy.meta.origin, index};
  }

 private:
  Answer ask(const AxisReader::Facts& facts) {
    Answer answer;
    for (const char* axis : refusing_axes)
      if (!answer.axis && axes_.ask(axis, facts, Direction::ingress).is_true()) answer.axis = axis;
    answer.missing = axes_.take_missing();
    return answer;
  }

  AxisReader& axes_;
  std::map<PolicyFacts, Answer> known_;
};

void note_gaps(const std::vector<std::string>& missing, const Policy& policy, const semantics::Profile& profile, DirectionReading& reading) {
  for (const auto& axis : missing)
    reading.add({policy.subject, Gap::Scope::always, axis, "axis " + axis + ": encodings hold " + semantics::missing_evidence(profile, profile.axis(axis)), policy.namespace_name});
}

const std::vector<NetworkPolicyRule>& rules_of(const NetworkPolicy& policy, Direction direction) { return direction == Direction::ingress ? policy.ingress : policy.egress; }

// A policy that asks for labels of ServiceAccounts that nobody gave may or may not select their pods.
void note_open_subjects(logic::Pool& pool, const LabelView& labels, const NetworkPolicy& policy, Direction direction, const Policy& read, DirectionReading& side) {
  const Role subject = subject_of(direction);
  const Expr unknown = labels.unknown(pool, subject, policy.pod_selector);
  if (unknown.is_false()) return;
  const Expr when = pool.both(pool.namespace_is(subject, policy.meta.namespace_name), unknown);
  if (!when.is_false())
    side.add({when, Gap::Scope::always, "labels.keys", "the podSelector of " + read.id() + " asks for labels of the pod's ServiceAccount, which is not among the objects given", policy.meta.namespace_name});
}

}  // namespace

bool speaks_of(const NetworkPolicy& policy, Direction direction) {
  const bool ingress = direction == Direction::ingress;
  return (ingress ? policy.type_ingress : policy.type_egress) || !rules_of(policy, direction).empty();
}

bool bears_on_its_directions_alone(const semantics::Profile& profile) {
  const auto is_gap = [&](const char* axis) { return profile.axis(axis).gap(); };
  return std::none_of(std::begin(refusing_axes), std::end(refusing_axes), is_gap) && std::none_of(std::begin(structural_axes), std::end(structural_axes), is_gap);
}

void translate_network_policies(AxisReader& axes, const LabelView& labels, const KnownAddresses& addresses, const std::vector<NetworkPolicy>& policies, const std::vector<uint32_t>* only, Reading& reading) {
  std::vector<uint32_t> all;
  if (!only) {
    for (uint32_t i = 0; i < policies.size(); ++i) all.push_back(i);
    only = &all;
  }
  logic::Pool& pool = axes.pool();
  const Structure structure(axes.profile());
  Refusals refusals(axes);
  for (const uint32_t index : *only) {
    const NetworkPolicy& policy = policies[index];
    const Refusals::Answer& refusal = refusals.of(policy);
    if (refusal.axis) {
      reading.refused.push_back(refusals.refused(policy, index, refusal));
      continue;
    }
    for (const Direction direction : both_directions) {
      DirectionReading& side = reading.direction(direction);
      const Role subject = subject_of(direction);
      Policy read{.namespace_name = policy.meta.namespace_name, .name = policy.meta.name, .origin = policy.meta.origin, .index = index};
      read.selector = structure.selects_everything(policy.pod_selector, false) ? logic::True : labels.pods_of_own_namespace(pool, subject, policy.pod_selector);
      read.subject = pool.both(pool.namespace_is(subject, policy.meta.namespace_name), read.selector);
      note_gaps(refusal.missing, read, axes.profile(), side);
      note_gaps(structure.missing, read, axes.profile(), side);
      if (!structure.isolates(policy, direction)) continue;
      note_open_subjects(pool, labels, policy, direction, read, side);
      const auto& rules = rules_of(policy, direction);
      Translation translation(axes, structure, labels, addresses, policy, direction);
      read.rules.reserve(rules.size());
      for (size_t i = 0; i < rules.size(); ++i) {
        const Expr ports = translation.translate(rules[i], i, read.rules);
        translation.note_open(rules[i], read, ports, side);
      }
      note_gaps(axes.take_missing(), read, axes.profile(), side);
      side.by_namespace[read.namespace_name].push_back(static_cast<uint32_t>(side.policies.size()));
      side.policies.push_back(std::move(read));
    }
  }
}

std::vector<Refused> refused_policies(const resource::Snapshot& snapshot, const ClusterFacts& facts, const semantics::Profile& profile) {
  logic::Pool pool;
  AxisReader axes(pool, profile, facts);
  Refusals refusals(axes);
  std::vector<Refused> refused;
  for (uint32_t i = 0; i < snapshot.network_policies.size(); ++i)
    if (const auto& answer = refusals.of(snapshot.network_policies[i]); answer.axis) refused.push_back(refusals.refused(snapshot.network_policies[i], i, answer));
  return refused;
}

}  // namespace npverify::policy
