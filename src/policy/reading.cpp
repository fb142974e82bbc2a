#include "policy/reading.h"

#include <algorithm>

#include "base/diagnostics.h"
#include "policy/translate.h"

namespace npverify::policy {

const char* to_string(Direction direction) { return direction == Direction::ingress ? "ingress" : "egress"; }

void DirectionReading::add(Gap gap) {
  gaps_by_namespace[gap.namespace_name].push_back(static_cast<uint32_t>(gaps.size()));
  if (!gap.namespace_name.empty()) by_namespace.try_emplace(gap.namespace_name);
  gaps.push_back(std::move(gap));
}

AxisReader::AxisReader(logic::Pool& pool, const semantics::Profile& profile, const ClusterFacts& facts) : pool_(pool), profile_(profile), facts_(facts) {
  for (const auto& [name, axis] : profile.axes) axes_.emplace_back(name, &axis);
}

const semantics::Resolved& AxisReader::resolved(std::string_view axis) const {
  const auto found = std::lower_bound(axes_.begin(), axes_.end(), axis, [](const auto& one, std::string_view name) { return one.first < name; });
  base::require(found != axes_.end() && found->first == axis, "there is no axis " + std::string(axis));
  return *found->second;
}

bool AxisReader::lacks_evidence(const semantics::Resolved& axis) {
  if (axis.gap() && std::find(missing_.begin(), missing_.end(), axis.axis) == missing_.end()) missing_.push_back(axis.axis);
  return axis.gap();
}

size_t AxisReader::HashOfQuestion::operator()(const Question& question) const {
  size_t hash = std::hash<const void*>{}(question.axis) + static_cast<size_t>(question.direction);
  for (size_t i = 0; i < question.count; ++i) hash = hash * 0x9e3779b97f4a7c15ULL + question.sorts[i] + static_cast<size_t>(question.values[i]) * 8;
  return hash;
}

AxisReader::Question AxisReader::question(const semantics::Resolved& axis, Direction direction, std::initializer_list<semantics::Argument> arguments) {
  Question question{.axis = &axis, .direction = direction};
  for (const auto& argument : arguments) {
    const size_t i = question.count++;
    question.sorts[i] = argument.index();
    if (const auto* formula = std::get_if<logic::Expr>(&argument)) question.values[i] = formula->id;
    if (const auto* number = std::get_if<int64_t>(&argument)) question.values[i] = *number;
    if (const auto* name = std::get_if<std::string>(&argument)) question.values[i] = pool_.symbol(*name);
    if (const auto* protocol = std::get_if<base::Protocol>(&argument)) question.values[i] = static_cast<int64_t>(*protocol);
  }
  return question;
}

logic::Expr AxisReader::instantiate(const semantics::Resolved& axis, const std::vector<semantics::Argument>& arguments, Direction direction, const Facts& policy_facts) {
  semantics::RuleContext context{.subject = subject_of(direction), .facts = policy_facts};
  context.facts["cluster.dual-stack"] = facts_.ipv4 && facts_.ipv6;
  return profile_.rules->instantiate(pool_, axis.rule, arguments, context);
}

logic::Expr AxisReader::ask(std::string_view name, std::initializer_list<semantics::Argument> arguments, Direction direction) {
  const semantics::Resolved& axis = resolved(name);
  if (lacks_evidence(axis)) return logic::False;
  if (arguments.size() > most_arguments) return instantiate(axis, arguments, direction, {});
  const Question asked = question(axis, direction, arguments);
  if (const auto known = answers_.find(asked); known != answers_.end()) return known->second;
  return answers_.emplace(asked, instantiate(axis, arguments, direction, {})).first->second;
}

logic::Expr AxisReader::ask(std::string_view name, const Facts& policy_facts, Direction direction) {
  const semantics::Resolved& axis = resolved(name);
  return lacks_evidence(axis) ? logic::False : instantiate(axis, {}, direction, policy_facts);
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
                                          {"hosts.to-own-node", unknown_denied, sent_to_a_host},
                                          {"hosts.identity", unknown_denied, with_a_host}};

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
    const logic::Expr when = effect == admit ? axes.ask(axis, {axes.pool().flag("isolated")}, direction) : axes.ask(axis, std::initializer_list<semantics::Argument>{}, direction);
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
