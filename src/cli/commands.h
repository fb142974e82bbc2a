#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options.h"

/// The subcommands, a file each. Every function adds one to `app`; its callback runs the command and sets `exit_code`.
/// A callback may throw Error; main turns it into a message and an exit code.
namespace npverify::cli {

void add_equiv_command(Command& app, CommonOptions& options, int& exit_code);
void add_prove_command(Command& app, CommonOptions& options, int& exit_code);
void add_diff_command(Command& app, CommonOptions& options, int& exit_code);
void add_merge_command(Command& app, CommonOptions& options, int& exit_code);
void add_list_command(Command& app, CommonOptions& options, int& exit_code);
void add_eval_command(Command& app, CommonOptions& options, int& exit_code);
void add_place_command(Command& app, CommonOptions& options, int& exit_code);
void add_explain_command(Command& app, CommonOptions& options, int& exit_code);
void add_check_proof_command(Command& app, CommonOptions& options, int& exit_code);
void add_show_command(Command& app, CommonOptions& options, int& exit_code);
void add_cni_command(Command& app, CommonOptions& options, int& exit_code);
void add_version_command(Command& app, CommonOptions& options, int& exit_code);

/// Runs a whole command line, errors told and all. Adds the files and folders that were read to `inputs`; gives the exit code.
using RunCommand = std::function<int(const std::vector<std::string>& arguments, std::vector<std::string>& inputs)>;
void add_watch_command(Command& app, const RunCommand& run, int& exit_code);

}  // namespace npverify::cli
