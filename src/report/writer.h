#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "report/terminal.h"
#include "resource/snapshot.h"
#include "verify/result.h"

/// Verdicts to documents. One writer a format, each in a file of its own; formats.cpp lists them.
namespace npverify::report {

/// The texts of the files that were read, so that a report can show the line it speaks of.
class SourceTexts {
 public:
  void add(const resource::Snapshot& snapshot);
  /// The line and those below that are indented deeper, at most `most`, their common indentation taken off. Empty where the file is not known.
  std::vector<std::string> part(const std::string& file, uint32_t number, size_t most) const;

 private:
  void add(const base::SourceSpan& span);
  std::map<std::string, std::shared_ptr<const base::SourceFile>> files_;
};

/// What the answer of one part carries so that `merge` can tell which others belong to it.
struct ShardOfRun {
  size_t index = 1, of = 1;
  /// What was asked, by name: "manifests" and the like as fingerprints of contents, "question" in words. Equal in all parts of a run.
  std::map<std::string, std::string> inputs;
  size_t items = 0;   ///< of prove: the invariants of all parts; of equiv and diff: the most findings that are shown
  int exit_code = 0;  ///< of this part, if it were the whole
};

/// What a writer is told beside the result.
struct Run {
  std::string command;             ///< "equiv", "diff" or "prove"
  std::string version;             ///< of npverify
  std::vector<std::string> chosen; ///< how profiles and options were found, a sentence each
  std::vector<std::string> notes;  ///< warnings and notes of reading
  std::optional<ShardOfRun> shard; ///< absent: the answer is the whole
  std::string witness_dir;         ///< where the witnesses were written; empty: nowhere
  SourceTexts sources;
  Style style;
};

class Writer {
 public:
  virtual ~Writer() = default;
  virtual std::string write(const verify::ComparisonResult& result, const Run& run) const = 0;
  virtual std::string write(const verify::ProveResult& result, const Run& run) const = 0;
};

/// The writer of "text", "json", ...; nullptr for a format that there is not.
const Writer* find_writer(std::string_view format);
std::vector<std::string> formats();

/// "equivalent", "different", "same", "proved", "violated", "unknown" or "vacuous": the word that `command` has for a verdict.
const char* verdict_word(std::string_view command, verify::Verdict verdict);

/// The same for the answer of a run: a shard in which nothing was found has the word "part", since it proves nothing by itself.
const char* verdict_word(const Run& run, verify::Verdict verdict);

/// The worst of all results: violated, then unknown, then vacuous, then proved. Vacuous without any.
verify::Verdict overall(const verify::ProveResult& result);

/// "web.yaml:12", "web.yaml" or "".
std::string place_of(const verify::PolicyPlace& place);
/// "shop/web", or "web" for what has no namespace.
std::string name_of(const verify::PolicyPlace& place);

}  // namespace npverify::report
