#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/diagnostics.h"
#include "cache/table.h"
#include "library/cache.h"
#include "manifest/files.h"
#include "manifest/parts.h"
#include "resource/policy_name.h"

namespace npverify::library {

/// The files of a question. Read whole, or, with a cache or another version of the same files, cut into documents of which those that an
/// earlier run or the other version knows to be NetworkPolicies without a problem are read only when they are asked for.
///
/// Sound because such a document adds one policy to a snapshot and nothing else, no note, no error (resource::name_of_policy), and because a
/// policy says something about its own namespace only. Whatever is out of the ordinary (two policies of one name, files that cannot be cut,
/// anything with an error) is read as if there were no cache.
class Manifests {
 public:
  /// Reads what has to be read. Throws InputError with every problem of every file.
  Manifests(std::vector<manifest::File> files, resource::LoadOptions options, const std::optional<Cache>& cache);
  /// One of two versions that are compared: known by content, cache or not. `other`: the version that was read before, with the same options; null: this is the first.
  Manifests(std::vector<manifest::File> files, resource::LoadOptions options, const std::optional<Cache>& cache, const Manifests* other);
  ~Manifests();
  /// What was learned of the documents is written to the cache beside the work; its notes are complete once this returns.
  void wait_until_saved() const;

  /// Everything.
  const resource::Snapshot& whole() const;
  /// Everything that is no policy left unread.
  const resource::Snapshot& context() const { return context_ ? *context_ : whole(); }
  size_t policies() const;
  /// Of the texts, in order, and of the default namespace.
  std::string fingerprint() const;

  /// Is there something left to read?
  bool partial() const { return context_ != nullptr; }
  /// The context and the policies of these namespaces. REQUIRES: partial().
  resource::Snapshot with(const std::set<std::string>& namespaces) const;
  /// How many policies of each other namespace it leaves out.
  std::map<std::string, size_t> without(const std::set<std::string>& namespaces) const;

  /// The cache, where there is one and it can be used.
  const std::optional<Cache>& cache() const { return cache_; }
  /// What stands for the policies of a namespace: together with context_digest() it tells them, up to where they stand.
  /// REQUIRES of all below: cache() or partial().
  const cache::Digest& content(const std::string& namespace_name) const;
  /// Of everything that is not among the contents.
  const cache::Digest& context_digest() const { return context_digest_; }
  /// The namespaces that have policies in their content.
  std::set<std::string> namespaces() const;
  /// Namespaces that have policies in the context: they are never unread.
  std::set<std::string> read_always() const;

 private:
  /// One document by the cut of the file's stream, or a file that is not cut.
  struct Piece {
    const manifest::File* file;
    manifest::Part part;
    bool cut;
    cache::Digest digest;
    std::string_view namespace_name = {}, name = {};  ///< of a policy that stands alone and has no problem; else empty
    bool is_policy() const { return !name.empty(); }
  };
  struct Group {
    std::vector<const Piece*> pieces;
    cache::Digest content;
  };
  struct Documents {
    Piece* piece;
    std::vector<manifest::Document> read;
  };

  const Piece* piece_at(const base::SourceSpan& span) const;
  void read(std::span<const Piece* const> pieces, std::vector<manifest::Document>* documents, base::Diagnostics& diagnostics) const;
  std::vector<std::vector<manifest::Document>> read_together(const std::vector<const Piece*>& pieces, base::Diagnostics& diagnostics) const;
  resource::Snapshot read_all(std::vector<manifest::Document>& documents) const;
  std::vector<resource::NetworkPolicy> read_now(const std::map<std::string, size_t>& left_out) const;
  std::vector<resource::NetworkPolicy> read_before(const std::map<std::string, size_t>& left_out) const;
  void use(const std::optional<Cache>& cache);
  void cut();
  void recognise(const Manifests* other);
  bool read_unknown();
  std::vector<Documents> read_everything();
  void leave_policies(std::vector<Documents> all);
  std::optional<resource::Snapshot> context_of(std::vector<manifest::Document> documents);
  void keep_plain(const std::vector<Documents>& some, const base::Diagnostics& notes);
  void keep(Piece& piece, const resource::PolicyName& name);
  void group();
  static bool all_differ(const std::vector<const Piece*>& pieces);
  bool names_are_unique(const resource::Snapshot& context) const;

  std::vector<manifest::File> files_;
  resource::LoadOptions options_;
  std::optional<Cache> cache_;
  cache::Table& known() { return stored_ ? stored_->table() : unstored_; }

  std::unique_ptr<StoredTable> stored_;  ///< documents by digest: namespace, NUL, name; the names of pieces point into it
  cache::Table unstored_;                ///< the same without a cache
  std::vector<Piece> pieces_;           ///< in the order of the files
  std::unordered_map<const base::SourceFile*, std::pair<size_t, size_t>> pieces_of_;  ///< begin and end in pieces_
  std::map<std::string, Group> groups_;
  cache::Digest context_digest_{};
  std::unique_ptr<resource::Snapshot> context_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<resource::Snapshot> whole_;
  std::future<void> saving_;  ///< last, so that it ends before what it reads
};

}  // namespace npverify::library
