// Times differ from run to run, so nothing here may reach standard output or a report.
#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>

namespace npverify::base {
namespace {

struct Log {
  spdlog::logger logger{"npverify", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

  Log() {
    const char* wanted = std::getenv("NPVERIFY_LOG");
    logger.set_level(wanted ? spdlog::level::from_str(wanted) : spdlog::level::off);  // an unknown word is "off" too
    logger.set_pattern("%v");
  }
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

bool logging() { return the_log().logger.should_log(spdlog::level::debug); }

void log(std::string_view tag, const std::string& message) {
  const std::chrono::duration<double, std::milli> since = std::chrono::steady_clock::now() - the_log().start;
  the_log().logger.debug("[{:9.1f} ms] {}: {}", since.count(), tag, message);
}

}  // namespace npverify::base
