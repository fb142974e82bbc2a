// argv to exit code. Each subcommand is a file; this one says which there are and what an error looks like.
#include <iostream>

#include "cli/commands.h"
#include "cli/failure.h"

namespace npverify::cli {
namespace {

int run(int argc, const char* const* argv, std::vector<std::string>* inputs);

/// A command line without the program's name, for those that run others.
int again(const std::vector<std::string>& arguments, std::vector<std::string>& inputs) {
  std::vector<const char*> words{"npverify"};
  for (const std::string& argument : arguments) words.push_back(argument.c_str());
  return run(static_cast<int>(words.size()), words.data(), &inputs);
}

int run(int argc, const char* const* argv, std::vector<std::string>* inputs) {
  CommandLine line("npverify: do these network policies mean what we think they mean, under the CNI that really runs there?", "npverify", std::string("npverify ") + npverify::version());
  Command app = line.program();
  CommonOptions options{.inputs = inputs};
  int exit_code = 0;
  add_equiv_command(app, options, exit_code);
  add_prove_command(app, options, exit_code);
  add_diff_command(app, options, exit_code);
  add_merge_command(app, options, exit_code);
  add_list_command(app, options, exit_code);
  add_eval_command(app, options, exit_code);
  add_explain_command(app, options, exit_code);
  add_place_command(app, options, exit_code);
  add_watch_command(app, again, exit_code);
  add_check_proof_command(app, options, exit_code);
  add_show_command(app, options, exit_code);
  add_cni_command(app, options, exit_code);
  add_version_command(app, options, exit_code);
  app.require_subcommand();
  app.footer("Exit codes: 0 proved, equivalent, same; 1 violated or different; 2 input or command wrong; 3 unknown, vacuous or partial; 4 internal error.");
  try {
    line.parse(argc, argv, exit_code);
    return exit_code;
  } catch (const std::exception& error) {
    return report_failure(error, argc, argv);
  }
}

}  // namespace
}  // namespace npverify::cli

int main(int argc, char** argv) { return npverify::cli::run(argc, argv, nullptr); }
