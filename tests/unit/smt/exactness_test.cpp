// The laws are exact: over small vocabularies, the answers that some concrete flow gives to all atoms are precisely those that the solvers
// find possible. Both sets are enumerated completely.
#include <set>

#include "smt/solver.h"
#include "support/catch.h"
#include "world.h"

using namespace npverify;
using base::Address;
using base::AddressSet;
using base::PortSet;
using base::Prefix;
using base::Protocol;
using logic::EndpointKind;
using logic::Expr;
using logic::PortNames;
using logic::Role;
using smt::Answer;
using smt::Assignment;
using smt_test::Dimension;
using smt_test::World;

namespace {

constexpr Role S = Role::source, D = Role::destination;

unsigned signature(const World& world, const Assignment& flow) {
  unsigned bits = 0;
  for (size_t i = 0; i < world.atoms.size(); ++i) bits |= smt::evaluate(world.pool, world.atoms[i], flow) ? 1U << i : 0U;
  return bits;
}

std::vector<Expr> cube(World& world, unsigned bits) {
  std::vector<Expr> asserted;
  for (size_t i = 0; i < world.atoms.size(); ++i) asserted.push_back(bits >> i & 1U ? world.atoms[i] : world.pool.negation(world.atoms[i]));
  return asserted;
}

void check_exact(World& world) {
  std::set<unsigned> real;
  for (const Assignment& flow : world.flows()) real.insert(signature(world, flow));
  REQUIRE(real.size() > 10);
  const auto z3 = smt::make_z3_solver(), second = smt::make_second_solver();
  size_t wrong = 0;
  for (unsigned bits = 0; bits < 1U << world.atoms.size(); ++bits) {
    const auto asserted = cube(world, bits);
    const Answer expected = real.contains(bits) ? Answer::sat : Answer::unsat;
    const bool agree = z3->check(world.pool, asserted).answer == expected && second->check(world.pool, asserted).answer == expected;
    if (!agree && ++wrong < 4) UNSCOPED_INFO(world.pool.to_smtlib(world.pool.conjunction(asserted)) << " should be " << smt::to_string(expected));
  }
  CHECK(wrong == 0);
}

Dimension labels(Role role, std::map<std::string, std::string> smt::EndAssignment::* map, const std::string& key) {
  Dimension dimension{[](Assignment&) {}};
  for (const char* value : {"x", "y", "unmentioned"}) dimension.push_back([=](Assignment& f) { (f.end(role).*map)[key] = value; });
  return dimension;
}

Dimension names(Role role, std::optional<std::string> smt::EndAssignment::* member) {
  Dimension dimension{[](Assignment&) {}};
  for (const char* name : {"a", "b"}) dimension.push_back([=](Assignment& f) { f.end(role).*member = name; });
  return dimension;
}

void one_pod_or_one_node(World& world) {
  world.choose([](Assignment& f) { f.same_node = true; });
  world.choose([](Assignment& f) { f.same_endpoint = true; });
}

}  // namespace

TEST_CASE("exact: kinds, labels and one pod") {
  World w;
  for (const Role role : {S, D}) {
    w.kinds(role);
    w.dimensions.push_back(labels(role, &smt::EndAssignment::labels, "k"));
  }
  one_pod_or_one_node(w);
  w.atoms = {w.pool.kind_is(S, EndpointKind::pod), w.pool.kind_is(S, EndpointKind::host), w.pool.label_is(S, "k", "x"), w.pool.label_is(S, "k", "y"),
             w.pool.label_exists(S, "k"),          w.pool.label_is(D, "k", "x"),          w.pool.label_exists(D, "k"),  w.pool.same_endpoint()};
  check_exact(w);
}

TEST_CASE("exact: namespaces and their labels") {
  World w;
  for (const Role role : {S, D}) {
    w.dimensions.push_back(names(role, &smt::EndAssignment::namespace_name));
    w.dimensions.push_back(labels(role, &smt::EndAssignment::namespace_labels, "k"));
  }
  one_pod_or_one_node(w);
  w.atoms = {w.pool.namespace_is(S, "a"),
             w.pool.namespace_is(D, "a"),
             w.pool.namespace_label_is(S, "kubernetes.io/metadata.name", "b"),
             w.pool.namespace_label_is(S, "k", "x"),
             w.pool.namespace_label_is(D, "k", "x"),
             w.pool.namespace_label_is(D, "k", "y"),
             w.pool.namespace_label_exists(D, "k"),
             w.pool.same_endpoint()};
  check_exact(w);
}

TEST_CASE("exact: namespace labels without one pod") {
  World w;
  for (const Role role : {S, D}) {
    w.kinds(role);
    w.dimensions.push_back(names(role, &smt::EndAssignment::namespace_name));
    w.dimensions.push_back(labels(role, &smt::EndAssignment::namespace_labels, "k"));
  }
  w.atoms = {w.pool.namespace_is(S, "a"),           w.pool.namespace_is(S, "b"),           w.pool.namespace_is(D, "b"), w.pool.namespace_label_is(S, "k", "x"),
             w.pool.namespace_label_is(D, "k", "y"), w.pool.namespace_label_exists(S, "k"), w.pool.namespace_label_exists(D, "kubernetes.io/metadata.name")};
  check_exact(w);
}

TEST_CASE("exact: nodes, service accounts and one node") {
  World w;
  for (const Role role : {S, D}) {
    w.kinds(role);
    w.dimensions.push_back(names(role, &smt::EndAssignment::node));
    w.dimensions.push_back(names(role, &smt::EndAssignment::service_account));
  }
  one_pod_or_one_node(w);
  w.atoms = {w.pool.node_is(S, "a"),   w.pool.node_is(D, "a"),           w.pool.node_is(D, "b"),           w.pool.same_node(),
             w.pool.same_endpoint(),   w.pool.service_account_is(S, "a"), w.pool.service_account_is(D, "b"), w.pool.kind_is(S, EndpointKind::outside),
             w.pool.kind_is(D, EndpointKind::host)};
  check_exact(w);
}

TEST_CASE("exact: addresses of both families") {
  World w;
  const auto address = [&](Role role) {
    Dimension dimension;
    for (const char* text : {"9.255.255.255", "10.0.0.0", "10.1.0.0", "10.1.255.255", "10.2.0.0", "fcff:ffff::", "fd00::", "fdff:ffff::", "fe00::"})
      dimension.push_back([=](Assignment& f) {
        f.end(role).address = *Address::parse(text);
        f.family = f.end(role).address.family;
      });
    return dimension;
  };
  w.dimensions = {address(S), address(D)};
  one_pod_or_one_node(w);
  const auto set = [](const char* cidr) { return AddressSet::of(*Prefix::parse(cidr)); };
  w.atoms = {w.pool.address_in(S, set("10.0.0.0/8")),
             w.pool.address_in(S, set("10.1.0.0/16").united(set("fd00::/8"))),
             w.pool.address_in(S, AddressSet::everything().minus(set("10.1.0.0/16"))),
             w.pool.address_in(D, set("10.1.0.0/16")),
             w.pool.address_in(D, set("fd00::/8")),
             w.pool.address_in(D, AddressSet::all(base::Family::ipv6)),
             w.pool.family_is(base::Family::ipv4),
             w.pool.same_endpoint()};
  check_exact(w);
}

namespace {

void protocols_and_ports(World& w, std::vector<base::Port> ports) {
  Dimension protocol, port;
  for (const Protocol p : base::all_protocols) protocol.push_back([=](Assignment& f) { f.protocol = p; });
  for (const base::Port p : ports) port.push_back([=](Assignment& f) { f.port = p; });
  w.dimensions.push_back(protocol);
  w.dimensions.push_back(port);
}

void named(World& w, Role role, Protocol protocol) {
  for (const auto which : {PortNames::containers, PortNames::last}) w.choose([=](Assignment& f) { f.named_ports.push_back({role, "http", protocol, which}); });
}

}  // namespace

TEST_CASE("exact: protocols, ports and their names") {
  World w;
  w.kinds(D);
  protocols_and_ports(w, {0, 1, 79, 80, 90, 100, 101, 65535});
  for (const Protocol p : {Protocol::tcp, Protocol::udp}) named(w, D, p);
  named(w, S, Protocol::udp);
  w.atoms = {w.pool.protocol_is(Protocol::tcp),
             w.pool.protocol_is(Protocol::icmp),
             w.pool.port_in(PortSet::range(0, 79)),
             w.pool.port_in(PortSet::range(80, 80)),
             w.pool.port_in(PortSet::range(80, 100).united(PortSet::range(0, 0))),
             w.pool.port_named(D, "http", Protocol::tcp, PortNames::containers),
             w.pool.port_named(D, "http", Protocol::tcp, PortNames::last),
             w.pool.port_named(D, "http", Protocol::udp, PortNames::last),
             w.pool.port_named(S, "http", Protocol::udp, PortNames::containers),
             w.pool.kind_is(D, EndpointKind::pod)};
  check_exact(w);
}

TEST_CASE("exact: port names in the cluster and at one pod") {
  World w;
  w.kinds(D);
  protocols_and_ports(w, {0, 80});
  for (const Role role : {S, D}) {
    named(w, role, Protocol::tcp);
    w.choose([=](Assignment& f) { f.other_named_ports.push_back({role, "http", Protocol::tcp}); });
  }
  w.choose([](Assignment& f) { f.cluster_ports.emplace_back("http", Protocol::tcp); });
  one_pod_or_one_node(w);
  w.atoms = {w.pool.protocol_is(Protocol::tcp),
             w.pool.port_named_in_cluster("http", Protocol::tcp),
             w.pool.port_named(D, "http", Protocol::tcp, PortNames::last),
             w.pool.port_named(S, "http", Protocol::tcp, PortNames::last),
             w.pool.port_named(S, "http", Protocol::tcp, PortNames::containers),
             w.pool.kind_is(D, EndpointKind::pod),
             w.pool.port_in(PortSet::range(0, 0)),
             w.pool.same_endpoint()};
  check_exact(w);
}
