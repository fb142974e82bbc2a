#include "npverify/place.h"

#include "library/answer.h"
#include "report/placement.h"

namespace npverify {
namespace {

int exit_code_of(const std::string& word) { return word == "somewhere" ? 0 : word == "nowhere" ? 1 : 3; }

}  // namespace

Answer place(const Snapshot& snapshot, const std::string& workload, const PlaceOptions& options) {
  return library::guarded([&] {
    const resource::Snapshot& read = snapshot.state().whole();
    report::PlacementAnswer answer;
    const placement::Subject subject = placement::find_subject(read, workload, options.default_namespace);
    answer.candidates = placement::candidates_of(read);
    for (const auto& pool : options.pools) answer.candidates.push_back(placement::parse_pool(pool));
    answer.placement = placement::place(subject, answer.candidates);
    if (!options.without.empty()) answer.restriction = placement::restrict_to_others(answer.placement, answer.candidates, options.without);
    const int exit_code = exit_code_of(report::placement_word(answer));
    return library::make_answer("place", snapshot, std::move(answer), exit_code, report::placement_text, report::placement_json);
  });
}

}  // namespace npverify
