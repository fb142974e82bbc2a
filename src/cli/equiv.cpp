#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"

namespace npverify::cli {
namespace {

int run_equiv(CommonOptions options, const std::vector<std::string>& manifests) {
  options.paths.insert(options.paths.end(), manifests.begin(), manifests.end());
  Progress progress("reading", options);
  LoadingEncodings loading(options);
  const std::optional<Cache> cache = cache_of(options);
  const Snapshot snapshot = load_snapshot(options, cache);
  progress.enter("loading encodings");
  const Encodings encodings = loading.get();
  const ChosenProfiles sides = choose_profiles(options, encodings, snapshot, {{"--left", options.left}, {"--right", options.right}});
  Options question = question_of(options);
  question.progress = progress.callback();
  Report report = equiv(snapshot, encodings, sides.profiles[0], sides.profiles[1], question);
  progress.enter("reporting");
  progress.hide();
  report.add_profile_notes(sides.notes);
  tell_notes(cache, options);
  const int code = deliver(report, options);
  progress.tell_times();
  return finish(options, code);
}

}  // namespace

void add_equiv_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("equiv", "Do two CNIs, versions or settings read the same policies alike?");
  command.add_option("--left", options.left, "One reading: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  command.add_option("--right", options.right, "The other reading").type_name("PROFILE");
  add_input_options(command, options);
  const auto manifests = std::make_shared<std::vector<std::string>>();
  command.add_option("manifests", *manifests, "Manifests, as with -f").type_name("PATH");
  add_encodings_options(command, options);
  add_cache_options(command, options);
  add_question_options(command, options);
  add_output_options(command, options);
  command.footer("npverify equiv --left calico@3.28 --right cilium@1.16 manifests/");
  command.callback([&options, &exit_code, manifests] { exit_code = run_equiv(options, *manifests); });
}

}  // namespace npverify::cli
