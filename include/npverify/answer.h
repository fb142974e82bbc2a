#pragma once

#include <memory>
#include <string>

#include "npverify/report.h"

namespace npverify {

/// The answer to a question that is not one of verdicts on policies alone (place, explain). A value; copies share.
class Answer {
 public:
  int exit_code() const;
  std::string text(const TextOptions& options = {}) const;
  /// By docs/schema.
  std::string json() const;

  struct State;
  explicit Answer(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<const State> state_;
};

}  // namespace npverify
