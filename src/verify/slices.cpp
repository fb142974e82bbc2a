#include "verify/slices.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace npverify::verify {
namespace {

using logic::Atom;
using logic::AtomKind;
using logic::Expr;
using logic::Role;

std::optional<Expr> truth(bool holds) { return holds ? logic::True : logic::False; }

// What is known of an atom about an end that is a pod in `name`.
std::optional<Expr> known_in(const logic::Pool& pool, const Atom& atom, const std::string& name, const resource::Namespace* ns) {
  switch (atom.kind) {
    case AtomKind::kind_is: return truth(static_cast<logic::EndpointKind>(atom.detail) == logic::EndpointKind::pod);
    case AtomKind::namespace_is: return truth(pool.text(atom.name) == name);
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists: {
      if (!ns) return std::nullopt;
      const auto label = ns->meta.labels.find(pool.text(atom.name));
      return truth(label != ns->meta.labels.end() && (atom.kind == AtomKind::namespace_label_exists || label->second == pool.text(atom.value)));
    }
    default: return std::nullopt;
  }
}

// Namespaces of which the formula's atoms are true alike: it cannot tell them apart.
class Alike {
 public:
  Alike(const logic::Pool& pool, Expr end, Role role, const world::Universe& universe) {
    for (const Expr e : pool.atoms_of({end})) {
      const Atom& atom = pool.atom_of(e);
      if (atom.role != role) continue;
      if (atom.kind == AtomKind::namespace_is) names_.insert(pool.text(atom.name));
      if (atom.kind == AtomKind::namespace_label_is) values_[pool.text(atom.name)].insert(pool.text(atom.value));
      if (atom.kind == AtomKind::namespace_label_exists) values_[pool.text(atom.name)];
    }
    for (const auto& ns : universe.namespaces) declared_.emplace(ns.meta.name, &ns);
  }

  const resource::Namespace* declared(const std::string& name) const {
    const auto it = declared_.find(name);
    return it == declared_.end() ? nullptr : it->second;
  }

  /// Equal for namespaces that are alike.
  std::string kind_of(const std::string& name) const {
    std::string kind = names_.contains(name) ? "name " + name : "";
    const resource::Namespace* ns = declared(name);
    if (!ns) return kind + "\nundeclared";
    for (const auto& [key, value] : ns->meta.labels)
      if (const auto it = values_.find(key); it != values_.end()) kind += "\n" + key + (it->second.contains(value) ? "=" + value : "");
    return kind;
  }

 private:
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, std::unordered_set<std::string>> values_;
  std::unordered_map<std::string, const resource::Namespace*> declared_;
};

}  // namespace

std::vector<std::string> candidate_namespaces(logic::Pool& pool, Expr end, Role role, const world::Universe& universe, const std::vector<std::string>& names) {
  const Alike alike(pool, end, role, universe);
  std::unordered_map<std::string, bool> possible;
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const auto [it, fresh] = possible.try_emplace(alike.kind_of(name));
    if (fresh) {
      const resource::Namespace* ns = alike.declared(name);
      it->second = !pool.substitute(end, [&](Expr e) -> std::optional<Expr> {
        const Atom atom = pool.atom_of(e);
        return atom.role == role ? known_in(pool, atom, name, ns) : std::nullopt;
      }).is_false();
    }
    if (it->second) out.push_back(name);
  }
  return out;
}

Expr for_pod_in(logic::Pool& pool, Expr e, Role role, const std::string& name, const world::Universe& universe) {
  const auto declared = std::find_if(universe.namespaces.begin(), universe.namespaces.end(), [&](const auto& ns) { return ns.meta.name == name; });
  const resource::Namespace* ns = declared == universe.namespaces.end() ? nullptr : &*declared;
  return pool.substitute(e, [&](Expr atom) -> std::optional<Expr> {
    const Atom a = pool.atom_of(atom);
    return a.role == role ? known_in(pool, a, name, ns) : std::nullopt;
  });
}

Expr elsewhere(logic::Pool& pool, Role role, const std::vector<std::string>& names, const world::Universe& universe, const std::vector<Expr>& asserted) {
  std::unordered_set<std::string> named;
  const bool open = universe.kind == world::UniverseKind::possible;
  if (open)
    for (const Expr e : pool.atoms_of(asserted)) {
      const Atom& atom = pool.atom_of(e);
      if (atom.role != role) continue;
      if (atom.kind == AtomKind::namespace_is) named.insert(pool.text(atom.name));
      if (atom.kind == AtomKind::namespace_label_is && pool.text(atom.name) == "kubernetes.io/metadata.name") named.insert(pool.text(atom.value));
    }
  std::vector<Expr> in;
  for (const auto& name : names)
    if (!open || named.contains(name)) in.push_back(pool.namespace_is(role, name));
  return pool.negation(pool.disjunction(std::move(in)));
}

Expr in_slice(logic::Pool& pool, Role role, const Slice& slice, const world::Universe& universe, const std::vector<Expr>& asserted) {
  return slice.beside.empty() ? slice.when : elsewhere(pool, role, slice.beside, universe, asserted);
}

PoliciesByNamespace policies_by_namespace(const resource::Snapshot& snapshot) {
  PoliciesByNamespace found;
  for (uint32_t i = 0; i < snapshot.network_policies.size(); ++i) found[snapshot.network_policies[i].meta.namespace_name].push_back(i);
  return found;
}

SnapshotPolicies index_policies(const resource::Snapshot& snapshot, bool directions_alone) {
  SnapshotPolicies found{policies_by_namespace(snapshot), {}, {}};
  for (const auto& [name, indices] : found.all)
    for (const uint32_t i : indices) {
      const auto bears_on = [&](policy::Direction direction) { return !directions_alone || policy::speaks_of(snapshot.network_policies[i], direction); };
      if (bears_on(policy::Direction::ingress)) found.ingress[name].push_back(i);
      if (bears_on(policy::Direction::egress)) found.egress[name].push_back(i);
    }
  return found;
}

std::vector<uint32_t> policies_of(const PoliciesByNamespace& all, const std::set<std::string>& namespaces) {
  std::vector<uint32_t> indices;
  for (const auto& name : namespaces)
    if (const auto it = all.find(name); it != all.end()) indices.insert(indices.end(), it->second.begin(), it->second.end());
  std::sort(indices.begin(), indices.end());
  return indices;
}

std::vector<Slice> slices_of(logic::Pool& pool, const PoliciesByNamespace& policies, Role role, const std::vector<std::string>& candidates, size_t most_policies) {
  std::vector<Slice> slices(1);
  size_t total = 0, here = 0;
  for (const std::string& name : candidates) {
    const auto found = policies.find(name);
    if (found == policies.end()) continue;
    const size_t count = found->second.size();
    if (here > 0 && here + count > most_policies) {
      slices.emplace_back();
      here = 0;
    }
    slices.back().namespaces.push_back(name);
    here += count;
    total += count;
  }
  if (total <= most_policies) {
    slices[0].when = logic::True;
    return slices;
  }
  Slice rest;
  for (Slice& slice : slices) {
    std::vector<Expr> names;
    for (const std::string& name : slice.namespaces) names.push_back(pool.namespace_is(role, name));
    slice.when = pool.disjunction(std::move(names));
    rest.beside.insert(rest.beside.end(), slice.namespaces.begin(), slice.namespaces.end());
  }
  slices.insert(slices.begin(), std::move(rest));
  return slices;
}

}  // namespace npverify::verify
