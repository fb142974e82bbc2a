#include "npverify/place.h"

#include "cli/commands.h"
#include "cli/output.h"

namespace npverify::cli {
namespace {

struct PlaceArguments {
  std::string workload;
  std::vector<std::string> without, pools;
};

}  // namespace

void add_place_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("place", "Where can a workload's pods land, where not, and why?");
  const auto arguments = std::make_shared<PlaceArguments>();
  command.add_option("workload", arguments->workload, "NAMESPACE/NAME, NAMESPACE/KIND/NAME, or NAME in the namespace of -n").required().type_name("WORKLOAD");
  command.add_option("--without", arguments->without, "Nodes to keep it away from, by name or label (KEY=VALUE, KEY!=VALUE, KEY): prints the node affinity that does exactly that; repeatable")
      .type_name("NODE|LABEL")
      .once_each();
  command.add_option("--pool", arguments->pools, "Possible nodes, by the labels and taints that all of them have: KEY=VALUE,KEY=VALUE:EFFECT,...; repeatable")
      .type_name("LABELS")
      .once_each();
  add_input_options(command, options);
  add_layout_options(command, options);
  command.footer("npverify place pay/payment -f manifests/ --without pool=b");
  command.callback([&options, &exit_code, arguments] {
    exit_code = deliver(place(load_snapshot(options), arguments->workload, {options.default_namespace, arguments->pools, arguments->without}), options);
  });
}

}  // namespace npverify::cli
