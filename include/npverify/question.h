#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "npverify/pools.h"
#include "npverify/profile.h"
#include "npverify/report.h"
#include "npverify/shard.h"
#include "npverify/snapshot.h"

namespace npverify {

/// Told what is going on: a phase ("solving"), and in a few words what of it. May be called from several threads, for one at a time.
using ProgressCallback = std::function<void(const std::string& phase, const std::string& detail)>;

/// How a question is asked.
struct Options {
  std::string universe = "possible";  ///< observed, declared or possible
  bool pods = true, nodes = true, external = true;  ///< which ends of flows count
  std::chrono::milliseconds timeout{20000};         ///< of one query of the solver
  unsigned jobs = 0;                                ///< threads; 0: as many as the machine has
  std::string dump_smt2;                            ///< folder for the queries as SMT-LIB; empty: none
  std::string proofs;                               ///< folder for a proof of every query that has no answer (check_proofs reads it); empty: none
  bool second_solver = false;                       ///< ask the second solver too
  bool datapath = false;                            ///< count what a CNI does whatever policy says
  size_t max_findings = 20;                         ///< at least 1
  ProgressCallback progress;                        ///< may be empty
  std::optional<Shard> shard;                       ///< do one part of the work; `merge` (shard.h) joins the JSON of all parts
};

struct ProveOptions : Options {
  bool universe_given = false;    ///< `universe` overrides what the specifications say
  std::vector<Profile> profiles;  ///< of specifications that name none
  std::optional<NodePools> pools;   ///< in place of `profiles`: which node reads how
  std::optional<Snapshot> before;   ///< a rollout of policies: each node enforces these or the snapshot's
  std::vector<Profile> rollout;     ///< a rollout in place of `profiles`: each node runs the first or the second
  InstallationOptions installation;  ///< for profiles that specifications list themselves
  std::map<std::string, std::string> path_settings;  ///< of paths, that the manifests do not tell: {"proxy", "iptables"}
  std::string as_of;              ///< "2026-01-31", the day on which exceptions are judged; empty: today
  std::string fail_on;            ///< violations below this severity do not fail: critical, high, medium, low; empty: all fail
};

/// Do two profiles read the policies alike?
Report equiv(const Snapshot& snapshot, const Encodings& encodings, const Profile& left, const Profile& right, const Options& options = {});

/// Does one profile read two sets of policies alike? Each finding says whether the new ones open or close a flow.
Report diff(const Snapshot& old_snapshot, const Snapshot& new_snapshot, const Encodings& encodings, const Profile& profile, const Options& options = {});

/// Do the invariants of the specifications (files or folders) hold?
Report prove(const Snapshot& snapshot, const std::vector<std::string>& specifications, const Encodings& encodings, const ProveOptions& options);

}  // namespace npverify
