#include "npverify/evaluate.h"

#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/profiles.h"

namespace npverify::cli {
namespace {

struct EvalArguments {
  std::string flows, worlds;
  std::string format = "csv";
  bool reasons = false;
};

/// Runs `read` on the file, or on stdin for "-".
template <typename Read>
auto with_input(const std::string& path, Read read) {
  if (path == "-") return read(std::cin);
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Error::Kind::input, "error: cannot read '" + path + "'\n");
  return read(static_cast<std::istream&>(file));
}

int run_eval(const CommonOptions& options, const EvalArguments& arguments) {
  if (arguments.format != "csv") throw Error(Error::Kind::input, "error: --format " + arguments.format + ": eval answers in csv\n");
  if (arguments.flows.empty() == arguments.worlds.empty()) throw Error(Error::Kind::input, "error: name the flows with --flows FILE, or whole worlds with --worlds FILE\n");
  std::ios::sync_with_stdio(false);
  const Encodings encodings = load_encodings(options);
  EvaluationCounts counts;
  if (!arguments.worlds.empty()) {
    if (options.cni.empty() || !options.matrix.empty()) throw Error(Error::Kind::input, "error: --worlds needs --cni, and takes no --matrix\n");
    counts = with_input(arguments.worlds, [&](std::istream& in) { return evaluate_worlds(encodings, options.cni, installation_of(options), in, std::cout, arguments.reasons); });
  } else {
    const Snapshot snapshot = load_snapshot(options);
    if (const auto pools = choose_pools(options, encodings, snapshot)) {
      counts = with_input(arguments.flows, [&](std::istream& in) { return evaluate_csv(snapshot, *pools, arguments.flows, in, std::cout); });
    } else {
      const Profile profile = choose_profiles(options, encodings, snapshot, {{"--cni", options.cni}}).profiles[0];
      counts = with_input(arguments.flows, [&](std::istream& in) { return evaluate_csv(snapshot, profile, arguments.flows, in, std::cout); });
    }
  }
  std::cout << std::flush;
  return counts.unknown > 0 ? 3 : 0;
}

}  // namespace

void add_eval_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("eval", "Many concrete flows of one world, allowed or denied, and why");
  const auto arguments = std::make_shared<EvalArguments>();
  command.add_option("--cni", options.cni, "The reading: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  add_matrix_option(command, options);
  command.add_option("--flows", arguments->flows, "CSV with the header source,destination,protocol,port; an end is namespace/pod, ip:ADDRESS or node:NAME").type_name("FILE|-");
  command.add_option("--worlds", arguments->worlds, "In place of -f and --flows: a world with its flows a line, as JSON").type_name("FILE|-");
  command.add_flag("--reasons", arguments->reasons, "With --worlds: the deciding rule of every end too");
  command.add_option("--format", arguments->format, "csv").type_name("FORMAT").shows_default();
  add_input_options(command, options);
  add_encodings_options(command, options);
  command.footer("npverify eval --cni calico@3.28 -f world.yaml --flows flows.csv");
  command.callback([&options, &exit_code, arguments] { exit_code = run_eval(options, *arguments); });
}

}  // namespace npverify::cli
