#pragma once

#include <memory>
#include <random>

#include "logic/expression.h"

/// Slices as they come from policies: two readings of the ingress of one namespace, spelled differently.
namespace npverify::benchmark {

struct Slice {
  std::unique_ptr<logic::Pool> pool;
  std::vector<logic::Expr> equal;    ///< unsatisfiable: both readings agree
  std::vector<logic::Expr> differs;  ///< satisfiable: one reading keeps only the first port of a range
};

using base::Address;
using base::AddressSet;
using base::Port;
using base::PortSet;
using base::Prefix;
using base::Protocol;
using logic::Expr;
using logic::Pool;
using logic::Role;

inline constexpr Role S = Role::source, D = Role::destination;

class SliceGenerator {
 public:
  SliceGenerator(Pool& pool, size_t policies, unsigned seed) : pool_(pool), apps_(policies / 2 + 5), random_(seed) {}

  /// The subject of a policy, and what it allows, as both readings spell it.
  struct Policy {
    Expr subject[2], allows[2], first_ports_only;
  };

  Policy policy() {
    Policy p;
    p.subject[0] = p.subject[1] = label(D, "app", below(apps_));
    if (below(100) < 20) selector_with_expressions(p);
    std::vector<Expr> peers[2], ports[2], pairs, first_ports;
    for (size_t n = 1 + below(3); n > 0; --n) peer(peers);
    for (size_t n = 1 + below(3); n > 0; --n) port(ports, first_ports);
    for (const Expr a : peers[1])
      for (const Expr b : ports[1]) pairs.push_back(pool_.both(a, b));
    p.allows[0] = pool_.both(pool_.disjunction(peers[0]), pool_.disjunction(ports[0]));
    p.allows[1] = pool_.disjunction(pairs);
    p.first_ports_only = pool_.both(pool_.disjunction(peers[1]), pool_.disjunction(first_ports));
    return p;
  }

 private:
  size_t below(size_t n) { return random_() % n; }
  Expr label(Role role, const char* key, size_t value) { return pool_.label_is(role, key, "v" + std::to_string(value)); }

  // tier NotIn (a, b), said as "none of them" and as "absent, or present and none of them"
  void selector_with_expressions(Policy& p) {
    const Expr any = pool_.either(label(D, "tier", below(4)), label(D, "tier", below(4)));
    const Expr exists = pool_.label_exists(D, "tier");
    p.subject[0] = pool_.both(p.subject[0], pool_.negation(any));
    p.subject[1] = pool_.both(p.subject[1], pool_.either(pool_.negation(exists), pool_.both(exists, pool_.negation(any))));
  }

  void peer(std::vector<Expr> peers[2]) {
    const size_t kind = below(100);
    if (kind >= 72) return block(peers);
    const Expr where = kind < 50 ? pool_.namespace_is(S, "target") : pool_.namespace_label_is(S, "team", "t" + std::to_string(below(8)));
    const Expr e = pool_.both(where, label(S, "app", below(apps_)));
    for (size_t i = 0; i < 2; ++i) peers[i].push_back(e);
  }

  void block(std::vector<Expr> peers[2]) {
    const Prefix cidr{{base::Family::ipv4, base::uint128{10} << 24 | base::uint128{below(256)} << 16}, 16};
    const AddressSet set = AddressSet::of(cidr);
    AddressSet hole;
    if (below(100) < 40) hole = AddressSet::of(Prefix{{base::Family::ipv4, cidr.network.bits | base::uint128{below(256)} << 8}, 24});
    peers[0].push_back(pool_.address_in(S, set.minus(hole)));
    peers[1].push_back(pool_.both(pool_.address_in(S, set), pool_.negation(pool_.address_in(S, hole))));
  }

  void port(std::vector<Expr> ports[2], std::vector<Expr>& first_ports) {
    const Protocol protocol = below(5) ? Protocol::tcp : Protocol::udp;
    const Expr of_protocol = pool_.protocol_is(protocol);
    const auto first = static_cast<Port>(80 + below(2000));
    Expr number = pool_.port_in(PortSet::range(first, first)), least = number;
    if (const size_t kind = below(100); kind < 12)
      number = pool_.port_in(PortSet::range(first, static_cast<Port>(first + 10 + below(100))));
    else if (kind < 21)
      number = least = pool_.port_named(D, "port-" + std::to_string(below(6)), protocol, logic::PortNames::containers);
    ports[0].push_back(pool_.both(of_protocol, number));
    ports[1].push_back(pool_.both(number, of_protocol));
    first_ports.push_back(pool_.both(of_protocol, least));
  }

  Pool& pool_;
  size_t apps_;
  std::mt19937 random_;
};

inline Expr ingress(Pool& pool, const std::vector<Expr>& subjects, const std::vector<Expr>& allows) {
  std::vector<Expr> allowed{pool.negation(pool.disjunction(subjects))};
  for (size_t i = 0; i < subjects.size(); ++i) allowed.push_back(pool.both(subjects[i], allows[i]));
  return pool.disjunction(allowed);
}

/// A slice of `policies` network policies with the mix of peers, ports and selectors that design studies of real clusters found.
inline Slice make_slice(size_t policies, unsigned seed) {
  Slice slice{std::make_unique<Pool>(), {}, {}};
  Pool& pool = *slice.pool;
  SliceGenerator generator(pool, policies, seed);
  std::vector<Expr> subjects[2], allows[3];
  for (size_t n = 0; n < policies; ++n) {
    const auto p = generator.policy();
    for (size_t i = 0; i < 2; ++i) subjects[i].push_back(p.subject[i]);
    for (size_t i = 0; i < 2; ++i) allows[i].push_back(p.allows[i]);
    allows[2].push_back(p.first_ports_only);
  }
  const Expr here = pool.namespace_is(D, "target");
  const Expr left = ingress(pool, subjects[0], allows[0]);
  slice.equal = {here, pool.different(left, ingress(pool, subjects[1], allows[1]))};
  slice.differs = {here, pool.different(left, ingress(pool, subjects[1], allows[2]))};
  return slice;
}

}  // namespace npverify::benchmark
