#pragma once

#include <memory>
#include <string>
#include <vector>

namespace npverify {

/// What earlier runs found out, in a folder: which documents are NetworkPolicies without a problem, and of which namespaces two readings agree.
/// Everything is kept by content, program and encodings; it saves work and never changes an answer. A value; copies share.
///
/// A folder or file that is damaged, that another version wrote, or that somebody else can write is left aside; notes() tells.
class Cache {
 public:
  /// The folder is made where it is not there. Never throws for what is wrong with it.
  explicit Cache(const std::string& folder);
  /// $XDG_CACHE_HOME/npverify/answers, else ~/.cache/npverify/answers; empty where there is no home.
  static std::string default_folder();

  /// What was left aside so far, and why.
  std::vector<std::string> notes() const;

  struct State;
  State& state() const { return *state_; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace npverify
