#include "reach/ports.h"

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using base::PortSet;
using logic::Atom;
using logic::AtomKind;

class Specialisation {
 public:
  Specialisation(const logic::Pool& pool, const world::Flow& ends, base::Protocol protocol, const oracle::Cluster& cluster, bool isolated)
      : pool_(pool), flow_(ends), cluster_(cluster), isolated_(isolated) {
    flow_.protocol = protocol;
  }

  PortSet where(logic::Expr e) {
    switch (pool_.op(e)) {
      case logic::Op::constant_false: return {};
      case logic::Op::constant_true: return PortSet::all();
      case logic::Op::atom: return where(pool_.atom_of(e));
      case logic::Op::negation: return where(*pool_.args_begin(e)).complement();
      case logic::Op::conjunction: return conjunction(e);
      case logic::Op::disjunction: return disjunction(e);
    }
    throw base::InternalError("an expression of no kind");
  }

 private:
  PortSet conjunction(logic::Expr e) {
    PortSet ports = PortSet::all();
    for (const logic::Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e) && !ports.empty(); ++arg) ports = ports.intersected(where(*arg));
    return ports;
  }

  PortSet disjunction(logic::Expr e) {
    PortSet ports;
    for (const logic::Expr* arg = pool_.args_begin(e); arg != pool_.args_end(e) && ports != PortSet::all(); ++arg) ports = ports.united(where(*arg));
    return ports;
  }

  PortSet where(const Atom& a) {
    if (a.kind == AtomKind::port_in) return pool_.ports(a);
    if (a.kind == AtomKind::port_named || a.kind == AtomKind::port_named_in_cluster) return named(a);
    if (a.kind == AtomKind::flag && pool_.text(a.name) == "isolated") return isolated_ ? PortSet::all() : PortSet();
    return oracle::holds(pool_, a, flow_, cluster_) ? PortSet::all() : PortSet();
  }

  // The few numbers that could carry the name, each asked of the oracle's meaning of the atom.
  PortSet named(const Atom& a) {
    const auto protocol = static_cast<base::Protocol>(a.detail);
    PortSet ports;
    if (flow_.protocol != protocol) return ports;
    const auto add = [&](base::Port port) {
      flow_.port = port;
      if (port != 0 && oracle::holds(pool_, a, flow_, cluster_)) ports = ports.united(PortSet::range(port, port));
    };
    if (a.kind == AtomKind::port_named_in_cluster) {
      if (cluster_.named_port) add(cluster_.named_port(pool_.text(a.name), protocol));
    } else {
      for (const auto& declared : flow_.end(a.role).ports) add(declared.number);
    }
    return ports;
  }

  const logic::Pool& pool_;
  world::Flow flow_;
  const oracle::Cluster& cluster_;
  bool isolated_;
};

}  // namespace

PortSet ports_where(const logic::Pool& pool, logic::Expr e, const world::Flow& ends, base::Protocol protocol, const oracle::Cluster& cluster, bool isolated) {
  PortSet ports = Specialisation(pool, ends, protocol, cluster, isolated).where(e);
  return protocol == base::Protocol::icmp ? ports.intersected(PortSet::range(0, 0)) : ports;
}

}  // namespace npverify::reach
