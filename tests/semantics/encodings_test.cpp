// The examples of encodings/axes.yaml, on plain evaluation and on the prover; and what encodings/ promises of itself.
#include <fstream>
#include <set>
#include <sstream>

#include "logic/sexpr.h"
#include "semantics/encodings.h"
#include "semantics/vocabulary.h"
#include "smt/solver.h"
#include "support/catch.h"

using namespace npverify;
using semantics::Argument;

namespace {

const std::string folder = std::string(NPVERIFY_SOURCE_DIR) + "/encodings";

semantics::EncodingsData load() {
  base::Diagnostics diagnostics;
  auto data = semantics::load_encodings(folder, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return data;
}

std::string value_of(const semantics::Example& example, const std::string& name, const std::string& otherwise) {
  const auto it = example.values.find(name);
  return it == example.values.end() ? otherwise : it->second;
}

bool truth(const std::string& text) { return text == "true"; }

Argument argument(const semantics::Example& example, const std::string& name, semantics::Sort sort) {
  const std::string text = value_of(example, name, "");
  REQUIRE(example.values.contains(name));
  switch (sort) {
    case semantics::Sort::boolean: return truth(text) ? logic::True : logic::False;
    case semantics::Sort::number: return int64_t{std::stoll(text)};
    case semantics::Sort::protocol: return *base::parse_protocol(text);
    default: return text;
  }
}

semantics::RuleContext context_of(const semantics::Example& example) {
  semantics::RuleContext context;
  context.subject = value_of(example, "direction", "ingress") == "egress" ? logic::Role::source : logic::Role::destination;
  for (const auto& [word, info] : semantics::vocabulary())
    if (info.fact) {
      const std::string text = value_of(example, word, "0");
      context.facts[word] = info.sort == semantics::Sort::boolean ? truth(text) : std::stoll(text);
    }
  return context;
}

// The flow of an example: what it does not say is a TCP flow from outside.
bool atom_holds(const logic::Atom& a, const semantics::Example& example, const semantics::RuleContext& context) {
  const bool about_peer = a.role != context.subject;
  const auto protocol = *base::parse_protocol(value_of(example, "flow.protocol", value_of(example, "protocol", "TCP")));
  using enum logic::AtomKind;
  switch (a.kind) {
    case kind_is: return logic::to_string(static_cast<logic::EndpointKind>(a.detail)) == (about_peer ? value_of(example, "peer.kind", "outside") : std::string("pod"));
    case protocol_is: return static_cast<base::Protocol>(a.detail) == protocol;
    case same_node: return truth(value_of(example, "same-node", "false"));
    case port_named: return truth(value_of(example, std::string("destination.") + logic::to_string(a.names) + "-port", "false"));
    case port_named_in_cluster: return truth(value_of(example, "cluster.port", "false"));
    default: return false;
  }
}

}  // namespace

TEST_CASE("every example of axes.yaml holds as it says") {
  const auto data = load();
  REQUIRE(data.examples.size() > 50);
  for (const auto& example : data.examples) {
    INFO(example.span.to_string() << " " << example.axis << " " << example.rule);
    const auto* rule = data.rules->find(example.rule);
    REQUIRE(rule != nullptr);
    std::vector<Argument> arguments;
    for (const auto& [name, sort] : rule->parameters) arguments.push_back(argument(example, name, sort));
    const auto context = context_of(example);
    logic::Pool pool;
    const logic::Expr e = data.rules->instantiate(pool, example.rule, arguments, context);
    const auto port = static_cast<base::Port>(std::stoi(value_of(example, "flow.port", "80")));
    CHECK(pool.evaluate(e, [&](const logic::Atom& a) { return a.kind == logic::AtomKind::port_in ? pool.ports(a).contains(port) : atom_holds(a, example, context); }) == example.holds);
  }
}

TEST_CASE("every example of axes.yaml holds on the prover") {
  const auto data = load();
  const auto solver = smt::make_z3_solver();
  for (const auto& example : data.examples) {
    INFO(example.span.to_string() << " " << example.axis << " " << example.rule);
    std::vector<Argument> arguments;
    for (const auto& [name, sort] : data.rules->find(example.rule)->parameters) arguments.push_back(argument(example, name, sort));
    const auto context = context_of(example);
    logic::Pool pool;
    const logic::Expr e = data.rules->instantiate(pool, example.rule, arguments, context);
    const auto port = static_cast<base::Port>(std::stoi(value_of(example, "flow.port", "80")));
    std::vector<logic::Expr> flow{pool.port_in(base::PortSet::range(port, port)), pool.kind_is(context.subject, logic::EndpointKind::pod)};
    for (const logic::Expr atom : pool.atoms_of({e})) {
      const logic::Atom a = pool.atom_of(atom);
      if (a.kind != logic::AtomKind::port_in && a.kind != logic::AtomKind::flag) flow.push_back(atom_holds(a, example, context) ? atom : pool.negation(atom));
    }
    flow.push_back(example.holds ? e : pool.negation(e));
    if (value_of(example, "flow.protocol", "") == "ICMP") flow.erase(flow.begin());
    const bool named = example.rule.starts_with("named.");
    if (named) flow.push_back(pool.kind_is(logic::Role::destination, logic::EndpointKind::pod));
    CHECK(solver->check(pool, flow).answer == smt::Answer::sat);
  }
}

TEST_CASE("every axis of every measured release of every CNI resolves to one rule") {
  const auto encodings = semantics::Encodings::load(folder);
  for (const auto& cni : encodings->cnis())
    for (const auto& release : cni.releases) {
      const auto profile = encodings->resolve({cni.name, release, {}});
      for (const auto& [id, axis] : profile.axes) {
        INFO(profile.name() << " " << id);
        CHECK_FALSE(axis.gap());
        CHECK_FALSE(axis.sentence.empty());
        CHECK_FALSE(axis.evidence.empty());
      }
    }
}

TEST_CASE("a release without evidence is a gap on every axis") {
  const auto encodings = semantics::Encodings::load(folder);
  for (const char* text : {"cilium@1.99", "calico@3.99", "cilium@1.11.4"})
    for (const auto& [id, axis] : encodings->resolve(semantics::parse_profile_request(text)).axes) {
      INFO(text << " " << id);
      CHECK(axis.gap());
    }
}

TEST_CASE("options that nobody looked at together are a gap, those that an entry names together are not") {
  const auto encodings = semantics::Encodings::load(folder);
  const auto rule = [&](const char* profile, const char* axis, const std::map<std::string, std::string>& options) {
    auto request = semantics::parse_profile_request(profile);
    for (const auto& [name, value] : options) request.options[name] = {value, semantics::OptionSource::command_line, "test"};
    const semantics::Resolved resolved = encodings->resolve(request).axis(axis);
    return resolved.gap() ? "gap" : resolved.rule;
  };
  const std::map<std::string, std::string> labels_and_cluster{{"enable-node-selector-labels", "true"}, {"policy-default-local-cluster", "true"}};
  CHECK(rule("cilium@1.18", "selectors.beyond-pods", labels_and_cluster) == "selectors.unlabelled-other-nodes-too");
  CHECK(rule("cilium@1.20", "selectors.beyond-pods", labels_and_cluster) == "selectors.unlabelled-nodes-too");
  CHECK(rule("cilium@1.20", "datapath.from-own-node", {{"allow-localhost", "policy"}, {"enable-policy", "always"}}) == "admits.nothing");
  CHECK(rule("cilium@1.20", "enforcement.mode", {{"policy-audit-mode", "true"}, {"enable-policy", "always"}}) == "enforcement.never");
  CHECK(rule("cilium@1.20", "enforcement.mode", {{"enable-k8s-networkpolicy", "false"}, {"enable-policy", "always"}}) == "gap");
  CHECK(rule("calico@3.31", "datapath.vxlan", {{"allow-vxlan-packets-from-workloads", "true"}, {"dataplane", "bpf"}}) == "drops.nothing");
}

TEST_CASE("an option's value that nobody looked at is a gap where an axis looks at the option, and refused on the command line") {
  const auto encodings = semantics::Encodings::load(folder);
  const auto of_mode = [&](const std::string& version, const std::string& mode, semantics::OptionSource source) {
    auto request = semantics::parse_profile_request("cilium@" + version);
    request.options["policy-cidr-match-mode"] = {mode, source, "test"};
    return encodings->resolve(request);
  };
  using enum semantics::OptionSource;
  CHECK(of_mode("1.20", "pods", command_line).axis("ip-blocks.peers").rule == "blocks.outside-and-pods");
  CHECK(of_mode("1.20", "nodes pods", cluster_object).axis("ip-blocks.peers").gap());
  const auto early = of_mode("1.16", "pods", command_line);
  CHECK(early.axis("ip-blocks.peers").gap());
  CHECK_FALSE(early.axis("ports.range").gap());
  CHECK(semantics::missing_evidence(early, early.axis("ip-blocks.peers")) == "no evidence for cilium@1.16.19 with policy-cidr-match-mode=pods");
  CHECK_THROWS_AS(of_mode("1.20", "node", command_line), base::InputError);
}

TEST_CASE("vocabulary.smt2 declares the words that the program knows, and no others") {
  std::ifstream in(folder + "/vocabulary.smt2");
  std::ostringstream text;
  text << in.rdbuf();
  base::Diagnostics diagnostics;
  std::set<std::string> declared;
  for (const auto& e : logic::read_sexprs(std::make_shared<base::SourceFile>(base::SourceFile{"vocabulary.smt2", text.str()}), diagnostics)) {
    REQUIRE(e.items.size() == 4);
    declared.insert(e.items[1].word);
  }
  std::set<std::string> known;
  for (const auto& [word, info] : semantics::vocabulary()) known.insert(word);
  CHECK(declared == known);
}
