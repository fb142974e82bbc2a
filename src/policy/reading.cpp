#include "policy/reading.h"

#include <algorithm>

#include "policy/translate.h"

namespace npverify::policy {

const char* to_string(Direction direction) { return direction == Direction::ingress ? "ingress" : "egress"; }

void DirectionReading::add(Gap gap) {
  gaps_by_namespace[gap.namespace_name].push_back(static_cast<uint32_t>(gaps.size()));
  if (!gap.namespace_name.empty()) by_namespace.try_emplace(gap.namespace_name);
  gaps.push_back(std::move(gap));
}

logic::Expr AxisReader::ask(const std::string& axis, const std::vector<semantics::Argument>& arguments, Direction direction, const std::map<std::string, int64_t>& policy_facts) {
  const semantics::Resolved& resolved = profile_.axis(axis);
  if (resolved.gap()) {
    if (std::find(missing_.begin(), missing_.end(), axis) == missing_.end()) missing_.push_back(axis);
    return logic::False;
  }
  semantics::RuleContext context{.subject = subject_of(direction), .facts = policy_facts};
  context.facts["cluster.dual-stack"] = facts_.ipv4 && facts_.ipv6;
  return profile_.rules->instantiate(pool_, resolved.rule, arguments, context);
}

std::vector<std::string> AxisReader::take_missing() {
  std::vector<std::string> missing;
  missing.swap(missing_);
  return missing;
}

namespace {

struct DatapathAxis {
  const char* axis;
  enum class Effect : uint8_t { drop, admit, unknown_isolated, unknown_denied } effect;
  /// The flows that the axis asks about, whatever the answer: all that is open where nothing answers it.
  logic::Expr (*concerns)(logic::Pool&, Direction);
};
using enum DatapathAxis::Effect;

logic::Expr with_a_host(logic::Pool& pool, Direction direction) { return pool.kind_is(peer_of(direction), logic::EndpointKind::host); }
logic::Expr sent_to_a_host(logic::Pool& pool, Direction direction) { return direction == Direction::egress ? with_a_host(pool, direction) : logic::False; }
logic::Expr from_a_host(logic::Pool& pool, Direction direction) { return direction == Direction::ingress ? with_a_host(pool, direction) : logic::False; }
logic::Expr sent_udp(logic::Pool& pool, Direction direction) { return direction == Direction::egress ? pool.protocol_is(base::Protocol::udp) : logic::False; }
logic::Expr sctp(logic::Pool& pool, Direction) { return pool.protocol_is(base::Protocol::sctp); }
logic::Expr icmp(logic::Pool& pool, Direction) { return pool.protocol_is(base::Protocol::icmp); }

// The axes that speak of every flow, whatever the policies.
constexpr DatapathAxis datapath_axes[] = {{"datapath.sctp", drop, sctp},
                                          {"datapath.vxlan", drop, sent_udp},
                                          {"datapath.to-own-node", drop, sent_to_a_host},
                                          {"datapath.from-own-node", admit, from_a_host},
                                          {"protocols.beyond", unknown_isolated, icmp},
                                          {"hosts.to-own-node", unknown_denied, sent_to_a_host}};

// Nothing is known of these flows.
void add_gap(const semantics::Profile& profile, const std::string& axis, logic::Expr flows, DirectionReading& side) {
  if (!flows.is_false()) side.add({flows, Gap::Scope::always, axis, "axis " + axis + ": encodings hold " + semantics::missing_evidence(profile, profile.axis(axis))});
}

void read_datapath(AxisReader& axes, Direction direction, DirectionReading& side) {
  const auto& profile = axes.profile();
  for (const auto& [axis, effect, concerns] : datapath_axes) {
    if (profile.axis(axis).gap()) {
      add_gap(profile, axis, concerns(axes.pool(), direction), side);
      continue;
    }
    // What `isolated` stands for is filled in where the verdict is folded: the flag is replaced there.
    const std::vector<semantics::Argument> arguments = effect == admit ? std::vector<semantics::Argument>{axes.pool().flag("isolated")} : std::vector<semantics::Argument>{};
    const logic::Expr when = axes.ask(axis, arguments, direction);
    const std::string sentence = profile.axis(axis).sentence;
    if (when.is_false()) continue;
    if (effect == drop) side.drops.push_back({when, axis, sentence});
    if (effect == admit) side.admits.push_back({when, axis, sentence});
    if (effect == unknown_isolated) side.add({when, Gap::Scope::isolated, axis, sentence});
    if (effect == unknown_denied) side.add({when, Gap::Scope::denied, axis, sentence});
  }
}

void read_enforcement(const semantics::Profile& profile, DirectionReading& side) {
  const semantics::Resolved& mode = profile.axis("enforcement.mode");
  side.enforced = mode.rule != "enforcement.never";
  side.unisolated_denied = mode.rule == "enforcement.always";
  // An option of the installation that nobody looked at concerns every flow, policy or none: the agent may not even start with it.
  for (const char* axis : {"enforcement.mode", "ip-blocks.addresses"})
    if (profile.axis(axis).gap()) add_gap(profile, axis, logic::True, side);
}

}  // namespace

bool is_drop_axis(std::string_view axis) {
  return std::any_of(std::begin(datapath_axes), std::end(datapath_axes), [&](const DatapathAxis& one) { return one.effect == drop && one.axis == axis; });
}

Reading read_policies(logic::Pool& pool, const resource::Snapshot& snapshot, const ClusterFacts& facts, const semantics::Profile& profile, const std::vector<uint32_t>* only) {
  Reading reading{.profile = profile};
  AxisReader axes(pool, profile, facts);
  for (const Direction direction : both_directions) {
    read_datapath(axes, direction, reading.direction(direction));
    read_enforcement(profile, reading.direction(direction));
  }
  const LabelView labels(profile, snapshot.service_accounts);
  const KnownAddresses addresses(profile, snapshot, facts);
  translate_network_policies(axes, labels, addresses, snapshot.network_policies, only, reading);
  return reading;
}

}  // namespace npverify::policy
