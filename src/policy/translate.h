#pragma once

#include <array>
#include <initializer_list>
#include <string_view>
#include <unordered_map>

#include "policy/known_addresses.h"
#include "policy/label_view.h"
#include "policy/reading.h"
#include "semantics/rules.h"

namespace npverify::policy {

/// The profile's axes at work on one kind of policy: rules instantiated with the policy's constants. What was asked once is remembered: a rule's
/// formula depends on its arguments alone, and most policies ask the same few questions.
class AxisReader {
 public:
  using Facts = std::map<std::string, int64_t>;
  AxisReader(logic::Pool& pool, const semantics::Profile& profile, const ClusterFacts& facts);

  /// The rule of a predicate axis as a formula for a subject in the role. A gap gives False and is noted in `missing`.
  logic::Expr ask(std::string_view axis, std::initializer_list<semantics::Argument> arguments, Direction direction);
  /// The same for a rule that may look at facts of the policy too.
  logic::Expr ask(std::string_view axis, const Facts& policy_facts, Direction direction);

  logic::Pool& pool() { return pool_; }
  const semantics::Profile& profile() const { return profile_; }

  /// The axes without evidence that were asked since the last call, each once.
  std::vector<std::string> take_missing();

 private:
  static constexpr size_t most_arguments = 3;  ///< of a question that is remembered; encodings/ has none with more
  struct Question {
    const semantics::Resolved* axis = nullptr;
    Direction direction = Direction::ingress;
    size_t count = 0;
    std::array<size_t, most_arguments> sorts{};      ///< alternatives of semantics::Argument
    std::array<int64_t, most_arguments> values{};
    bool operator==(const Question&) const = default;
  };
  struct HashOfQuestion {
    size_t operator()(const Question& question) const;
  };

  const semantics::Resolved& resolved(std::string_view axis) const;
  Question question(const semantics::Resolved& axis, Direction direction, std::initializer_list<semantics::Argument> arguments);
  bool lacks_evidence(const semantics::Resolved& axis);
  logic::Expr instantiate(const semantics::Resolved& axis, const std::vector<semantics::Argument>& arguments, Direction direction, const Facts& policy_facts);

  logic::Pool& pool_;
  const semantics::Profile& profile_;
  ClusterFacts facts_;
  std::vector<std::pair<std::string_view, const semantics::Resolved*>> axes_;  ///< sorted by name
  std::unordered_map<Question, logic::Expr, HashOfQuestion> answers_;
  std::vector<std::string> missing_;
};

/// Does the axis say what a CNI drops whatever policy says? Comparisons leave such flows out unless they are asked for.
bool is_drop_axis(std::string_view axis);

/// networking.k8s.io/v1 NetworkPolicies: adds the policies to both directions, the refused ones to `reading.refused`.
void translate_network_policies(AxisReader& axes, const LabelView& labels, const KnownAddresses& addresses, const std::vector<resource::NetworkPolicy>& policies,
                                const std::vector<uint32_t>* only, Reading& reading);

}  // namespace npverify::policy
