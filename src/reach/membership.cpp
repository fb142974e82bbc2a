#include "reach/membership.h"

#include <algorithm>

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using logic::Atom;
using logic::AtomKind;

constexpr uint64_t any_value = 0;
uint64_t slot(uint32_t key, uint64_t value) { return static_cast<uint64_t>(key) << 32 | value; }

template <typename Map, typename Key>
Roaring found(const Map& map, Key key) {
  const auto it = map.find(key);
  return it == map.end() ? Roaring() : it->second;
}

}  // namespace

Membership::Membership(const logic::Pool& pool, const PodClasses& classes, base::Family family) : pool_(pool), classes_(classes), family_(family) {
  const auto count = static_cast<ClassId>(classes.size());
  everyone_.addRange(0, count);
  std::vector<std::vector<ClassId>> of_namespace(classes.namespaces().size());
  for (ClassId id = 0; id < count; ++id) {
    const PodFeatures& f = classes[id];
    of_namespace[f.namespace_number].push_back(id);
    for (const auto& [key, value] : f.labels) {
      by_label_[slot(key, any_value)].add(id);
      if (value != 0) by_label_[slot(key, value)].add(id);
    }
    if (f.service_account != 0) by_service_account_[f.service_account].add(id);
    if (f.fixed_address && classes.has_family(id, family)) {
      fixed_.add(id);
      by_address_.push_back({classes.address(id, family), id});
    }
  }
  std::sort(by_address_.begin(), by_address_.end());
  for (uint32_t n = 0; n < of_namespace.size(); ++n) {
    const auto& ns = classes.namespaces()[n];
    const Roaring members(of_namespace[n].size(), of_namespace[n].data());
    if (ns.name != 0) by_namespace_[ns.name] |= members;
    for (const auto& [key, value] : ns.labels) {
      by_namespace_label_[slot(key, any_value)] |= members;
      if (value != 0) by_namespace_label_[slot(key, value)] |= members;
    }
  }
}

Roaring Membership::at(const base::AddressSet& addresses) const {
  Roaring out;
  for (const auto& interval : addresses.intervals()) {
    const auto first = std::lower_bound(by_address_.begin(), by_address_.end(), interval.first, [](const auto& entry, const base::Address& a) { return entry.first < a; });
    for (auto it = first; it != by_address_.end() && it->first <= interval.last; ++it) out.add(it->second);
  }
  return out;
}

Roaring Membership::atom(const Atom& a) const {
  const std::string& name = pool_.text(a.name);
  const auto labelled = [&](const PodClasses::KeyWords& words, const auto& index, bool exists) {
    const uint32_t key = words.keys[name];
    return found(index, slot(key, exists ? any_value : words.value(key, pool_.text(a.value))));
  };
  switch (a.kind) {
    case AtomKind::kind_is: return static_cast<logic::EndpointKind>(a.detail) == logic::EndpointKind::pod ? everyone_ : Roaring();
    case AtomKind::namespace_is: return found(by_namespace_, classes_.namespace_words()[name]);
    case AtomKind::label_is: return labelled(classes_.label_words(), by_label_, false);
    case AtomKind::label_exists: return labelled(classes_.label_words(), by_label_, true);
    case AtomKind::namespace_label_is: return labelled(classes_.namespace_label_words(), by_namespace_label_, false);
    case AtomKind::namespace_label_exists: return labelled(classes_.namespace_label_words(), by_namespace_label_, true);
    case AtomKind::service_account_is: return found(by_service_account_, classes_.service_account_words()[name]);
    case AtomKind::address_in: return at(pool_.addresses(a));
    case AtomKind::family_is: return static_cast<base::Family>(a.detail) == family_ ? everyone_ : Roaring();
    case AtomKind::peer_known: return everyone_;
    case AtomKind::same_endpoint: return {};
    case AtomKind::same_node:  // refused before it comes here where it would matter between pods: see Side
      return {};
    case AtomKind::node_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named:
    case AtomKind::port_named_in_cluster:
    case AtomKind::flag: break;
  }
  throw base::Unsupported("who reaches whom: the peers or subjects of a policy depend on " + pool_.to_string(a) + ", which a list does not model");
}

const Roaring& Membership::of(logic::Expr e) {
  if (const auto it = known_.find(e.id); it != known_.end()) return it->second;
  Roaring members;
  const auto args = pool_.args(e);
  switch (pool_.op(e)) {
    case logic::Op::constant_false: break;
    case logic::Op::constant_true: members = everyone_; break;
    case logic::Op::atom: members = atom(pool_.atom_of(e)); break;
    case logic::Op::negation:
      members = everyone_;
      members -= of(args[0]);
      break;
    case logic::Op::conjunction: {
      std::vector<const Roaring*> sets;
      for (const auto arg : args) sets.push_back(&of(arg));
      std::sort(sets.begin(), sets.end(), [](const Roaring* a, const Roaring* b) { return a->cardinality() < b->cardinality(); });
      members = *sets[0];
      for (size_t i = 1; i < sets.size() && !members.isEmpty(); ++i) members &= *sets[i];
      break;
    }
    case logic::Op::disjunction:
      for (const auto arg : args) members |= of(arg);
      break;
  }
  return known_.emplace(e.id, std::move(members)).first->second;
}

}  // namespace npverify::reach
