// The label expression that excludes exactly some nodes. Every requirement considered keeps all kept nodes, so any conjunction of them does; what
// is left is to cover the excluded nodes with as few and as plain ones as possible.
#include "placement/exclusion.h"

#include <algorithm>
#include <limits>
#include <set>

#include "placement/affinity.h"

namespace npverify::placement {
namespace {

using resource::NodeSelectorRequirement;
using Nodes = std::vector<const Candidate*>;

constexpr const char* hostname_key = "kubernetes.io/hostname";

/// A requirement that keeps every kept node.
struct Option {
  NodeSelectorRequirement requirement;
  std::vector<bool> excludes;  ///< by excluded node
  int cost = 0;
};

std::set<std::string> values_of(const Nodes& nodes, const std::string& key) {
  std::set<std::string> values;
  for (const Candidate* node : nodes)
    if (const auto found = node->labels.find(key); found != node->labels.end()) values.insert(found->second);
  return values;
}

/// What a reader would rather write: few values, no names of hosts, nothing that also excludes nodes with values nobody has yet.
int cost_of(const NodeSelectorRequirement& requirement) {
  const int form = requirement.op == "NotIn" ? 10 : requirement.op == "Exists" ? 11 : requirement.op == "DoesNotExist" ? 13 : 16;
  return form + static_cast<int>(requirement.values.size()) + (requirement.key == hostname_key ? 1000 : 0);
}

class Options {
 public:
  Options(const Nodes& kept, const Nodes& excluded) : kept_(kept), excluded_(excluded) {
    std::set<std::string> keys;
    for (const auto* nodes : {&kept, &excluded})
      for (const Candidate* node : *nodes)
        for (const auto& [key, value] : node->labels) keys.insert(key);
    for (const auto& key : keys) add_forms(key);
    std::stable_sort(all.begin(), all.end(), [](const Option& a, const Option& b) { return a.cost < b.cost; });
  }

  std::vector<Option> all;

 private:
  void add_forms(const std::string& key) {
    const auto bad = values_of(excluded_, key), good = values_of(kept_, key);
    std::vector<std::string> only_bad;
    std::set_difference(bad.begin(), bad.end(), good.begin(), good.end(), std::back_inserter(only_bad));
    if (!only_bad.empty()) add({key, "NotIn", only_bad, {}});
    add({key, "DoesNotExist", {}, {}});
    add({key, "Exists", {}, {}});
    if (!good.empty()) add({key, "In", {good.begin(), good.end()}, {}});
  }

  void add(NodeSelectorRequirement requirement) {
    const auto selected = [&](const Candidate* node) { return satisfies(requirement, *node) == Landing::yes; };
    if (!std::all_of(kept_.begin(), kept_.end(), selected)) return;
    std::vector<bool> excludes;
    for (const Candidate* node : excluded_) excludes.push_back(!selected(node));
    if (std::find(excludes.begin(), excludes.end(), true) == excludes.end()) return;
    const int cost = cost_of(requirement);
    all.push_back({std::move(requirement), std::move(excludes), cost});
  }

  const Nodes &kept_, &excluded_;
};

void unite(std::vector<bool>& covered, const Option& option) {
  for (size_t i = 0; i < covered.size(); ++i) covered[i] = covered[i] || option.excludes[i];
}

bool whole(const std::vector<bool>& covered) { return std::find(covered.begin(), covered.end(), false) == covered.end(); }

/// The cheapest cover of up to `depth` options; empty where there is none.
class Search {
 public:
  explicit Search(const std::vector<Option>& options) : options_(options) {}

  std::vector<const Option*> run(size_t nodes, size_t depth) {
    std::vector<const Option*> chosen;
    step(0, depth, std::vector<bool>(nodes, false), 0, chosen);
    return best_;
  }

 private:
  void step(size_t from, size_t depth, const std::vector<bool>& covered, int cost, std::vector<const Option*>& chosen) {
    if (cost >= best_cost_) return;
    if (whole(covered)) {
      best_ = chosen;
      best_cost_ = cost;
      return;
    }
    if (depth == 0) return;
    for (size_t i = from; i < options_.size(); ++i) {
      std::vector<bool> next = covered;
      unite(next, options_[i]);
      if (next == covered) continue;
      chosen.push_back(&options_[i]);
      step(i + 1, depth - 1, next, cost + options_[i].cost, chosen);
      chosen.pop_back();
    }
  }

  const std::vector<Option>& options_;
  std::vector<const Option*> best_;
  int best_cost_ = std::numeric_limits<int>::max();
};

std::vector<const Option*> greedy(const std::vector<Option>& options, std::vector<bool>& covered) {
  std::vector<const Option*> chosen;
  while (true) {
    const Option* best = nullptr;
    size_t best_gain = 0;
    for (const auto& option : options) {
      size_t gain = 0;
      for (size_t i = 0; i < covered.size(); ++i) gain += !covered[i] && option.excludes[i];
      if (gain > best_gain) {
        best = &option;
        best_gain = gain;
      }
    }
    if (!best) return chosen;
    chosen.push_back(best);
    unite(covered, *best);
  }
}

bool carries(const Candidate& node, const std::string& asked) {
  const size_t equals = asked.find('=');
  if (equals == std::string::npos) return node.labels.contains(asked);
  const bool negative = equals > 0 && asked[equals - 1] == '!';
  const auto found = node.labels.find(asked.substr(0, equals - (negative ? 1 : 0)));
  return (found != node.labels.end() && found->second == asked.substr(equals + 1)) != negative;
}

/// Which candidates one word of the user means: the node of that name, else those that carry the label.
std::vector<bool> meant_by(const std::string& asked, const std::vector<Candidate>& candidates) {
  std::vector<bool> meant(candidates.size(), false);
  for (size_t i = 0; i < candidates.size(); ++i) meant[i] = candidates[i].labels_complete && candidates[i].name == asked;
  const auto any = [&] { return std::find(meant.begin(), meant.end(), true) != meant.end(); };
  for (size_t i = 0; i < candidates.size() && !any(); ++i) {
    if (!candidates[i].labels_complete || !carries(candidates[i], asked)) continue;
    for (size_t j = i; j < candidates.size(); ++j) meant[j] = candidates[j].labels_complete && carries(candidates[j], asked);
  }
  if (any()) return meant;
  std::vector<std::string> names;
  for (const auto& candidate : candidates) names.push_back(candidate.name);
  const auto near = base::nearest(asked, names);
  throw base::InputError("error: --without " + asked + ": no node has this name or label" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

bool lands_lastingly(const NodePlacement& node) {
  return std::all_of(node.against.begin(), node.against.end(), [](const Reason& reason) { return reason.passing; });
}

void check(const Subject& subject, const std::vector<resource::NodeSelectorTerm>& terms, const Nodes& kept, const Nodes& excluded) {
  resource::PodSpec spec = *subject.spec;
  spec.required_node_affinity = terms;
  spec.scheduling_gates.clear();
  Subject restricted = subject;
  restricted.spec = &spec;
  const auto lands = [&](const Candidate* node) { return lands_lastingly(place(restricted, {*node}).nodes[0]); };
  base::require(std::all_of(kept.begin(), kept.end(), lands), "the expression keeps every node that is to be kept");
  base::require(std::none_of(excluded.begin(), excluded.end(), lands), "the expression excludes every node that is to be excluded");
}

}  // namespace

Exclusion excluding(const Nodes& kept, const Nodes& excluded) {
  const Options options(kept, excluded);
  std::vector<bool> covered(excluded.size(), false);
  const size_t depth = options.all.size() <= 100 ? 3 : options.all.size() <= 1000 ? 2 : 1;
  std::vector<const Option*> chosen = excluded.empty() ? std::vector<const Option*>{} : Search(options.all).run(excluded.size(), depth);
  if (chosen.empty())
    chosen = greedy(options.all, covered);
  else
    for (const Option* option : chosen) unite(covered, *option);
  Exclusion exclusion;
  for (const Option* option : chosen) exclusion.expressions.push_back(option->requirement);
  for (size_t i = 0; i < excluded.size(); ++i)
    if (!covered[i]) exclusion.fields.push_back({"metadata.name", "NotIn", {excluded[i]->name}, {}});
  return exclusion;
}

std::vector<resource::NodeSelectorTerm> with_exclusion(const resource::PodSpec& spec, const Exclusion& exclusion) {
  std::vector<resource::NodeSelectorTerm> terms = spec.required_node_affinity.value_or(std::vector<resource::NodeSelectorTerm>(1));
  for (auto& term : terms) {
    if (spec.required_node_affinity && term.expressions.empty() && term.fields.empty()) continue;  // selects nothing, and must not begin to
    term.expressions.insert(term.expressions.end(), exclusion.expressions.begin(), exclusion.expressions.end());
    term.fields.insert(term.fields.end(), exclusion.fields.begin(), exclusion.fields.end());
  }
  return terms;
}

Restriction restrict_to_others(const Placement& placement, const std::vector<Candidate>& candidates, const std::vector<std::string>& asked) {
  std::vector<bool> meant(candidates.size(), false);
  for (const auto& word : asked) {
    const auto one = meant_by(word, candidates);
    for (size_t i = 0; i < meant.size(); ++i) meant[i] = meant[i] || one[i];
  }
  Restriction result;
  Nodes kept, excluded;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!candidates[i].labels_complete) continue;
    const bool lands = lands_lastingly(placement.nodes[i]);
    if (lands) (meant[i] ? excluded : kept).push_back(&candidates[i]);
    if (meant[i]) (lands ? result.excluded : result.out_before).push_back(candidates[i].name);
    if (lands && !meant[i]) result.kept.push_back(candidates[i].name);
  }
  if (excluded.empty() || !placement.subject.spec->node_name.empty()) return result;
  result.exclusion = excluding(kept, excluded);
  result.terms = with_exclusion(*placement.subject.spec, result.exclusion);
  check(placement.subject, result.terms, kept, excluded);
  return result;
}

}  // namespace npverify::placement
