#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "logic/expression.h"

/// Expressions to sat, unsat or unknown: the only room that sees a solver.
namespace npverify::smt {

enum class Answer : uint8_t { sat, unsat, unknown };
const char* to_string(Answer answer);

/// One end of a satisfying flow. What the formula does not mention is left at its plainest value.
struct EndAssignment {
  logic::EndpointKind kind = logic::EndpointKind::pod;
  std::optional<std::string> namespace_name;             ///< absent: a namespace that no atom names
  std::map<std::string, std::string> labels;             ///< present labels; a value that no atom names is written as fresh_value(key)
  std::map<std::string, std::string> namespace_labels;   ///< without kubernetes.io/metadata.name, which is the namespace's name
  std::optional<std::string> service_account, node;      ///< absent: one that no atom names
  base::Address address;                                 ///< lowest address of the chosen interval of the flow's family
  base::AddressSet addresses;                            ///< all addresses of the flow's family that satisfy the same address atoms
};

/// What a pod gives to a port name, seen from the flow's port (see logic::PortNames).
struct NamedPortAssignment {
  logic::Role role = logic::Role::source;
  std::string name;
  base::Protocol protocol = base::Protocol::tcp;
  logic::PortNames names = logic::PortNames::containers;
  bool operator==(const NamedPortAssignment&) const = default;
};

/// A pod end of the flow that declares `name` last under `protocol` with a number that is not the flow's port.
struct OtherNamedPort {
  logic::Role role = logic::Role::source;
  std::string name;
  base::Protocol protocol = base::Protocol::tcp;
  bool operator==(const OtherNamedPort&) const = default;
};

/// A satisfying flow, concrete enough to be rebuilt as Kubernetes objects and replayed.
struct Assignment {
  EndAssignment source, destination;
  base::Protocol protocol = base::Protocol::tcp;
  base::Port port = 0;
  base::PortSet ports;  ///< all ports that satisfy the same port atoms
  base::Family family = base::Family::ipv4;
  bool same_node = false, same_endpoint = false;
  bool source_knows_peer = true, destination_knows_peer = true;
  std::vector<NamedPortAssignment> named_ports;                       ///< the port_named atoms that are true
  std::vector<std::pair<std::string, base::Protocol>> cluster_ports;  ///< the port_named_in_cluster atoms that are true
  /// Declarations that keep a port_named_in_cluster atom false. Where the atom is true and no end declares the name last, a third pod does;
  /// where it is false, an end declares the name last and this list is empty, a third pod declares another number.
  std::vector<OtherNamedPort> other_named_ports;
  std::map<std::string, bool> flags;  ///< every flag that an atom names

  const EndAssignment& end(logic::Role role) const { return role == logic::Role::source ? source : destination; }
  EndAssignment& end(logic::Role role) { return role == logic::Role::source ? source : destination; }
};

/// The label value that stands for "a value that no formula mentions", e.g. "other". Never equal to a mentioned value of `key`.
std::string fresh_value(const std::string& key, const std::vector<std::string>& mentioned);

struct Limits {
  std::chrono::milliseconds timeout{20000};  ///< wall clock of one query, the backstop
  uint64_t resources = 0;                    ///< solver resource units (reproducible); 0: no limit
};

struct Statistics {
  size_t queries = 0, variables = 0, clauses = 0;
  std::chrono::nanoseconds encode_time{0}, solve_time{0};
};

struct Result {
  Answer answer = Answer::unknown;
  std::string reason;                    ///< why unknown; of minimise also why a sat answer's witness may not be the smallest
  std::optional<Assignment> assignment;  ///< where sat
};

/// Decides closed questions about one flow. Not thread-safe; make one a thread, they share nothing but the (read-only) Pool.
/// Deterministic: the same pool and the same calls give the same answers and the same assignments.
class Solver {
 public:
  virtual ~Solver() = default;

  /// Is there a flow that satisfies every expression of `asserted`? The laws of the variables are part of the question: a label has one
  /// value, intervals are ordered, an IPv4 block holds no IPv6 address, a port name has one last declaration, a pod's port names imply
  /// their protocol, a host or outside end has no namespace and no labels, the laws of same_node and same_endpoint, ...
  virtual Result check(const logic::Pool& pool, const std::vector<logic::Expr>& asserted) = 0;

  /// As check, and the assignment is smallest: fewest labels (pods' and namespaces'), then in this order of preference
  /// no fresh values, TCP, IPv4, fewest port names, lowest port, lowest addresses, pods, and whatever makes the rest false. The order is total:
  /// every solver gives the same assignment. Where the limits end the search, the answer is still sat and `reason` says so.
  virtual Result minimise(const logic::Pool& pool, const std::vector<logic::Expr>& asserted) = 0;

  virtual const Statistics& statistics() const = 0;
  virtual std::string name() const = 0;  ///< "z3 4.13.4", "cadical 1.5.3"
};

/// What questions are asked of: CaDiCaL looks for a flow, and Z3 has to agree that there is none.
std::unique_ptr<Solver> make_prover(const Limits& limits = {});

/// Z3 alone. Opened on the first query.
std::unique_ptr<Solver> make_z3_solver(const Limits& limits = {});

/// CaDiCaL alone, on clauses that another encoder made: the second opinion.
std::unique_ptr<Solver> make_second_solver(const Limits& limits = {});

/// The truth of `e` for one concrete flow: the plain meaning of every atom, without a solver.
bool evaluate(const logic::Pool& pool, logic::Expr e, const Assignment& flow);

/// The law of flows that `flow` breaks, in words; nothing where it could be a real flow.
std::optional<std::string> broken_law(const Assignment& flow);

/// The query as a self-contained SMT-LIB 2 script with every law spelled out (for --dump-smt2 and other solvers).
std::string to_smtlib_script(const logic::Pool& pool, const std::vector<logic::Expr>& asserted, const std::string& title);

}  // namespace npverify::smt
