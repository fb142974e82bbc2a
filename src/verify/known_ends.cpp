#include "verify/known_ends.h"

#include <algorithm>
#include <numeric>

namespace npverify::verify {
namespace {

using logic::Atom;
using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;
using logic::Role;

constexpr size_t short_formula = 64;  // atoms; longer ones are not asked about every atom of a policy

std::optional<Expr> truth(bool holds) { return holds ? logic::True : logic::False; }

// What a pod of a closed universe says of an atom; nothing where that is free, or hangs on its node, its address or the flow's port.
std::optional<bool> said_by(const logic::Pool& pool, const world::ClosedPod& closed, const Atom& atom) {
  const world::Endpoint& pod = closed.pod;
  const std::string& key = pool.text(atom.name);
  const auto is = [&](const resource::Labels& labels) {
    const auto found = labels.find(key);
    return found != labels.end() && found->second == pool.text(atom.value);
  };
  const bool free = std::find(closed.free_labels.begin(), closed.free_labels.end(), key) != closed.free_labels.end();
  const bool told = closed.namespace_known || key == "kubernetes.io/metadata.name";
  switch (atom.kind) {
    case AtomKind::kind_is: return static_cast<EndpointKind>(atom.detail) == EndpointKind::pod;
    case AtomKind::namespace_is: return pod.namespace_name == key;
    case AtomKind::service_account_is: return pod.service_account == key;
    case AtomKind::label_is: return free ? std::nullopt : std::optional(is(pod.labels));
    case AtomKind::label_exists: return free ? std::nullopt : std::optional(pod.labels.contains(key));
    case AtomKind::namespace_label_is: return told ? std::optional(is(pod.namespace_labels)) : std::nullopt;
    case AtomKind::namespace_label_exists: return told ? std::optional(pod.namespace_labels.contains(key)) : std::nullopt;
    default: return std::nullopt;
  }
}

// Whether the truth of `known` settles `asked` of the same end: an end has one kind, one namespace, one value of a label.
std::optional<bool> settled_by(const Atom& known, bool value, const Atom& asked) {
  if (known == asked) return value;
  if (!value) return known.kind == AtomKind::label_exists && asked.kind == AtomKind::label_is && asked.name == known.name ? std::optional(false) : std::nullopt;
  if (known.kind == AtomKind::kind_is && asked.kind == AtomKind::kind_is) return false;
  if (known.kind == AtomKind::namespace_is && asked.kind == AtomKind::namespace_is) return false;
  if (known.kind == AtomKind::label_is && asked.kind == AtomKind::label_is && asked.name == known.name) return false;
  if (known.kind == AtomKind::label_is && asked.kind == AtomKind::label_exists && asked.name == known.name) return true;
  return std::nullopt;
}

}  // namespace

KnownEnds::KnownEnds(logic::Pool& pool, const world::Universe& universe, Expr from, Expr to) : pool_(pool), universe_(universe) {
  source_.formula = from;
  destination_.formula = to;
  for (const Role role : {Role::source, Role::destination}) learn(role);
}

void KnownEnds::learn(Role role) {
  End& here = end(role);
  const auto can_be_kind = [&](EndpointKind kind) {
    const Atom is_kind = pool_.atom_of(pool_.kind_is(role, kind));
    return !excluded(here, is_kind, true);
  };
  here.small = pool_.atoms_of({here.formula}).size() <= short_formula;
  here.pods_only = !can_be_kind(EndpointKind::host) && !can_be_kind(EndpointKind::outside);
  here.candidates.resize(universe_.pods.size());
  std::iota(here.candidates.begin(), here.candidates.end(), 0U);
  if (universe_.kind == world::UniverseKind::possible || !here.small || here.formula.is_true()) return;
  // Most pods say the same of the few atoms, so each answer is worked out once.
  const std::vector<Expr> atoms = pool_.atoms_of({here.formula});
  std::map<std::vector<std::optional<bool>>, bool> known;
  std::erase_if(here.candidates, [&](uint32_t i) {
    std::vector<std::optional<bool>> said;
    for (const Expr e : atoms) said.push_back(pool_.atom_of(e).role == role ? said_by(pool_, universe_.pods[i], pool_.atom_of(e)) : std::nullopt);
    const auto [it, fresh] = known.try_emplace(std::move(said), true);
    if (fresh) it->second = can_be(role, universe_.pods[i]);
    return !it->second;
  });
}

bool KnownEnds::can_be(Role role, const world::ClosedPod& closed) {
  return !pool_.substitute(end(role).formula, [&](Expr e) -> std::optional<Expr> {
    const Atom& atom = pool_.atom_of(e);
    const auto said = atom.role == role ? said_by(pool_, closed, atom) : std::nullopt;
    return said ? truth(*said) : std::nullopt;
  }).is_false();
}

// No end of the question gives the atom this value.
bool KnownEnds::excluded(const End& here, const Atom& atom, bool value) {
  return pool_.substitute(here.formula, [&](Expr e) -> std::optional<Expr> {
    const Atom& asked = pool_.atom_of(e);
    const auto settled = asked.role == atom.role ? settled_by(atom, value, asked) : std::nullopt;
    return settled ? truth(*settled) : std::nullopt;
  }).is_false();
}

Expr KnownEnds::simplified(Expr e, std::optional<Role> only) {
  return pool_.substitute(e, [&](Expr atom) { return only && pool_.atom_of(atom).role != *only ? std::nullopt : value(atom); });
}

std::optional<Expr> KnownEnds::value(Expr e) {
  const Atom atom = pool_.atom_of(e);
  switch (atom.kind) {
    case AtomKind::kind_is:
    case AtomKind::namespace_is:
    case AtomKind::label_is:
    case AtomKind::label_exists:
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists:
    case AtomKind::service_account_is: break;
    default: return std::nullopt;
  }
  End& here = end(atom.role);
  if (!here.small || !here.pods_only) return std::nullopt;
  const auto [at, fresh] = here.values.try_emplace(e);
  if (fresh) at->second = universe_.kind == world::UniverseKind::possible ? value_by_formula(here, atom) : value_at_candidates(here, atom);
  return at->second;
}

std::optional<Expr> KnownEnds::value_at_candidates(const End& here, const Atom& atom) const {
  std::optional<bool> all;
  for (const uint32_t i : here.candidates) {
    const auto said = said_by(pool_, universe_.pods[i], atom);
    if (!said || (all && *all != *said)) return std::nullopt;
    all = said;
  }
  return all ? truth(*all) : std::nullopt;
}

std::optional<Expr> KnownEnds::value_by_formula(const End& here, const Atom& atom) {
  for (const bool value : {false, true})
    if (excluded(here, atom, value)) return truth(!value);
  return std::nullopt;
}

}  // namespace npverify::verify
