#pragma once

#include <memory>

#include "reach/all_pairs.h"
#include "verify/result.h"

namespace npverify::verify {

struct ListOptions {
  world::UniverseKind universe = world::UniverseKind::declared;  ///< declared or observed
  world::EndClasses ends;
  std::vector<base::Protocol> protocols = {base::Protocol::tcp, base::Protocol::udp, base::Protocol::sctp};
  std::vector<std::string> focus;  ///< names of workloads or namespaces: only connections with one of them at an end; empty: all
};

/// Who reaches whom, under one profile: the question and what limits its answer. Asked of the closed world alone, without a solver.
class ConnectionList {
 public:
  /// `snapshot` need not outlive it. Throws InputError for a universe that is not closed and for a focus that names nothing, Unsupported
  /// where reach::AllPairs does.
  ConnectionList(const resource::Snapshot& snapshot, const semantics::Profile& profile, const ListOptions& options);
  ConnectionList(ConnectionList&&) noexcept;
  ~ConnectionList();

  const SideInfo& side() const;
  const reach::ClosedWorld& world() const;
  const ListOptions& options() const;
  const Limits& limits() const;
  const std::vector<std::string>& assumptions() const;
  size_t policies() const;
  bool isolated(uint32_t workload, policy::Direction direction) const;
  bool in_focus(uint32_t workload) const;

  /// In the order of reach::AllPairs::list.
  void list(const std::function<void(const reach::Connection&)>& found);
  /// Of the whole world, whatever the focus.
  reach::Counts count();

  /// 0; or 3 where something that was listed or counted is not known, an assumption could hide a connection, or there is no workload.
  int exit_code() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::verify
