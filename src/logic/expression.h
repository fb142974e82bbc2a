#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/port.h"

/// The formula: immutable, hash-consed Boolean expressions over the variables of one flow. No solver here.
///
/// A flow has a source endpoint, a destination endpoint, a protocol, a destination port and one address family. An atom asks one
/// closed question about one of them; everything else is and, or, not. Equal expressions of one Pool have equal handles, so two
/// readings that say the same in the same way are recognised as equal without a solver.
namespace npverify::logic {

enum class Role : uint8_t { source, destination };
inline Role other(Role role) { return role == Role::source ? Role::destination : Role::source; }
const char* to_string(Role role);  ///< "source", "destination"

/// What an endpoint is, as policies see it. A host-network pod is its node's host network.
enum class EndpointKind : uint8_t {
  pod,      ///< a pod with an address of its own
  host,     ///< the host network of a node (the node itself, or a host-network pod on it)
  outside,  ///< an address of no pod and no node
};
const char* to_string(EndpointKind kind);

/// Which declarations of a container port's name count. Each asks: is the flow's destination port a number that the endpoint's pod
/// gives to this name under this protocol, in ...
enum class PortNames : uint8_t {
  containers,    ///< ... a regular container
  sidecars,      ///< ... an init container with restartPolicy Always
  inits,         ///< ... an ordinary init container
  last,          ///< ... the last declaration of the name, of any protocol, in the regular containers
};

const char* to_string(PortNames names);  ///< "container", "sidecar", "init", "last"

using Symbol = uint32_t;  ///< an interned string of a Pool

enum class AtomKind : uint8_t {
  kind_is,                 ///< role, EndpointKind
  namespace_is,            ///< role, name: a pod in that namespace
  label_is,                ///< role, key, value: the pod's own label
  label_exists,            ///< role, key
  namespace_label_is,      ///< role, key, value: a label of the pod's Namespace
  namespace_label_exists,  ///< role, key
  service_account_is,      ///< role, name
  node_is,                 ///< role, node name (pods and hosts)
  address_in,              ///< role, AddressSet: the address that arrives
  family_is,               ///< Family of the flow
  protocol_is,             ///< Protocol of the flow
  port_in,                 ///< PortSet: the destination port (0 for ICMP)
  port_named,              ///< role, name, Protocol, PortNames: see PortNames. Implies protocol_is
  port_named_in_cluster,   ///< name, Protocol: all pods of the cluster that declare the name (as PortNames::last) under the protocol agree on one
                           ///< number, and it is the flow's. Implies protocol_is
  same_node,               ///< both ends are on one node (false where an end is outside)
  same_endpoint,           ///< both ends are one pod
  peer_known,              ///< role: the node of `role` knows the identity of the other end (of a pod on a node that another CNI runs)
  flag,                    ///< name: a free Boolean of a question (a placement class, a rollout choice)
};

struct Atom {
  AtomKind kind = AtomKind::flag;
  Role role = Role::source;
  uint8_t detail = 0;   ///< EndpointKind, Family, Protocol
  PortNames names = PortNames::containers;
  Symbol name = 0;     ///< namespace, key, service account, node, port name, flag
  uint32_t value = 0;   ///< Symbol of a label value, index of an AddressSet or PortSet
  bool operator==(const Atom&) const = default;
};

enum class Op : uint8_t { constant_false, constant_true, atom, negation, conjunction, disjunction };

/// A handle into a Pool; 0 is false, 1 is true. Handles of different pools must not be mixed.
struct Expr {
  uint32_t id = 0;
  bool operator==(const Expr&) const = default;
  auto operator<=>(const Expr&) const = default;
  bool is_false() const { return id == 0; }
  bool is_true() const { return id == 1; }
};
inline constexpr Expr False{0}, True{1};

/// Owner of expressions, symbols and sets. Growing it is for one thread at a time; reading is safe from many.
/// Constructors fold: constants, duplicates, complements, nested and/or, sets of one variable (address_in, port_in) under and/or.
class Pool {
 public:
  Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Symbol symbol(std::string_view text);
  const std::string& text(Symbol symbol) const { return *symbols_[symbol]; }

  // Connectives. Arguments may hold constants, duplicates and nested operators of the same kind.
  Expr conjunction(std::vector<Expr> args);
  Expr disjunction(std::vector<Expr> args);
  Expr both(Expr a, Expr b) { return conjunction({a, b}); }
  Expr either(Expr a, Expr b) { return disjunction({a, b}); }
  Expr negation(Expr a);
  Expr implies(Expr a, Expr b) { return either(negation(a), b); }
  Expr same(Expr a, Expr b);       ///< a <=> b
  Expr different(Expr a, Expr b);  ///< a xor b
  Expr choice(Expr condition, Expr then, Expr otherwise);

  // Atoms.
  Expr kind_is(Role role, EndpointKind kind);
  Expr namespace_is(Role role, std::string_view name);
  Expr label_is(Role role, std::string_view key, std::string_view value);
  Expr label_exists(Role role, std::string_view key);
  Expr namespace_label_is(Role role, std::string_view key, std::string_view value);
  Expr namespace_label_exists(Role role, std::string_view key);
  Expr service_account_is(Role role, std::string_view name);
  Expr node_is(Role role, std::string_view name);
  Expr address_in(Role role, const base::AddressSet& set);  ///< False for the empty set, True for everything
  Expr family_is(base::Family family);                      ///< one of the two atoms is the negation of the other
  Expr protocol_is(base::Protocol protocol);
  Expr port_in(const base::PortSet& set);
  Expr port_named(Role role, std::string_view name, base::Protocol protocol, PortNames names);
  Expr port_named_in_cluster(std::string_view name, base::Protocol protocol);
  Expr same_node();
  Expr same_endpoint();
  Expr peer_known(Role role);
  Expr flag(std::string_view name);
  Expr atom(const Atom& atom);

  // Reading.
  Op op(Expr e) const { return nodes_[e.id].op; }
  const Atom& atom_of(Expr e) const { return atoms_[nodes_[e.id].begin]; }             ///< REQUIRES: op(e) == atom
  std::vector<Expr> args(Expr e) const;                                                ///< of negation, conjunction, disjunction; sorted by handle
  const Expr* args_begin(Expr e) const { return args_.data() + nodes_[e.id].begin; }   ///< the same without a copy; invalidated by growth
  const Expr* args_end(Expr e) const { return args_begin(e) + nodes_[e.id].count; }
  const base::AddressSet& addresses(const Atom& atom) const { return address_sets_[atom.value]; }
  const base::PortSet& ports(const Atom& atom) const { return port_sets_[atom.value]; }
  size_t size() const { return nodes_.size(); }

  /// The distinct atoms below `roots`, in order of first appearance.
  std::vector<Expr> atoms_of(const std::vector<Expr>& roots) const;

  /// `e` with every atom a replaced by `replace(a)` where that returns a value.
  Expr substitute(Expr e, const std::function<std::optional<Expr>(Expr)>& replace);

  /// The truth of `e` where `holds(atom)` gives that of each atom. Plain and exact: the meaning of the connectives.
  bool evaluate(Expr e, const std::function<bool(const Atom&)>& holds) const;

  /// An SMT-LIB term over the names of encodings/vocabulary.smt2, e.g. "(and (= source.kind pod) (port.in 80 443))".
  std::string to_smtlib(Expr e) const;
  std::string to_string(const Atom& atom) const;

 private:
  struct Node {
    Op op = Op::constant_false;
    uint32_t begin = 0, count = 0;  // of args_, or index into atoms_
  };
  Expr intern(Op op, std::vector<Expr> args);
  Expr fold(Op op, std::vector<Expr> args);
  uint32_t intern(const base::AddressSet& set);
  uint32_t intern(const base::PortSet& set);
  void merge_sets(Op op, std::vector<Expr>& args);

  std::vector<Node> nodes_;
  std::vector<Expr> args_;
  std::vector<Atom> atoms_;
  std::vector<const std::string*> symbols_;
  std::unordered_map<std::string, Symbol> symbol_index_;
  std::vector<base::AddressSet> address_sets_;
  std::vector<base::PortSet> port_sets_;
  std::unordered_multimap<uint64_t, uint32_t> node_index_, atom_index_, address_index_, port_index_;
};

}  // namespace npverify::logic
