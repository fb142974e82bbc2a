// Each law of flows, where it forbids and where it allows: a law that is missing admits a flow that cannot be, one that is too strong
// hides a flow that can.
#include <algorithm>

#include "smt/laws.h"
#include "smt/solver.h"
#include "support/catch.h"

using namespace npverify;
using base::Address;
using base::AddressSet;
using base::Family;
using base::PortSet;
using base::Prefix;
using base::Protocol;
using logic::EndpointKind;
using logic::Expr;
using logic::Pool;
using logic::PortNames;
using logic::Role;
using smt::Answer;

namespace {

constexpr Role S = Role::source, D = Role::destination;

struct Query : Pool {
  Answer operator()(std::vector<Expr> asserted) {
    const smt::Result first = z3->check(*this, asserted), second = cadical->check(*this, asserted);
    CHECK(first.answer == second.answer);
    CHECK(z3->minimise(*this, asserted).answer == first.answer);
    return first.answer;
  }
  bool possible(std::vector<Expr> asserted) { return (*this)(std::move(asserted)) == Answer::sat; }
  Expr no(Expr e) { return negation(e); }
  Expr in(Role role, const char* cidr) { return address_in(role, AddressSet::of(*Prefix::parse(cidr))); }
  Expr pod(Role role) { return kind_is(role, EndpointKind::pod); }
  Expr host(Role role) { return kind_is(role, EndpointKind::host); }
  Expr outside(Role role) { return kind_is(role, EndpointKind::outside); }
  Expr port(base::Port first, base::Port last) { return port_in(PortSet::range(first, last)); }
  std::unique_ptr<smt::Solver> z3 = smt::make_z3_solver(), cadical = smt::make_second_solver();
};

}  // namespace

TEST_CASE("an end is exactly one of pod, host and outside") {
  Query q;
  CHECK(q.possible({q.pod(S), q.outside(D)}));
  CHECK_FALSE(q.possible({q.pod(S), q.host(S)}));
  CHECK_FALSE(q.possible({q.no(q.pod(S)), q.no(q.host(S)), q.no(q.outside(S))}));
}

TEST_CASE("only pods have namespaces, labels and service accounts") {
  Query q;
  const Expr attributes[] = {q.namespace_is(S, "a"),           q.label_is(S, "app", "web"),   q.label_exists(S, "app"),
                             q.namespace_label_is(S, "k", "v"), q.namespace_label_exists(S, "k"), q.service_account_is(S, "sa")};
  for (const Expr e : attributes) {
    INFO(q.to_smtlib(e));
    CHECK(q.possible({e}));
    CHECK(q.possible({e, q.pod(S)}));
    CHECK_FALSE(q.possible({e, q.host(S)}));
    CHECK_FALSE(q.possible({e, q.outside(S)}));
    CHECK(q.possible({q.no(e), q.pod(S)}));
  }
}

TEST_CASE("names have one value, or one that nobody mentions") {
  Query q;
  for (const auto make : {&Pool::namespace_is, &Pool::service_account_is, &Pool::node_is}) {
    const Expr a = (q.*make)(S, "a"), b = (q.*make)(S, "b"), c = (q.*make)(S, "c");
    CHECK_FALSE(q.possible({a, b}));
    CHECK(q.possible({a, (q.*make)(D, "b")}));
    CHECK(q.possible({q.no(a), q.no(b), q.no(c), q.pod(S)}));
  }
}

TEST_CASE("a label has one value, and a value implies presence") {
  Query q;
  const Expr web = q.label_is(S, "app", "web"), db = q.label_is(S, "app", "db"), app = q.label_exists(S, "app");
  CHECK_FALSE(q.possible({web, db}));
  CHECK_FALSE(q.possible({web, q.no(app)}));
  CHECK(q.possible({web, q.label_is(S, "tier", "db")}));
  CHECK(q.possible({web, q.label_is(D, "app", "db")}));
  CHECK(q.possible({q.no(web), q.no(db), app}));
  CHECK(q.possible({q.no(app), q.pod(S)}));
}

TEST_CASE("a label that exists with no mentioned value has a fresh one") {
  Query q;
  const Expr web = q.label_is(S, "app", "web"), taken = q.label_is(S, "app", "other"), app = q.label_exists(S, "app");
  const auto result = q.z3->check(q, {app, q.no(web), q.no(taken)});
  REQUIRE(result.assignment);
  CHECK(result.assignment->source.labels.at("app") == "other-2");
}

TEST_CASE("a namespace has one set of labels") {
  Query q;
  const Expr at_s = q.namespace_is(S, "a"), at_d = q.namespace_is(D, "a");
  const Expr prod = q.namespace_label_is(S, "env", "prod"), dev = q.namespace_label_is(D, "env", "dev"), env = q.namespace_label_exists(D, "env");
  CHECK_FALSE(q.possible({at_s, at_d, prod, q.no(q.namespace_label_is(D, "env", "prod"))}));
  CHECK_FALSE(q.possible({at_s, at_d, prod, dev}));
  CHECK_FALSE(q.possible({at_s, at_d, prod, q.no(env)}));
  CHECK(q.possible({at_s, at_d, prod, env}));
  CHECK(q.possible({at_s, q.namespace_is(D, "b"), prod, dev}));
  CHECK(q.possible({q.no(at_s), q.no(at_d), prod, dev}));  // two that nobody names
  CHECK(q.possible({q.no(at_s), q.no(at_d), prod, q.namespace_label_is(D, "env", "prod")}));
  CHECK(q.possible({at_s, at_d, prod, q.namespace_label_is(D, "team", "x")}));
}

TEST_CASE("kubernetes.io/metadata.name is the namespace's name") {
  Query q;
  const char* key = "kubernetes.io/metadata.name";
  CHECK_FALSE(q.possible({q.namespace_label_is(S, key, "a"), q.no(q.namespace_is(S, "a"))}));
  CHECK_FALSE(q.possible({q.no(q.namespace_label_is(S, key, "a")), q.namespace_is(S, "a")}));
  CHECK_FALSE(q.possible({q.namespace_label_is(S, key, "a"), q.namespace_is(S, "b")}));
  CHECK_FALSE(q.possible({q.pod(S), q.no(q.namespace_label_exists(S, key))}));
  CHECK_FALSE(q.possible({q.host(S), q.namespace_label_exists(S, key)}));
  CHECK(q.possible({q.namespace_label_is(S, key, "a"), q.namespace_label_is(D, key, "a")}));
}

TEST_CASE("outside ends have no node") {
  Query q;
  CHECK(q.possible({q.node_is(S, "n"), q.host(S)}));
  CHECK(q.possible({q.node_is(S, "n"), q.pod(S)}));
  CHECK_FALSE(q.possible({q.node_is(S, "n"), q.outside(S)}));
}

TEST_CASE("two ends on one node") {
  Query q;
  const Expr same = q.same_node();
  CHECK(q.possible({same}));
  CHECK_FALSE(q.possible({same, q.outside(S)}));
  CHECK_FALSE(q.possible({same, q.outside(D)}));
  CHECK_FALSE(q.possible({q.node_is(S, "n"), q.node_is(D, "n"), q.no(same)}));
  CHECK_FALSE(q.possible({q.node_is(S, "n"), q.node_is(D, "m"), same}));
  CHECK_FALSE(q.possible({q.node_is(S, "n"), q.no(q.node_is(D, "n")), same}));
  CHECK(q.possible({q.node_is(S, "n"), same}));
  CHECK(q.possible({q.no(q.node_is(S, "n")), q.no(q.node_is(D, "n")), same}));
  CHECK(q.possible({q.no(q.node_is(S, "n")), q.no(q.node_is(D, "n")), q.no(same)}));
  CHECK(q.possible({q.node_is(S, "n"), q.node_is(D, "n")}));
}

TEST_CASE("one pod at both ends is one pod") {
  Query q;
  const Expr one = q.same_endpoint();
  CHECK(q.possible({one}));
  CHECK_FALSE(q.possible({one, q.no(q.pod(S))}));
  CHECK_FALSE(q.possible({one, q.no(q.pod(D))}));
  CHECK_FALSE(q.possible({one, q.no(q.same_node())}));
  CHECK_FALSE(q.possible({one, q.namespace_is(S, "a"), q.namespace_is(D, "b")}));
  CHECK_FALSE(q.possible({one, q.service_account_is(S, "a"), q.service_account_is(D, "b")}));
  CHECK_FALSE(q.possible({one, q.node_is(S, "a"), q.node_is(D, "b")}));
  CHECK_FALSE(q.possible({one, q.label_is(S, "k", "a"), q.label_is(D, "k", "b")}));
  CHECK_FALSE(q.possible({one, q.label_is(S, "k", "a"), q.no(q.label_exists(D, "k"))}));
  CHECK_FALSE(q.possible({one, q.namespace_label_is(S, "k", "a"), q.namespace_label_is(D, "k", "b")}));
  CHECK_FALSE(q.possible({one, q.in(S, "10.0.0.0/8"), q.in(D, "11.0.0.0/8")}));
  CHECK_FALSE(q.possible({one, q.in(S, "fd00::/16"), q.in(D, "fe00::/16")}));
  CHECK_FALSE(q.possible({one, q.port_named(S, "http", Protocol::tcp, PortNames::last), q.no(q.port_named(D, "http", Protocol::tcp, PortNames::containers))}));
  CHECK(q.possible({one, q.label_is(S, "k", "a"), q.label_is(D, "l", "b"), q.in(S, "10.0.0.0/8"), q.in(D, "10.1.0.0/16")}));
  CHECK(q.possible({q.no(one), q.label_is(S, "k", "a"), q.label_is(D, "k", "b"), q.pod(S), q.pod(D)}));
  CHECK(q.possible({one, q.port_named(S, "http", Protocol::tcp, PortNames::last), q.label_is(D, "k", "b"), q.node_is(S, "n")}));
}

TEST_CASE("a flow has one family") {
  Query q;
  const Expr v4 = q.family_is(Family::ipv4), v6 = q.family_is(Family::ipv6);
  CHECK_FALSE(q.possible({v4, v6}));
  CHECK_FALSE(q.possible({q.no(v4), q.no(v6)}));
  CHECK_FALSE(q.possible({q.in(S, "10.0.0.0/8"), q.in(D, "fd00::/8")}));
  CHECK_FALSE(q.possible({q.in(S, "10.0.0.0/8"), v6}));
  CHECK(q.possible({q.in(S, "fd00::/8"), v6}));
  CHECK(q.possible({q.no(q.in(S, "0.0.0.0/0"))}));
  CHECK_FALSE(q.possible({q.no(q.in(S, "0.0.0.0/0")), v4}));
}

TEST_CASE("addresses are ordered") {
  Query q;
  CHECK_FALSE(q.possible({q.in(S, "10.0.0.0/16"), q.no(q.in(S, "10.0.0.0/8"))}));
  CHECK(q.possible({q.in(S, "10.0.0.0/8"), q.no(q.in(S, "10.0.0.0/16"))}));
  CHECK(q.possible({q.in(S, "10.0.0.0/16"), q.no(q.in(D, "10.0.0.0/8"))}));
  CHECK_FALSE(q.possible({q.in(S, "10.0.0.0/8"), q.no(q.in(S, "10.0.0.0/9")), q.no(q.in(S, "10.128.0.0/9"))}));
  CHECK(q.possible({q.in(S, "255.255.255.255/32")}));
  CHECK(q.possible({q.in(S, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")}));
  CHECK(q.possible({q.in(S, "0.0.0.0/32")}));
}

TEST_CASE("a flow has one protocol, and ICMP has port 0") {
  Query q;
  CHECK_FALSE(q.possible({q.protocol_is(Protocol::tcp), q.protocol_is(Protocol::udp)}));
  std::vector<Expr> none;
  for (const Protocol p : base::all_protocols) none.push_back(q.no(q.protocol_is(p)));
  CHECK_FALSE(q.possible(none));
  CHECK(q.possible({q.protocol_is(Protocol::icmp), q.no(q.port(1, 65535))}));
  CHECK_FALSE(q.possible({q.protocol_is(Protocol::icmp), q.port(1, 65535)}));
  CHECK_FALSE(q.possible({q.protocol_is(Protocol::icmp), q.port(80, 80)}));
  CHECK(q.possible({q.protocol_is(Protocol::tcp), q.port(0, 0)}));
  CHECK(q.possible({q.protocol_is(Protocol::sctp), q.port(65535, 65535)}));
  CHECK_FALSE(q.possible({q.port(80, 90), q.port(91, 100)}));
  CHECK(q.possible({q.port(80, 90), q.no(q.port(80, 89))}));
}

TEST_CASE("a port's name implies its protocol, a pod and a port") {
  Query q;
  for (const PortNames names : {PortNames::containers, PortNames::sidecars, PortNames::inits, PortNames::last}) {
    const Expr http = q.port_named(D, "http", Protocol::tcp, names);
    CHECK(q.possible({http}));
    CHECK_FALSE(q.possible({http, q.no(q.protocol_is(Protocol::tcp))}));
    CHECK_FALSE(q.possible({http, q.no(q.pod(D))}));
    CHECK(q.possible({http, q.no(q.pod(S))}));
    CHECK_FALSE(q.possible({http, q.port(0, 0)}));
    CHECK_FALSE(q.possible({q.port_named(D, "ping", Protocol::icmp, names)}));
  }
}

TEST_CASE("the last declaration of a port's name is one of the containers'") {
  Query q;
  const auto http = [&](Role role, PortNames names, Protocol protocol = Protocol::tcp) { return q.port_named(role, "http", protocol, names); };
  CHECK_FALSE(q.possible({http(D, PortNames::last), q.no(http(D, PortNames::containers))}));
  CHECK(q.possible({q.no(http(D, PortNames::last)), http(D, PortNames::containers)}));
  CHECK(q.possible({http(D, PortNames::last), q.no(http(D, PortNames::sidecars)), q.no(http(S, PortNames::containers))}));
  CHECK_FALSE(q.possible({http(D, PortNames::last), http(D, PortNames::last, Protocol::udp)}));
}

TEST_CASE("a port's name in the cluster") {
  Query q;
  const Expr cluster = q.port_named_in_cluster("http", Protocol::tcp);
  CHECK(q.possible({cluster}));
  CHECK_FALSE(q.possible({cluster, q.no(q.protocol_is(Protocol::tcp))}));
  CHECK_FALSE(q.possible({cluster, q.port(0, 0)}));
  const Expr last = q.port_named(D, "http", Protocol::tcp, PortNames::last);
  CHECK(q.possible({cluster, last}));
  CHECK(q.possible({cluster, q.no(last), q.pod(D)}));  // a third pod declares it
  CHECK(q.possible({q.no(cluster), last}));            // a third pod declares another number
  CHECK(q.possible({cluster, q.outside(S), q.outside(D)}));
}

// No atom asks for another number, so no query can show these laws; they keep what is handed to the builder of a witness consistent.
TEST_CASE("declarations with another number: one last declaration a pod, and one pod has it at both ends") {
  Query q;
  const std::vector<Expr> atoms{q.port_named_in_cluster("http", Protocol::tcp), q.port_named_in_cluster("http", Protocol::udp), q.same_endpoint()};
  const smt::Laws laws = smt::laws_of(q, atoms);
  const auto other = [&](Role role, Protocol protocol) {
    for (const auto& o : laws.other_ports)
      if (o.role == role && o.protocol == protocol) return o.literal;
    FAIL("no such variable");
    return smt::Literal{0};
  };
  const auto stated = [&](std::vector<smt::Literal> clause) {
    clause.push_back(0);
    return std::search(laws.clauses.begin(), laws.clauses.end(), clause.begin(), clause.end()) != laws.clauses.end();
  };
  for (const Role role : {S, D}) CHECK(stated({-other(role, Protocol::tcp), -other(role, Protocol::udp)}));
  for (const Protocol p : {Protocol::tcp, Protocol::udp}) {
    CHECK(stated({-laws.same_endpoint, -other(S, p), other(D, p)}));
    CHECK(stated({-laws.same_endpoint, other(S, p), -other(D, p)}));
  }
}

TEST_CASE("peers' knowledge and flags are free") {
  Query q;
  const Expr s = q.peer_known(S), d = q.peer_known(D), f = q.flag("f"), g = q.flag("g");
  CHECK(q.possible({s, q.no(d), f, q.no(g)}));
  CHECK(q.possible({q.no(s), d, q.no(f), g}));
  CHECK_FALSE(q.possible({f, q.no(f)}));
}
