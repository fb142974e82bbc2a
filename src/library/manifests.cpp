#include "library/manifests.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/fingerprint.h"
#include "base/log.h"
#include "base/parallel.h"
#include "manifest/stretches.h"
#include "manifest/yaml_reader.h"
#include "resource/load_stretches.h"

namespace npverify::library {
namespace {

constexpr char between_names = '\0';
constexpr size_t pieces_a_lot = 128;  ///< digested or read by one thread at a time

size_t lots_of(size_t pieces) { return (pieces + pieces_a_lot - 1) / pieces_a_lot; }

}  // namespace

Manifests::Manifests(std::vector<manifest::File> files, resource::LoadOptions options, const std::optional<Cache>& cache) : files_(std::move(files)), options_(std::move(options)) {
  use(cache);
  if (!stored_) {
    whole();
    return;
  }
  cut();
  recognise(nullptr);
  if (!read_unknown()) read_everything();
  saving_ = std::async(std::launch::async, [this] { stored_->save(); });  // from here on the table is only read
}

Manifests::Manifests(std::vector<manifest::File> files, resource::LoadOptions options, const std::optional<Cache>& cache, const Manifests* other)
    : files_(std::move(files)), options_(std::move(options)) {
  use(cache);
  cut();
  recognise(other);
  if (!read_unknown()) leave_policies(read_everything());
  if (stored_) saving_ = std::async(std::launch::async, [this] { stored_->save(); });
}

void Manifests::use(const std::optional<Cache>& cache) {
  const auto program = cache ? this_program() : std::nullopt;
  if (!program) return;
  cache_ = cache;
  std::string names;  // a table for each set of files: what is not asked for any more is then what left these files
  for (const auto& file : files_) names += file->name + between_names;
  stored_ = std::make_unique<StoredTable>(*cache, "documents", cache::Hasher().add(*program).add(options_.default_namespace).add(names).finish());
}

Manifests::~Manifests() = default;

void Manifests::wait_until_saved() const {
  if (saving_.valid()) saving_.wait();
}

void Manifests::cut() {
  for (const auto& file : files_) {
    const auto parts = manifest::cut_documents(file->text);
    const std::vector<manifest::Part> as_whole{{{}, file->text.size()}};
    const size_t first = pieces_.size();
    pieces_.reserve(first + (parts ? parts->size() : 1));
    for (const auto& part : parts ? *parts : as_whole) pieces_.push_back({&file, part, parts.has_value(), {}});
    pieces_of_.emplace(file.get(), std::pair(first, pieces_.size()));
  }
  base::in_parallel(lots_of(pieces_.size()), 0, [&](size_t lot) {
    for (size_t i = lot * pieces_a_lot; i < std::min(pieces_.size(), (lot + 1) * pieces_a_lot); ++i) {
      Piece& piece = pieces_[i];
      piece.digest = cache::digest_of(std::string_view((*piece.file)->text).substr(piece.part.begin.offset, piece.part.size));
    }
  });
}

/// The piece of which the place is a line; null for places in no file.
const Manifests::Piece* Manifests::piece_at(const base::SourceSpan& span) const {
  const auto range = pieces_of_.find(span.file.get());
  if (range == pieces_of_.end()) return nullptr;
  const auto [begin, end] = range->second;
  const auto at = [&](size_t index) { return pieces_.begin() + static_cast<std::ptrdiff_t>(index); };
  const auto after = std::upper_bound(at(begin), at(end), span.line, [](uint32_t line, const Piece& piece) { return line < piece.part.begin.line; });
  return after == at(begin) ? nullptr : &*(after - 1);
}

void Manifests::recognise(const Manifests* other) {
  for (Piece& piece : pieces_) {
    const auto found = piece.cut ? known().find(piece.digest) : std::nullopt;
    if (!found) continue;
    const size_t end = std::min(found->find(between_names), found->size());
    piece.namespace_name = found->substr(0, end);
    piece.name = found->substr(std::min(end + 1, found->size()));
  }
  if (!other) return;
  std::map<cache::Digest, const Piece*> policies;
  for (const auto& [name, group] : other->groups_)
    for (const Piece* piece : group.pieces) policies.emplace(piece->digest, piece);
  for (Piece& piece : pieces_)
    if (const auto same = piece.cut && !piece.is_policy() ? policies.find(piece.digest) : policies.end(); same != policies.end()) keep(piece, {same->second->namespace_name, same->second->name});
}

void Manifests::keep(Piece& piece, const resource::PolicyName& name) {
  std::string text(name.namespace_name);
  text += between_names;
  text += name.name;
  if (!known().find(piece.digest)) known().put(piece.digest, text);  // of two documents with the same text the first one's name stays where it is
  const std::string_view stored = *known().find(piece.digest);
  piece.namespace_name = stored.substr(0, name.namespace_name.size());
  piece.name = stored.substr(name.namespace_name.size() + 1);
}

// Of what was read without an error: which pieces are plain policies?
void Manifests::keep_plain(const std::vector<Documents>& some, const base::Diagnostics& notes) {
  std::unordered_set<const Piece*> noted;
  for (const auto& note : notes.all()) noted.insert(piece_at(note.span));
  for (const auto& [piece, read] : some)
    if (piece->cut && read.size() == 1 && !noted.contains(piece))
      if (const auto name = resource::name_of_policy(read[0], options_)) keep(*piece, *name);
}

// What stands together is read together: a reader a document would cost more than the document.
void Manifests::read(std::span<const Piece* const> pieces, std::vector<manifest::Document>* documents, base::Diagnostics& diagnostics) const {
  for (size_t first = 0, end = 0; first < pieces.size(); first = end) {
    const Piece& piece = *pieces[first];
    if (!piece.cut) {
      documents[end++] = manifest::read_file(*piece.file, {}, diagnostics);
      continue;
    }
    manifest::Part stretch = piece.part;
    for (end = first + 1; end < pieces.size() && pieces[end]->file == piece.file && pieces[end]->part.begin.offset == stretch.begin.offset + stretch.size; ++end) stretch.size += pieces[end]->part.size;
    size_t at = first;
    for (auto& document : manifest::read_yaml(*piece.file, stretch, {}, diagnostics)) {
      while (at + 1 < end && pieces[at + 1]->part.begin.line <= document.root.line) ++at;
      documents[at].push_back(std::move(document));
    }
  }
}

// On all processors; what is logged keeps its order.
std::vector<std::vector<manifest::Document>> Manifests::read_together(const std::vector<const Piece*>& pieces, base::Diagnostics& diagnostics) const {
  std::vector<std::vector<manifest::Document>> documents(pieces.size());
  std::vector<base::Diagnostics> of_lot(lots_of(pieces.size()));
  base::in_parallel(of_lot.size(), base::logging() ? 1 : 0, [&](size_t lot) {
    const size_t first = lot * pieces_a_lot;
    read(std::span(pieces).subspan(first, std::min(pieces_a_lot, pieces.size() - first)), documents.data() + first, of_lot[lot]);
  });
  for (const auto& one : of_lot)
    for (const auto& diagnostic : one.all()) diagnostics.add(diagnostic);
  return documents;
}

// Reads the documents that nothing is known of, and makes the context of all that are no plain policies. False where that does not pay, or
// where something is out of the ordinary.
bool Manifests::read_unknown() {
  if (std::none_of(pieces_.begin(), pieces_.end(), [](const Piece& piece) { return piece.is_policy(); })) return false;
  base::Diagnostics errors;
  std::vector<Documents> unknown;
  std::vector<const Piece*> pieces;
  std::vector<manifest::Document> candidates, context;
  for (Piece& piece : pieces_) {
    if (piece.is_policy()) continue;
    unknown.push_back({&piece, {}});
    pieces.push_back(&piece);
  }
  auto found = read_together(pieces, errors);
  for (size_t i = 0; i < unknown.size(); ++i) {
    unknown[i].read = std::move(found[i]);
    if (const auto& documents = unknown[i].read; documents.size() == 1 && resource::name_of_policy(documents[0], options_)) candidates.push_back(documents[0]);
  }
  const resource::Snapshot tried = resource::load_snapshot(candidates, options_, errors);
  if (errors.has_errors()) return false;
  keep_plain(unknown, tried.notes);
  for (auto& [piece, documents] : unknown)
    if (!piece->is_policy()) std::ranges::move(documents, std::back_inserter(context));
  auto rest = context_of(std::move(context));
  if (!rest) return false;
  context_ = std::make_unique<resource::Snapshot>(std::move(*rest));
  return true;
}

// Groups the policies and loads the rest. Nothing where something is out of the ordinary.
std::optional<resource::Snapshot> Manifests::context_of(std::vector<manifest::Document> documents) {
  base::Diagnostics errors;
  resource::LoadOptions options = options_;
  for (const Piece& piece : pieces_)
    if (piece.is_policy() && (options.object_files.empty() || options.object_files.back() != (*piece.file)->name)) options.object_files.push_back((*piece.file)->name);
  resource::Snapshot rest = resource::load_snapshot(documents, options, errors);
  group();
  if (errors.has_errors() || !names_are_unique(rest)) return std::nullopt;
  return rest;
}

// As without a cache; and what was read tells which documents are plain policies.
std::vector<Manifests::Documents> Manifests::read_everything() {
  std::vector<manifest::Document> documents;
  std::call_once(once_, [&] { whole_ = std::make_unique<resource::Snapshot>(read_all(documents)); });
  std::vector<Documents> all;
  for (Piece& piece : pieces_) {
    piece.namespace_name = piece.name = {};
    all.push_back({&piece, {}});
  }
  for (auto& document : documents) {
    const Piece* piece = piece_at({document.file, document.root.line, document.root.column});
    all[static_cast<size_t>(piece - pieces_.data())].read.push_back(std::move(document));
  }
  keep_plain(all, whole_->notes);
  group();
  return all;
}

// What was read whole, as if only the rest had been.
void Manifests::leave_policies(std::vector<Documents> all) {
  std::vector<manifest::Document> context;
  for (auto& [piece, documents] : all)
    if (!piece->is_policy()) std::ranges::move(documents, std::back_inserter(context));
  if (auto rest = context_of(std::move(context))) context_ = std::make_unique<resource::Snapshot>(std::move(*rest));
}

resource::Snapshot Manifests::read_all(std::vector<manifest::Document>& documents) const {
  base::Diagnostics diagnostics;
  documents = manifest::read_all(files_, {}, diagnostics);
  resource::Snapshot snapshot = resource::load_snapshot(documents, options_, diagnostics);
  if (diagnostics.has_errors()) throw base::InputError(diagnostics);
  return snapshot;
}

const resource::Snapshot& Manifests::whole() const {
  std::call_once(once_, [&] {
    std::vector<manifest::Document> documents;
    auto snapshot = resource::load_stretches(manifest::Stretches(files_), options_);
    whole_ = std::make_unique<resource::Snapshot>(snapshot ? std::move(*snapshot) : read_all(documents));
  });
  return *whole_;
}

// A plain policy's document goes to its namespace's content, everything else to the context, in order.
void Manifests::group() {
  groups_.clear();
  cache::Hasher context;
  context.add(options_.default_namespace);
  auto group_of_last = groups_.end();
  for (const Piece& piece : pieces_) {
    if (!piece.is_policy()) {
      context.add(piece.digest);
      continue;
    }
    if (group_of_last == groups_.end() || group_of_last->first != piece.namespace_name) group_of_last = groups_.try_emplace(std::string(piece.namespace_name)).first;
    group_of_last->second.pieces.push_back(&piece);
  }
  context_digest_ = context.finish();
  for (auto& [name, group] : groups_) {
    std::vector<cache::Digest> digests;
    for (const Piece* piece : group.pieces) digests.push_back(piece->digest);
    std::sort(digests.begin(), digests.end(), cache::less);
    cache::Hasher content;
    for (const auto& digest : digests) content.add(digest);
    group.content = content.finish();
  }
}

// Of two policies of one name the later one counts, and a note says so. (Where everything is read, the later one has that note, so it is no
// plain policy, and the context holds it.)
bool Manifests::names_are_unique(const resource::Snapshot& context) const {
  for (const auto& [name, group] : groups_)
    if (!all_differ(group.pieces)) return false;
  return std::none_of(context.network_policies.begin(), context.network_policies.end(), [&](const auto& policy) {
    const auto group = groups_.find(policy.meta.namespace_name);
    return group != groups_.end() && std::ranges::any_of(group->second.pieces, [&](const Piece* piece) { return piece->name == policy.meta.name; });
  });
}

// Numbers first: two names are hardly ever compared.
bool Manifests::all_differ(const std::vector<const Piece*>& pieces) {
  std::vector<std::pair<size_t, std::string_view>> names;
  names.reserve(pieces.size());
  for (const Piece* piece : pieces) names.emplace_back(std::hash<std::string_view>()(piece->name), piece->name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

std::string Manifests::fingerprint() const {
  std::string all = base::fingerprint(options_.default_namespace);
  for (const auto& file : files_) all += base::fingerprint(file->text);
  return base::fingerprint(all);
}

size_t Manifests::policies() const {
  if (!partial()) return whole().network_policies.size();
  size_t count = context_->network_policies.size();
  for (const auto& [name, group] : groups_) count += group.pieces.size();
  return count;
}

resource::Snapshot Manifests::with(const std::set<std::string>& namespaces) const {
  resource::Snapshot snapshot = *context_;
  const std::map<std::string, size_t> left_out = without(namespaces);
  for (auto& policy : whole_ ? read_before(left_out) : read_now(left_out)) snapshot.network_policies.push_back(std::move(policy));
  std::unordered_map<const base::SourceFile*, size_t> order;
  for (const auto& file : files_) order.emplace(file.get(), order.size());
  const auto place = [&](const resource::NetworkPolicy& policy) {
    const base::SourceSpan& span = policy.meta.origin.span;
    return std::tuple(order.at(span.file.get()), span.line, span.column);
  };
  std::stable_sort(snapshot.network_policies.begin(), snapshot.network_policies.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return snapshot;
}

// Of the policies that are pieces, those of the namespaces that are not left out: from the documents.
std::vector<resource::NetworkPolicy> Manifests::read_now(const std::map<std::string, size_t>& left_out) const {
  base::Diagnostics errors;
  std::vector<manifest::Document> documents;
  std::vector<const Piece*> wanted;
  for (const auto& [name, group] : groups_)
    if (!left_out.contains(name)) wanted.insert(wanted.end(), group.pieces.begin(), group.pieces.end());
  for (auto& read : read_together(wanted, errors)) std::ranges::move(read, std::back_inserter(documents));
  resource::Snapshot policies = resource::load_snapshot(documents, options_, errors);
  base::require(!errors.has_errors() && policies.notes.all().empty() && policies.network_policies.size() == documents.size(), "a document that had no problem has one");
  return std::move(policies.network_policies);
}

// The same, where everything was read. What is no piece is in the context already.
std::vector<resource::NetworkPolicy> Manifests::read_before(const std::map<std::string, size_t>& left_out) const {
  std::vector<resource::NetworkPolicy> policies;
  for (const auto& policy : whole_->network_policies) {
    const Piece* piece = piece_at(policy.meta.origin.span);
    if (piece && piece->is_policy() && !left_out.contains(policy.meta.namespace_name)) policies.push_back(policy);
  }
  return policies;
}

std::map<std::string, size_t> Manifests::without(const std::set<std::string>& namespaces) const {
  const std::set<std::string> always = read_always();
  std::map<std::string, size_t> left_out;
  for (const auto& [name, group] : groups_)
    if (!namespaces.contains(name) && !always.contains(name)) left_out.emplace_hint(left_out.end(), name, group.pieces.size());
  return left_out;
}

const cache::Digest& Manifests::content(const std::string& namespace_name) const {
  static const cache::Digest none{};
  const auto group = groups_.find(namespace_name);
  return group == groups_.end() ? none : group->second.content;
}

std::set<std::string> Manifests::namespaces() const {
  std::set<std::string> names;
  for (const auto& [name, group] : groups_) names.insert(name);
  return names;
}

std::set<std::string> Manifests::read_always() const {
  std::set<std::string> names;
  for (const auto& policy : context().network_policies) names.insert(policy.meta.namespace_name);
  return names;
}

}  // namespace npverify::library
