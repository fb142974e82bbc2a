#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "resource/snapshot.h"
#include "semantics/profile.h"
#include "verify/memory.h"
#include "verify/result.h"
#include "verify/shard.h"

namespace npverify::verify {

struct Options {
  world::UniverseKind universe = world::UniverseKind::possible;
  world::EndClasses peers;
  std::chrono::milliseconds timeout{20000};  ///< of one query
  unsigned jobs = 0;                         ///< threads; 0: one a core
  std::string dump_smt2;                     ///< folder for every query; empty: none
  std::string proofs;                        ///< folder for a proof of every query without an answer; empty: none
  bool second_solver = false;
  bool datapath = false;                     ///< compare also what a CNI does whatever policy says
  size_t max_findings = 20;
  Shard shard;                               ///< look at the slices of some namespaces only
  bool classes = true;                       ///< in a closed universe, let classes of pods say where the solver need not be asked
  size_t sample_classes_every = 16;          ///< of the slices of which they say so, about one in so many is asked all the same; 0: none
  std::function<void(const std::string& phase, const std::string& detail)> progress;  ///< told what is going on; may be empty
  Memory* memory = nullptr;                  ///< of earlier runs of the same question; may be null
  /// Namespaces whose policies the snapshots leave out, on both sides the same, and how many there are of each. Answers that depend on one
  /// throw PoliciesNeeded.
  std::map<std::string, size_t> unread = {};
};

inline void tell(const Options& options, const std::string& phase, const std::string& detail = "") {
  if (options.progress) options.progress(phase, detail);
}

/// Do two readings of the same policies agree on every flow of the universe? One finding a cause.
ComparisonResult equiv(const resource::Snapshot& snapshot, const semantics::Profile& left, const semantics::Profile& right, const Options& options);

/// The facts (see Memory) of a namespace that equiv asks for first: without them its policies have to be read.
std::vector<std::string> agreement_facts();

/// Do two sets of policies agree, read alike? Findings say opened or closed.
ComparisonResult diff(const resource::Snapshot& old_snapshot, const resource::Snapshot& new_snapshot, const semantics::Profile& profile, const Options& options);

}  // namespace npverify::verify
