#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/output.h"

namespace npverify::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto first_line = std::chrono::seconds(10);  ///< where stderr is no terminal; then after twice the time, and so on

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

struct Progress::State {
  std::mutex mutex;
  std::condition_variable done;
  bool over = false, stats = false;
  std::thread thread;
  std::string phase, detail;
  Clock::time_point begin = Clock::now(), entered = begin;
  std::vector<std::pair<std::string, Clock::duration>> times;  // in the order in which the phases were first entered

  void leave_phase() {
    const auto now = Clock::now();
    auto at = times.begin();
    while (at != times.end() && at->first != phase) ++at;
    if (at == times.end()) at = times.insert(at, {phase, {}});
    at->second += now - entered;
    entered = now;
  }

  std::string line() const { return phase + (detail.empty() ? "" : ": " + detail) + ", " + std::to_string(static_cast<long>(seconds(Clock::now() - begin))) + " s"; }

  void show_on_terminal() {
    std::unique_lock lock(mutex);
    while (!done.wait_for(lock, std::chrono::seconds(1), [&] { return over; })) std::cerr << "\r\x1b[K" << line() << std::flush;
    std::cerr << "\r\x1b[K" << std::flush;
  }

  void show_in_log() {
    std::unique_lock lock(mutex);
    for (auto at = begin + first_line; !done.wait_until(lock, at, [&] { return over; }); at += at - begin) std::cerr << line() << " so far\n" << std::flush;
  }
};

Progress::Progress(const std::string& phase, const CommonOptions& options) : state_(std::make_unique<State>()) {
  state_->phase = phase;
  state_->stats = options.stats;
  if (options.quiet) return;
  state_->thread = std::thread([state = state_.get(), terminal = isatty(STDERR_FILENO) != 0] { terminal ? state->show_on_terminal() : state->show_in_log(); });
}

Progress::~Progress() { hide(); }

void Progress::enter(const std::string& phase, const std::string& detail) {
  const std::lock_guard lock(state_->mutex);
  if (phase != state_->phase) state_->leave_phase();
  state_->phase = phase;
  state_->detail = detail;
}

void Progress::hide() {
  if (!state_->thread.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  state_->done.notify_all();
  state_->thread.join();
}

void Progress::tell_times() {
  hide();
  if (!state_->stats) return;
  state_->leave_phase();
  const double all = seconds(Clock::now() - state_->begin);
  for (const auto& [phase, time] : state_->times) {
    char figures[64];
    std::snprintf(figures, sizeof figures, " %.3f s, %.0f %%", seconds(time), 100 * seconds(time) / all);
    std::cerr << "phase " << phase << figures << "\n";
  }
}

}  // namespace npverify::cli
