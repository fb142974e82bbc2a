#pragma once

#include <functional>

#include "library/state.h"
#include "npverify/answer.h"
#include "report/json_parts.h"
#include "report/terminal.h"

namespace npverify {

struct Answer::State {
  Snapshot snapshot;  ///< what the texts point into
  int exit_code = 0;
  std::function<std::string(const report::Style&)> text;
  std::function<report::Json()> json;
};

namespace library {

/// An Answer that holds `result` and prints it with two writers of the report room.
template <typename Result>
Answer make_answer(const char* command, const Snapshot& snapshot, Result result, int exit_code, std::string (*text)(const Result&, const report::Style&), report::Json (*json)(const Result&)) {
  const auto shared = std::make_shared<const Result>(std::move(result));
  return Answer(std::make_shared<const Answer::State>(
      Answer::State{snapshot, exit_code, [shared, text](const report::Style& style) { return text(*shared, style); }, [shared, json, command] {
        report::Json whole{{"npverify", version()}, {"command", command}};
        whole.update(json(*shared));
        return whole;
      }}));
}

}  // namespace library
}  // namespace npverify
