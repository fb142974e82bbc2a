// Laws of port names: a name is a question about the flow's port, asked of one pod or of all pods. See laws.cpp for why they are exact.
#include "smt/law_builder.h"

namespace npverify::smt {

using base::Protocol;
using logic::EndpointKind;
using logic::PortNames;
using logic::Role;

namespace {
constexpr Role roles[] = {Role::source, Role::destination};
}

// The last declaration is one of the regular containers, so that question is always there too; one pod has its declarations once.
void LawBuilder::mirror_port_names() {
  const auto asked = port_names_;
  for (const auto& [key, literal] : asked) {
    if (key.names == PortNames::last) port_names_[{key.role, key.name, key.protocol, PortNames::containers}] = 0;
    if (!same_endpoint_) continue;
    const Role role = logic::other(key.role);
    port_names_[{role, key.name, key.protocol, key.names}] = 0;
    if (key.names == PortNames::last) port_names_[{role, key.name, key.protocol, PortNames::containers}] = 0;
  }
}

void LawBuilder::make_port_names() {
  for (auto& [key, literal] : port_names_) {
    literal = fresh();
    laws_.port_names.push_back({key.role, key.name, key.protocol, key.names, literal});
  }
  for (auto& [key, literal] : cluster_names_) {
    const auto& [name, protocol] = key;
    laws_.cluster_ports.push_back({name, protocol, literal = fresh()});
    for (const Role role : roles) laws_.other_ports.push_back({role, name, protocol, fresh()});
  }
}

Literal LawBuilder::port_name(const PortNameKey& key) const {
  const auto it = port_names_.find(key);
  return it == port_names_.end() ? 0 : it->second;
}

void LawBuilder::port_name_laws() {
  for (const PortName& p : laws_.port_names) {
    clause({-p.literal, laws_.protocols[static_cast<size_t>(p.protocol)]});
    clause({-p.literal, kind(p.role, EndpointKind::pod)});
    clause({-p.literal, -laws_.ports.below[0]});  // below 1; ICMP has port 0 and so no names
    if (p.names == PortNames::last) clause({-p.literal, port_name({p.role, p.name, p.protocol, PortNames::containers})});
  }
}

// All pods agree on the flow's port, so no end may declare another number. A third pod that disagrees (or, where no end declares the name,
// the one that agrees) may always exist: nothing follows from the atom being false.
void LawBuilder::cluster_port_laws() {
  std::map<std::pair<Role, logic::Symbol>, std::vector<Literal>> of_one_name;
  for (const OtherPort& o : laws_.other_ports) of_one_name[{o.role, o.name}].push_back(o.literal);
  for (const ClusterPort& c : laws_.cluster_ports) {
    clause({-c.literal, laws_.protocols[static_cast<size_t>(c.protocol)]});
    clause({-c.literal, -laws_.ports.below[0]});
  }
  for (const OtherPort& o : laws_.other_ports) {
    clause({-cluster_names_.at({o.name, o.protocol}), -o.literal});
    clause({-o.literal, kind(o.role, EndpointKind::pod)});
    for (const Protocol protocol : base::all_protocols)
      if (const Literal last = port_name({o.role, o.name, protocol, PortNames::last})) clause({-o.literal, -last});
  }
  // A pod has one last declaration of a name, whatever its protocol.
  for (const auto& [name, literals] : of_one_name)
    for (size_t i = 0; i < literals.size(); ++i)
      for (size_t j = i + 1; j < literals.size(); ++j) clause({-literals[i], -literals[j]});
}

}  // namespace npverify::smt
