#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "cli/output.h"

namespace npverify::cli {

struct Progress::State {
  std::mutex mutex;
  std::condition_variable done;
  bool over = false;
  std::thread thread;
};

Progress::Progress(const std::string& what, bool wanted) {
  if (!wanted || !isatty(STDERR_FILENO)) return;
  state_ = new State;
  state_->thread = std::thread([what, state = state_] {
    std::unique_lock lock(state->mutex);
    for (int seconds = 1; !state->done.wait_for(lock, std::chrono::seconds(1), [&] { return state->over; }); ++seconds)
      std::cerr << "\r\x1b[K" << what << ", " << seconds << " s" << std::flush;
    std::cerr << "\r\x1b[K" << std::flush;
  });
}

Progress::~Progress() {
  if (!state_) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
  }
  state_->done.notify_all();
  state_->thread.join();
  delete state_;
}

}  // namespace npverify::cli
