#include "cli/shard.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <iostream>

namespace npverify::cli {
namespace {

/// Where runners of parallel jobs say which one this is.
struct Scheme {
  const char *index, *total;
  size_t first;  ///< the index of the first job
  const char* who;
};
constexpr Scheme schemes[] = {
    {"CI_NODE_INDEX", "CI_NODE_TOTAL", 1, "GitLab CI"},
    {"CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0, "CircleCI"},
    {"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0, "an indexed Job of Kubernetes"},
};

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

std::optional<size_t> number(const std::string& text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

[[noreturn]] void refuse(const std::string& text, const std::string& reason) { throw Error(Error::Kind::input, "error: --shard " + text + ": " + reason + "\n"); }

Shard checked(const std::string& text, size_t index, size_t of) {
  if (of < 1 || index < 1 || index > of) refuse(text, "shard " + std::to_string(index) + " of " + std::to_string(of) + " is none; expected I/N with I from 1 to N");
  return {index, of};
}

size_t number_in(const std::string& text, const char* name) {
  const auto value = number(environment(name));
  if (!value) refuse(text, std::string(name) + " is '" + environment(name) + "'; expected a number");
  return *value;
}

/// `text` is "auto" or, where nobody says how many jobs there are, "auto/N".
Shard from_environment(const std::string& text) {
  const Scheme* found = nullptr;
  for (const Scheme& one : schemes) {
    if (!environment(one.index)) continue;
    if (found) refuse(text, std::string("both ") + found->index + " and " + one.index + " are set; say I/N");
    found = &one;
  }
  const bool counted = text.starts_with("auto/");
  if (!found) {
    // GitLab sets the total alone where a job is not parallel.
    if (const char* total = environment("CI_NODE_TOTAL"); total && !counted && number(total) == 1) return {1, 1};
    refuse(text, "none of CI_NODE_INDEX, CIRCLE_NODE_INDEX and JOB_COMPLETION_INDEX is set; say I/N");
  }
  size_t of = 0;
  if (counted) {
    const auto given = number(text.substr(5));
    if (!given) refuse(text, "expected auto/N with a number N");
    of = *given;
    if (environment(found->total) && number_in(text, found->total) != of) refuse(text, std::string(found->total) + " is " + environment(found->total) + ": one of the two is wrong");
  } else {
    if (!environment(found->total)) refuse(text, std::string(found->index) + " is set, and " + found->total + " is not; say how many shards there are with auto/N");
    of = number_in(text, found->total);
  }
  return checked(text, number_in(text, found->index) + 1 - found->first, of);
}

}  // namespace

std::optional<Shard> shard_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "auto" || text.starts_with("auto/")) return from_environment(text);
  const size_t slash = text.find('/');
  if (slash == std::string::npos) refuse(text, "expected I/N, such as 1/4, or auto");
  const auto index = number(text.substr(0, slash)), of = number(text.substr(slash + 1));
  if (!index || !of) refuse(text, "expected I/N with two numbers, such as 1/4, or auto");
  return checked(text, *index, *of);
}

void note_parallel_job(const CommonOptions& options) {
  if (!options.shard.empty() || options.quiet) return;
  for (const Scheme& one : schemes) {
    const char *index = environment(one.index), *total = environment(one.total);
    if (!index || !total || number(total) == 1) continue;
    std::cerr << "note: this is job " << index << " (" << one.index << ") of " << total << " of " << one.who << ", and it does the whole work; --shard auto does one part\n";
  }
}

}  // namespace npverify::cli
