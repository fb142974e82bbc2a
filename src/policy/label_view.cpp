#include "policy/label_view.h"

#include <re2/re2.h>

#include <algorithm>
#include <sstream>

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
  std::map<std::string, std::vector<std::string>> parameters;
  std::map<std::string, std::string> constants;
  std::unique_ptr<PrefixFilter> filter;  // null: nothing is dropped
  std::string namespace_filter_prefix;
  mutable std::map<std::string, Source> pod_keys, namespace_keys;

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
      if (key.starts_with(prefix)) return {Kind::service_account_label, key.substr(prefix.size())};
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

  bool dropped(const std::string& key) const { return filter && !filter->keeps(key); }
};

LabelView::LabelView(const semantics::Profile& profile) : state_(std::make_unique<State>()) {
  const semantics::Resolved& axis = profile.axis("labels.keys");
  state_->parameters = axis.parameters;
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

logic::Expr has_value(logic::Pool& pool, logic::Role role, const Source& source, const std::string& value) {
  switch (source.kind) {
    case Kind::own_label: return pool.label_is(role, source.key_or_value, value);
    case Kind::namespace_label: return pool.namespace_label_is(role, source.key_or_value, value);
    case Kind::namespace_name: return pool.namespace_is(role, value);
    case Kind::service_account: return pool.service_account_is(role, value);
    case Kind::constant: return source.key_or_value == value ? logic::True : logic::False;
    case Kind::absent:
    case Kind::service_account_label: return logic::False;
  }
  return logic::False;
}

logic::Expr is_present(logic::Pool& pool, logic::Role role, const Source& source) {
  switch (source.kind) {
    case Kind::own_label: return pool.label_exists(role, source.key_or_value);
    case Kind::namespace_label: return pool.namespace_label_exists(role, source.key_or_value);
    case Kind::namespace_name:
    case Kind::service_account:
    case Kind::constant: return logic::True;
    case Kind::absent:
    case Kind::service_account_label: return logic::False;
  }
  return logic::False;
}

logic::Expr requirement(logic::Pool& pool, logic::Role role, const resource::LabelSelectorRequirement& r, const Source& source) {
  using enum resource::SelectorOperator;
  std::vector<logic::Expr> values;
  for (const auto& value : r.values) values.push_back(has_value(pool, role, source, value));
  switch (r.op) {
    case in: return pool.disjunction(std::move(values));
    case not_in: return pool.negation(pool.disjunction(std::move(values)));
    case exists: return is_present(pool, role, source);
    case does_not_exist: return pool.negation(is_present(pool, role, source));
  }
  return logic::False;
}

}  // namespace

logic::Expr LabelView::pods(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  std::vector<logic::Expr> all;
  for (const auto& r : selector.requirements) all.push_back(requirement(pool, role, r, pod_key(r.key)));
  return pool.conjunction(std::move(all));
}

logic::Expr LabelView::pods_of_own_namespace(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  resource::LabelSelector left = selector;
  std::erase_if(left.requirements, [&](const auto& r) { return r.match_label && has(state_->list("overwritten"), r.key); });
  return pods(pool, role, left);
}

logic::Expr LabelView::namespaces(logic::Pool& pool, logic::Role role, const resource::LabelSelector& selector) const {
  std::vector<logic::Expr> all;
  for (const auto& r : selector.requirements) all.push_back(requirement(pool, role, r, namespace_key(r.key)));
  return pool.conjunction(std::move(all));
}

bool LabelView::asks_unmodelled(const resource::LabelSelector& selector) const {
  return std::any_of(selector.requirements.begin(), selector.requirements.end(), [&](const auto& r) { return pod_key(r.key).kind == Kind::service_account_label; });
}

}  // namespace npverify::policy
