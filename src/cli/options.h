#pragma once

#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "npverify/npverify.h"

/// What subcommands share: one struct of options, and what is made from them.
namespace npverify::cli {

struct CommonOptions {
  std::vector<std::string> paths;  ///< -f, and the positional ones of equiv
  std::string default_namespace = "default";
  std::string cni, left, right;
  std::string matrix;  ///< in place of --cni: which node reads how
  std::vector<std::string> installation;  ///< --option CNI.NAME=VALUE
  std::string encodings;
  std::string cache;  ///< folder; empty: the user's
  bool no_cache = false;
  std::string universe = "possible";
  bool universe_given = false;
  std::vector<std::string> peers;  ///< empty: all
  double timeout = 20;             ///< seconds, of one query
  unsigned jobs = 0;
  std::string dump_smt2, proofs;
  bool second_solver = false, datapath = false;
  size_t max_findings = 20;
  std::string shard;                 ///< I/N, auto, auto/N; empty: the whole
  std::vector<std::string> formats;  ///< FORMAT or FORMAT=PATH
  std::string witness_dir;
  std::string colour = "auto";
  bool quiet = false, verbose = false, stats = false;
  std::vector<std::string>* inputs = nullptr;  ///< takes the files and folders that are read; may be null
};

// Groups of options, added to the subcommands that take them.
void add_input_options(Command& command, CommonOptions& options);     ///< -f, --namespace
void add_matrix_option(Command& command, CommonOptions& options);     ///< --matrix
void add_encodings_options(Command& command, CommonOptions& options); ///< --encodings, --option
void add_cache_options(Command& command, CommonOptions& options);     ///< --cache, --no-cache
void add_question_options(Command& command, CommonOptions& options);  ///< --universe, --peers, --timeout, --jobs, --dump-smt2, ...
void add_output_options(Command& command, CommonOptions& options);    ///< --format, --witness-dir, --color, -q, -v, --stats
void add_path_setting_option(Command& command, std::vector<std::string>& settings);  ///< --path-setting
void add_layout_options(Command& command, CommonOptions& options);    ///< --format, --color, -q

// What they mean. All throw Error (input) for what is wrong.
/// Throws where no manifests were named.
void check_input(const CommonOptions& options);
Snapshot load_snapshot(const CommonOptions& options, const std::optional<Cache>& cache = std::nullopt);
std::optional<Cache> cache_of(const CommonOptions& options);
/// Tells options.inputs that these are about to be read.
void note_inputs(const CommonOptions& options, const std::vector<std::string>& paths);
Encodings load_encodings(const CommonOptions& options);

/// The same while something else is read: begun at once, and done by the time they are asked for.
class LoadingEncodings {
 public:
  explicit LoadingEncodings(const CommonOptions& options);
  Encodings get();  ///< once

 private:
  const CommonOptions& options_;
  std::future<Encodings> loading_;
};

InstallationOptions installation_of(const CommonOptions& options);
std::map<std::string, std::string> path_settings_of(const std::vector<std::string>& settings);
Options question_of(const CommonOptions& options);

}  // namespace npverify::cli
