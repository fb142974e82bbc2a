#include "npverify/report.h"

#include "library/state.h"
#include "report/witness_files.h"

namespace npverify {
namespace {

using Result = std::variant<verify::ComparisonResult, verify::ProveResult>;

verify::Verdict verdict_of(const Result& result) {
  if (const auto* comparison = std::get_if<verify::ComparisonResult>(&result)) return comparison->verdict;
  return report::overall(std::get<verify::ProveResult>(result));
}

/// The witnesses of findings, or of invariants that have one, in the order of the report.
std::vector<const verify::Witness*> witnesses_of(const Result& result) {
  std::vector<const verify::Witness*> all;
  if (const auto* comparison = std::get_if<verify::ComparisonResult>(&result)) {
    for (const auto& finding : comparison->findings) all.push_back(&finding.witness);
  } else {
    for (const auto& one : std::get<verify::ProveResult>(result).results)
      if (one.witness) all.push_back(&*one.witness);
  }
  return all;
}

}  // namespace

Verdict Report::verdict() const {
  if (state_->run.shard && exit_code() == 3) return Verdict::unknown;
  switch (verdict_of(state_->result)) {
    case verify::Verdict::proved: return Verdict::proved;
    case verify::Verdict::violated: return Verdict::violated;
    case verify::Verdict::unknown: return Verdict::unknown;
    case verify::Verdict::vacuous: return Verdict::vacuous;
  }
  return Verdict::unknown;
}

int Report::exit_code() const {
  const int whole = library::exit_code(*state_);
  return whole == 0 && state_->run.shard ? 3 : whole;
}

int library::exit_code(const Report::State& state) {
  if (const auto* comparison = std::get_if<verify::ComparisonResult>(&state.result)) return verify::exit_code(*comparison);
  const auto& proved = std::get<verify::ProveResult>(state.result);
  // A shard that has none of the invariants leaves none open.
  if (state.run.shard && proved.results.empty() && state.run.shard->items > 0) return proved.limits.partial ? 3 : 0;
  return verify::exit_code(proved, state.fail_on);
}

size_t Report::findings() const { return witnesses_of(state_->result).size(); }

std::vector<std::string> Report::formats() { return report::formats(); }

std::string Report::render(const std::string& format, const TextOptions& options) const {
  return library::guarded([&] {
    const report::Writer* writer = report::find_writer(format);
    if (!writer) {
      const auto near = base::nearest(format, report::formats());
      throw base::InputError("error: there is no format '" + format + "'" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
    }
    report::Run run = state_->run;
    run.style = {.colour = options.colour, .width = options.width, .quiet = options.quiet, .verbose = options.verbose, .stats = options.stats};
    return std::visit([&](const auto& result) { return writer->write(result, run); }, state_->result);
  });
}

void Report::write_witnesses(const std::string& folder) {
  library::guarded([&] {
    const resource::Snapshot* before = state_->old_snapshot ? &state_->old_snapshot->state().whole() : nullptr;
    report::write_witnesses(folder, witnesses_of(state_->result), state_->snapshot.state().whole(), before);
    state_->run.witness_dir = folder;
  });
}

void Report::add_profile_notes(const std::vector<std::string>& sentences) {
  state_->run.chosen.insert(state_->run.chosen.end(), sentences.begin(), sentences.end());
}

}  // namespace npverify
