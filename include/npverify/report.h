#pragma once

#include <memory>
#include <string>
#include <vector>

#include "npverify/error.h"

namespace npverify {

enum class Verdict {
  proved,    ///< equivalent, the same, or every invariant holds
  violated,  ///< different, or an invariant is broken: there are witnesses
  unknown,   ///< not decided, and the report says why
  vacuous,   ///< nothing is in the question's domain
};

/// How text is laid out.
struct TextOptions {
  bool colour = false;
  size_t width = 100;
  bool quiet = false;    ///< the verdict and one line a finding
  bool verbose = false;  ///< nothing cut short
  bool stats = false;    ///< counts of the run
};

/// The answer to a question. A value; copies share.
class Report {
 public:
  /// Of a shard: violated where something was found in it, else never `proved`, which only `merge` can say.
  Verdict verdict() const;
  /// 0 proved; 1 violated; 3 unknown, vacuous or partial, and so where nothing was found in a shard.
  int exit_code() const;
  /// How many findings (equiv, diff) or violated invariants (prove) there are.
  size_t findings() const;

  std::string text(const TextOptions& options = {}) const { return render("text", options); }
  /// By docs/schema.
  std::string json() const { return render("json"); }
  /// Throws Error (input) for a format that there is not.
  std::string render(const std::string& format, const TextOptions& options = {}) const;
  static std::vector<std::string> formats();

  /// Writes DIR/<n>/world.yaml and DIR/<n>/flow.csv for each witness: `npverify eval` gives its verdicts again.
  void write_witnesses(const std::string& folder);

  /// Adds sentences on how the profiles were found, for the report's end.
  void add_profile_notes(const std::vector<std::string>& sentences);

  struct State;
  explicit Report(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace npverify
