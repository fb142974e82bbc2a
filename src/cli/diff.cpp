#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"

namespace npverify::cli {
namespace {

struct Folders {
  std::string old_path, new_path;
};

/// The policies are compared under one reading, the newer. Options that the older cluster sets otherwise are another question, and are named.
void note_changed_options(const CommonOptions& options, const Encodings& encodings, const Snapshot& before, ChosenProfiles& chosen) {
  const Profile& now = chosen.profiles[0];
  const auto settings = now.options(), earlier = encodings.profile(options.cni.empty() ? now.name() : options.cni, before, installation_of(options)).options();
  for (const auto& [name, value] : settings)
    if (earlier.at(name) != value) chosen.notes.push_back(now.name() + ": " + name + " is '" + earlier.at(name) + "' in the old manifests and '" + value + "' in the new; both are read with '" + value + "'");
}

int run_diff(const CommonOptions& options, const Folders& folders) {
  Progress progress("reading", options);
  LoadingEncodings loading(options);
  const std::optional<Cache> cache = cache_of(options);
  note_inputs(options, {folders.old_path, folders.new_path});
  const auto [before, after] = Snapshot::load_versions({folders.old_path}, {folders.new_path}, options.default_namespace, cache);
  progress.enter("loading encodings");
  const Encodings encodings = loading.get();
  ChosenProfiles chosen = choose_profiles(options, encodings, after, {{"--cni", options.cni}});
  note_changed_options(options, encodings, before, chosen);
  Options question = question_of(options);
  question.progress = progress.callback();
  Report report = diff(before, after, encodings, chosen.profiles[0], question);
  progress.enter("reporting");
  progress.hide();
  report.add_profile_notes(chosen.notes);
  tell_notes(cache, options);
  const int code = deliver(report, options);
  progress.tell_times();
  return finish(options, code);
}

}  // namespace

void add_diff_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("diff", "What do two sets of policies open or close, under one CNI?");
  const auto folders = std::make_shared<Folders>();
  command.add_option("--cni", options.cni, "The reading: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  command.add_option("old", folders->old_path, "The manifests as they were: a file, a folder, or -").required().type_name("OLD");
  command.add_option("new", folders->new_path, "The manifests as they will be").required().type_name("NEW");
  command.add_option("-n,--namespace", options.default_namespace, "Namespace of manifests that name none").type_name("NAME").shows_default();
  add_encodings_options(command, options);
  add_cache_options(command, options);
  add_question_options(command, options);
  add_output_options(command, options);
  command.footer("npverify diff --cni cilium@1.16 old/ new/");
  command.callback([&options, &exit_code, folders] { exit_code = run_diff(options, *folders); });
}

}  // namespace npverify::cli
