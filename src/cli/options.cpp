#include "cli/options.h"

#include "cli/shard.h"
#include "cli/suggestion.h"

namespace npverify::cli {

void add_input_options(Command& command, CommonOptions& options) {
  command.add_option("-f,--filename", options.paths, "Manifests: a file, a folder (recursively), or - for stdin; repeatable").type_name("PATH").once_each();
  command.add_option("-n,--namespace", options.default_namespace, "Namespace of manifests that name none").type_name("NAME").shows_default();
}

void add_matrix_option(Command& command, CommonOptions& options) {
  command.add_option("--matrix", options.matrix, "In place of --cni: a NodeCapabilityMatrix, which says what each node runs and knows of the others").type_name("FILE");
}

void add_encodings_options(Command& command, CommonOptions& options) {
  command.add_option("--option", options.installation, "An option of an installation, for every profile of its CNI; repeatable").type_name("CNI.NAME=VALUE").once_each();
  command.add_option("--encodings", options.encodings, "Folder of encodings/ to use in place of the installed one").type_name("DIR");
}

void add_cache_options(Command& command, CommonOptions& options) {
  const auto folder = command.add_option("--cache", options.cache, "Folder for what later runs need not find out again [" + Cache::default_folder() + "]").type_name("DIR");
  command.add_flag("--no-cache", options.no_cache, "Find everything out again, and keep nothing").excludes(folder);
}

void add_question_options(Command& command, CommonOptions& options) {
  command.add_option(
             "--universe",
             [&options](const std::string& value) {
               options.universe = value;
               options.universe_given = true;
             },
             "Which pods count: observed (those of the manifests), declared (what workloads can create), possible (any that could be admitted)")
      .type_name("NAME");
  command.add_option("--peers", options.peers, "Which ends of a flow count: some of pods,nodes,external").delimiter(',').type_name("LIST").once_each();
  command.add_option("--timeout", options.timeout, "Seconds that one query of the solver may take").type_name("SECONDS").shows_default();
  command.add_option("--jobs", options.jobs, "Threads; 0: as many as the machine has").type_name("N").shows_default();
  command.add_option("--max-findings", options.max_findings, "How many causes to look for").type_name("N").shows_default();
  command.add_option("--shard", options.shard, "Do part I of N of the work; `npverify merge` joins the JSON of all parts. auto: I and N from the variables of a parallel job (CI_NODE_INDEX and the like); auto/N: I alone")
      .type_name("I/N");
  command.add_option("--dump-smt2", options.dump_smt2, "Write every query as an SMT-LIB script into this folder").type_name("DIR");
  command.add_option("--proofs", options.proofs, "Write a proof of every query that has no answer into this folder, for check-proof").type_name("DIR");
  command.add_flag("--second-solver", options.second_solver, "Ask the second solver too; a disagreement is an internal error");
  command.add_flag("--datapath", options.datapath, "Count also what a CNI does whatever policy says");
}

void add_output_options(Command& command, CommonOptions& options) {
  command.add_option("--format", options.formats, "text or json, to stdout or with =PATH into a file; repeatable").type_name("FORMAT[=PATH]").once_each();
  command.add_option("--witness-dir", options.witness_dir, "Write each witness as manifests and a flow into this folder").type_name("DIR");
  command.add_option("--color", options.colour, "auto, always or never").type_name("WHEN").shows_default();
  command.add_flag("-q,--quiet", options.quiet, "The verdict, and one line a finding");
  command.add_flag("-v,--verbose", options.verbose, "Nothing cut short");
  command.add_flag("--stats", options.stats, "The counts of the run, and on stderr what each phase took");
}

void add_layout_options(Command& command, CommonOptions& options) {
  command.add_option("--format", options.formats, "text or json, to stdout or with =PATH into a file; repeatable").type_name("FORMAT[=PATH]").once_each();
  command.add_option("--color", options.colour, "auto, always or never").type_name("WHEN").shows_default();
  command.add_flag("-q,--quiet", options.quiet, "The answer in one line");
}

void check_input(const CommonOptions& options) {
  if (options.paths.empty()) throw Error(Error::Kind::input, "error: no manifests; name files or folders with -f, or - for stdin\n");
}

std::optional<Cache> cache_of(const CommonOptions& options) {
  const std::string folder = options.cache.empty() ? Cache::default_folder() : options.cache;
  if (options.no_cache || folder.empty()) return std::nullopt;
  return Cache(folder);
}

Snapshot load_snapshot(const CommonOptions& options, const std::optional<Cache>& cache) {
  check_input(options);
  note_inputs(options, options.paths);
  return Snapshot::load(options.paths, options.default_namespace, cache);
}

void note_inputs(const CommonOptions& options, const std::vector<std::string>& paths) {
  if (options.inputs) options.inputs->insert(options.inputs->end(), paths.begin(), paths.end());
}

namespace {

std::string folder_of_encodings(const CommonOptions& options) { return options.encodings.empty() ? Encodings::find_folder() : options.encodings; }

}  // namespace

Encodings load_encodings(const CommonOptions& options) {
  const std::string folder = folder_of_encodings(options);
  note_inputs(options, {folder});
  return Encodings::load(folder);
}

LoadingEncodings::LoadingEncodings(const CommonOptions& options)
    : options_(options), loading_(std::async(std::launch::async, [&options] { return Encodings::load(folder_of_encodings(options)); })) {}

Encodings LoadingEncodings::get() {
  note_inputs(options_, {folder_of_encodings(options_)});
  return loading_.get();
}

InstallationOptions installation_of(const CommonOptions& options) {
  InstallationOptions installation;
  for (const std::string& text : options.installation) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) throw Error(Error::Kind::input, "error: --option " + text + ": expected CNI.NAME=VALUE\n");
    installation[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return installation;
}

void add_path_setting_option(Command& command, std::vector<std::string>& settings) {
  command.add_option("--path-setting", settings, "A setting of paths that the manifests do not tell, as proxy=iptables; repeatable").type_name("NAME=VALUE").once_each();
}

std::map<std::string, std::string> path_settings_of(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> out;
  for (const std::string& text : settings) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) throw Error(Error::Kind::input, "error: --path-setting " + text + ": expected NAME=VALUE\n");
    out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

Options question_of(const CommonOptions& options) {
  Options question{.universe = options.universe, .jobs = options.jobs, .dump_smt2 = options.dump_smt2, .proofs = options.proofs, .second_solver = options.second_solver, .datapath = options.datapath, .max_findings = options.max_findings};
  question.timeout = std::chrono::milliseconds(static_cast<long>(options.timeout * 1000));
  question.shard = shard_of(options.shard);
  note_parallel_job(options);
  if (options.timeout <= 0) throw Error(Error::Kind::input, "error: --timeout must be more than 0 seconds\n");
  if (options.peers.empty()) return question;
  question.pods = question.nodes = question.external = false;
  for (const std::string& peer : options.peers) {
    if (peer == "pods") question.pods = true;
    else if (peer == "nodes") question.nodes = true;
    else if (peer == "external") question.external = true;
    else throw Error(Error::Kind::input, "error: --peers " + peer + ": expected some of pods, nodes and external" + did_you_mean(peer, {"pods", "nodes", "external"}) + "\n");
  }
  return question;
}

}  // namespace npverify::cli
