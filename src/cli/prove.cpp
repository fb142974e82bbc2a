#include <algorithm>
#include <filesystem>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"
#include "cli/suggestion.h"

namespace npverify::cli {
namespace {

struct ProveArguments {
  std::vector<std::string> specifications;
  std::string as_of, fail_on;
  std::vector<std::string> settings;  ///< of paths
  std::vector<std::string> rollout;  ///< two sets of policies, or two profiles
};

void check_severity(const std::string& severity) {
  const std::vector<std::string> known{"critical", "high", "medium", "low", "info"};
  if (severity.empty() || std::find(known.begin(), known.end(), severity) != known.end()) return;
  throw Error(Error::Kind::input, "error: --fail-on " + severity + ": expected critical, high, medium, low or info" + did_you_mean(severity, known) + "\n");
}

/// Specifications may name profiles themselves; where one does not and there is none to take, the error lists what there is.
Report ask(const Snapshot& snapshot, const std::vector<std::string>& specifications, const Encodings& encodings, const ProveOptions& question) {
  try {
    return prove(snapshot, specifications, encodings, question);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (!question.profiles.empty() || error.kind() != Error::Kind::input || text.find("--cni") == std::string::npos) throw;
    throw Error(error.kind(), text + profiles_text(encodings));
  }
}

bool names_profile(const std::string& text) { return !std::filesystem::exists(text) && (text.find('@') != std::string::npos || text == "kubernetes"); }

/// What -f names, with the policies of one side of a rollout.
Snapshot load_with(const CommonOptions& options, const std::string& path) {
  CommonOptions all = options;
  all.paths.push_back(path);
  return load_snapshot(all);
}

std::vector<Profile> rollout_profiles(const CommonOptions& options, const std::vector<std::string>& names, const Encodings& encodings, const Snapshot& snapshot) {
  if (!options.cni.empty() || !options.matrix.empty()) throw Error(Error::Kind::input, "error: --rollout " + names[0] + " " + names[1] + " names the profiles; leave out --cni and --matrix\n");
  std::vector<Profile> profiles;
  for (const std::string& name : names) profiles.push_back(encodings.profile(name, snapshot, installation_of(options)));
  return profiles;
}

int run_prove(const CommonOptions& options, const ProveArguments& arguments) {
  check_severity(arguments.fail_on);
  Progress progress("loading encodings", options);
  note_inputs(options, arguments.specifications);
  const Encodings encodings = load_encodings(options);
  progress.enter("reading");
  const bool of_policies = !arguments.rollout.empty() && !names_profile(arguments.rollout[0]);
  const Snapshot snapshot = of_policies ? load_with(options, arguments.rollout[1]) : load_snapshot(options);
  ProveOptions question;
  static_cast<Options&>(question) = question_of(options);
  if (of_policies) question.before = load_with(options, arguments.rollout[0]);
  if (!arguments.rollout.empty() && !of_policies) question.rollout = rollout_profiles(options, arguments.rollout, encodings, snapshot);
  if (question.rollout.empty()) question.pools = choose_pools(options, encodings, snapshot);
  ChosenProfiles chosen;
  if (question.pools)
    chosen.notes = question.pools->lines();
  else if (question.rollout.empty())
    chosen = choose_run_profiles(options, encodings, snapshot);
  question.universe_given = options.universe_given;
  question.profiles = chosen.profiles;
  question.installation = installation_of(options);
  question.path_settings = path_settings_of(arguments.settings);
  question.as_of = arguments.as_of;
  question.fail_on = arguments.fail_on;
  question.progress = progress.callback();
  progress.enter("proving");
  Report report = ask(snapshot, arguments.specifications, encodings, question);
  progress.enter("reporting");
  progress.hide();
  report.add_profile_notes(chosen.notes);
  const int code = deliver(report, options);
  progress.tell_times();
  return finish(options, code);
}

}  // namespace

void add_prove_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("prove", "Do the invariants of specifications hold?");
  const auto arguments = std::make_shared<ProveArguments>();
  command.add_option("specifications", arguments->specifications, "Invariants: files or folders").required().type_name("SPEC");
  command.add_option("--cni", options.cni, "The reading, for invariants that name none: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  add_matrix_option(command, options);
  command.add_pair("--rollout", arguments->rollout, "Each node by itself runs the old or the new: two sets of policies, or two profiles").type_name("OLD NEW");
  add_path_setting_option(command, arguments->settings);
  command.add_option("--as-of", arguments->as_of, "The day on which exceptions are judged; today if left out").type_name("YYYY-MM-DD");
  command.add_option("--fail-on", arguments->fail_on, "Only violations of this severity or above fail").type_name("SEVERITY");
  add_input_options(command, options);
  add_encodings_options(command, options);
  add_question_options(command, options);
  add_output_options(command, options);
  command.footer("npverify prove -f manifests/ --cni cilium@1.16 specs/baseline.yaml");
  command.callback([&options, &exit_code, arguments] { exit_code = run_prove(options, *arguments); });
}

}  // namespace npverify::cli
