#include <iostream>

#include "cli/commands.h"
#include "cli/profiles.h"
#include "cli/suggestion.h"
#include "npverify/show.h"

namespace npverify::cli {
namespace {

const std::vector<std::string> steps{"documents", "resources", "reading", "formula", "smt2", "slices"};

std::string show_step(const CommonOptions& options, const std::string& step) {
  if (std::find(steps.begin(), steps.end(), step) == steps.end())
    throw Error(Error::Kind::input, "error: there is no step '" + step + "'; expected documents, resources, reading, formula, smt2 or slices" + did_you_mean(step, steps) + "\n");
  check_input(options);
  if (step == "documents") return show::documents(options.paths);
  const Snapshot snapshot = load_snapshot(options);
  if (step == "resources") return show::resources(snapshot);
  const Encodings encodings = load_encodings(options);
  if (step == "slices") {
    const auto sides = choose_profiles(options, encodings, snapshot, {{"--left", options.left}, {"--right", options.right}}).profiles;
    return show::slices(snapshot, sides[0], sides[1]);
  }
  const Profile profile = choose_profiles(options, encodings, snapshot, {{"--cni", options.cni}}).profiles[0];
  if (step == "reading") return show::reading(snapshot, profile);
  return step == "formula" ? show::formula(snapshot, profile) : show::smt2(snapshot, profile);
}

}  // namespace

void add_show_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("show", "One step between manifests and verdict: documents, resources, reading, formula, smt2 or slices");
  const auto step = std::make_shared<std::string>();
  command.add_option("step", *step, "documents, resources, reading, formula, smt2 or slices").required().type_name("STEP");
  command.add_option("--cni", options.cni, "The reading (reading, formula, smt2)").type_name("PROFILE");
  command.add_option("--left", options.left, "One reading (slices)").type_name("PROFILE");
  command.add_option("--right", options.right, "The other reading (slices)").type_name("PROFILE");
  add_input_options(command, options);
  add_encodings_options(command, options);
  command.callback([&options, &exit_code, step] {
    std::cout << show_step(options, *step) << std::flush;
    exit_code = 0;
  });
}

}  // namespace npverify::cli
