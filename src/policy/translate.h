#pragma once

#include "policy/known_addresses.h"
#include "policy/label_view.h"
#include "policy/reading.h"
#include "semantics/rules.h"

namespace npverify::policy {

/// The profile's axes at work on one kind of policy: rules instantiated with the policy's constants.
class AxisReader {
 public:
  AxisReader(logic::Pool& pool, const semantics::Profile& profile, const ClusterFacts& facts) : pool_(pool), profile_(profile), facts_(facts) {}

  /// The rule of a predicate axis as a formula for a subject in the role. A gap gives False and is noted in `missing`.
  logic::Expr ask(const std::string& axis, const std::vector<semantics::Argument>& arguments, Direction direction,
                  const std::map<std::string, int64_t>& policy_facts = {});

  logic::Pool& pool() { return pool_; }
  const semantics::Profile& profile() const { return profile_; }

  /// The axes without evidence that were asked since the last call, each once.
  std::vector<std::string> take_missing();

 private:
  logic::Pool& pool_;
  const semantics::Profile& profile_;
  ClusterFacts facts_;
  std::vector<std::string> missing_;
};

/// Does the axis say what a CNI drops whatever policy says? Comparisons leave such flows out unless they are asked for.
bool is_drop_axis(std::string_view axis);

/// networking.k8s.io/v1 NetworkPolicies: adds the policies to both directions, the refused ones to `reading.refused`.
void translate_network_policies(AxisReader& axes, const LabelView& labels, const KnownAddresses& addresses, const std::vector<resource::NetworkPolicy>& policies,
                                const std::vector<uint32_t>* only, Reading& reading);

}  // namespace npverify::policy
