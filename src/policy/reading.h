#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logic/expression.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

/// What a profile makes of the policies of a snapshot: the CNI-neutral form that all three evaluators read.
///
/// At one end of a flow (the subject; the other end is the peer) the verdict of a direction is, in this order:
///   dropped   one of `drops` holds: deny, whatever policy says
///   admitted  one of `admits` holds: allow, whatever policy says
///   unisolated  no policy that isolates the direction selects the subject: allow (or go on where `unisolated_denied`)
///   allowed   some rule of a policy that selects the subject matches peer and ports: allow
///   otherwise deny
/// and unknown wherever `gaps` says so. Nothing downstream of this header knows the name of a CNI.
namespace npverify::policy {

enum class Direction : uint8_t { ingress, egress };
inline constexpr Direction both_directions[] = {Direction::egress, Direction::ingress};
const char* to_string(Direction direction);
/// The role of the policed end: the destination for ingress, the source for egress.
inline logic::Role subject_of(Direction d) { return d == Direction::ingress ? logic::Role::destination : logic::Role::source; }
inline logic::Role peer_of(Direction d) { return logic::other(subject_of(d)); }

/// A condition that a profile's axis contributes for every flow, whatever the policies.
struct Condition {
  logic::Expr when;
  std::string axis, sentence;  ///< the axis and the sentence of its rule
};

/// Where the profile does not say what happens.
struct Gap {
  enum class Scope : uint8_t { always, isolated, denied };  ///< unknown at once; where a policy isolates; where nothing allows
  logic::Expr when;
  Scope scope = Scope::always;
  std::string axis, reason;
  std::string namespace_name = {};  ///< of the policy it comes from: `when` holds for subjects there alone; empty: no policy's
};

/// One alternative of a rule: a peer or a port entry, with the place it stands at.
struct Term {
  logic::Expr when;
  std::string field;  ///< "from[1]", "ports[0]"
  resource::Origin origin;
};

struct Rule {
  logic::Expr peer, ports;             ///< a flow matches where both hold
  std::vector<Term> peer_terms, port_terms;  ///< their disjuncts; empty where the rule lists none (everything matches)
  std::string field;                   ///< "ingress[0]"
  resource::Origin origin;
};

/// A policy as it bears on one direction.
struct Policy {
  std::string kind = "NetworkPolicy", namespace_name, name;
  resource::Origin origin;
  uint32_t index = 0;          ///< of the policy among its kind in the snapshot
  logic::Expr subject;         ///< selects the policed end; includes the namespace
  logic::Expr selector;        ///< the subject without its namespace
  std::vector<Rule> rules;     ///< any match allows
  std::string id() const { return namespace_name.empty() ? name : namespace_name + "/" + name; }
};

/// A policy that the CNI does not enforce, in whole.
struct Refused {
  std::string namespace_name, name, axis, sentence;
  resource::Origin origin;
  uint32_t index = 0;
};

struct DirectionReading {
  std::vector<Condition> drops, admits;
  bool unisolated_denied = false;  ///< the CNI denies what no policy selects
  bool enforced = true;            ///< false: the CNI enforces no policy at all
  std::vector<Policy> policies;    ///< all isolate; in snapshot order
  std::vector<Gap> gaps;
  std::map<std::string, std::vector<uint32_t>> by_namespace;       ///< policies of each namespace, as indices; holds every namespace of a gap too
  std::map<std::string, std::vector<uint32_t>> gaps_by_namespace;  ///< gaps by their namespace_name, as indices
  void add(Gap gap);
};

/// Data, the same shape for every CNI and every policy kind.
struct Reading {
  semantics::Profile profile;
  DirectionReading ingress, egress;
  std::vector<Refused> refused;
  const DirectionReading& direction(Direction d) const { return d == Direction::ingress ? ingress : egress; }
  DirectionReading& direction(Direction d) { return d == Direction::ingress ? ingress : egress; }
};

/// Facts of the cluster that a reading depends on beside the policies.
struct ClusterFacts {
  bool ipv4 = true, ipv6 = false;
};

/// Translates the policies of `snapshot` as `profile` reads them. Expressions go into `pool`.
/// `only`, if given, lists the NetworkPolicies (indices) to translate; the others are left out as if absent.
Reading read_policies(logic::Pool& pool, const resource::Snapshot& snapshot, const ClusterFacts& facts, const semantics::Profile& profile,
                      const std::vector<uint32_t>* only = nullptr);

/// Whether every policy bears, as `profile` reads it, on no direction but those that it lists or has rules for: no axis that concerns whole policies is a gap.
bool bears_on_its_directions_alone(const semantics::Profile& profile);
/// The policy lists the direction or has rules for it.
bool speaks_of(const resource::NetworkPolicy& policy, Direction direction);

/// The direction's verdict as expressions over the flow, for a subject in `namespace_name` (whose policies alone can select it).
struct Verdict {
  logic::Expr allowed;    ///< allow, where determined
  logic::Expr unknown;    ///< the gaps
};
Verdict verdict_in_namespace(logic::Pool& pool, const DirectionReading& reading, Direction direction, const std::string& namespace_name);
/// The same for a subject whose namespace has no policies.
Verdict verdict_elsewhere(logic::Pool& pool, const DirectionReading& reading, Direction direction);

/// drops and admits alone: the part that no policy changes.
logic::Expr dropped(logic::Pool& pool, const DirectionReading& reading);
logic::Expr admitted(logic::Pool& pool, const DirectionReading& reading);

}  // namespace npverify::policy
