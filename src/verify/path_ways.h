#pragma once

#include <set>
#include <string>
#include <vector>

#include "logic/expression.h"
#include "path/service.h"
#include "path/trace.h"
#include "verify/spec.h"
#include "world/universe.h"

/// Which ways lead to the ends of an invariant: the paths that it lists, and the Services and host ports behind them.
namespace npverify::verify {

/// One way to ask for an end.
struct Way {
  path::Kind kind = path::Kind::pod_ip;
  const resource::Service* service = nullptr;   ///< but for podIP and hostPort
  const resource::ServicePort* port = nullptr;  ///< of the Service
  base::Port entry_port = 0;                    ///< that the client asks for: the Service's, the nodePort (0: not in the input) or the hostPort
  logic::Expr leads_to = logic::True;           ///< the ends, protocol, port and family of the flows that come out
  logic::Expr unsure = logic::False;            ///< of these the flows of which nobody says whether this way is there for them
  std::string to_supply;                        ///< what would tell
  std::optional<base::Address> asked;           ///< of the node that is asked: the only one that answers (hostIP)
  std::set<std::string> only_at;                ///< the nodes that have it; empty: any
  std::set<std::string> served;                 ///< nodes that surely have an endpoint of it
  std::string text() const;                     ///< "nodePort of acct/account TCP/443"
  bool serves_own_only() const;                 ///< only the node that is asked serves: from its own endpoints
};

struct Ways {
  std::vector<Way> ways;              ///< in the order of the paths, then of the input
  std::vector<std::string> missing;   ///< of what a peer names and a path lists: what is not there to take. Sentences
  std::vector<const resource::Service*> named;  ///< by the peer
  std::vector<std::string> supply;    ///< why ways may exist that the input does not show
};

/// The ends that a listed endpoint stands for: the pod with that address as it is, or what pods with its labels could be.
logic::Expr endpoint_expr(logic::Pool& pool, const path::Backend& backend, logic::Role role, const world::Universe& universe);

/// The Services that `peer` names, "acct/account", references followed; not under a negation.
std::vector<std::string> named_services(const Peer& peer);

/// The ways to the ends of `to`, which is `peer` as a formula. `through_any`: every Service that leads there counts, else those that `peer` names
/// where it names some. Services whose selector is made by hand lead to what their EndpointSlices list.
Ways ways_to(logic::Pool& pool, const Peer& peer, logic::Expr to, const PathChoice& choice, bool through_any, const resource::Snapshot& snapshot, const world::Universe& universe);

}  // namespace npverify::verify
