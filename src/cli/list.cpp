#include "npverify/list.h"

#include <fstream>
#include <iostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"

namespace npverify::cli {
namespace {

struct ListArguments {
  std::string format = "text";
  std::vector<std::string> protocols, focus;
  bool count = false;
};

ListOptions list_options(const CommonOptions& options, const ListArguments& arguments) {
  const Options ends = question_of(options);
  ListOptions question{.universe = options.universe_given ? options.universe : "declared", .pods = ends.pods, .nodes = ends.nodes, .external = ends.external};
  if (!arguments.protocols.empty()) question.protocols = arguments.protocols;
  question.focus = arguments.focus;
  return question;
}

void write(Connections& connections, const std::string& format, bool count, const TextOptions& layout, std::ostream& out) {
  if (count) connections.write_counts(format, out, layout);
  else connections.write(format, out, layout);
}

int run_list(const CommonOptions& options, const ListArguments& arguments) {
  const size_t equals = arguments.format.find('=');
  const std::string format = arguments.format.substr(0, equals), path = equals == std::string::npos ? "" : arguments.format.substr(equals + 1);
  Progress progress("reading", options);
  LoadingEncodings loading(options);
  const Snapshot snapshot = load_snapshot(options);
  progress.enter("loading encodings");
  const Encodings encodings = loading.get();
  const ChosenProfiles chosen = choose_profiles(options, encodings, snapshot, {{"--cni", options.cni}});
  progress.enter("classes and sets");
  Connections connections = list(snapshot, chosen.profiles[0], list_options(options, arguments));
  connections.add_profile_notes(chosen.notes);
  const TextOptions layout{.colour = path.empty() && wants_colour(options), .width = terminal_width(), .quiet = options.quiet, .verbose = options.verbose, .stats = options.stats};
  progress.enter("pairs and report");
  progress.hide();
  std::ios::sync_with_stdio(false);
  if (path.empty()) {
    write(connections, format, arguments.count, layout, std::cout);
    std::cout << std::flush;
  } else {
    std::ofstream out(path, std::ios::binary);
    write(connections, format, arguments.count, layout, out);
    if (!out.flush()) throw Error(Error::Kind::input, "error: cannot write '" + path + "'\n");
  }
  if ((format == "csv" || format == "dot") && !options.quiet)
    for (const std::string& sentence : connections.limits()) std::cerr << "note: " << sentence << "\n";
  progress.tell_times();
  return finish(options, connections.exit_code());
}

}  // namespace

void add_list_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("list", "Who reaches whom: every declared workload, node and address outside, and the ports");
  const auto arguments = std::make_shared<ListArguments>();
  command.add_option("--cni", options.cni, "The reading: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  command.add_option("--format", arguments->format, "text, csv, json or dot (graphviz), to stdout or with =PATH into a file").type_name("FORMAT[=PATH]").shows_default();
  command.add_flag("--count", arguments->count, "Only how many pairs of workloads and of pods reach each other");
  command.add_option("--focus", arguments->focus, "Only connections of this workload (shop/Deployment/web) or namespace; repeatable").type_name("NAME").once_each();
  command.add_option("--protocols", arguments->protocols, "Some of TCP,UDP,SCTP,ICMP; all but ICMP if left out").delimiter(',').type_name("LIST").once_each();
  command
      .add_option(
          "--universe",
          [&options](const std::string& value) {
            options.universe = value;
            options.universe_given = true;
          },
          "declared (workloads stand for their pods, wherever they land) or observed (the pods of a dump, where they are); declared if left out")
      .type_name("NAME");
  command.add_option("--peers", options.peers, "Which ends are listed: some of pods,nodes,external").delimiter(',').type_name("LIST").once_each();
  add_input_options(command, options);
  add_encodings_options(command, options);
  command.add_option("--color", options.colour, "auto, always or never").type_name("WHEN").shows_default();
  command.add_flag("-q,--quiet", options.quiet, "The list alone");
  command.add_flag("-v,--verbose", options.verbose, "Nothing cut short");
  command.add_flag("--stats", options.stats, "The counts of the run, and on stderr what each phase took");
  command.footer("npverify list --cni cilium@1.16 -f manifests/ --format csv");
  command.callback([&options, &exit_code, arguments] { exit_code = run_list(options, *arguments); });
}

}  // namespace npverify::cli
