// The smallest witness: the order of preference that solver.h promises, for both solvers.
#include <set>

#include "smt/solver.h"
#include "support/catch.h"
#include "world.h"

using namespace npverify;
using base::AddressSet;
using base::PortSet;
using base::Prefix;
using base::Protocol;
using logic::EndpointKind;
using logic::Expr;
using logic::Pool;
using logic::PortNames;
using logic::Role;
using smt::Assignment;

namespace {

constexpr Role S = Role::source, D = Role::destination;

Assignment smallest(const Pool& pool, const std::vector<Expr>& asserted) {
  const auto result = smt::make_z3_solver()->minimise(pool, asserted);
  REQUIRE(result.assignment);
  const auto second = smt::make_second_solver()->minimise(pool, asserted);
  REQUIRE(second.assignment);
  CHECK(result.assignment->port == second.assignment->port);
  CHECK(result.assignment->source.labels == second.assignment->source.labels);
  return *result.assignment;
}

size_t label_count(const Assignment& f) {
  return f.source.labels.size() + f.source.namespace_labels.size() + f.destination.labels.size() + f.destination.namespace_labels.size();
}

}  // namespace

TEST_CASE("nothing asked: a plain flow") {
  Pool pool;
  const Assignment f = smallest(pool, {});
  CHECK(f.protocol == Protocol::tcp);
  CHECK(f.family == base::Family::ipv4);
  CHECK(f.source.kind == EndpointKind::pod);
  CHECK(f.destination.kind == EndpointKind::pod);
  CHECK(label_count(f) == 0);
  CHECK(f.source_knows_peer);
  CHECK(f.ports == PortSet::all());
  CHECK(f.source.addresses == AddressSet::all(base::Family::ipv4));
}

TEST_CASE("few labels before anything else") {
  Pool pool;
  const auto label = [&](const char* key) { return pool.label_is(S, key, "x"); };
  // one label over UDP and IPv6, or three over TCP and IPv4
  const Expr one = pool.conjunction({label("a"), pool.protocol_is(Protocol::udp), pool.family_is(base::Family::ipv6), pool.port_in(PortSet::range(9000, 9000))});
  const Expr three = pool.conjunction({label("b"), label("c"), label("d"), pool.protocol_is(Protocol::tcp)});
  const Assignment f = smallest(pool, {pool.either(one, three)});
  CHECK(f.source.labels == std::map<std::string, std::string>{{"a", "x"}});
  CHECK(f.port == 9000);
}

TEST_CASE("the fewest labels, not only few that none can be left out of") {
  Pool pool;
  std::vector<Expr> many, pair{pool.label_is(D, "y", "1"), pool.label_is(D, "z", "1")};
  for (const char* key : {"a", "b", "c", "d"}) many.push_back(pool.label_is(S, key, "1"));
  const Assignment f = smallest(pool, {pool.either(pool.conjunction(many), pool.conjunction(pair))});
  CHECK(label_count(f) == 2);
}

TEST_CASE("mentioned values before fresh ones") {
  Pool pool;
  const Expr exists = pool.label_exists(S, "app"), web = pool.label_is(S, "app", "web");
  const Assignment f = smallest(pool, {exists, pool.either(web, pool.negation(pool.label_is(S, "app", "db")))});
  CHECK(f.source.labels.at("app") == "web");
  const Assignment g = smallest(pool, {exists, pool.negation(web), pool.negation(pool.label_is(S, "app", "db"))});
  CHECK(g.source.labels.at("app") == "other");
}

TEST_CASE("then TCP, IPv4, few port names, the lowest port, the lowest addresses") {
  Pool pool;
  const auto in = [&](Role role, const char* cidr) { return pool.address_in(role, AddressSet::of(*Prefix::parse(cidr))); };
  const auto port = [&](base::Port first, base::Port last) { return pool.port_in(PortSet::range(first, last)); };
  const auto named = [&](const char* name) { return pool.port_named(D, name, Protocol::tcp, PortNames::containers); };
  const Expr expensive = pool.conjunction({named("a"), named("b"), port(1, 10)});
  const Expr cheap = pool.conjunction({named("c"), pool.either(port(8000, 8080), port(444, 500))});
  const Assignment f = smallest(pool, {pool.either(expensive, cheap), pool.either(in(S, "10.0.0.0/8"), in(S, "192.168.0.0/16")), pool.negation(in(S, "10.0.0.0/16")),
                                       pool.either(in(D, "fd00::/8"), in(D, "172.16.0.0/12"))});
  CHECK(f.protocol == Protocol::tcp);
  CHECK(f.family == base::Family::ipv4);
  CHECK(f.named_ports.size() == 1);
  CHECK(f.port == 444);
  CHECK(f.ports.to_string() == "444-500,8000-8080");
  CHECK(f.source.address.to_string() == "10.1.0.0");
  CHECK(f.source.addresses.to_string() == "10.1.0.0-10.255.255.255,192.168.0.0-192.168.255.255");
  CHECK(f.destination.address.to_string() == "172.16.0.0");
}

TEST_CASE("all ports and addresses that answer alike, in several intervals") {
  Pool pool;
  const auto set = [](const char* cidr) { return AddressSet::of(*Prefix::parse(cidr)); };
  const Expr ports = pool.port_in(PortSet::range(80, 80).united(PortSet::range(443, 443)));
  const Expr blocks = pool.address_in(S, set("10.0.0.0/8").united(set("192.168.0.0/16")).united(set("fd00::/8")));
  const Assignment f = smallest(pool, {ports, blocks});
  CHECK(f.ports.to_string() == "80,443");
  CHECK(f.source.addresses.to_string() == "10.0.0.0-10.255.255.255,192.168.0.0-192.168.255.255");
  CHECK(smallest(pool, {blocks, pool.protocol_is(Protocol::icmp)}).ports == PortSet::range(0, 0));
}

TEST_CASE("one pod at both ends is described once") {
  Pool pool;
  const Assignment f = smallest(pool, {pool.same_endpoint(), pool.label_is(S, "a", "1"), pool.label_is(D, "b", "2"), pool.namespace_is(S, "n"),
                                       pool.service_account_is(D, "x"), pool.node_is(S, "m"), pool.namespace_label_is(D, "env", "dev"),
                                       pool.port_named(S, "http", Protocol::tcp, PortNames::last),
                                       pool.address_in(D, AddressSet::of(*Prefix::parse("10.0.0.0/8")))});
  CHECK(f.source.labels == f.destination.labels);
  CHECK(f.source.labels.size() == 2);
  CHECK(f.destination.namespace_name == "n");
  CHECK(f.source.service_account == "x");
  CHECK(f.destination.node == "m");
  CHECK(f.source.namespace_labels.at("env") == "dev");
  CHECK(f.source.address == f.destination.address);
  CHECK(f.named_ports.size() == 4);
  CHECK(f.same_node);
}

TEST_CASE("random questions over a small world: no flow has fewer labels, nor as few and a lower port") {
  smt_test::World w;
  for (const Role role : {S, D})
    for (const char* key : {"a", "b"})
      w.dimensions.push_back({[](Assignment&) {}, [=](Assignment& f) { f.end(role).labels[key] = "1"; }, [=](Assignment& f) { f.end(role).labels[key] = "unmentioned"; }});
  smt_test::Dimension ports;
  for (const int port : {0, 80, 81, 443}) ports.push_back([=](Assignment& f) { f.port = static_cast<base::Port>(port); });
  w.dimensions.push_back(ports);
  w.dimensions.push_back({[](Assignment&) {}, [](Assignment& f) { f.protocol = Protocol::udp; }});
  const auto flows = w.flows();
  for (const Role role : {S, D})
    for (const char* key : {"a", "b"}) {
      w.atoms.push_back(w.pool.label_is(role, key, "1"));
      w.atoms.push_back(w.pool.label_exists(role, key));
    }
  for (const auto& ports_asked : {PortSet::range(80, 442), PortSet::range(81, 81), PortSet::range(443, 443)}) w.atoms.push_back(w.pool.port_in(ports_asked));
  w.atoms.push_back(w.pool.protocol_is(Protocol::tcp));
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<Expr> asserted{w.pool.either(w.pool.protocol_is(Protocol::tcp), w.pool.protocol_is(Protocol::udp))};
    for (int i = 0; i < 4; ++i) asserted.push_back(smt_test::random_expression(w.pool, w.atoms, 4, random));
    // Values that the question does not mention are all alike to it.
    std::set<std::pair<Role, std::string>> mentioned;
    for (const Expr e : w.pool.atoms_of(asserted))
      if (const logic::Atom& a = w.pool.atom_of(e); a.kind == logic::AtomKind::label_is) mentioned.emplace(a.role, w.pool.text(a.name));
    const auto rank = [&](const Assignment& f) {
      size_t fresh = 0;
      for (const Role role : {S, D})
        for (const auto& [key, value] : f.end(role).labels) fresh += value != "1" && mentioned.contains({role, key});
      return std::vector<size_t>{label_count(f), fresh, f.protocol != Protocol::tcp, f.port};
    };
    const auto found = smt::make_z3_solver()->minimise(w.pool, asserted);
    std::optional<std::vector<size_t>> least;
    for (const Assignment& f : flows) {
      const auto holds = [&](Expr e) { return smt::evaluate(w.pool, e, f); };
      if (std::all_of(asserted.begin(), asserted.end(), holds) && (!least || rank(f) < *least)) least = rank(f);
    }
    REQUIRE(found.assignment.has_value() == least.has_value());
    if (least) CHECK(rank(*found.assignment) == *least);
  }
}
