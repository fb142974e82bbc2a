#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "npverify/profile.h"
#include "npverify/report.h"
#include "npverify/snapshot.h"

namespace npverify {

struct ListOptions {
  std::string universe = "declared";  ///< declared (workloads stand for their pods) or observed (the pods of a dump, where they are)
  bool pods = true, nodes = true, external = true;  ///< which ends of connections are listed
  std::vector<std::string> protocols = {"TCP", "UDP", "SCTP"};  ///< ICMP too, if asked for
  std::vector<std::string> focus;     ///< workloads ("shop/Deployment/web") or namespaces: only connections with one of them at an end
};

/// Who reaches whom, on which ports, in the world that the manifests declare. Copies share.
class Connections {
 public:
  /// Writes the list in "text", "csv", "json" or "dot". Throws Error (input) for another format.
  void write(const std::string& format, std::ostream& out, const TextOptions& layout = {});
  /// How many pairs there are, in "text", "csv" or "json".
  void write_counts(const std::string& format, std::ostream& out, const TextOptions& layout = {});
  static std::vector<std::string> formats();

  /// After a write: 0; 3 where something that was written is unknown or partial, or there is no workload.
  int exit_code() const;
  /// Sentences on what limits the answer, for formats that have no place for them.
  std::vector<std::string> limits() const;
  void add_profile_notes(const std::vector<std::string>& sentences);

  struct State;
  explicit Connections(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

/// Throws Error: input for a universe, protocol or focus that there is not; unsupported where a policy asks what a list does not model.
Connections list(const Snapshot& snapshot, const Profile& profile, const ListOptions& options = {});

}  // namespace npverify
