// Forward RUP: a clause follows if assuming that all its literals are false leads, by unit propagation alone, to a clause that is false.
// Written to be read: one clause database, two watched literals a clause, one trail. Literals that became true at the root stay true even
// where the clause that made them so is deleted later; that is sound, because they follow from the formula whatever is deleted.
#include "proof/check.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace npverify::proof {
namespace {

using Clause = std::vector<int>;

class Checker {
 public:
  /// Adds a clause that is known to follow. From then on contradiction() may be true.
  void add(Clause clause) {
    std::sort(clause.begin(), clause.end());
    clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
    for (const int literal : clause) reserve(literal);
    index_[clause].push_back(clauses_.size());
    // Watch literals that are not false, if there are any.
    std::stable_partition(clause.begin(), clause.end(), [&](int l) { return value(l) >= 0; });
    clauses_.push_back(clause);
    deleted_.push_back(false);
    if (clause.size() >= 2)
      for (const size_t i : {0, 1}) watches_[slot(clause[i])].push_back(clauses_.size() - 1);
    if (clause.empty() || value(clause[0]) < 0)
      contradiction_ = true;
    else if (clause.size() == 1 || value(clause[1]) < 0)
      contradiction_ = contradiction_ || !(value(clause[0]) > 0 || assign_and_propagate(clause[0]));
  }

  bool follows(const Clause& clause) {
    if (contradiction_) return true;
    const size_t root = trail_.size();
    bool conflict = false;
    for (const int literal : clause) {
      reserve(literal);
      if (value(literal) > 0 || (value(literal) == 0 && !assign_and_propagate(-literal))) {
        conflict = true;
        break;
      }
    }
    while (trail_.size() > root) {
      values_[slot(trail_.back())] = values_[slot(-trail_.back())] = 0;
      trail_.pop_back();
    }
    head_ = root;
    return conflict;
  }

  /// False where there is no such clause.
  bool remove(Clause clause) {
    std::sort(clause.begin(), clause.end());
    clause.erase(std::unique(clause.begin(), clause.end()), clause.end());
    const auto it = index_.find(clause);
    if (it == index_.end()) return false;
    deleted_[it->second.back()] = true;
    it->second.pop_back();
    if (it->second.empty()) index_.erase(it);
    return true;
  }

  bool contradiction() const { return contradiction_; }

 private:
  static size_t slot(int literal) { return 2 * static_cast<size_t>(std::abs(literal)) + (literal < 0); }
  int value(int literal) const { return values_[slot(literal)]; }

  void reserve(int literal) {
    const size_t needed = 2 * static_cast<size_t>(std::abs(literal)) + 2;
    if (values_.size() < needed) values_.resize(needed, 0), watches_.resize(needed);
  }

  // False where a clause became false.
  bool assign_and_propagate(int literal) {
    assign(literal);
    while (head_ < trail_.size())
      if (!visit_watches_of(-trail_[head_++])) return false;
    return true;
  }

  void assign(int literal) {
    values_[slot(literal)] = 1;
    values_[slot(-literal)] = -1;
    trail_.push_back(literal);
  }

  bool visit_watches_of(int falsified) {
    std::vector<size_t>& watching = watches_[slot(falsified)];
    size_t kept = 0;
    for (size_t i = 0; i < watching.size(); ++i) {
      const size_t id = watching[i];
      if (deleted_[id]) continue;
      Clause& clause = clauses_[id];
      if (clause[0] == falsified) std::swap(clause[0], clause[1]);
      const bool satisfied = value(clause[0]) > 0;
      const auto other = satisfied ? clause.end() : std::find_if(clause.begin() + 2, clause.end(), [&](int l) { return value(l) >= 0; });
      if (other != clause.end()) {
        std::swap(clause[1], *other);
        watches_[slot(clause[1])].push_back(id);
        continue;
      }
      watching[kept++] = id;
      if (satisfied) continue;
      if (value(clause[0]) == 0) {
        assign(clause[0]);
        continue;
      }
      kept = static_cast<size_t>(std::copy(watching.begin() + static_cast<std::ptrdiff_t>(i) + 1, watching.end(), watching.begin() + static_cast<std::ptrdiff_t>(kept)) - watching.begin());
      watching.resize(kept);
      return false;
    }
    watching.resize(kept);
    return true;
  }

  std::vector<Clause> clauses_;
  std::vector<bool> deleted_;
  std::map<Clause, std::vector<size_t>> index_;  // sorted literals -> clauses
  std::vector<std::vector<size_t>> watches_;     // by literal
  std::vector<int8_t> values_;                   // by literal: 1 true, -1 false, 0 open
  std::vector<int> trail_;
  size_t head_ = 0;
  bool contradiction_ = false;
};

/// The literals of one line that ends with 0.
std::optional<Clause> parse_clause(std::string_view line) {
  Clause clause;
  while (!line.empty()) {
    if (line.front() == ' ') {
      line.remove_prefix(1);
      continue;
    }
    int literal = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), literal);
    // A literal the size of INT_MIN has no negation.
    if (error != std::errc{} || std::abs(static_cast<long long>(literal)) > (1 << 28)) return std::nullopt;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    if (literal == 0) return line.find_first_not_of(' ') == std::string_view::npos ? std::optional(clause) : std::nullopt;
    clause.push_back(literal);
  }
  return std::nullopt;
}

template <class Line>
std::string for_each_line(std::string_view text, const Line& line) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string problem = line(text.substr(0, end));
    if (!problem.empty()) return "line " + std::to_string(number) + ": " + problem;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return "";
}

}  // namespace

Check check(const Certificate& certificate) {
  Check result;
  Checker checker;
  std::optional<size_t> promised;
  std::string problem = for_each_line(certificate.cnf, [&](std::string_view line) -> std::string {
    if (line.empty() || line.front() == 'c') return "";
    if (line.starts_with("p cnf ")) {
      promised = std::strtoull(std::string(line.substr(line.rfind(' '))).c_str(), nullptr, 10);
      return "";
    }
    const auto clause = parse_clause(line);
    if (!clause) return "not a clause";
    ++result.clauses;
    checker.add(*clause);
    return "";
  });
  if (problem.empty() && promised != result.clauses) problem = "the formula does not have as many clauses as it promises";
  if (!problem.empty()) return result.reason = "formula, " + problem, result;

  problem = for_each_line(certificate.drup, [&](std::string_view line) -> std::string {
    if (line.empty()) return "";
    const bool removal = line.starts_with("d ");
    const auto clause = parse_clause(removal ? line.substr(2) : line);
    if (!clause) return "not a clause";
    ++result.steps;
    if (removal) return checker.remove(*clause) ? "" : "deletes a clause that is not there";
    if (!checker.follows(*clause)) return "the clause does not follow by unit propagation";
    checker.add(*clause);
    return "";
  });
  result.accepted = problem.empty() && checker.contradiction();
  if (!result.accepted) result.reason = problem.empty() ? "the proof ends without a contradiction" : "proof, " + problem;
  return result;
}

}  // namespace npverify::proof
