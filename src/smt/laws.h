#pragma once

#include <array>
#include <string>
#include <vector>

#include "logic/expression.h"

/// What makes a Boolean assignment a flow: variables for the atoms of one query and the constraints between them.
/// Independent of any solver; each back end turns them into its own terms or clauses.
namespace npverify::smt {

/// A Boolean variable (1, 2, ...), negative where negated; 0 is "there is none".
using Literal = int32_t;
inline constexpr Literal always = 1;  ///< the variable that is true

/// What a finite-domain attribute of one end is about.
enum class Attribute : uint8_t { namespace_name, service_account, node, label, namespace_label };

/// An attribute that has at most one of the values that the query mentions; none of them: absent, or a value that nobody mentions.
struct Choice {
  Attribute attribute = Attribute::label;
  logic::Role role = logic::Role::source;
  logic::Symbol key = 0;               ///< of labels
  std::vector<logic::Symbol> values;   ///< mentioned values, ascending
  std::vector<Literal> is;             ///< parallel to values
  Literal exists = 0;                  ///< of labels whose bare presence is asked for
};

/// A number in order encoding: below[i] says that it is less than cuts[i].
struct Scale {
  base::uint128 last = 0;            ///< the greatest number
  std::vector<base::uint128> cuts;   ///< ascending, 1..last
  std::vector<Literal> below;        ///< parallel to cuts
};

/// `defined` holds where all literals of one of the cubes hold.
struct Membership {
  Literal defined = 0;
  std::vector<std::vector<Literal>> cubes;
};

struct PortName {
  logic::Role role = logic::Role::source;
  logic::Symbol name = 0;
  base::Protocol protocol = base::Protocol::tcp;
  logic::PortNames names = logic::PortNames::containers;
  Literal literal = 0;
};

/// A pod end that declares the name last under the protocol, with another number than the flow's.
struct OtherPort {
  logic::Role role = logic::Role::source;
  logic::Symbol name = 0;
  base::Protocol protocol = base::Protocol::tcp;
  Literal literal = 0;
};

struct ClusterPort {
  logic::Symbol name = 0;
  base::Protocol protocol = base::Protocol::tcp;
  Literal literal = 0;
};

struct Flag {
  logic::Symbol name = 0;
  Literal literal = 0;
};

struct Laws {
  Literal variables = always;                       ///< the greatest variable
  std::vector<Literal> atoms;                       ///< parallel to the atoms that the laws were made for
  std::vector<Literal> clauses;                     ///< each ends with 0
  std::vector<std::vector<Literal>> at_most_one;
  std::vector<Membership> memberships;              ///< each defines a variable of its own, in terms of earlier ones

  // What the variables mean.
  std::array<std::array<Literal, 3>, 2> kinds{};    ///< [role][kind]
  std::array<Literal, 4> protocols{};
  Literal ipv4 = 0;
  Literal same_node = 0, same_endpoint = 0, same_namespace = 0;
  std::array<Literal, 2> peer_known{};              ///< [role]
  std::vector<Choice> choices;
  std::array<std::array<Scale, 2>, 2> addresses;    ///< [role][family]
  Scale ports;
  std::vector<PortName> port_names;
  std::vector<OtherPort> other_ports;
  std::vector<ClusterPort> cluster_ports;
  std::vector<Flag> flags;

  const Choice* choice(Attribute attribute, logic::Role role, logic::Symbol key = 0) const;
};

/// The variables and laws of `atoms`, which are distinct atoms of `pool`.
Laws laws_of(const logic::Pool& pool, const std::vector<logic::Expr>& atoms);

/// A name for every variable (index 0 is unused), unique within `laws`: "source.label app = web", "port < 80".
std::vector<std::string> variable_names(const logic::Pool& pool, const Laws& laws);

}  // namespace npverify::smt
