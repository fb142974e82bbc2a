#pragma once

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

/// "json" or "text" of a subcommand with one page; throws Error (input) for others.
bool wants_json(const CommonOptions& options);

/// Whether text on stdout is coloured: --color, NO_COLOR, the terminal.
bool wants_colour(const CommonOptions& options);

/// Columns of the terminal on stdout, or of $COLUMNS; 100 where there is neither.
size_t terminal_width();

/// While it lives, says on stderr what is going on and for how long: only on a terminal, and only after a second.
class Progress {
 public:
  Progress(const std::string& what, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  struct State;
  State* state_ = nullptr;
};

}  // namespace npverify::cli
