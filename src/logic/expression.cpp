#include "logic/expression.h"

#include <algorithm>
#include <map>

#include "base/diagnostics.h"

namespace npverify::logic {
namespace {

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

uint64_t hash_of(const Atom& a) {
  return mix(mix(mix(static_cast<uint64_t>(a.kind) << 24 | static_cast<uint64_t>(a.role) << 16 | static_cast<uint64_t>(a.detail) << 8 | static_cast<uint64_t>(a.names), a.name), a.value), 7);
}

uint64_t hash_of(Op op, const std::vector<Expr>& args) {
  uint64_t hash = static_cast<uint64_t>(op) + 11;
  for (const Expr e : args) hash = mix(hash, e.id);
  return hash;
}

uint64_t hash_of(const base::AddressSet& set) {
  uint64_t hash = 13;
  for (const auto& i : set.intervals())
    for (const auto& a : {i.first, i.last}) hash = mix(mix(hash, static_cast<uint64_t>(a.bits)), static_cast<uint64_t>(a.bits >> 64) + static_cast<uint64_t>(a.family));
  return hash;
}

uint64_t hash_of(const base::PortSet& set) {
  uint64_t hash = 17;
  for (const auto& i : set.intervals()) hash = mix(hash, static_cast<uint64_t>(i.first) << 16 | i.last);
  return hash;
}

template <class Value>
uint32_t intern_set(const Value& value, std::vector<Value>& values, std::unordered_multimap<uint64_t, uint32_t>& index) {
  const uint64_t hash = hash_of(value);
  const auto [begin, end] = index.equal_range(hash);
  for (auto it = begin; it != end; ++it)
    if (values[it->second] == value) return it->second;
  values.push_back(value);
  index.emplace(hash, static_cast<uint32_t>(values.size() - 1));
  return static_cast<uint32_t>(values.size() - 1);
}

}  // namespace

const char* to_string(Role role) { return role == Role::source ? "source" : "destination"; }

const char* to_string(EndpointKind kind) {
  switch (kind) {
    case EndpointKind::pod: return "pod";
    case EndpointKind::host: return "host";
    case EndpointKind::outside: return "outside";
  }
  return "?";
}

Pool::Pool() {
  nodes_.push_back({Op::constant_false, 0, 0});
  nodes_.push_back({Op::constant_true, 0, 0});
  symbol("");
}

Symbol Pool::symbol(std::string_view text) {
  const auto [it, fresh] = symbol_index_.try_emplace(std::string(text), static_cast<Symbol>(symbols_.size()));
  if (fresh) symbols_.push_back(&it->first);
  return it->second;
}

uint32_t Pool::intern(const base::AddressSet& set) { return intern_set(set, address_sets_, address_index_); }
uint32_t Pool::intern(const base::PortSet& set) { return intern_set(set, port_sets_, port_index_); }

Expr Pool::atom(const Atom& wanted) {
  const uint64_t hash = hash_of(wanted);
  const auto [begin, end] = atom_index_.equal_range(hash);
  for (auto it = begin; it != end; ++it)
    if (atoms_[nodes_[it->second].begin] == wanted) return {it->second};
  atoms_.push_back(wanted);
  nodes_.push_back({Op::atom, static_cast<uint32_t>(atoms_.size() - 1), 0});
  atom_index_.emplace(hash, static_cast<uint32_t>(nodes_.size() - 1));
  return {static_cast<uint32_t>(nodes_.size() - 1)};
}

Expr Pool::intern(Op op, std::vector<Expr> args) {
  const uint64_t hash = hash_of(op, args);
  const auto [begin, end] = node_index_.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    const Node& node = nodes_[it->second];
    if (node.op == op && node.count == args.size() && std::equal(args.begin(), args.end(), args_.begin() + node.begin)) return {it->second};
  }
  nodes_.push_back({op, static_cast<uint32_t>(args_.size()), static_cast<uint32_t>(args.size())});
  args_.insert(args_.end(), args.begin(), args.end());
  node_index_.emplace(hash, static_cast<uint32_t>(nodes_.size() - 1));
  return {static_cast<uint32_t>(nodes_.size() - 1)};
}

namespace {

// Two by two, so that what n sets hold is looked at log n times.
template <class Set>
Set merged(Op op, std::vector<Set> sets) {
  while (sets.size() > 1) {
    for (size_t i = 0; 2 * i + 1 < sets.size(); ++i) sets[i] = op == Op::conjunction ? sets[2 * i].intersected(sets[2 * i + 1]) : sets[2 * i].united(sets[2 * i + 1]);
    if (sets.size() % 2 == 1) sets[sets.size() / 2] = std::move(sets.back());
    sets.resize((sets.size() + 1) / 2);
  }
  return std::move(sets[0]);
}

}  // namespace

// match: several address_in of one role (or port_in) under and/or   result: one, of the intersection or union
// The families keep their sets exact, so the canonical form of "cidr minus excepts" is the same however it was spelled.
void Pool::merge_sets(Op op, std::vector<Expr>& args) {
  const auto is_set = [&](Expr e) { return nodes_[e.id].op == Op::atom && (atom_of(e).kind == AtomKind::address_in || atom_of(e).kind == AtomKind::port_in); };
  if (std::count_if(args.begin(), args.end(), is_set) < 2) return;
  const auto is_of = [&](Expr e, AtomKind kind, Role role) { return nodes_[e.id].op == Op::atom && atom_of(e).kind == kind && atom_of(e).role == role; };
  for (const auto& [kind, role] : {std::pair{AtomKind::address_in, Role::source}, {AtomKind::address_in, Role::destination}, {AtomKind::port_in, Role::source}}) {
    const auto one = [&](Expr e) { return is_of(e, kind, role); };
    if (std::count_if(args.begin(), args.end(), one) < 2) continue;
    std::vector<base::AddressSet> address_sets;
    std::vector<base::PortSet> port_sets;
    for (const Expr e : args) {
      if (!one(e)) continue;
      if (kind == AtomKind::address_in)
        address_sets.push_back(addresses(atom_of(e)));
      else
        port_sets.push_back(ports(atom_of(e)));
    }
    std::erase_if(args, one);
    args.push_back(kind == AtomKind::address_in ? address_in(role, merged(op, std::move(address_sets))) : port_in(merged(op, std::move(port_sets))));
  }
}

namespace {

// match: (x and a in S) or (x and a in T)   result: x and a in S or T; and the same with and/or exchanged. True where something matched.
// Blocks of one list that hold for the same kind of end become one set: 10,000 of them are one atom, and a reading that tells the ends apart
// block by block has the form of one that does it once.
bool factor_addresses(Pool& pool, Op op, std::vector<Expr>& args) {
  const Op inner = op == Op::conjunction ? Op::disjunction : Op::conjunction;
  const auto set_in = [&](Expr term) { return std::find_if(pool.args_begin(term), pool.args_end(term), [&](Expr e) { return pool.op(e) == Op::atom && pool.atom_of(e).kind == AtomKind::address_in; }); };
  using Rest = std::vector<Expr>;
  std::map<std::pair<Role, Rest>, std::vector<size_t>> groups;
  for (size_t i = 0; i < args.size(); ++i) {
    if (pool.op(args[i]) != inner) continue;
    const auto set = set_in(args[i]), end = pool.args_end(args[i]);
    if (set == end) continue;
    Rest rest(pool.args_begin(args[i]), set);
    rest.insert(rest.end(), set + 1, end);
    groups[{pool.atom_of(*set).role, std::move(rest)}].push_back(i);
  }
  std::vector<Expr> factored;
  std::vector<bool> gone(args.size());
  for (const auto& [key, group] : groups) {
    if (group.size() < 2) continue;
    std::vector<Expr> sets;
    for (const size_t i : group) {
      sets.push_back(*set_in(args[i]));
      gone[i] = true;
    }
    std::vector<Expr> parts = key.second;
    parts.push_back(op == Op::conjunction ? pool.conjunction(std::move(sets)) : pool.disjunction(std::move(sets)));
    factored.push_back(inner == Op::conjunction ? pool.conjunction(std::move(parts)) : pool.disjunction(std::move(parts)));
  }
  if (factored.empty()) return false;
  for (size_t i = 0; i < args.size(); ++i)
    if (!gone[i]) factored.push_back(args[i]);
  args = std::move(factored);
  return true;
}

}  // namespace

Expr Pool::fold(Op op, std::vector<Expr> args) {
  const Expr neutral = op == Op::conjunction ? True : False, absorbing = op == Op::conjunction ? False : True;
  std::vector<Expr> flat;
  if (std::none_of(args.begin(), args.end(), [&](Expr e) { return nodes_[e.id].op == op; })) {
    flat = std::move(args);
  } else {
    for (const Expr e : args) {
      if (nodes_[e.id].op == op)
        flat.insert(flat.end(), args_begin(e), args_end(e));
      else
        flat.push_back(e);
    }
  }
  merge_sets(op, flat);
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  if (std::binary_search(flat.begin(), flat.end(), absorbing)) return absorbing;
  std::erase(flat, neutral);
  for (const Expr e : flat)
    if (nodes_[e.id].op == Op::negation && std::binary_search(flat.begin(), flat.end(), *args_begin(e))) return absorbing;
  if (flat.empty()) return neutral;
  if (flat.size() > 1 && factor_addresses(*this, op, flat)) return fold(op, std::move(flat));
  return flat.size() == 1 ? flat[0] : intern(op, std::move(flat));
}

Expr Pool::conjunction(std::vector<Expr> args) { return fold(Op::conjunction, std::move(args)); }
Expr Pool::disjunction(std::vector<Expr> args) { return fold(Op::disjunction, std::move(args)); }

Expr Pool::negation(Expr a) {
  switch (op(a)) {
    case Op::constant_false: return True;
    case Op::constant_true: return False;
    case Op::negation: return *args_begin(a);
    case Op::atom:
    case Op::conjunction:
    case Op::disjunction: return intern(Op::negation, {a});
  }
  return False;
}

Expr Pool::same(Expr a, Expr b) { return negation(different(a, b)); }

Expr Pool::different(Expr a, Expr b) {
  if (a == b) return False;
  return either(both(a, negation(b)), both(negation(a), b));
}

Expr Pool::choice(Expr condition, Expr then, Expr otherwise) {
  if (then == otherwise) return then;
  return either(both(condition, then), both(negation(condition), otherwise));
}

Expr Pool::kind_is(Role role, EndpointKind kind) { return atom({.kind = AtomKind::kind_is, .role = role, .detail = static_cast<uint8_t>(kind)}); }
Expr Pool::namespace_is(Role role, std::string_view name) { return atom({.kind = AtomKind::namespace_is, .role = role, .name = symbol(name)}); }
Expr Pool::label_is(Role role, std::string_view key, std::string_view value) {
  return atom({.kind = AtomKind::label_is, .role = role, .name = symbol(key), .value = symbol(value)});
}
Expr Pool::label_exists(Role role, std::string_view key) { return atom({.kind = AtomKind::label_exists, .role = role, .name = symbol(key)}); }
Expr Pool::namespace_label_is(Role role, std::string_view key, std::string_view value) {
  return atom({.kind = AtomKind::namespace_label_is, .role = role, .name = symbol(key), .value = symbol(value)});
}
Expr Pool::namespace_label_exists(Role role, std::string_view key) {
  return atom({.kind = AtomKind::namespace_label_exists, .role = role, .name = symbol(key)});
}
Expr Pool::service_account_is(Role role, std::string_view name) { return atom({.kind = AtomKind::service_account_is, .role = role, .name = symbol(name)}); }
Expr Pool::node_is(Role role, std::string_view name) { return atom({.kind = AtomKind::node_is, .role = role, .name = symbol(name)}); }
Expr Pool::address_in(Role role, const base::AddressSet& set) {
  if (set.empty()) return False;
  static const auto everything = base::AddressSet::everything();
  if (set == everything) return True;
  return atom({.kind = AtomKind::address_in, .role = role, .value = intern(set)});
}
Expr Pool::family_is(base::Family family) {
  const Expr ipv4 = atom({.kind = AtomKind::family_is, .detail = static_cast<uint8_t>(base::Family::ipv4)});
  return family == base::Family::ipv4 ? ipv4 : negation(ipv4);
}
Expr Pool::protocol_is(base::Protocol protocol) { return atom({.kind = AtomKind::protocol_is, .detail = static_cast<uint8_t>(protocol)}); }
Expr Pool::port_in(const base::PortSet& set) {
  if (set.empty()) return False;
  if (set == base::PortSet::all()) return True;
  return atom({.kind = AtomKind::port_in, .value = intern(set)});
}
Expr Pool::port_named(Role role, std::string_view name, base::Protocol protocol, PortNames names) {
  return atom({.kind = AtomKind::port_named, .role = role, .detail = static_cast<uint8_t>(protocol), .names = names, .name = symbol(name)});
}
Expr Pool::port_named_in_cluster(std::string_view name, base::Protocol protocol) {
  return atom({.kind = AtomKind::port_named_in_cluster, .detail = static_cast<uint8_t>(protocol), .name = symbol(name)});
}
Expr Pool::same_node() { return atom({.kind = AtomKind::same_node}); }
Expr Pool::same_endpoint() { return atom({.kind = AtomKind::same_endpoint}); }
Expr Pool::peer_known(Role role) { return atom({.kind = AtomKind::peer_known, .role = role}); }
Expr Pool::flag(std::string_view name) { return atom({.kind = AtomKind::flag, .name = symbol(name)}); }

std::vector<Expr> Pool::args(Expr e) const {
  const Node& node = nodes_[e.id];
  if (node.op == Op::atom || node.op == Op::constant_false || node.op == Op::constant_true) return {};
  return {args_begin(e), args_end(e)};
}

std::vector<Expr> Pool::atoms_of(const std::vector<Expr>& roots) const {
  std::vector<Expr> atoms, stack(roots.rbegin(), roots.rend());
  std::unordered_map<uint32_t, bool> seen;
  while (!stack.empty()) {
    const Expr e = stack.back();
    stack.pop_back();
    if (!seen.emplace(e.id, true).second) continue;
    if (op(e) == Op::atom) atoms.push_back(e);
    const auto children = args(e);
    stack.insert(stack.end(), children.rbegin(), children.rend());
  }
  return atoms;
}

Expr Pool::substitute(Expr root, const std::function<std::optional<Expr>(Expr)>& replace) {
  std::unordered_map<uint32_t, Expr> done;
  const std::function<Expr(Expr)> walk = [&](Expr e) -> Expr {
    if (e.id <= 1) return e;
    if (const auto it = done.find(e.id); it != done.end()) return it->second;
    Expr result = e;
    if (op(e) == Op::atom) {
      result = replace(e).value_or(e);
    } else {
      std::vector<Expr> children = args(e);
      for (Expr& child : children) child = walk(child);
      result = op(e) == Op::negation ? negation(children[0]) : fold(op(e), std::move(children));
    }
    done.emplace(e.id, result);
    return result;
  };
  return walk(root);
}

bool Pool::evaluate(Expr e, const std::function<bool(const Atom&)>& holds) const {
  switch (op(e)) {
    case Op::constant_false: return false;
    case Op::constant_true: return true;
    case Op::atom: return holds(atom_of(e));
    case Op::negation: return !evaluate(*args_begin(e), holds);
    case Op::conjunction: return std::all_of(args_begin(e), args_end(e), [&](Expr a) { return evaluate(a, holds); });
    case Op::disjunction: return std::any_of(args_begin(e), args_end(e), [&](Expr a) { return evaluate(a, holds); });
  }
  return false;
}

}  // namespace npverify::logic
