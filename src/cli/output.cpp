#include "cli/output.h"

#include <algorithm>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cli/suggestion.h"

namespace npverify::cli {
namespace {

/// One --format: its name and, after '=', where it goes; an empty path is stdout.
struct Destination {
  std::string format, path;
};

std::vector<Destination> destinations_of(const CommonOptions& options, const std::vector<std::string>& known) {
  std::vector<Destination> all;
  size_t to_stdout = 0;
  for (const std::string& text : options.formats) {
    const size_t equals = text.find('=');
    all.push_back({text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)});
    const Destination& one = all.back();
    if (std::find(known.begin(), known.end(), one.format) == known.end()) {
      std::string list;
      for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
      throw Error(Error::Kind::input, "error: --format " + text + ": there is no format '" + one.format + "'; expected one of " + list + did_you_mean(one.format, known) + "\n");
    }
    if (one.path.empty() && ++to_stdout > 1) throw Error(Error::Kind::input, "error: --format " + text + ": only one format can go to stdout; write the others as FORMAT=PATH\n");
  }
  if (all.empty()) all.push_back({"text", ""});
  return all;
}

void write_to(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw Error(Error::Kind::input, "error: cannot write '" + path + "'\n");
}

}  // namespace

bool wants_colour(const CommonOptions& options) {
  if (options.colour == "always") return true;
  if (options.colour == "never") return false;
  if (options.colour != "auto") throw Error(Error::Kind::input, "error: --color " + options.colour + ": expected auto, always or never\n");
  const char *none = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(none && *none) && !(term && std::string(term) == "dumb");
}

size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  const long wanted = columns ? std::strtol(columns, nullptr, 10) : 0;
  return wanted >= 40 && wanted <= 1000 ? static_cast<size_t>(wanted) : 100;
}

int deliver(Report& report, const CommonOptions& options) {
  if (!options.witness_dir.empty()) report.write_witnesses(options.witness_dir);
  for (const Destination& one : destinations_of(options, Report::formats())) {
    TextOptions layout{.width = terminal_width(), .quiet = options.quiet, .verbose = options.verbose, .stats = options.stats};
    layout.colour = one.path.empty() && wants_colour(options);
    const std::string text = report.render(one.format, layout);
    if (one.path.empty()) std::cout << text << std::flush;
    else write_to(one.path, text);
  }
  return report.exit_code();
}

int deliver(const Answer& answer, const CommonOptions& options) {
  for (const Destination& one : destinations_of(options, {"text", "json"})) {
    const TextOptions layout{.colour = one.path.empty() && wants_colour(options), .width = terminal_width(), .quiet = options.quiet, .verbose = options.verbose};
    const std::string text = one.format == "json" ? answer.json() : answer.text(layout);
    if (one.path.empty()) std::cout << text << std::flush;
    else write_to(one.path, text);
  }
  return answer.exit_code();
}

void tell_notes(const std::optional<Cache>& cache, const CommonOptions& options) {
  if (!cache || options.quiet) return;
  for (const std::string& note : cache->notes()) std::cerr << "note: " << note << "\n";
}

int finish(const CommonOptions& options, int exit_code) {
  if (!options.inputs) std::exit(exit_code);  // unlike a return, leaves alone what stands on the stack
  return exit_code;
}

bool wants_json(const CommonOptions& options) {
  if (options.formats.empty() || options.formats == std::vector<std::string>{"text"}) return false;
  if (options.formats == std::vector<std::string>{"json"}) return true;
  throw Error(Error::Kind::input, "error: --format " + options.formats.front() + ": expected text or json\n");
}

}  // namespace npverify::cli
