#include "verify/readers.h"

#include <algorithm>
#include <map>

namespace npverify::verify {
namespace {

std::string end_text(const Readers& readers) { return readers.label + (readers.phase.empty() ? "" : " (" + readers.phase + ")"); }

/// What readers of pool `reader` may know of ends in pool `of`: "K", "N" or "KN".
std::string answers(const std::vector<matrix::View>& views, size_t of) {
  std::string out;
  for (const char letter : {'K', 'N'})
    if (std::any_of(views.begin(), views.end(), [&](const matrix::View& view) { return view.knows[of] == (letter == 'K'); })) out += letter;
  return out;
}

bool certain_of_all(const std::vector<matrix::View>& views) {
  return std::all_of(views.begin(), views.end(), [](const matrix::View& view) { return view.knows_others && std::find(view.knows.begin(), view.knows.end(), false) == view.knows.end(); });
}

std::string options_text(const semantics::Profile& profile) {
  std::string out;
  for (const auto& [name, value] : profile.options) out += name + "=" + value.value + ";";
  return out;
}

/// Pools as classes: what they run, what they know and who knows them.
class Classes {
 public:
  explicit Classes(const matrix::Cluster& cluster) : cluster_(cluster) {
    const size_t count = cluster.pools().size();
    for (size_t i = 0; i < count; ++i) views_.push_back(cluster.views(i));
    std::map<std::string, size_t> by_signature;
    for (size_t i = 0; i < count; ++i) {
      if (cluster.pools()[i].nodes.empty() && cluster.pools()[i].named) continue;  // it has no node
      const auto [it, fresh] = by_signature.try_emplace(signature(i), members.size());
      if (fresh) members.emplace_back();
      members[it->second].push_back(i);
    }
  }

  Readers readers(size_t index) const {
    const matrix::Pool& first = cluster_.pools()[members[index][0]];
    Readers out{.label = first.label, .profile = first.profile, .settings = &first};
    for (const size_t i : members[index]) {
      const matrix::Pool& pool = cluster_.pools()[i];
      out.pool += (out.pool.empty() ? "" : ", ") + pool.name;
      out.nodes.insert(out.nodes.end(), pool.nodes.begin(), pool.nodes.end());
      if (pool.nodes.empty())
        for (const char* suffix : {"-1", "-2", "-3"}) out.nodes.push_back(pool.name + suffix);
    }
    std::sort(out.nodes.begin(), out.nodes.end());
    return out;
  }

  Knowledge knowledge(size_t reader, size_t of) const {
    const auto& views = views_[members[reader][0]];
    const std::string may = answers(views, members[of][0]);
    return {.may_know = may.find('K') != std::string::npos, .may_not_know = may.find('N') != std::string::npos, .whole_cluster = certain_of_all(views), .supply = cluster_.to_supply(members[reader][0])};
  }

  std::vector<std::vector<size_t>> members;  ///< pools of each class

 private:
  std::string signature(size_t pool) const {
    const matrix::Pool& one = cluster_.pools()[pool];
    std::string out = one.label + "|" + options_text(one.profile) + "|" + (one.fault_mode ? matrix::to_string(*one.fault_mode) : "") + "|";
    for (size_t i = 0; i < cluster_.pools().size(); ++i) out += answers(views_[pool], i) + "/" + answers(views_[i], pool) + " ";
    return out;
  }

  const matrix::Cluster& cluster_;
  std::vector<std::vector<matrix::View>> views_;
};

}  // namespace

std::string Readers::key() const { return label + "\n" + pool + "\n" + phase + "\n" + options_text(profile); }

std::string ReaderCase::text() const {
  const std::string a = end_text(source), b = end_text(destination);
  return a == b ? a : a + " at the source, " + b + " at the destination";
}

ReaderCase whole_cluster(const semantics::Profile& profile) {
  const Readers all{.label = profile.name(), .profile = profile};
  return {.source = all, .destination = all};
}

std::vector<ReaderCase> cases_of(const matrix::Cluster& cluster) {
  const Classes classes(cluster);
  std::vector<ReaderCase> cases;
  for (size_t a = 0; a < classes.members.size(); ++a)
    for (size_t b = 0; b < classes.members.size(); ++b)
      cases.push_back({.source = classes.readers(a), .destination = classes.readers(b), .source_knows = classes.knowledge(a, b), .destination_knows = classes.knowledge(b, a)});
  return cases;
}

std::vector<ReaderCase> with_policies(const std::vector<ReaderCase>& cases, const resource::Snapshot& before, const resource::Snapshot& after) {
  std::vector<ReaderCase> out;
  for (const ReaderCase& one : cases)
    for (const auto* at_source : {&before, &after})
      for (const auto* at_destination : {&before, &after}) {
        ReaderCase mixture = one;
        for (auto [readers, policies] : {std::pair{&mixture.source, at_source}, std::pair{&mixture.destination, at_destination}}) {
          readers->policies = policies;
          readers->phase = policies == &before ? "old policies" : "new policies";
        }
        mixture.never_one_node = one.never_one_node || at_source != at_destination;
        out.push_back(std::move(mixture));
      }
  return out;
}

namespace {

using Faults = std::vector<matrix::FaultMode>;

/// How the agent of such a node can be: running (no fault), or down with one of some modes. A node that keeps its last rules reads as before.
std::vector<Faults> conditions_of(const Readers& readers, const Faults& modes) {
  std::vector<Faults> out{{}};
  const auto said = readers.settings ? readers.settings->fault_mode : std::nullopt;
  if (modes.empty() && !said) out.push_back({matrix::FaultMode::keep_last, matrix::FaultMode::fail_open, matrix::FaultMode::fail_closed});
  for (const matrix::FaultMode mode : modes.empty() && said ? Faults{*said} : modes)
    if (mode != matrix::FaultMode::keep_last) out.push_back({mode});
  return out;
}

void put_down(Readers& readers, const Faults& faults) {
  if (faults.empty()) return;
  readers.faults = faults;
  readers.phase += (readers.phase.empty() ? "" : ", ") + std::string("its agent down (") + (faults.size() > 1 ? "fault mode not known" : matrix::to_string(faults[0])) + ")";
}

}  // namespace

std::vector<ReaderCase> with_faults(const std::vector<ReaderCase>& cases, unsigned nodes, const Faults& modes) {
  std::vector<ReaderCase> out;
  for (const ReaderCase& one : cases)
    for (const Faults& source : conditions_of(one.source, modes))
      for (const Faults& destination : conditions_of(one.destination, modes)) {
        ReaderCase here = one;
        put_down(here.source, source);
        put_down(here.destination, destination);
        if (source != destination) here.never_one_node = true;  // a node is in one condition
        const bool both = !source.empty() && !destination.empty();
        if (both && nodes == 1) here.always_one_node = true;
        if (!(here.never_one_node && here.always_one_node)) out.push_back(std::move(here));
      }
  return out;
}

std::vector<ReaderCase> rollout_of(const semantics::Profile& before, const semantics::Profile& after) {
  std::vector<ReaderCase> out;
  for (const auto* a : {&before, &after})
    for (const auto* b : {&before, &after}) {
      ReaderCase mixture{.source = {.label = a->name(), .profile = *a, .phase = a == &before ? "old" : "new"}, .destination = {.label = b->name(), .profile = *b, .phase = b == &before ? "old" : "new"}};
      mixture.never_one_node = a != b;
      const bool strangers = a->cni != b->cni;
      for (Knowledge* knowledge : {&mixture.source_knows, &mixture.destination_knows})
        *knowledge = {.may_know = true, .may_not_know = strangers, .whole_cluster = before.cni == after.cni, .supply = "give both as pools of a matrix with --matrix, each with profile.identity_scope (own_managed or all)"};
      out.push_back(std::move(mixture));
    }
  return out;
}

}  // namespace npverify::verify
