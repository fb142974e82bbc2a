#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"
#include "cli/suggestion.h"

namespace npverify::cli {
namespace {

struct ProveArguments {
  std::vector<std::string> specifications;
  std::string as_of, fail_on;
};

void check_severity(const std::string& severity) {
  const std::vector<std::string> known{"critical", "high", "medium", "low", "info"};
  if (severity.empty() || std::find(known.begin(), known.end(), severity) != known.end()) return;
  throw Error(Error::Kind::input, "error: --fail-on " + severity + ": expected critical, high, medium, low or info" + did_you_mean(severity, known) + "\n");
}

/// Specifications may name profiles themselves; where one does not and there is none to take, the error lists what there is.
Report ask(const Snapshot& snapshot, const std::vector<std::string>& specifications, const Encodings& encodings, const ProveOptions& question, bool progress_wanted) {
  try {
    const Progress progress("proving", progress_wanted);
    return prove(snapshot, specifications, encodings, question);
  } catch (const Error& error) {
    const std::string text = error.what();
    if (!question.profiles.empty() || error.kind() != Error::Kind::input || text.find("--cni") == std::string::npos) throw;
    throw Error(error.kind(), text + profiles_text(encodings));
  }
}

int run_prove(const CommonOptions& options, const ProveArguments& arguments) {
  check_severity(arguments.fail_on);
  const Snapshot snapshot = load_snapshot(options);
  const Encodings encodings = load_encodings(options);
  const ChosenProfiles chosen = choose_run_profiles(options, encodings, snapshot);
  ProveOptions question;
  static_cast<Options&>(question) = question_of(options);
  question.universe_given = options.universe_given;
  question.profiles = chosen.profiles;
  question.installation = installation_of(options);
  question.as_of = arguments.as_of;
  question.fail_on = arguments.fail_on;
  Report report = ask(snapshot, arguments.specifications, encodings, question, !options.quiet);
  report.add_profile_notes(chosen.notes);
  return deliver(report, options);
}

}  // namespace

void add_prove_command(CLI::App& app, CommonOptions& options, int& exit_code) {
  CLI::App* command = app.add_subcommand("prove", "Do the invariants of specifications hold?");
  const auto arguments = std::make_shared<ProveArguments>();
  command->add_option("specifications", arguments->specifications, "Invariants: files or folders")->required()->type_name("SPEC");
  command->add_option("--cni", options.cni, "The reading, for invariants that name none: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes")->type_name("PROFILE");
  command->add_option("--as-of", arguments->as_of, "The day on which exceptions are judged; today if left out")->type_name("YYYY-MM-DD");
  command->add_option("--fail-on", arguments->fail_on, "Only violations of this severity or above fail")->type_name("SEVERITY");
  add_input_options(*command, options);
  add_encodings_options(*command, options);
  add_question_options(*command, options);
  add_output_options(*command, options);
  command->footer("npverify prove -f manifests/ --cni cilium@1.16 specs/baseline.yaml");
  command->callback([&options, &exit_code, arguments] { exit_code = run_prove(options, *arguments); });
}

}  // namespace npverify::cli
