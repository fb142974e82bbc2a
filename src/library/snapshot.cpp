#include "library/state.h"
#include "manifest/files.h"
#include "resource/load.h"
#include "resource/syntax.h"

namespace npverify {
namespace {

/// Throws where the files or the name of the namespace are no good.
void check(const std::vector<manifest::File>& files, const base::Diagnostics& diagnostics, const std::string& default_namespace) {
  if (const auto expected = resource::dns_label_problem(default_namespace)) throw base::InputError("error: '" + default_namespace + "' is not a namespace; expected " + *expected + "\n");
  // With a file missing, the problems of the others are told as well, those of reading first.
  if (diagnostics.has_errors()) {
    base::Diagnostics all = diagnostics;
    std::vector<manifest::Document> documents;
    for (const auto& file : files)
      for (auto& document : manifest::read_file(file, {}, all)) documents.push_back(std::move(document));
    resource::load_snapshot(documents, {.default_namespace = default_namespace}, all);
    throw base::InputError(all);
  }
}

Snapshot make_snapshot(std::vector<manifest::File> files, const base::Diagnostics& diagnostics, const std::string& default_namespace, const std::optional<Cache>& cache) {
  check(files, diagnostics, default_namespace);
  return Snapshot(std::make_shared<Snapshot::State>(std::move(files), default_namespace, cache));
}

}  // namespace

Snapshot Snapshot::load(const std::vector<std::string>& paths, const std::string& default_namespace, const std::optional<Cache>& cache) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    return make_snapshot(manifest::read_files(paths, {}, diagnostics), diagnostics, default_namespace, cache);
  });
}

std::pair<Snapshot, Snapshot> Snapshot::load_versions(const std::vector<std::string>& before, const std::vector<std::string>& after, const std::string& default_namespace, const std::optional<Cache>& cache) {
  return library::guarded([&] {
    std::shared_ptr<const State> sides[2];
    std::string problems;
    for (const size_t side : {0, 1}) try {
        base::Diagnostics diagnostics;
        auto files = manifest::read_files(side == 0 ? before : after, {}, diagnostics);
        check(files, diagnostics, default_namespace);
        sides[side] = std::make_shared<State>(std::move(files), default_namespace, cache, sides[0].get());
      } catch (const base::InputError& error) {
        problems += error.what();
      }
    if (!problems.empty()) throw base::InputError(problems);
    return std::pair(Snapshot(sides[0]), Snapshot(sides[1]));
  });
}

Snapshot Snapshot::from_text(const std::string& name, const std::string& text, const std::string& default_namespace) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    std::vector<manifest::File> files;
    if (auto file = manifest::file_of_text(name, text, {}, diagnostics)) files.push_back(std::move(file));
    return make_snapshot(std::move(files), diagnostics, default_namespace, std::nullopt);
  });
}

size_t Snapshot::policies() const { return state_->manifests.policies(); }

std::vector<std::string> Snapshot::notes() const { return library::note_texts(state_->manifests.context().notes); }

std::vector<std::string> library::note_texts(const base::Diagnostics& notes) {
  std::vector<std::string> texts;
  for (const auto& one : notes.all()) {
    const std::string place = one.span.to_string();
    texts.push_back((place.empty() ? "" : place + ": ") + (one.field.empty() ? "" : one.field + ": ") + one.message + (one.hint.empty() ? "" : " (" + one.hint + ")"));
  }
  return texts;
}

}  // namespace npverify
