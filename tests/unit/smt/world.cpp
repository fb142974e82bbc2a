#include "world.h"

namespace npverify::smt_test {

using base::AddressSet;
using base::Prefix;
using base::Protocol;
using logic::EndpointKind;
using logic::Expr;
using logic::Pool;
using logic::PortNames;
using logic::Role;
using smt::Assignment;

void World::kinds(Role role) {
  Dimension dimension;
  for (const auto kind : {EndpointKind::pod, EndpointKind::host, EndpointKind::outside}) dimension.push_back([=](Assignment& f) { f.end(role).kind = kind; });
  dimensions.push_back(dimension);
}

std::vector<Assignment> World::flows() const {
  std::vector<Assignment> flows;
  const std::function<void(Assignment, size_t)> extend = [&](const Assignment& flow, size_t next) {
    if (next == dimensions.size()) {
      if (!smt::broken_law(flow)) flows.push_back(flow);
      return;
    }
    for (const auto& choose : dimensions[next]) {
      Assignment chosen = flow;
      choose(chosen);
      extend(chosen, next + 1);
    }
  };
  extend({}, 0);
  return flows;
}

Expr random_expression(Pool& pool, const std::vector<Expr>& atoms, size_t size, std::mt19937& random) {
  if (size == 0) {
    const Expr atom = atoms[random() % atoms.size()];
    return random() % 3 ? atom : pool.negation(atom);
  }
  const size_t parts = 2 + random() % 3;
  std::vector<Expr> args;
  for (size_t i = 0; i < parts; ++i) args.push_back(random_expression(pool, atoms, (size - 1) / parts, random));
  const Expr e = random() % 2 ? pool.conjunction(args) : pool.disjunction(args);
  return random() % 5 ? e : pool.negation(e);
}

std::vector<Expr> rich_vocabulary(Pool& pool) {
  std::vector<Expr> atoms{pool.same_node(), pool.same_endpoint(), pool.family_is(base::Family::ipv4), pool.flag("f")};
  for (const Protocol p : base::all_protocols) atoms.push_back(pool.protocol_is(p));
  for (const int first : {0, 53, 80, 8000})
    for (const int length : {0, 1, 100})
      atoms.push_back(pool.port_in(base::PortSet::range(static_cast<base::Port>(first), static_cast<base::Port>(first + length))));
  for (const Protocol p : {Protocol::tcp, Protocol::udp}) atoms.push_back(pool.port_named_in_cluster("http", p));
  for (const Role role : {Role::source, Role::destination}) {
    for (const auto kind : {EndpointKind::pod, EndpointKind::host, EndpointKind::outside}) atoms.push_back(pool.kind_is(role, kind));
    for (const char* name : {"a", "b", "c"}) {
      atoms.push_back(pool.namespace_is(role, name));
      atoms.push_back(pool.node_is(role, name));
      atoms.push_back(pool.label_is(role, "app", name));
      atoms.push_back(pool.label_is(role, "tier", name));
      atoms.push_back(pool.namespace_label_is(role, "env", name));
    }
    for (const char* key : {"app", "tier"}) atoms.push_back(pool.label_exists(role, key));
    atoms.push_back(pool.namespace_label_exists(role, "env"));
    atoms.push_back(pool.namespace_label_is(role, "kubernetes.io/metadata.name", "b"));
    atoms.push_back(pool.service_account_is(role, "x"));
    atoms.push_back(pool.peer_known(role));
    for (const char* cidr : {"10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16", "fd00::/8", "fd00:1::/32"}) atoms.push_back(pool.address_in(role, AddressSet::of(*Prefix::parse(cidr))));
    for (const Protocol p : {Protocol::tcp, Protocol::udp})
      for (const auto names : {PortNames::containers, PortNames::last}) atoms.push_back(pool.port_named(role, "http", p, names));
  }
  return atoms;
}

}  // namespace npverify::smt_test
