#include "library/inputs.h"
#include "library/state.h"
#include "manifest/node.h"
#include "resource/load.h"
#include "resource/syntax.h"

namespace npverify {
namespace {

std::string fingerprint_of(const std::vector<manifest::Document>& documents, const std::string& default_namespace) {
  std::vector<std::shared_ptr<const base::SourceFile>> files{std::make_shared<base::SourceFile>(base::SourceFile{"", default_namespace})};
  for (const auto& document : documents)
    if (document.file != files.back()) files.push_back(document.file);
  return library::fingerprint_of(files);
}

Snapshot make_snapshot(const std::vector<manifest::Document>& documents, const std::string& default_namespace, base::Diagnostics& diagnostics) {
  if (const auto expected = resource::dns_label_problem(default_namespace)) throw base::InputError("error: '" + default_namespace + "' is not a namespace; expected " + *expected + "\n");
  auto state = std::make_shared<Snapshot::State>();
  state->snapshot = resource::load_snapshot(documents, {.default_namespace = default_namespace}, diagnostics);
  if (diagnostics.has_errors()) throw base::InputError(diagnostics);
  state->fingerprint = fingerprint_of(documents, default_namespace);
  return Snapshot(state);
}

}  // namespace

Snapshot Snapshot::load(const std::vector<std::string>& paths, const std::string& default_namespace) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    return make_snapshot(manifest::read_documents(paths, diagnostics), default_namespace, diagnostics);
  });
}

Snapshot Snapshot::from_text(const std::string& name, const std::string& text, const std::string& default_namespace) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    return make_snapshot(manifest::read_text(name, text, diagnostics), default_namespace, diagnostics);
  });
}

size_t Snapshot::policies() const { return state_->snapshot.network_policies.size(); }

std::vector<std::string> Snapshot::notes() const { return library::note_texts(state_->snapshot.notes); }

std::vector<std::string> library::note_texts(const base::Diagnostics& notes) {
  std::vector<std::string> texts;
  for (const auto& one : notes.all()) {
    const std::string place = one.span.to_string();
    texts.push_back((place.empty() ? "" : place + ": ") + (one.field.empty() ? "" : one.field + ": ") + one.message + (one.hint.empty() ? "" : " (" + one.hint + ")"));
  }
  return texts;
}

}  // namespace npverify
