#include "reach/may_hold.h"

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using base::AddressSet;
using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;
using logic::Role;

Roaring united(const Roaring& a, const Roaring& b) { return a | b; }
Roaring common(const Roaring& a, const Roaring& b) { return a & b; }
AddressSet united(const AddressSet& a, const AddressSet& b) { return a.united(b); }
AddressSet common(const AddressSet& a, const AddressSet& b) { return a.intersected(b); }

}  // namespace

MayHold::MayHold(logic::Pool& pool, const PodClasses& classes, const AddressSet& pod_addresses, base::Family family)
    : pool_(pool), classes_(classes), pod_addresses_(pod_addresses.only(family)), family_(family), membership_(pool, classes, family) {
  for (ClassId id = 0; id < classes.size(); ++id)
    if (classes.has_family(id, family)) of_family_.add(id);
}

template <typename Set, typename OfAtom>
MayHold::Both<Set> MayHold::of(Expr e, const Set& all, const OfAtom& of_atom) const {
  const auto op = pool_.op(e);
  if (op == logic::Op::constant_false) return {{}, all};
  if (op == logic::Op::constant_true) return {all, {}};
  if (op == logic::Op::atom) return of_atom(e);
  const auto args = pool_.args(e);
  if (op == logic::Op::negation) {
    Both<Set> inner = of(args[0], all, of_atom);
    return {std::move(inner.may_not), std::move(inner.may)};
  }
  const bool conjunction = op == logic::Op::conjunction;
  Both<Set> out = conjunction ? Both<Set>{all, {}} : Both<Set>{{}, all};
  for (const Expr arg : args) {
    const Both<Set> one = of(arg, all, of_atom);
    out.may = conjunction ? common(out.may, one.may) : united(out.may, one.may);
    out.may_not = conjunction ? united(out.may_not, one.may_not) : common(out.may_not, one.may_not);
  }
  return out;
}

MayHold::Both<Roaring> MayHold::pods_of(Expr e, Role role) {
  const Both<Roaring> open{of_family_, of_family_};
  const Atom a = pool_.atom_of(e);
  switch (a.kind) {
    case AtomKind::kind_is:
    case AtomKind::namespace_is:
    case AtomKind::label_is:
    case AtomKind::label_exists:
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
    case AtomKind::service_account_is: {
      if (a.role != role || !classes_.tells(pool_, a)) return open;
      const Roaring& members = membership_.of(e);
      return {of_family_ & members, of_family_ - members};
    }
    case AtomKind::address_in: {
      if (a.role != role || !classes_.tells(pool_, a)) return open;
      const Roaring fixed = of_family_ & membership_.fixed(), inside = fixed & membership_.of(e), free = of_family_ - fixed;
      const AddressSet& set = pool_.addresses(a);
      Both<Roaring> out{inside, fixed - inside};
      if (!pod_addresses_.intersected(set).empty()) out.may |= free;
      if (!pod_addresses_.minus(set).empty()) out.may_not |= free;
      return out;
    }
    case AtomKind::family_is: return static_cast<base::Family>(a.detail) == family_ ? Both<Roaring>{of_family_, {}} : Both<Roaring>{{}, of_family_};
    case AtomKind::node_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named:
    case AtomKind::port_named_in_cluster:
    case AtomKind::same_node:
    case AtomKind::same_endpoint:
    case AtomKind::peer_known:
    case AtomKind::flag: return open;
  }
  return open;
}

Roaring MayHold::pods(Expr e, Role role) {
  return of(e, of_family_, [&](Expr atom) { return pods_of(atom, role); }).may;
}

MayHold::Both<AddressSet> MayHold::addresses_of(Expr e, Role role, EndpointKind kind, const AddressSet& domain) const {
  const Both<AddressSet> open{domain, domain};
  const auto truth = [&](bool holds) { return holds ? Both<AddressSet>{domain, {}} : Both<AddressSet>{{}, domain}; };
  const Atom& a = pool_.atom_of(e);
  switch (a.kind) {
    case AtomKind::kind_is: return a.role == role ? truth(static_cast<EndpointKind>(a.detail) == kind) : open;
    case AtomKind::namespace_is:
    case AtomKind::label_is:
    case AtomKind::label_exists:
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
    case AtomKind::service_account_is: return a.role == role ? truth(false) : open;  // pods alone have these
    case AtomKind::address_in:
      if (a.role != role) return open;
      return {domain.intersected(pool_.addresses(a)), domain.minus(pool_.addresses(a))};
    case AtomKind::family_is: return truth(static_cast<base::Family>(a.detail) == family_);
    case AtomKind::node_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named:
    case AtomKind::port_named_in_cluster:
    case AtomKind::same_node:
    case AtomKind::same_endpoint:
    case AtomKind::peer_known:
    case AtomKind::flag: return open;
  }
  return open;
}

AddressSet MayHold::addresses(Expr e, Role role, EndpointKind kind, const AddressSet& domain) const {
  return of(e, domain, [&](Expr atom) { return addresses_of(atom, role, kind, domain); }).may;
}

}  // namespace npverify::reach
