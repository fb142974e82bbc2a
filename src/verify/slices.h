#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "logic/expression.h"
#include "policy/reading.h"
#include "resource/snapshot.h"
#include "world/universe.h"

/// Cutting a question by the namespace of the policed end. A policy selects pods of its own namespace only, so the verdict at an end
/// depends on the policies of one namespace; an end in none of them meets no policy.
namespace npverify::verify {

/// One piece of a question: the end is in one of `namespaces`, or anywhere but in those of `beside`. Pieces cover every end that the
/// candidates leave possible.
struct Slice {
  std::vector<std::string> namespaces;  ///< whose policies are spelled out
  logic::Expr when = logic::True;       ///< the end is in one of them; true where `beside` says it, or where nothing needs saying
  std::vector<std::string> beside = {};
};

/// An end in none of `names`. In the universe of possible pods a namespace that no atom below `asserted` names is like a fresh one, so only the
/// named ones need be excluded; in a closed one each has its own pods.
logic::Expr elsewhere(logic::Pool& pool, logic::Role role, const std::vector<std::string>& names, const world::Universe& universe, const std::vector<logic::Expr>& asserted);
/// The end is in the piece. `asserted`: all else that the query says.
logic::Expr in_slice(logic::Pool& pool, logic::Role role, const Slice& slice, const world::Universe& universe, const std::vector<logic::Expr>& asserted);

/// The namespaces of `names` in which an end that satisfies `end` can be: where the labels of a declared namespace rule it out, it is dropped.
std::vector<std::string> candidate_namespaces(logic::Pool& pool, logic::Expr end, logic::Role role, const world::Universe& universe, const std::vector<std::string>& names);

/// `e` for an end that is a pod of this namespace: what is known of it there is put in.
logic::Expr for_pod_in(logic::Pool& pool, logic::Expr e, logic::Role role, const std::string& name, const world::Universe& universe);

/// Indices of policies by their namespace, in the order of the snapshot.
using PoliciesByNamespace = std::map<std::string, std::vector<uint32_t>>;
PoliciesByNamespace policies_by_namespace(const resource::Snapshot& snapshot);
/// Of one snapshot: all, and those that can bear on one direction.
struct SnapshotPolicies {
  PoliciesByNamespace all, ingress, egress;
  const PoliciesByNamespace& of(policy::Direction direction) const { return direction == policy::Direction::ingress ? ingress : egress; }
};
/// `directions_alone`: every reader takes a policy to bear on the directions that it speaks of, and on no other.
SnapshotPolicies index_policies(const resource::Snapshot& snapshot, bool directions_alone);
/// Those of some namespaces, in the order of the snapshot.
std::vector<uint32_t> policies_of(const PoliciesByNamespace& all, const std::set<std::string>& namespaces);

/// Pieces of at most about `most_policies` policies. One piece without condition where everything fits into it; else the piece of all that is
/// in no namespace with policies comes first: it costs least and, where any pod is possible, says most.
std::vector<Slice> slices_of(logic::Pool& pool, const PoliciesByNamespace& policies, logic::Role role, const std::vector<std::string>& candidates, size_t most_policies = 60);

}  // namespace npverify::verify
