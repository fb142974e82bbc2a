#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "npverify/cache.h"
#include "npverify/error.h"

namespace npverify {

/// Everything that was loaded: policies, namespaces, pods, workloads, nodes, configuration of the CNI. A value; copies share.
class Snapshot {
 public:
  /// Reads files, folders (recursively: .yaml, .yml, .json) and "-" (stdin). `default_namespace` is that of manifests that name none.
  /// Throws Error (input) with every problem of every file.
  /// With a cache, documents that an earlier run found to be policies without a problem are read only where a question needs them.
  static Snapshot load(const std::vector<std::string>& paths, const std::string& default_namespace = "default", const std::optional<Cache>& cache = std::nullopt);
  /// Two versions of the same manifests, as for `diff`: policies whose documents are the same in both are read once. Throws with the problems of both.
  static std::pair<Snapshot, Snapshot> load_versions(const std::vector<std::string>& before, const std::vector<std::string>& after, const std::string& default_namespace = "default",
                                                     const std::optional<Cache>& cache = std::nullopt);
  /// The same from text in memory; `name` appears in diagnostics.
  static Snapshot from_text(const std::string& name, const std::string& text, const std::string& default_namespace = "default");

  size_t policies() const;
  /// Warnings and notes of reading, one text each.
  std::vector<std::string> notes() const;

  struct State;
  explicit Snapshot(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  const State& state() const { return *state_; }

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace npverify
