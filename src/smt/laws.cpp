// The laws: why the Boolean models of a query are exactly its flows.
//
// A query is asserted over atoms, each a closed question about one flow. Solvers see one Boolean variable a question, so the constraints
// below must admit every real flow (else a difference is missed) and nothing else (else a witness cannot be built). The arguments:
//
// - Finite domains (laws_choices.cpp). Names and label values are only compared with constants, so a value that nobody mentions behaves
//   like any other such value: the mentioned values, one fresh value and "absent" are exact. At most one mentioned value holds; presence
//   without a mentioned value is the fresh value. An end that is no pod has no namespace, labels or service account; an outside end has no
//   node. That a namespace is called n and that its label kubernetes.io/metadata.name is n is one variable, because the API server keeps
//   them equal.
// - Equal things agree. Two ends in one namespace see the same namespace labels, two ends on one node name the same node, and one pod at
//   both ends has every attribute once. Values that only one end mentions are given to the other as well before this is stated, else "the
//   source is n" and "the destination is m" could both hold of one namespace. Attributes that only one end mentions need no law: nothing
//   can tell that the other end differs. Two ends in namespaces that nobody names stay free to be in one namespace or in two.
// - Intervals (laws_numbers.cpp). Ports and addresses are only compared with constants, so verdicts are constant between neighbouring cut
//   points; the order encoding has one model a cell. Every cell holds a number because cuts are distinct and lie in 1..last: there are no
//   empty classes. Cost follows the cuts, so IPv6 is no wider than IPv4. A flow has one family; the other family's scale says nothing.
//   Where cells are many and the sets tell few apart, a class of cells that every set holds alike takes their place, its lowest cell for all.
//   That two distinct pods have distinct addresses is no law: cells have room for two nearly always, and where a cell is one address the
//   builder of the witness must look (a pod and a host may share one, and so may two hosts).
// - Port names (laws_ports.cpp). A name says only whether the flow's port is a number that a pod declares, so it is one variable for each
//   place where a declaration can stand, and the laws are those of the places: the last declaration is a declaration in a regular
//   container; a name that is declared last with another number is not declared last with this one.
// - peer_known and flags are free.
#include "smt/laws.h"

#include <algorithm>
#include <tuple>

#include "base/diagnostics.h"
#include "smt/law_builder.h"

namespace npverify::smt {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Role;

namespace {
constexpr Role roles[] = {Role::source, Role::destination};
}

const Choice* Laws::choice(Attribute attribute, Role role, logic::Symbol key) const {
  const auto wanted = std::tuple(attribute, role, key);
  const auto it = std::lower_bound(choices.begin(), choices.end(), wanted, [](const Choice& c, const auto& of) { return std::tuple(c.attribute, c.role, c.key) < of; });
  return it != choices.end() && std::tuple(it->attribute, it->role, it->key) == wanted ? &*it : nullptr;
}

Laws laws_of(const logic::Pool& pool, const std::vector<logic::Expr>& atoms) { return LawBuilder(pool, atoms).build(); }

Laws LawBuilder::build() {
  laws_.clauses = {always, 0};
  collect();
  mirror_choices();
  mirror_port_names();
  make_flow_variables();
  make_choices();
  make_scales();
  make_port_names();
  relation_laws();
  laws_.atoms.reserve(atoms_.size());
  for (const logic::Expr e : atoms_) laws_.atoms.push_back(literal_of(pool_.atom_of(e)));
  return std::move(laws_);
}

void LawBuilder::collect() {
  for (const logic::Expr e : atoms_) mention(pool_.atom_of(e));
}

void LawBuilder::mention(const Atom& a) {
  const auto names_namespace = [&] { return pool_.text(a.name) == namespace_name_label; };
  const auto choice = [&](Attribute attribute, logic::Symbol key) -> Mention& { return mentions_[{attribute, a.role, key}]; };
  switch (a.kind) {
    case AtomKind::namespace_is: choice(Attribute::namespace_name, 0).values.insert(a.name); break;
    case AtomKind::service_account_is: choice(Attribute::service_account, 0).values.insert(a.name); break;
    case AtomKind::node_is: choice(Attribute::node, 0).values.insert(a.name); break;
    case AtomKind::label_is: choice(Attribute::label, a.name).values.insert(a.value); break;
    case AtomKind::label_exists: choice(Attribute::label, a.name).exists = true; break;
    case AtomKind::namespace_label_is:
      (names_namespace() ? choice(Attribute::namespace_name, 0) : choice(Attribute::namespace_label, a.name)).values.insert(a.value);
      break;
    case AtomKind::namespace_label_exists:
      if (!names_namespace()) choice(Attribute::namespace_label, a.name).exists = true;
      break;
    case AtomKind::address_in: mention_cuts(pool_.addresses(a), a.role); break;
    case AtomKind::port_in: mention_cuts(pool_.ports(a)); break;
    case AtomKind::port_named: port_names_[{a.role, a.name, static_cast<base::Protocol>(a.detail), a.names}] = 0; break;
    case AtomKind::port_named_in_cluster: cluster_names_[{a.name, static_cast<base::Protocol>(a.detail)}] = 0; break;
    case AtomKind::same_node: same_node_ = true; break;
    case AtomKind::same_endpoint: same_endpoint_ = true; break;
    case AtomKind::peer_known: peer_known_[static_cast<size_t>(a.role)] = true; break;
    case AtomKind::flag: flags_[a.name] = 0; break;
    case AtomKind::kind_is:
    case AtomKind::family_is:
    case AtomKind::protocol_is: break;  // every flow has these
  }
}

void LawBuilder::make_flow_variables() {
  for (const Role role : roles) {
    auto& kinds = laws_.kinds[static_cast<size_t>(role)];
    for (Literal& literal : kinds) literal = fresh();
    clause({kinds[0], kinds[1], kinds[2]});
    at_most_one({kinds.begin(), kinds.end()});
  }
  for (Literal& literal : laws_.protocols) literal = fresh();
  clause({laws_.protocols[0], laws_.protocols[1], laws_.protocols[2], laws_.protocols[3]});
  at_most_one({laws_.protocols.begin(), laws_.protocols.end()});
  laws_.ipv4 = fresh();
  if (same_node_) laws_.same_node = fresh();
  if (same_endpoint_) laws_.same_endpoint = fresh();
  for (size_t role = 0; role < 2; ++role)
    if (peer_known_[role]) laws_.peer_known[role] = fresh();
  for (auto& [name, literal] : flags_) laws_.flags.push_back({name, literal = fresh()});
}

void LawBuilder::relation_laws() {
  for (const Choice& choice : laws_.choices) choice_laws(choice);
  congruence();
  node_laws();
  port_name_laws();
  cluster_port_laws();
  if (!laws_.ports.below.empty()) clause({-laws_.protocols[static_cast<size_t>(base::Protocol::icmp)], laws_.ports.below[0]});
  if (const Literal one = laws_.same_endpoint) {
    for (const Role role : roles) clause({-one, kind(role, EndpointKind::pod)});
    if (laws_.same_node) clause({-one, laws_.same_node});
    for (const Attribute attribute : {Attribute::namespace_name, Attribute::service_account, Attribute::node, Attribute::label}) agree(one, attribute);
    for (size_t family = 0; family < 2; ++family) agree(one, laws_.addresses[0][family], laws_.addresses[1][family]);
    for (const auto& [key, literal] : port_names_)
      if (key.role == Role::source) equal_under(one, literal, port_name({Role::destination, key.name, key.protocol, key.names}));
    for (size_t i = 0; i + 1 < laws_.other_ports.size(); i += 2) equal_under(one, laws_.other_ports[i].literal, laws_.other_ports[i + 1].literal);
  }
}

Literal LawBuilder::literal_of(const Atom& a) {
  const auto role = static_cast<size_t>(a.role);
  switch (a.kind) {
    case AtomKind::kind_is: return laws_.kinds[role][a.detail];
    case AtomKind::namespace_is: return choice_literal(Attribute::namespace_name, a);
    case AtomKind::service_account_is: return choice_literal(Attribute::service_account, a);
    case AtomKind::node_is: return choice_literal(Attribute::node, a);
    case AtomKind::label_is:
    case AtomKind::label_exists: return choice_literal(Attribute::label, a);
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
      if (pool_.text(a.name) != namespace_name_label) return choice_literal(Attribute::namespace_label, a);
      if (a.kind == AtomKind::namespace_label_exists) return kind(a.role, EndpointKind::pod);
      return choice_literal(Attribute::namespace_name, {.kind = AtomKind::namespace_is, .role = a.role, .name = a.value});
    case AtomKind::address_in: return address_literal(a.role, pool_.addresses(a));
    case AtomKind::family_is: return static_cast<base::Family>(a.detail) == base::Family::ipv4 ? laws_.ipv4 : -laws_.ipv4;
    case AtomKind::protocol_is: return laws_.protocols[a.detail];
    case AtomKind::port_in: return port_literal(pool_.ports(a));
    case AtomKind::port_named: return port_name({a.role, a.name, static_cast<base::Protocol>(a.detail), a.names});
    case AtomKind::port_named_in_cluster: return cluster_names_.at({a.name, static_cast<base::Protocol>(a.detail)});
    case AtomKind::same_node: return laws_.same_node;
    case AtomKind::same_endpoint: return laws_.same_endpoint;
    case AtomKind::peer_known: return laws_.peer_known[role];
    case AtomKind::flag: return flags_.at(a.name);
  }
  throw base::InternalError("an atom without a literal");
}

void LawBuilder::clause(std::initializer_list<Literal> literals) {
  for (const Literal literal : literals)
    if (literal == always) return;
  for (const Literal literal : literals)
    if (literal != -always) laws_.clauses.push_back(literal);
  laws_.clauses.push_back(0);
}

void LawBuilder::at_most_one(std::vector<Literal> literals) {
  if (literals.size() > 1) laws_.at_most_one.push_back(std::move(literals));
}

void LawBuilder::equal_under(Literal condition, Literal a, Literal b) {
  if (a == b) return;
  clause({-condition, -a, b});
  clause({-condition, a, -b});
}

}  // namespace npverify::smt
