#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logic/expression.h"
#include "resource/snapshot.h"
#include "semantics/profile.h"

namespace npverify::policy {

/// What a CNI sees when a selector asks for a label: some keys are dropped, some are answered by other facts of the pod.
/// Source: the axis of place "labels" and its parameters. Labels of ServiceAccounts are those of the objects given, which must outlive the view.
class LabelView {
 public:
  LabelView(const semantics::Profile& profile, const std::vector<resource::ServiceAccount>& accounts);
  ~LabelView();
  LabelView(LabelView&&) noexcept;

  /// A podSelector, for a pod in the role.
  logic::Expr pods(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const;
  /// A podSelector that stands for pods of the policy's own namespace: some CNIs write the namespace into its matchLabels, over what it asks there.
  logic::Expr pods_of_own_namespace(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const;
  /// A namespaceSelector, for a pod in the role.
  logic::Expr namespaces(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const;

  /// Where nobody can say what a podSelector selects: it asks for a label of a ServiceAccount, the pod's is not among the objects given, and
  /// what else it asks for holds.
  logic::Expr unknown(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const;

  /// Where the answer for a key comes from.
  struct Source {
    enum class Kind : uint8_t { own_label, namespace_label, namespace_name, service_account, constant, absent, service_account_label } kind = Kind::own_label;
    std::string key_or_value;
  };
  const Source& pod_key(const std::string& key) const;
  const Source& namespace_key(const std::string& key) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npverify::policy
