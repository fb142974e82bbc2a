#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "matrix/cluster.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"
#include "verify/question.h"
#include "verify/result.h"
#include "verify/shard.h"
#include "verify/spec.h"

namespace npverify::verify {

struct ProveOptions {
  std::optional<world::UniverseKind> universe;  ///< overrides what the specs say
  world::EndClasses peers;                      ///< which kinds of ends count
  SolverOptions solver;
  std::function<void(const std::string& phase, const std::string& detail)> progress;  ///< told what is going on, from any thread; may be empty
  unsigned jobs = 1;                            ///< threads, one invariant each; 0: one a core. The answer does not depend on it
  std::chrono::year_month_day as_of{};          ///< the day on which exceptions are judged; a default-constructed one is today (UTC)
  Shard shard;                                  ///< answer some invariants only; all are read and checked
  size_t most_policies = 60;                    ///< of one query; the verdict does not depend on it
  bool classes = true;                          ///< in closed universes, what classes of pods rule out is not asked of the solver; the verdict does not depend on it
  size_t sample_classes_every = 16;             ///< of what they say, one in so many is asked all the same, and the first; 0: none
  bool datapath = false;                        ///< isolate: count also what a CNI lets a node do to pods whatever policy says
  const matrix::Cluster* cluster = nullptr;     ///< the run's pools, in place of `profiles`
  const resource::Snapshot* before = nullptr;   ///< a rollout of policies: each node enforces these or those of the snapshot
  std::vector<semantics::Profile> rollout;      ///< a rollout of profiles, in place of `profiles`: each node runs the first or the second
  std::map<std::string, std::string> path_settings;  ///< of paths, from the user: path/settings.h
  std::map<std::string, std::map<std::string, semantics::OptionValue>> options;  ///< by CNI: of the command line, for profiles that a spec lists
};

/// Today, UTC.
std::chrono::year_month_day today();

/// Does each invariant hold? One result an invariant, in the order of the specs.
///
/// forbid      no flow of the domain is allowed            require      every flow of the domain is allowed
/// isolate     no flow with exactly one end in the group   defaultDeny  no pod of the group exchanges anything with a pod that nobody
/// equivalent  both profiles decide alike at each end                   has heard of: a fresh namespace, only fresh labels, any address
/// pathAgreement  on each placement every listed path leads to the same verdict
///
/// Where an invariant lists `paths`, it is asked of each: for every placement of both ends and every node that can be asked on the way.
///
/// The domain: flows of the universe between `from` and `to` on the ports, less unexpired exceptions, where the assumptions hold. An empty
/// domain is vacuous, and says which part of it is empty. A flow that breaks the invariant is replayed by the oracle before it is shown. One
/// that breaks it only where a profile is silent (a gap) makes the result unknown, naming the axis.
///
/// Each end is judged by the readers of its own node: one profile everywhere, or with `cluster` every pair of its pools, or with a rollout every
/// mixture of old and new. What an agent knows of the other end is in its reading; where nobody says it, both are possible.
///
/// `profiles`: those of invariants that name none, one after the other. Throws InputError for names that the snapshot lacks and for profiles that there are not.
ProveResult prove(const resource::Snapshot& snapshot, const std::vector<InvariantSet>& sets, const semantics::Encodings& encodings, const std::vector<semantics::Profile>& profiles,
                  const ProveOptions& options);

}  // namespace npverify::verify
