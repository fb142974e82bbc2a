// Expressions as SMT-LIB terms. The names are those of encodings/vocabulary.smt2, so a dumped formula reads like the rules it came from.
#include "base/diagnostics.h"
#include "logic/expression.h"

namespace npverify::logic {
namespace {

// SMT-LIB strings double a quote and escape nothing else.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

}  // namespace

const char* to_string(PortNames names) {
  switch (names) {
    case PortNames::containers: return "container";
    case PortNames::sidecars: return "sidecar";
    case PortNames::inits: return "init";
    case PortNames::last: return "last";
  }
  return "?";
}

std::string Pool::to_string(const Atom& a) const {
  const std::string role = logic::to_string(a.role);
  const std::string name = quoted(text(a.name));
  const auto protocol = [&] { return std::string(base::to_string(static_cast<base::Protocol>(a.detail))); };
  switch (a.kind) {
    case AtomKind::kind_is: return "(= " + role + ".kind " + logic::to_string(static_cast<EndpointKind>(a.detail)) + ")";
    case AtomKind::namespace_is: return "(= " + role + ".namespace " + name + ")";
    case AtomKind::label_is: return "(= (" + role + ".label " + name + ") " + quoted(text(a.value)) + ")";
    case AtomKind::label_exists: return "(" + role + ".has-label " + name + ")";
    case AtomKind::namespace_label_is: return "(= (" + role + ".namespace-label " + name + ") " + quoted(text(a.value)) + ")";
    case AtomKind::namespace_label_exists: return "(" + role + ".has-namespace-label " + name + ")";
    case AtomKind::service_account_is: return "(= " + role + ".service-account " + name + ")";
    case AtomKind::node_is: return "(= " + role + ".node " + name + ")";
    case AtomKind::address_in: return "(" + role + ".address-in " + quoted(addresses(a).to_string()) + ")";
    case AtomKind::family_is: return std::string("(= flow.family ") + base::to_string(static_cast<base::Family>(a.detail)) + ")";
    case AtomKind::protocol_is: return "(= flow.protocol " + protocol() + ")";
    case AtomKind::port_in: return "(flow.port-in " + quoted(ports(a).to_string()) + ")";
    case AtomKind::port_named: return "(" + role + "." + logic::to_string(a.names) + "-port " + name + " " + protocol() + ")";
    case AtomKind::port_named_in_cluster: return "(cluster.port " + name + " " + protocol() + ")";
    case AtomKind::same_node: return "same-node";
    case AtomKind::same_endpoint: return "same-endpoint";
    case AtomKind::peer_known: return role + ".knows-peer";
    case AtomKind::flag: return "|" + text(a.name) + "|";
  }
  throw base::InternalError("an atom of no kind");
}

std::string Pool::to_smtlib(Expr e) const {
  switch (op(e)) {
    case Op::constant_false: return "false";
    case Op::constant_true: return "true";
    case Op::atom: return to_string(atom_of(e));
    case Op::negation:
    case Op::conjunction:
    case Op::disjunction: break;
  }
  std::string out = op(e) == Op::negation ? "(not" : op(e) == Op::conjunction ? "(and" : "(or";
  for (const Expr arg : args(e)) out += " " + to_smtlib(arg);
  return out + ")";
}

}  // namespace npverify::logic
