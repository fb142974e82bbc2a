// The constructors of expressions fold. Each fold where it applies and where it must not, and at random: what is folded means the same as
// what was written.
#include <random>

#include "logic/expression.h"
#include "support/catch.h"

using namespace npverify;
using base::Address;
using base::AddressSet;
using base::Family;
using base::PortSet;
using base::Prefix;
using base::Protocol;
using logic::Atom;
using logic::AtomKind;
using logic::Expr;
using logic::False;
using logic::Op;
using logic::Pool;
using logic::Role;
using logic::True;

namespace {

constexpr Role S = Role::source, D = Role::destination;

AddressSet cidr(const char* text) { return AddressSet::of(*Prefix::parse(text)); }

/// What an atom can be asked about here.
struct Flow {
  Address source, destination;
  base::Port port = 0;
  unsigned flags = 0;
  bool ipv4 = true;
};

bool holds(const Pool& pool, const Atom& a, const Flow& flow) {
  switch (a.kind) {
    case AtomKind::address_in: return pool.addresses(a).contains(a.role == S ? flow.source : flow.destination);
    case AtomKind::port_in: return pool.ports(a).contains(flow.port);
    case AtomKind::flag: return flow.flags >> std::stoul(pool.text(a.name)) & 1U;
    case AtomKind::family_is: return flow.ipv4 == (a.detail == static_cast<uint8_t>(Family::ipv4));
    default: FAIL("no such atom here"); return false;
  }
}

/// An expression as it was written, never folded.
struct Written {
  enum Kind { leaf, negated, all, any, same, different, choice, implied } kind = leaf;
  Expr atom;
  std::vector<Written> parts;
};

Expr folded(Pool& pool, const Written& w) {
  std::vector<Expr> parts;
  for (const Written& part : w.parts) parts.push_back(folded(pool, part));
  switch (w.kind) {
    case Written::leaf: return w.atom;
    case Written::negated: return pool.negation(parts[0]);
    case Written::all: return pool.conjunction(parts);
    case Written::any: return pool.disjunction(parts);
    case Written::same: return pool.same(parts[0], parts[1]);
    case Written::different: return pool.different(parts[0], parts[1]);
    case Written::choice: return pool.choice(parts[0], parts[1], parts[2]);
    case Written::implied: return pool.implies(parts[0], parts[1]);
  }
  return False;
}

bool meaning(const Pool& pool, const Written& w, const Flow& flow) {
  const auto part = [&](size_t i) { return meaning(pool, w.parts[i], flow); };
  bool all = true, any = false;
  for (size_t i = 0; i < w.parts.size(); ++i) {
    all = all && part(i);
    any = any || part(i);
  }
  switch (w.kind) {
    case Written::leaf: return pool.evaluate(w.atom, [&](const Atom& a) { return holds(pool, a, flow); });
    case Written::negated: return !part(0);
    case Written::all: return all;
    case Written::any: return any;
    case Written::same: return part(0) == part(1);
    case Written::different: return part(0) != part(1);
    case Written::choice: return part(0) ? part(1) : part(2);
    case Written::implied: return !part(0) || part(1);
  }
  return false;
}

Written random_written(const std::vector<Expr>& leaves, int depth, std::mt19937& random) {
  if (depth == 0 || random() % 8 == 0) return {Written::leaf, leaves[random() % leaves.size()], {}};
  Written w{static_cast<Written::Kind>(1 + random() % 7), False, {}};
  const size_t parts = w.kind == Written::negated ? 1 : w.kind == Written::choice ? 3 : w.kind == Written::all || w.kind == Written::any ? random() % 5 : 2;
  for (size_t i = 0; i < parts; ++i) w.parts.push_back(random_written(leaves, depth - 1, random));
  return w;
}

std::vector<Expr> leaves_of(Pool& pool) {
  std::vector<Expr> leaves{True, False, pool.family_is(Family::ipv4), pool.family_is(Family::ipv6)};
  for (const char* name : {"0", "1", "2"}) leaves.push_back(pool.flag(name));
  for (const char* text : {"10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "::/0", "fd00::/8", "255.255.255.255/32"})
    for (const Role role : {S, D}) leaves.push_back(pool.address_in(role, cidr(text)));
  for (const int first : {0, 1, 80, 65535}) leaves.push_back(pool.port_in(PortSet::range(static_cast<base::Port>(first), static_cast<base::Port>(first | 15))));
  return leaves;
}

}  // namespace

TEST_CASE("random expressions: folding keeps the meaning") {
  const char* addresses[] = {"10.0.0.0", "10.1.2.3", "9.255.255.255", "11.0.0.0", "255.255.255.255", "0.0.0.0", "::", "fd00::1", "ff::"};
  for (unsigned seed = 0; seed < 1500; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Pool pool;
    const Written written = random_written(leaves_of(pool), 5, random);
    const Expr e = folded(pool, written);
    const Expr identity = pool.substitute(e, [](Expr) { return std::nullopt; });
    CHECK(identity == e);
    bool alike = true;
    for (int i = 0; i < 40 && alike; ++i) {
      const Flow flow{*Address::parse(addresses[random() % 9]), *Address::parse(addresses[random() % 9]),
                      static_cast<base::Port>(random() % 3 ? random() % 100 : random() % 65536), static_cast<unsigned>(random() % 8), random() % 2 == 0};
      alike = pool.evaluate(e, [&](const Atom& a) { return holds(pool, a, flow); }) == meaning(pool, written, flow);
    }
    CHECK(alike);
  }
}

TEST_CASE("connectives fold constants, duplicates, complements and nesting") {
  Pool p;
  const Expr a = p.flag("a"), b = p.flag("b"), c = p.flag("c");
  CHECK(p.conjunction({}) == True);
  CHECK(p.disjunction({}) == False);
  CHECK(p.conjunction({a}) == a);
  CHECK(p.conjunction({a, a}) == a);
  CHECK(p.conjunction({a, True}) == a);
  CHECK(p.conjunction({a, False}) == False);
  CHECK(p.disjunction({a, False}) == a);
  CHECK(p.disjunction({a, True}) == True);
  CHECK(p.conjunction({a, p.negation(a)}) == False);
  CHECK(p.disjunction({b, a, p.negation(a)}) == True);
  CHECK(p.negation(p.negation(a)) == a);
  CHECK(p.conjunction({p.both(a, b), c}) == p.conjunction({a, b, c}));
  CHECK(p.conjunction({b, a}) == p.conjunction({a, b}));
  CHECK(p.disjunction({p.both(a, b), c}) != p.disjunction({a, b, c}));
  CHECK(p.both(a, p.either(a, b)) != a);  // absorption is the solver's business
  CHECK(p.conjunction({p.both(a, b), p.negation(p.both(a, b))}) != True);
}

TEST_CASE("derived connectives fold what is decided") {
  Pool p;
  const Expr a = p.flag("a"), b = p.flag("b");
  CHECK(p.same(a, a) == True);
  CHECK(p.different(a, a) == False);
  CHECK(p.same(a, True) == a);
  CHECK(p.same(a, False) == p.negation(a));
  CHECK(p.different(a, p.negation(a)) == True);
  CHECK(p.choice(a, b, b) == b);
  CHECK(p.choice(True, a, b) == a);
  CHECK(p.choice(False, a, b) == b);
  CHECK(p.implies(a, a) == True);
  CHECK(p.implies(False, b) == True);
}

TEST_CASE("sets of one variable merge, and equal sets are equal expressions") {
  Pool p;
  const auto in = [&](Role role, const char* text) { return p.address_in(role, cidr(text)); };
  CHECK(p.either(in(S, "10.0.0.0/9"), in(S, "10.128.0.0/9")) == in(S, "10.0.0.0/8"));
  CHECK(p.both(in(S, "10.0.0.0/8"), in(S, "10.1.0.0/16")) == in(S, "10.1.0.0/16"));
  CHECK(p.both(in(S, "10.0.0.0/8"), in(S, "11.0.0.0/8")) == False);
  CHECK(p.either(in(S, "0.0.0.0/0"), in(S, "::/0")) == True);
  CHECK(p.both(in(S, "0.0.0.0/0"), in(S, "::/0")) == False);
  CHECK(p.op(p.both(in(S, "10.0.0.0/8"), in(D, "10.1.0.0/16"))) == Op::conjunction);
  CHECK(p.op(p.either(in(S, "10.0.0.0/8"), in(D, "10.0.0.0/8"))) == Op::disjunction);
  const auto port = [&](base::Port first, base::Port last) { return p.port_in(PortSet::range(first, last)); };
  CHECK(p.either(port(80, 80), port(81, 90)) == port(80, 90));
  CHECK(p.both(port(80, 90), port(85, 100)) == port(85, 90));
  CHECK(p.both(port(80, 84), port(85, 90)) == False);
  CHECK(p.either(port(0, 79), port(80, 65535)) == True);
  CHECK(p.address_in(S, {}) == False);
  CHECK(p.address_in(S, AddressSet::everything()) == True);
  CHECK(p.address_in(S, AddressSet::all(Family::ipv4)) != True);
  CHECK(p.port_in({}) == False);
  CHECK(p.port_in(PortSet::all()) == True);
  const auto with_hole = cidr("10.0.0.0/8").minus(cidr("10.1.0.0/16"));
  CHECK(p.address_in(S, with_hole) == p.address_in(S, cidr("10.0.0.0/16").united(with_hole)));
}

TEST_CASE("blocks under the same condition are one set under it") {
  Pool p;
  const auto in = [&](Role role, const char* text) { return p.address_in(role, cidr(text)); };
  const Expr outside = p.kind_is(D, logic::EndpointKind::outside), web = p.label_is(S, "app", "web");
  const auto block = [&](const char* text) { return p.both(outside, in(D, text)); };
  CHECK(p.either(block("10.0.0.0/9"), block("10.128.0.0/9")) == block("10.0.0.0/8"));
  CHECK(p.disjunction({block("10.0.0.0/9"), web, block("10.128.0.0/9")}) == p.either(web, block("10.0.0.0/8")));
  CHECK(p.either(block("0.0.0.0/0"), block("::/0")) == outside);
  CHECK(p.both(p.either(web, in(D, "10.0.0.0/8")), p.either(web, in(D, "11.0.0.0/8"))) == web);
  CHECK(p.disjunction({p.conjunction({web, outside, in(D, "10.0.0.0/9")}), p.conjunction({outside, in(D, "10.128.0.0/9"), web})}) == p.conjunction({web, outside, in(D, "10.0.0.0/8")}));
  const Expr other_end = p.both(outside, in(S, "10.128.0.0/9"));
  CHECK(p.either(block("10.0.0.0/9"), other_end) != block("10.0.0.0/8"));
  CHECK(p.either(block("10.0.0.0/9"), p.both(web, in(D, "10.128.0.0/9"))) != p.both(outside, in(D, "10.0.0.0/8")));
}

TEST_CASE("the two families are one question") {
  Pool p;
  CHECK(p.family_is(Family::ipv6) == p.negation(p.family_is(Family::ipv4)));
  CHECK(p.either(p.family_is(Family::ipv4), p.family_is(Family::ipv6)) == True);
}

TEST_CASE("atoms that differ in anything are different") {
  Pool p;
  std::vector<Expr> atoms{p.namespace_is(S, "a"),       p.namespace_is(D, "a"),          p.namespace_is(S, "b"),  p.label_is(S, "a", "b"),
                          p.label_is(S, "b", "a"),      p.label_exists(S, "a"),          p.namespace_label_is(S, "a", "b"), p.service_account_is(S, "a"),
                          p.node_is(S, "a"),            p.flag("a"),                     p.same_node(),           p.same_endpoint(),
                          p.peer_known(S),              p.peer_known(D),                 p.protocol_is(Protocol::tcp), p.protocol_is(Protocol::udp),
                          p.port_named_in_cluster("a", Protocol::tcp)};
  for (const auto names : {logic::PortNames::containers, logic::PortNames::sidecars, logic::PortNames::inits, logic::PortNames::last})
    for (const Protocol protocol : base::all_protocols) atoms.push_back(p.port_named(S, "a", protocol, names));
  for (size_t i = 0; i < atoms.size(); ++i)
    for (size_t j = 0; j < i; ++j) CHECK(atoms[i] != atoms[j]);
  CHECK(p.label_is(S, "a", "b") == atoms[3]);
}

TEST_CASE("substitution replaces atoms and folds again") {
  Pool p;
  const Expr a = p.flag("a"), b = p.flag("b"), c = p.flag("c");
  const Expr e = p.either(p.both(a, b), p.negation(c));
  const auto with = [&](Expr atom, Expr value) { return p.substitute(e, [&](Expr x) { return x == atom ? std::optional(value) : std::nullopt; }); };
  CHECK(with(a, True) == p.either(b, p.negation(c)));
  CHECK(with(a, False) == p.negation(c));
  CHECK(with(c, False) == True);
  CHECK(with(a, c) == p.either(p.both(c, b), p.negation(c)));
  CHECK(with(p.flag("d"), True) == e);
}

TEST_CASE("the atoms of expressions, each once, in order of appearance") {
  Pool p;
  const Expr a = p.flag("a"), b = p.flag("b"), c = p.flag("c");
  CHECK(p.atoms_of({p.both(a, p.negation(b)), p.either(b, c)}) == std::vector<Expr>{a, b, c});
  CHECK(p.atoms_of({True, False}).empty());
}
