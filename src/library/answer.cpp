#include "library/answer.h"

namespace npverify {

int Answer::exit_code() const { return state_->exit_code; }

std::string Answer::text(const TextOptions& options) const {
  return library::guarded(
      [&] { return state_->text({.colour = options.colour, .width = options.width, .quiet = options.quiet, .verbose = options.verbose, .stats = options.stats}); });
}

std::string Answer::json() const {
  // Bytes that are no UTF-8 (a file's own spelling) must not stop a report.
  return library::guarded([&] { return state_->json().dump(2, ' ', false, report::Json::error_handler_t::replace) + "\n"; });
}

}  // namespace npverify
