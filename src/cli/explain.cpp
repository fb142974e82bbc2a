#include "npverify/explain_flow.h"

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/profiles.h"

namespace npverify::cli {
namespace {

struct ExplainArguments {
  std::string source, destination, port;
  std::vector<std::string> paths, settings, source_nodes, destination_nodes;
  bool ratio = false;
};

ExplainOptions options_of(const CommonOptions& options, const ExplainArguments& arguments) {
  ExplainOptions question{options.default_namespace, arguments.paths, {}, arguments.source_nodes, arguments.destination_nodes, arguments.ratio};
  question.settings = path_settings_of(arguments.settings);
  return question;
}

int run_explain(const CommonOptions& options, const ExplainArguments& arguments) {
  const Snapshot snapshot = load_snapshot(options);
  const Encodings encodings = load_encodings(options);
  const ExplainOptions question = options_of(options, arguments);
  if (const auto pools = choose_pools(options, encodings, snapshot))
    return deliver(explain_flow(snapshot, encodings, *pools, arguments.source, arguments.destination, arguments.port, question), options);
  const Profile profile = choose_profiles(options, encodings, snapshot, {{"--cni", options.cni}}).profiles[0];
  return deliver(explain_flow(snapshot, encodings, profile, arguments.source, arguments.destination, arguments.port, question), options);
}

}  // namespace

void add_explain_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("explain", "A connection on every placement and path, hop by hop: what each hook sees, what it decides, and what stops it");
  const auto arguments = std::make_shared<ExplainArguments>();
  command.add_option("source", arguments->source, "NAMESPACE/NAME, NAMESPACE/KIND/NAME, node:NAME or ip:ADDRESS").required().type_name("SRC");
  command.add_option("destination", arguments->destination, "The same, or svc:NAMESPACE/NAME").required().type_name("DST");
  command.add_option("port", arguments->port, "PORT or PROTOCOL/PORT: of a Service its port, by number or name; else the endpoint's").required().type_name("PORT");
  command.add_option("--path", arguments->paths, "Only these: some of podIP,clusterIP,nodePort,loadBalancer,hostPort").delimiter(',').type_name("LIST").once_each();
  command.add_flag("--ratio", arguments->ratio, "The share of combinations that fail, by path and cause, without the hop tables");
  command.add_option("--source-node", arguments->source_nodes, "Count the client on this node only; repeatable").type_name("NODE").once_each();
  command.add_option("--destination-node", arguments->destination_nodes, "Endpoints are on this node; repeatable").type_name("NODE").once_each();
  add_path_setting_option(command, arguments->settings);
  command.add_option("--cni", options.cni, "The reading: NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes").type_name("PROFILE");
  add_matrix_option(command, options);
  add_input_options(command, options);
  add_encodings_options(command, options);
  add_layout_options(command, options);
  command.add_flag("-v,--verbose", options.verbose, "The facts of paths that were used, with their evidence");
  command.footer("npverify explain pay/payment svc:acct/account 443 -f manifests/ --cni calico@3.28");
  command.callback([&options, &exit_code, arguments] { exit_code = run_explain(options, *arguments); });
}

}  // namespace npverify::cli
