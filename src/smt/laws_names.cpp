// Names for the variables of a query, for scripts and certificates that people read.
#include <set>

#include "base/diagnostics.h"
#include "smt/laws.h"

namespace npverify::smt {
namespace {

using logic::Role;

const char* to_string(Attribute attribute) {
  switch (attribute) {
    case Attribute::namespace_name: return "namespace";
    case Attribute::service_account: return "service-account";
    case Attribute::node: return "node";
    case Attribute::label: return "label ";
    case Attribute::namespace_label: return "namespace-label ";
  }
  return "?";
}

class Namer {
 public:
  Namer(const logic::Pool& pool, const Laws& laws) : pool_(pool), laws_(laws), names_(static_cast<size_t>(laws.variables) + 1) {}

  std::vector<std::string> names() {
    name(always, "always");
    name_ends();
    for (size_t i = 0; i < laws_.protocols.size(); ++i) name(laws_.protocols[i], "protocol " + protocol(static_cast<base::Protocol>(i)));
    name(laws_.ipv4, "IPv4");
    name(laws_.same_node, "same-node");
    name(laws_.same_endpoint, "same-endpoint");
    name(laws_.same_namespace, "same-namespace");
    for (const Flag& f : laws_.flags) name(f.literal, "flag " + pool_.text(f.name));
    for (const Choice& c : laws_.choices) name_choice(c);
    for (size_t i = 0; i < laws_.ports.cuts.size(); ++i) name(laws_.ports.below[i], "port < " + std::to_string(static_cast<unsigned>(laws_.ports.cuts[i])));
    name_port_names();
    for (size_t i = 0; i < laws_.memberships.size(); ++i) name(laws_.memberships[i].defined, "interval " + std::to_string(i));
    return std::move(names_);
  }

 private:
  static std::string protocol(base::Protocol p) { return base::to_string(p); }

  void name(Literal literal, std::string text) {
    if (literal == 0) return;
    // SMT-LIB's quoted symbols hold anything but these two, DIMACS comments no line break.
    for (char& c : text)
      if (c == '|' || c == '\\' || c == '\n' || c == '\r') c = '_';
    if (!taken_.insert(text).second) taken_.insert(text += " #" + std::to_string(literal));
    names_[static_cast<size_t>(literal)] = std::move(text);
  }

  void name_ends() {
    for (const size_t role : {0, 1}) {
      const std::string who = logic::to_string(static_cast<Role>(role));
      for (size_t kind = 0; kind < 3; ++kind) name(laws_.kinds[role][kind], who + " " + logic::to_string(static_cast<logic::EndpointKind>(kind)));
      name(laws_.peer_known[role], who + ".knows-peer");
      for (const size_t family : {0, 1}) {
        const Scale& scale = laws_.addresses[role][family];
        for (size_t i = 0; i < scale.cuts.size(); ++i)
          name(scale.below[i], who + " < " + base::Address{static_cast<base::Family>(family), scale.cuts[i]}.to_string());
      }
    }
  }

  void name_choice(const Choice& c) {
    const std::string what = std::string(logic::to_string(c.role)) + "." + to_string(c.attribute) + pool_.text(c.key);
    for (size_t i = 0; i < c.is.size(); ++i) name(c.is[i], what + " = " + pool_.text(c.values[i]));
    name(c.exists, what + " exists");
  }

  void name_port_names() {
    for (const PortName& p : laws_.port_names)
      name(p.literal, std::string(logic::to_string(p.role)) + "." + logic::to_string(p.names) + "-port " + pool_.text(p.name) + " " + protocol(p.protocol));
    for (const OtherPort& o : laws_.other_ports)
      name(o.literal, std::string(logic::to_string(o.role)) + ".other-port " + pool_.text(o.name) + " " + protocol(o.protocol));
    for (const ClusterPort& c : laws_.cluster_ports) name(c.literal, "cluster.port " + pool_.text(c.name) + " " + protocol(c.protocol));
  }

  const logic::Pool& pool_;
  const Laws& laws_;
  std::vector<std::string> names_;
  std::set<std::string> taken_;
};

}  // namespace

std::vector<std::string> variable_names(const logic::Pool& pool, const Laws& laws) {
  std::vector<std::string> names = Namer(pool, laws).names();
  for (size_t v = 1; v < names.size(); ++v) base::require(!names[v].empty(), "a variable without a name");
  return names;
}

}  // namespace npverify::smt
