#pragma once

#include <memory>
#include <string>

#include "cli/options.h"

/// Where answers go: results on stdout or into files, progress on stderr.
namespace npverify::cli {

/// Writes `report` in every format that was asked for (text where none was), witnesses first. Gives the report's exit code.
int deliver(Report& report, const CommonOptions& options);

/// The same for an answer, in text or JSON.
int deliver(const Answer& answer, const CommonOptions& options);

/// Says on stderr what of the cache was left aside, unless --quiet.
void tell_notes(const std::optional<Cache>& cache, const CommonOptions& options);

/// The last step of a command whose answer is out: gives `exit_code`, or ends the process with it where nothing comes after the command (all but
/// `watch`). What the command has made is then left to the system, which takes it back at once; piece by piece it takes a tenth of the time of
/// a `list`. Files and output are closed as at any end of the process. REQUIRES: no thread of the command's is at work any more.
int finish(const CommonOptions& options, int exit_code);

/// "json" or "text" of a subcommand with one page; throws Error (input) for others.
bool wants_json(const CommonOptions& options);

/// Whether text on stdout is coloured: --color, NO_COLOR, the terminal.
bool wants_colour(const CommonOptions& options);

/// Columns of the terminal on stdout, or of $COLUMNS; 100 where there is neither.
size_t terminal_width();

/// What is going on and for how long, on stderr, unless --quiet: on a terminal after a second, elsewhere a line after 10 s, 20 s, 40 s, ...
/// With --stats also what each phase took.
class Progress {
 public:
  Progress(const std::string& phase, const CommonOptions& options);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// From now on this is what takes the time. From any thread.
  void enter(const std::string& phase, const std::string& detail = "");
  /// The same for the library.
  ProgressCallback callback() {
    return [this](const std::string& phase, const std::string& detail) { enter(phase, detail); };
  }
  /// Nothing more is shown: results are about to be written.
  void hide();
  /// With --stats a line for each phase on stderr: "phase reading 0.312 s, 40 %".
  void tell_times();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::cli
