// A case of an invariant: the readings of both ends, and the nodes on which they are.
//
// Nodes of one pool are interchangeable: no formula speaks of a node but by same_node and by the names that a specification or the dump
// itself mentions, and two nodes that nobody mentions satisfy the same formulas. So of each pool two unmentioned nodes (two, because the ends
// can be on one node or on two) stand for all of them, beside every mentioned one. Workloads that cannot land everywhere tell nodes apart too:
// then two of each set of nodes that the same workloads are kept from. A host's address belongs to its node, so where hosts can be
// ends every node is named with its addresses.
#include <algorithm>
#include <map>
#include <set>

#include "verify/invariant_run.h"

namespace npverify::verify {

using logic::Expr;
using logic::Role;
using policy::Reading;

Reading InvariantRun::read(const Readers& readers, const std::vector<std::string>& namespaces) {
  const resource::Snapshot& policies = policies_of(readers);
  const std::vector<uint32_t> only = verify::policies_of(context_.policies->at(&policies).all, {namespaces.begin(), namespaces.end()});
  const policy::ClusterFacts facts{universe_.addresses.ipv4, universe_.addresses.ipv6};
  if (!readers.settings) return policy::read_policies(pool_, policies, facts, readers.profile, &only);
  matrix::Pool settings = *readers.settings;
  settings.profile = readers.profile;
  return matrix::read_policies(pool_, policies, facts, settings, &only);
}

const Reading& InvariantRun::reading(const Reader& reader, const std::vector<std::string>& namespaces) {
  std::string key = reader.of->key() + "\n" + (reader.stranger ? "stranger" : "") + (reader.named ? *reader.named ? "named" : "nameless" : "") + (reader.fault ? to_string(*reader.fault) : "");
  for (const std::string& name : namespaces) key += "\n" + name;
  std::unique_ptr<Reading>& slot = readings_[key];
  if (slot) return *slot;
  if (reader.fault) {
    slot = std::make_unique<Reading>(Reading{.profile = reader.of->profile});
    for (const policy::Direction direction : policy::both_directions) slot->direction(direction).unisolated_denied = *reader.fault == matrix::FaultMode::fail_closed;
  } else if (reader.named) {
    slot = std::make_unique<Reading>(policy::with_names_of_cluster(pool_, reading({reader.of, reader.stranger, std::nullopt}, namespaces), *reader.named));
  } else if (reader.stranger) {
    slot = std::make_unique<Reading>(policy::seen_by_a_stranger(pool_, reading({reader.of, false, std::nullopt}, namespaces)));
  } else {
    slot = std::make_unique<Reading>(read(*reader.of, namespaces));
  }
  return *slot;
}

// All readers that may be right. A table of port names that hangs on which pods the agents know is bounded from both sides: rules only allow,
// so what is allowed grows with what a name stands for. Where no policy names a port both bounds are one formula.
std::vector<InvariantRun::Reader> InvariantRun::readers_of(const Readers& readers, const Knowledge& knowledge) const {
  if (readers.faults.empty()) return readers_that_run(readers, knowledge);
  std::vector<Reader> all;
  for (const matrix::FaultMode mode : readers.faults) {
    if (mode != matrix::FaultMode::keep_last) all.push_back({&readers, false, std::nullopt, mode});
    if (mode == matrix::FaultMode::keep_last)
      for (const Reader& reader : readers_that_run(readers, knowledge)) all.push_back(reader);
  }
  return all;
}

std::string InvariantRun::fault_to_supply(const Readers& readers) {
  if (readers.faults.size() < 2) return "";
  const std::string field = readers.settings && !readers.settings->field.empty() ? "set " + readers.settings->field + ".profile.fault_mode" : "give --matrix, with profile.fault_mode for each pool";
  return "nobody says what a node of " + readers.label + " does while its agent is down; " + field + " (keep_last, fail_open or fail_closed)";
}

std::vector<InvariantRun::Reader> InvariantRun::readers_that_run(const Readers& readers, const Knowledge& knowledge) const {
  std::vector<Reader> all;
  if (knowledge.may_know) all.push_back({&readers, false, std::nullopt});
  if (knowledge.may_not_know) all.push_back({&readers, true, std::nullopt});
  const bool table_is_free = universe_.kind == world::UniverseKind::possible && all.size() == 1;
  if (knowledge.whole_cluster || table_is_free) return all;
  std::vector<Reader> bounded;
  for (const Reader& reader : all)
    for (const bool named : {false, true}) bounded.push_back({reader.of, reader.stranger, named});
  return bounded;
}

InvariantRun::Ends InvariantRun::ends_in(const ReaderCase& one, const std::vector<Flows>& all) {
  Ends ends{.of = &one, .egress = readers_of(one.source, one.source_knows), .ingress = readers_of(one.destination, one.destination_knows)};
  std::vector<Expr> where{on_nodes(one.source, Role::source, all), on_nodes(one.destination, Role::destination, all)};
  if (one.never_one_node) where.push_back(pool_.negation(pool_.same_node()));
  if (one.always_one_node) where.push_back(pool_.same_node());
  ends.where = pool_.conjunction(std::move(where));
  return ends;
}

std::vector<std::string> InvariantRun::representatives(const Readers& readers, const std::vector<Flows>& all) const {
  if (universe_.kind == world::UniverseKind::observed) return readers.nodes;
  std::vector<Expr> formulas = scope_;
  formulas.push_back(excepted_);
  for (const Flows& flows : all)
    for (const Expr e : {flows.from, flows.to, flows.left_out}) formulas.push_back(e);
  std::set<std::string> mentioned;
  for (const Expr e : pool_.atoms_of(formulas))
    if (const logic::Atom& a = pool_.atom_of(e); a.kind == logic::AtomKind::node_is) mentioned.insert(pool_.text(a.name));
  for (const auto& closed : universe_.pods)
    if (!closed.pod.node.empty()) mentioned.insert(closed.pod.node);
  std::vector<std::string> out;
  const bool workloads = context_.landings && std::any_of(universe_.pods.begin(), universe_.pods.end(), [](const auto& closed) { return closed.nodes.has_value(); });
  std::map<uint32_t, size_t> taken;
  for (const std::string& node : readers.nodes)
    if (mentioned.contains(node) || taken[workloads ? context_.landings->class_of.at(node) : 0]++ < 2) out.push_back(node);
  return out;
}

Expr InvariantRun::on_nodes(const Readers& readers, Role role, const std::vector<Flows>& all) {
  if (readers.nodes.empty()) return logic::True;
  std::vector<Expr> pods, hosts;
  for (const std::string& node : representatives(readers, all)) pods.push_back(pool_.node_is(role, node));
  const bool can_be_host = universe_.classes.nodes && std::any_of(all.begin(), all.end(), [&](const Flows& flows) { return may_be_host(role == Role::source ? flows.from : flows.to, role); });
  for (const std::string& node : can_be_host ? readers.nodes : std::vector<std::string>{}) {
    base::AddressSet addresses;
    if (const resource::Node* known = context_.snapshot.find_node(node))
      for (const auto& address : known->addresses) addresses = addresses.united(base::AddressSet::of(address));
    hosts.push_back(addresses.empty() ? pool_.node_is(role, node) : pool_.both(pool_.node_is(role, node), pool_.address_in(role, addresses)));
  }
  return pool_.disjunction({pool_.both(pool_.kind_is(role, logic::EndpointKind::pod), pool_.disjunction(std::move(pods))),
                            pool_.both(pool_.kind_is(role, logic::EndpointKind::host), pool_.disjunction(std::move(hosts))), pool_.kind_is(role, logic::EndpointKind::outside)});
}

}  // namespace npverify::verify
