// The smallest witness. One preference after another is settled and then fixed by a clause, always starting from the model at hand, so the
// solver is only asked where the model at hand is not yet as small as it could be. Counts (labels, fresh values, port names) are first
// lowered greedily, one literal at a time, which nearly always reaches the minimum; a counter then asks for one fewer until the answer is
// no, which makes it exact. Because every preference is settled exactly and all variables are settled in the end, the result is the least
// model of one total order: any two solvers, and any two runs, give the same witness. z3::optimize was measured against this: asked for
// the fewest labels and the lowest port alone it costs more than the whole order does here, and it leaves ties open (benchmarks/solver_slices).
#include "smt/minimal.h"

#include <algorithm>

namespace npverify::smt {
namespace {

using base::Family;
using logic::Role;

struct GaveUp {};

class Descent {
 public:
  Descent(const Laws& laws, Incremental& solver) : laws_(laws), solver_(solver) {}

  Answer start() {
    define_fresh_values();
    const Answer answer = solver_.solve({});
    if (answer == Answer::sat) model_ = solver_.model(last_);
    return answer;
  }

  const std::vector<bool>& model() const { return model_; }

  void descend() {
    settle_fewest(label_presence());
    settle_fewest(fresh_values_);
    prefer(laws_.protocols[static_cast<size_t>(base::Protocol::tcp)]);
    prefer(laws_.ipv4);
    settle_fewest(port_names());
    settle_lowest(laws_.ports);
    const auto family = static_cast<size_t>(holds(laws_.ipv4) ? Family::ipv4 : Family::ipv6);
    for (const size_t role : {0, 1}) settle_lowest(laws_.addresses[role][family]);
    settle_ties();
  }

 private:
  bool holds(Literal literal) const { return literal > 0 ? model_[static_cast<size_t>(literal)] : !model_[static_cast<size_t>(-literal)]; }

  bool possible(const std::vector<Literal>& assumptions) {
    const Answer answer = solver_.solve(assumptions);
    if (answer == Answer::unknown) throw GaveUp{};
    if (answer == Answer::sat) model_ = solver_.model(last_);
    return answer == Answer::sat;
  }

  void prefer(Literal literal) {
    if (literal == 0) return;
    solver_.add({holds(literal) || possible({literal}) ? literal : -literal});
  }

  // A label that is present with no mentioned value.
  void define_fresh_values() {
    last_ = laws_.variables;
    for (const Choice& c : laws_.choices) {
      if (!c.exists) continue;
      const Literal fresh = last_ = solver_.new_variable();
      std::vector<Literal> clause{fresh, -c.exists};
      clause.insert(clause.end(), c.is.begin(), c.is.end());
      solver_.add(clause);
      solver_.add({-fresh, c.exists});
      for (const Literal is : c.is) solver_.add({-fresh, -is});
      fresh_values_.push_back(fresh);
    }
  }

  std::vector<Literal> label_presence() const {
    std::vector<Literal> present;
    for (const Choice& c : laws_.choices) {
      if (c.attribute != Attribute::label && c.attribute != Attribute::namespace_label) continue;
      if (c.exists)
        present.push_back(c.exists);
      else
        present.insert(present.end(), c.is.begin(), c.is.end());
    }
    return present;
  }

  std::vector<Literal> port_names() const {
    std::vector<Literal> names;
    for (const auto& p : laws_.port_names) names.push_back(p.literal);
    for (const auto& p : laws_.cluster_ports) names.push_back(p.literal);
    for (const auto& p : laws_.other_ports) names.push_back(p.literal);
    return names;
  }

  size_t count(const std::vector<Literal>& literals) const {
    return static_cast<size_t>(std::count_if(literals.begin(), literals.end(), [&](Literal l) { return holds(l); }));
  }

  void settle_fewest(const std::vector<Literal>& literals) {
    drop_greedily(literals);
    size_t fewest = count(literals);
    if (fewest == 0) {
      for (const Literal literal : literals) solver_.add({-literal});
      return;
    }
    const std::vector<Literal> more_than = counter(literals, fewest);
    // None at all was already refuted: the last greedy step left every other literal free to go.
    while (fewest > 1 && possible({-more_than[fewest - 1]})) fewest = count(literals);
    solver_.add({-more_than[fewest]});
  }

  // Sequential counter: the k-th result holds where more than k of `literals` do, for k up to `bound`.
  std::vector<Literal> counter(const std::vector<Literal>& literals, size_t bound) {
    std::vector<Literal> before;
    for (const Literal literal : literals) {
      std::vector<Literal> after(bound + 1);
      for (size_t k = 0; k <= bound; ++k) {
        after[k] = solver_.new_variable();
        if (k == 0) solver_.add({-literal, after[k]});
        if (before.empty()) continue;
        solver_.add({-before[k], after[k]});
        if (k > 0) solver_.add({-literal, -before[k - 1], after[k]});
      }
      before = std::move(after);
    }
    return before;
  }

  // Fewer and fewer, keeping absent what is absent.
  void drop_greedily(const std::vector<Literal>& literals) {
    std::vector<Literal> absent, kept;
    for (bool changed = true; changed;) {
      changed = false;
      absent.clear();
      for (const Literal l : literals)
        if (!holds(l)) absent.push_back(-l);
      for (const Literal l : literals) {
        if (!holds(l) || std::find(kept.begin(), kept.end(), l) != kept.end()) continue;
        absent.push_back(-l);
        if (possible(absent)) {
          changed = true;
          break;
        }
        absent.pop_back();
        kept.push_back(l);
      }
    }
  }

  size_t cell(const Scale& scale) const {
    size_t i = 0;
    while (i < scale.below.size() && !holds(scale.below[i])) ++i;
    return i;
  }

  void settle_lowest(const Scale& scale) {
    size_t low = 0, high = cell(scale);
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (possible({scale.below[middle]}))
        high = cell(scale);
      else
        low = middle + 1;
    }
    if (high < scale.below.size()) solver_.add({scale.below[high]});
    if (high > 0) solver_.add({-scale.below[high - 1]});
  }

  // Pods before hosts before the outside; known peers; of everything else, the first variable that can be false.
  void settle_ties() {
    for (const auto& kinds : laws_.kinds)
      for (const Literal literal : kinds) prefer(literal);
    for (const Literal literal : laws_.protocols) prefer(literal);
    for (const Choice& c : laws_.choices) {
      prefer(-c.exists);
      for (const Literal literal : c.is) prefer(-literal);
    }
    for (const Literal literal : port_names()) prefer(-literal);
    for (const Literal literal : {-laws_.same_node, -laws_.same_endpoint, laws_.peer_known[0], laws_.peer_known[1]}) prefer(literal);
    for (const Flag& flag : laws_.flags) prefer(-flag.literal);
  }

  const Laws& laws_;
  Incremental& solver_;
  Literal last_ = 0;
  std::vector<Literal> fresh_values_;
  std::vector<bool> model_;
};

}  // namespace

std::vector<bool> smallest_model(const Laws& laws, Incremental& solver, Result& result) {
  Descent descent(laws, solver);
  result.answer = descent.start();
  if (result.answer != Answer::sat) return {};
  try {
    descent.descend();
  } catch (const GaveUp&) {
    result.reason = "a smaller witness was not ruled out within the limits";
  }
  return descent.model();
}

}  // namespace npverify::smt
