#pragma once

#include <optional>
#include <set>
#include <stdexcept>
#include <string>

namespace npverify::verify {

/// What earlier runs of the same question found out about a namespace whose policies were the same. Whoever implements it answers for "the same".
///
/// Kept are only facts that rest on the policies of that one namespace, on the two profiles and on what is no policy: that two readings of
/// it agree, that a cause alters nothing in it, that no gap of it can be met. None says what a flow does at its other end.
class Memory {
 public:
  virtual ~Memory() = default;
  /// How many queries `fact` took, all of them without an answer; nothing where it is not known to hold.
  virtual std::optional<size_t> recall(const std::string& fact, const std::string& namespace_name) = 0;
  /// `fact` holds of the namespace, and took so many queries.
  virtual void learn(const std::string& fact, const std::string& namespace_name, size_t queries) = 0;
};

/// The answer depends on policies that were left out (Options::unread): ask again with them.
class PoliciesNeeded : public std::runtime_error {
 public:
  explicit PoliciesNeeded(std::set<std::string> names) : std::runtime_error("policies were not read"), namespaces(std::move(names)) {}
  std::set<std::string> namespaces;
};

}  // namespace npverify::verify
