#include "policy/label_view.h"

#include <re2/re2.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "base/diagnostics.h"

namespace npverify::policy {
namespace {

using Source = LabelView::Source;
using Kind = LabelView::Source::Kind;

// A prefix filter in the manner of Cilium's labelsfilter: each pattern counts where its leftmost match begins the key, and weighs as much as
// the match is long; the heavier of include and ignore wins, and an own include list of the user's drops whatever it does not include.
class PrefixFilter {
 public:
  PrefixFilter(const std::vector<std::string>& include, const std::vector<std::string>& ignore, const std::string& user) : whitelist_(false) {
    for (const auto& pattern : include) include_.push_back(std::make_unique<RE2>(pattern, RE2::Quiet));
    for (const auto& pattern : ignore) ignore_.push_back(std::make_unique<RE2>(pattern, RE2::Quiet));
    std::istringstream words(user);
    for (std::string word; words >> word;) add_user_pattern(word);
  }

  bool keeps(const std::string& key) const {
    const size_t ignored = weigh(ignore_, key, false), included = weigh(include_, key, true);
    return (!whitelist_ && ignored == 0) || included > ignored;
  }

 private:
  // "[source:][!]pattern"; only the sources "k8s" and none can concern a pod's labels.
  void add_user_pattern(std::string word) {
    if (const auto colon = word.find(':'); colon != std::string::npos) {
      if (word.substr(0, colon) != "k8s" && colon != 0) return;
      word = word.substr(colon + 1);
    }
    const bool negative = word.starts_with("!");
    if (negative) word = word.substr(1);
    if (!negative) whitelist_ = true;
    (negative ? ignore_ : include_).push_back(std::make_unique<RE2>(word, RE2::Quiet));
  }

  // Of the ignores the shortest match counts, of the includes the longest.
  static size_t weigh(const std::vector<std::unique_ptr<RE2>>& patterns, const std::string& key, bool longest) {
    size_t weight = 0;
    for (const auto& pattern : patterns) {
      re2::StringPiece match;
      if (!pattern->ok() || !pattern->Match(key, 0, key.size(), RE2::UNANCHORED, &match, 1) || match.data() != key.data() || match.empty()) continue;
      if (weight == 0 || (longest ? match.size() > weight : match.size() < weight)) weight = match.size();
    }
    return weight;
  }

  std::vector<std::unique_ptr<RE2>> include_, ignore_;
  bool whitelist_;
};

bool has(const std::vector<std::string>& list, const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); }

}  // namespace

struct LabelView::State {
  const std::vector<resource::ServiceAccount>* accounts = nullptr;
  std::map<std::string, std::vector<std::string>> parameters;
  std::map<std::string, std::string> constants;
  std::unique_ptr<PrefixFilter> filter;  // null: nothing is dropped
  std::string namespace_filter_prefix;
  std::vector<std::string> overwritten;  // keys of matchLabels that the namespace is written over
  mutable std::unordered_map<std::string, Source> pod_keys, namespace_keys;

  const std::vector<std::string>& list(const char* name) const {
    static const std::vector<std::string> none;
    const auto it = parameters.find(name);
    return it == parameters.end() ? none : it->second;
  }

  Source source_of_pod_key(const std::string& key) const {
    if (const auto constant = constants.find(key); constant != constants.end()) return dropped(key) ? Source{Kind::absent, ""} : Source{Kind::constant, constant->second};
    if (has(list("namespace-name"), key)) return dropped(key) ? Source{Kind::absent, ""} : Source{Kind::namespace_name, ""};
    if (has(list("service-account"), key)) return dropped(key) ? Source{Kind::absent, ""} : Source{Kind::service_account, ""};
    for (const auto& prefix : list("service-account-label-prefix"))
      if (key.starts_with(prefix)) return source_of_service_account_key(key.substr(prefix.size()));
    for (const auto& prefix : list("namespace-label-prefix"))
      if (key.starts_with(prefix)) return source_of_namespace_key(key.substr(prefix.size()));
    for (const auto& prefix : list("stripped-prefix"))
      if (key.starts_with(prefix)) return {Kind::absent, ""};
    return dropped(key) ? Source{Kind::absent, ""} : Source{Kind::own_label, key};
  }

  Source source_of_namespace_key(const std::string& key) const {
    if (has(list("namespace-name-label"), key)) return {Kind::namespace_name, ""};
    if (filter && dropped(namespace_filter_prefix + key)) return {Kind::absent, ""};
    return {Kind::namespace_label, key};
  }

  Source source_of_service_account_key(const std::string& key) const {
    if (has(list("service-account-name-label"), key)) return {Kind::service_account, ""};
    return {Kind::service_account_label, key};
  }

  bool dropped(const std::string& key) const { return filter && !filter->keeps(key); }
};

LabelView::LabelView(const semantics::Profile& profile, const std::vector<resource::ServiceAccount>& accounts) : state_(std::make_unique<State>()) {
  state_->accounts = &accounts;
  const semantics::Resolved& axis = profile.axis("labels.keys");
  state_->parameters = axis.parameters;
  state_->overwritten = state_->list("overwritten");
  for (const std::string& pair : state_->list("constant")) {  // "key=value", or "key=$option"
    const auto equals = pair.find('=');
    std::string value = pair.substr(equals + 1);
    if (value.starts_with("$")) value = profile.options.contains(value.substr(1)) ? profile.options.at(value.substr(1)).value : "";
    state_->constants[pair.substr(0, equals)] = value;
  }
  if (axis.parameters.contains("ignore")) {
    const auto user = profile.options.find("labels");
    state_->filter = std::make_unique<PrefixFilter>(state_->list("include"), state_->list("ignore"), user == profile.options.end() ? "" : user->second.value);
    if (!state_->list("namespace-label-prefix").empty()) state_->namespace_filter_prefix = state_->list("namespace-label-prefix")[0];
  }
}
LabelView::~LabelView() = default;
LabelView::LabelView(LabelView&&) noexcept = default;

const Source& LabelView::pod_key(const std::string& key) const {
  const auto it = state_->pod_keys.find(key);
  return it != state_->pod_keys.end() ? it->second : state_->pod_keys.emplace(key, state_->source_of_pod_key(key)).first->second;
}

const Source& LabelView::namespace_key(const std::string& key) const {
  const auto it = state_->namespace_keys.find(key);
  return it != state_->namespace_keys.end() ? it->second : state_->namespace_keys.emplace(key, state_->source_of_namespace_key(key)).first->second;
}

namespace {

/// The pods of those ServiceAccounts that `chosen` takes.
template <class Chosen>
logic::Expr pods_of(logic::Pool& pool, logic::Role role, const std::vector<resource::ServiceAccount>& accounts, Chosen chosen) {
  std::vector<logic::Expr> any;
  for (const auto& account : accounts)
    if (chosen(account)) any.push_back(pool.both(pool.namespace_is(role, account.meta.namespace_name), pool.service_account_is(role, account.meta.name)));
  return pool.disjunction(std::move(any));
}

/// Answers of one key for the pod in the role.
class Key {
 public:
  Key(logic::Pool& pool, logic::Role role, const Source& source, const std::vector<resource::ServiceAccount>& accounts)
      : pool_(pool), role_(role), source_(source), accounts_(accounts) {}

  logic::Expr has_value(const std::string& value) const {
    switch (source_.kind) {
      case Kind::own_label: return pool_.label_is(role_, source_.key_or_value, value);
      case Kind::namespace_label: return pool_.namespace_label_is(role_, source_.key_or_value, value);
      case Kind::namespace_name: return pool_.namespace_is(role_, value);
      case Kind::service_account: return pool_.service_account_is(role_, value);
      case Kind::constant: return source_.key_or_value == value ? logic::True : logic::False;
      case Kind::absent: return logic::False;
      case Kind::service_account_label:
        return pods_of(pool_, role_, accounts_, [&](const auto& account) {
          const auto label = account.meta.labels.find(source_.key_or_value);
          return label != account.meta.labels.end() && label->second == value;
        });
    }
    return logic::False;
  }

  logic::Expr is_present() const {
    switch (source_.kind) {
      case Kind::own_label: return pool_.label_exists(role_, source_.key_or_value);
      case Kind::namespace_label: return pool_.namespace_label_exists(role_, source_.key_or_value);
      case Kind::namespace_name:
      case Kind::service_account:
      case Kind::constant: return logic::True;
      case Kind::absent: return logic::False;
      case Kind::service_account_label:
        return pods_of(pool_, role_, accounts_, [&](const auto& account) { return account.meta.labels.contains(source_.key_or_value); });
    }
    return logic::False;
  }

  logic::Expr meets(const resource::LabelSelectorRequirement& r) const {
    using enum resource::SelectorOperator;
    if (r.op == in && r.values.size() == 1) return has_value(r.values[0]);
    std::vector<logic::Expr> values;
    values.reserve(r.values.size());
    for (const auto& value : r.values) values.push_back(has_value(value));
    switch (r.op) {
      case in: return pool_.disjunction(std::move(values));
      case not_in: return pool_.negation(pool_.disjunction(std::move(values)));
      case exists: return is_present();
      case does_not_exist: return pool_.negation(is_present());
    }
    return logic::False;
  }

 private:
  logic::Pool& pool_;
  logic::Role role_;
  const Source& source_;
  const std::vector<resource::ServiceAccount>& accounts_;
};

}  // namespace

logic::Expr LabelView::pods(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  const auto meets = [&](const auto& r) { return Key(pool, role, pod_key(r.key), *state_->accounts).meets(r); };
  if (selector.requirements.size() == 1) return meets(selector.requirements[0]);
  std::vector<logic::Expr> all;
  all.reserve(selector.requirements.size());
  for (const auto& r : selector.requirements) all.push_back(meets(r));
  return pool.conjunction(std::move(all));
}

logic::Expr LabelView::pods_of_own_namespace(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  const auto overwritten = [&](const auto& r) { return r.match_label && has(state_->overwritten, r.key); };
  if (std::none_of(selector.requirements.begin(), selector.requirements.end(), overwritten)) return pods(pool, role, selector);
  resource::LabelSelector left = selector;
  std::erase_if(left.requirements, overwritten);
  return pods(pool, role, left);
}

logic::Expr LabelView::namespaces(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  const auto meets = [&](const auto& r) { return Key(pool, role, namespace_key(r.key), *state_->accounts).meets(r); };
  if (selector.requirements.size() == 1) return meets(selector.requirements[0]);
  std::vector<logic::Expr> all;
  all.reserve(selector.requirements.size());
  for (const auto& r : selector.requirements) all.push_back(meets(r));
  return pool.conjunction(std::move(all));
}

logic::Expr LabelView::unknown(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  const auto of_account = [&](const auto& r) { return pod_key(r.key).kind == Kind::service_account_label; };
  if (std::none_of(selector.requirements.begin(), selector.requirements.end(), of_account)) return logic::False;
  resource::LabelSelector told = selector;
  std::erase_if(told.requirements, of_account);
  const logic::Expr known = pods_of(pool, role, *state_->accounts, [](const auto&) { return true; });
  return pool.conjunction({pool.kind_is(role, logic::EndpointKind::pod), pods(pool, role, told), pool.negation(known)});
}

}  // namespace npverify::policy
