#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "cache/digest.h"
#include "library/manifests.h"
#include "matrix/cluster.h"
#include "npverify/npverify.h"
#include "report/writer.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"
#include "verify/result.h"

/// What the public values hold. Inside the library only.
namespace npverify {

struct Snapshot::State {
  State(std::vector<manifest::File> files, const std::string& default_namespace, const std::optional<Cache>& cache) : manifests(std::move(files), {.default_namespace = default_namespace}, cache) {}
  /// One of two versions; see Manifests.
  State(std::vector<manifest::File> files, const std::string& default_namespace, const std::optional<Cache>& cache, const State* other)
      : manifests(std::move(files), {.default_namespace = default_namespace}, cache, other ? &other->manifests : nullptr) {}

  library::Manifests manifests;
  /// Of the texts that were read, in order, and of the default namespace.
  std::string fingerprint() const { return manifests.fingerprint(); }
  /// Every object. Questions that do not depend on every policy may ask `manifests` for less.
  const resource::Snapshot& whole() const { return manifests.whole(); }
};

struct Profile::State {
  semantics::Profile profile;
  std::optional<cache::Digest> encodings;  ///< what it was resolved from, where that is certain
};

struct Encodings::State {
  std::shared_ptr<const semantics::Encodings> encodings;
  std::string folder;
  std::optional<cache::Digest> digest;  ///< of every file; nothing where they changed meanwhile
};

struct NodePools::State {
  Snapshot snapshot;  ///< whose nodes it places
  matrix::Cluster cluster;
  std::string file;                    ///< of the matrix; empty where the snapshot told
  std::vector<std::string> sentences;  ///< what was taken from where, of detection
};

struct Report::State {
  std::variant<verify::ComparisonResult, verify::ProveResult> result;
  report::Run run;
  Snapshot snapshot;                     ///< of diff: the new one
  std::optional<Snapshot> old_snapshot;  ///< of diff
  std::string fail_on;
};

namespace library {

/// `step()`, every exception of the rooms translated into the library's Error.
template <typename Step>
auto guarded(Step&& step) -> decltype(step()) {
  try {
    return step();
  } catch (const Error&) {
    throw;
  } catch (const base::InputError& error) {
    throw Error(Error::Kind::input, error.what());
  } catch (const base::Unsupported& error) {
    throw Error(Error::Kind::unsupported, error.what());
  } catch (const std::exception& error) {
    throw Error(Error::Kind::internal, error.what());
  }
}

/// Adds the options that the snapshot's own objects set for the request's CNI, where it does not set them itself.
void add_options_of_cluster(semantics::ProfileRequest& request, const Snapshot& snapshot, const semantics::Encodings& encodings);

/// A request with every option of `options` that is for its CNI and that it does not set itself. Throws InputError for options that no
/// CNI has.
semantics::ProfileRequest with_options(semantics::ProfileRequest request, const InstallationOptions& options, const semantics::Encodings& encodings);

/// 0, 1 or 3: what the result says, taken as the whole even where it is a shard's.
int exit_code(const Report::State& state);

/// The notes of reading as texts.
std::vector<std::string> note_texts(const base::Diagnostics& notes);

}  // namespace library
}  // namespace npverify
