#include "npverify/pools.h"

#include <fstream>
#include <iterator>

#include "library/state.h"
#include "policy/detect.h"

namespace npverify {
namespace {

/// `snapshot`: what neither a request nor `options` sets is as its objects set it wherever that CNI runs; null: requests are complete.
matrix::Cluster::Resolve resolver(const Snapshot* snapshot, const Encodings& encodings, const InstallationOptions& options) {
  return [snapshot, &encodings, &options](semantics::ProfileRequest request) {
    const auto& all = *encodings.state().encodings;
    if (snapshot) library::add_options_of_cluster(request, *snapshot, all);
    return all.resolve(library::with_options(request, options, all));
  };
}

std::shared_ptr<const base::SourceFile> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw base::InputError("error: cannot read '" + path + "'\n");
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  return std::make_shared<base::SourceFile>(base::SourceFile{path, std::move(text)});
}

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size() && i < 8; ++i) out += (i == 0 ? "" : ", ") + words[i];
  return words.size() > 8 ? out + " and " + std::to_string(words.size() - 8) + " more" : out;
}

std::string knowledge_text(const matrix::Cluster& cluster, size_t pool) {
  if (cluster.pools()[pool].identity_scope) return std::string("identity_scope ") + to_string(*cluster.pools()[pool].identity_scope);
  return cluster.views(pool).size() == 1 ? "" : "nobody says which pods of other pools its agents know";
}

}  // namespace

NodePools NodePools::from_matrix(const std::string& path, const Snapshot& snapshot, const Encodings& encodings, const InstallationOptions& options) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    const matrix::Matrix read = matrix::read_matrix(read_file(path), encodings.state().encodings->cnis(), diagnostics);
    if (diagnostics.has_errors()) throw base::InputError(diagnostics);
    return NodePools(std::make_shared<State>(State{snapshot, matrix::Cluster(read, snapshot.state().whole(), resolver(&snapshot, encodings, options)), path, {}}));
  });
}

NodePools NodePools::detect(const Snapshot& snapshot, const Encodings& encodings, const InstallationOptions& options) {
  return library::guarded([&] {
    const auto found = policy::detect_profiles(snapshot.state().whole(), encodings.state().encodings->cnis());
    if (!found.problems.empty() || found.profiles.empty()) {
      std::string said;
      for (const auto& problem : found.problems) said += "\n  " + problem;
      throw base::InputError("error: the manifests do not tell which CNI runs on which node" + (said.empty() ? "; give a matrix with --matrix" : ":" + said) + "\n");
    }
    return NodePools(std::make_shared<State>(State{snapshot, matrix::Cluster(found, snapshot.state().whole(), resolver(nullptr, encodings, options)), "", found.sentences}));
  });
}

size_t NodePools::size() const { return state_->cluster.pools().size(); }

std::vector<std::string> NodePools::lines() const {
  std::vector<std::string> lines;
  const auto& pools = state_->cluster.pools();
  for (size_t i = 0; i < pools.size(); ++i) {
    const std::string knowledge = knowledge_text(state_->cluster, i);
    lines.push_back(pools[i].name + ": " + pools[i].label + " on " + (pools[i].nodes.empty() ? "no node of the manifests" : list_of(pools[i].nodes)) + (knowledge.empty() ? "" : "; " + knowledge));
  }
  return lines;
}

std::vector<std::string> NodePools::problems() const { return state_->cluster.problems(); }

}  // namespace npverify
