#include "verify/canonical.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_set>

namespace npverify::verify {

using logic::AtomKind;
using logic::EndpointKind;
using logic::Expr;
using logic::Pool;

const base::AddressSet& Canonical::range(EndpointKind kind) const {
  switch (kind) {
    case EndpointKind::pod: return addresses_.pods;
    case EndpointKind::host: return addresses_.nodes;
    case EndpointKind::outside: return addresses_.external;
  }
  return addresses_.external;
}

Expr Canonical::part(Expr e, logic::Role role, EndpointKind kind) {
  return pool_.substitute(e, [&](Expr atom) -> std::optional<Expr> {
    const logic::Atom a = pool_.atom_of(atom);
    if (a.kind == AtomKind::same_node && kind == EndpointKind::outside) return logic::False;
    if (a.role != role) return std::nullopt;
    switch (a.kind) {
      case AtomKind::kind_is: return static_cast<EndpointKind>(a.detail) == kind ? logic::True : logic::False;
      case AtomKind::address_in: {
        const base::AddressSet within = base::AddressSet(pool_.addresses(a)).intersected(range(kind));
        return within == range(kind) ? logic::True : pool_.address_in(role, within);
      }
      case AtomKind::namespace_is:
      case AtomKind::label_is:
      case AtomKind::label_exists:
      case AtomKind::namespace_label_is:
      case AtomKind::namespace_label_exists:
      case AtomKind::service_account_is:
      case AtomKind::port_named: return kind == EndpointKind::pod ? std::nullopt : std::optional(logic::False);
      case AtomKind::node_is: return kind == EndpointKind::outside ? std::optional(logic::False) : std::nullopt;
      case AtomKind::family_is:
      case AtomKind::protocol_is:
      case AtomKind::port_in:
      case AtomKind::port_named_in_cluster:
      case AtomKind::same_node:
      case AtomKind::same_endpoint:
      case AtomKind::peer_known:
      case AtomKind::flag: return std::nullopt;
    }
    return std::nullopt;
  });
}

const Canonical::Parts& Canonical::parts(Expr e, logic::Role role) {
  auto& known = known_[role == logic::Role::source ? 0 : 1];
  if (const auto it = known.find(e.id); it != known.end()) return it->second;
  const Parts parts{part(e, role, EndpointKind::pod), part(e, role, EndpointKind::host), part(e, role, EndpointKind::outside)};
  return known.emplace(e.id, parts).first->second;
}

bool Canonical::same(const policy::Policy& a, const policy::Policy& b, logic::Role peer) {
  const auto same_expr = [&](Expr x, Expr y) { return x == y || parts(x, peer) == parts(y, peer); };
  return a.selector == b.selector && std::equal(a.rules.begin(), a.rules.end(), b.rules.begin(), b.rules.end(),
                                                [&](const auto& x, const auto& y) { return same_expr(x.peer, y.peer) && same_expr(x.ports, y.ports); });
}

namespace {

/// A set of ports that some peer reaches under one condition.
struct Opening {
  base::PortSet ports;
  Expr peer;
};

/// match: condition and port in S   result: both, apart
std::pair<Expr, base::PortSet> apart(Pool& pool, Expr ports) {
  const auto is_set = [&](Expr e) { return pool.op(e) == logic::Op::atom && pool.atom_of(e).kind == AtomKind::port_in; };
  if (is_set(ports)) return {logic::True, pool.ports(pool.atom_of(ports))};
  if (pool.op(ports) != logic::Op::conjunction) return {ports, base::PortSet::all()};
  std::vector<Expr> condition = pool.args(ports);
  const auto set = std::find_if(condition.begin(), condition.end(), is_set);
  if (set == condition.end()) return {ports, base::PortSet::all()};
  const base::PortSet numbers = pool.ports(pool.atom_of(*set));
  condition.erase(set);
  return {pool.conjunction(std::move(condition)), numbers};
}

std::vector<Expr> alternatives(const Pool& pool, Expr e) { return pool.op(e) == logic::Op::disjunction ? pool.args(e) : std::vector<Expr>{e}; }

/// match: not (a or b), not (a and b)   result: not a and not b, not a or not b
Expr pushed(Pool& pool, Expr e) {
  if (pool.op(e) != logic::Op::negation) return e;
  const Expr inner = pool.args(e)[0];
  const logic::Op op = pool.op(inner);
  if (op != logic::Op::conjunction && op != logic::Op::disjunction) return e;
  std::vector<Expr> parts = pool.args(inner);
  for (Expr& part : parts) part = pool.negation(part);
  return op == logic::Op::conjunction ? pool.disjunction(std::move(parts)) : pool.conjunction(std::move(parts));
}

/// match: x and (a or b)   result: x and a, or x and b; as long as they are few
Expr spread(Pool& pool, Expr e) {
  constexpr size_t most = 64;
  std::vector<Expr> done, open = alternatives(pool, e);
  while (!open.empty()) {
    if (done.size() + open.size() > most) return e;
    const Expr one = open.back();
    open.pop_back();
    std::vector<Expr> parts = pool.op(one) == logic::Op::conjunction ? pool.args(one) : std::vector<Expr>{one};
    for (Expr& part : parts) part = pushed(pool, part);
    const auto choice = std::find_if(parts.begin(), parts.end(), [&](Expr part) { return pool.op(part) == logic::Op::disjunction; });
    if (choice == parts.end()) {
      done.push_back(pool.conjunction(std::move(parts)));
      continue;
    }
    for (const Expr chosen : pool.args(*choice)) {
      *choice = chosen;
      open.push_back(pool.conjunction(parts));
    }
  }
  return pool.disjunction(std::move(done));
}

/// Who reaches each port: cut where some set begins or ends. `effort` is what is left of it.
std::map<Expr, base::PortSet> by_peers(Pool& pool, const std::vector<Opening>& openings, size_t& effort) {
  std::map<uint32_t, std::pair<std::vector<Expr>, std::vector<Expr>>> cuts;  // who begins there, and who ended before
  for (const Opening& one : openings)
    for (const auto& interval : one.ports.intervals()) {
      cuts[interval.first].first.push_back(one.peer);
      cuts[uint32_t{interval.last} + 1].second.push_back(one.peer);
    }
  std::map<Expr, base::PortSet> out;
  std::multiset<Expr> here;
  for (auto cut = cuts.begin(); cut != cuts.end() && effort > 0; ++cut) {
    for (const Expr peer : cut->second.second) here.erase(here.find(peer));
    here.insert(cut->second.first.begin(), cut->second.first.end());
    effort -= std::min(effort, here.size() + 1);
    if (here.empty()) continue;
    base::PortSet& ports = out[pool.disjunction({here.begin(), here.end()})];
    ports = ports.united(base::PortSet::range(static_cast<base::Port>(cut->first), static_cast<base::Port>(std::next(cut)->first - 1)));
  }
  return out;
}

}  // namespace

// Rules that were cut by peer, by port, by value or by block come out as the rule that they were cut from: ports are told apart where some rule does, and
// blocks under one condition are one set (logic::Pool).
std::optional<Canonical::Openings> Canonical::openings(const Policies& policies, logic::Role peer) {
  constexpr size_t effort_per_rule = 200;
  Openings all;
  for (size_t kind = 0; kind < all.size(); ++kind) {
    std::map<Expr, std::vector<Opening>> by_condition;
    size_t effort = effort_per_rule;
    for (const policy::Policy* policy : policies)
      for (const policy::Rule& rule : policy->rules) {
        const Expr to = parts(rule.peer, peer)[kind], ports = parts(rule.ports, peer)[kind];
        const auto [spelled, fresh] = spread_.try_emplace(to.id, to);
        if (fresh) spelled->second = spread(pool_, to);
        if (spelled->second.is_false() || ports.is_false()) continue;
        effort += effort_per_rule;
        for (const Expr one : alternatives(pool_, ports)) {
          auto [condition, numbers] = apart(pool_, one);
          by_condition[condition].push_back({std::move(numbers), spelled->second});
        }
      }
    for (const auto& [condition, openings] : by_condition)
      for (auto& [peers, ports] : by_peers(pool_, openings, effort)) {
        base::PortSet& to_these = all[kind][{condition, parts(peers, peer)[kind]}];  // what the blocks are together may be all there is
        to_these = to_these.united(ports);
      }
    if (effort == 0) return std::nullopt;
  }
  return all;
}

namespace {

std::map<Expr, Canonical::Policies> by_selector(const Canonical::Policies& policies) {
  std::map<Expr, Canonical::Policies> out;
  for (const policy::Policy* policy : policies) out[policy->selector].push_back(policy);
  return out;
}

void leave_out(Canonical::Policies& policies, const std::unordered_set<const policy::Policy*>& done) {
  std::erase_if(policies, [&](const policy::Policy* policy) { return done.contains(policy); });
}

}  // namespace

bool Canonical::same(Policies& a, Policies& b, logic::Role peer) {
  std::unordered_map<std::string, const policy::Policy*> named;
  for (const policy::Policy* policy : b) named.emplace(policy->id(), policy);
  std::unordered_set<const policy::Policy*> done;
  for (const policy::Policy* policy : a)
    if (const auto other = named.find(policy->id()); other != named.end() && same(*policy, *other->second, peer)) done.insert({policy, other->second});
  leave_out(a, done);
  leave_out(b, done);
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  const auto here = by_selector(a), there = by_selector(b);
  for (const auto& [selector, policies] : here) {
    const auto others = there.find(selector);
    if (others == there.end()) continue;
    const auto left = openings(policies, peer), right = openings(others->second, peer);
    if (!left || !right || *left != *right) continue;
    for (const Policies* group : {&policies, &others->second}) done.insert(group->begin(), group->end());
  }
  leave_out(a, done);
  leave_out(b, done);
  return a.empty() && b.empty();
}

}  // namespace npverify::verify
