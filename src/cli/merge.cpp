#include "cli/commands.h"
#include "cli/output.h"

namespace npverify::cli {

void add_merge_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("merge", "The answer of one run, from the JSON answers of all its shards");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command.add_option("answers", *paths, "What --shard I/N --format json=FILE wrote: every shard's file, or folders of them (*.json)").required().type_name("FILE|DIR");
  add_layout_options(command, options);
  command.footer("npverify equiv ... --shard 1/2 --format json=out/1.json\nnpverify equiv ... --shard 2/2 --format json=out/2.json\nnpverify merge out/");
  command.callback([&options, &exit_code, paths] { exit_code = deliver(merge(*paths), options); });
}

}  // namespace npverify::cli
