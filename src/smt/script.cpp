// A query as an SMT-LIB 2 script that any solver reads: Booleans with readable names, every law spelled out pair by pair, and one
// definition for each expression that is used more than once.
#include <unordered_map>

#include "smt/laws.h"
#include "smt/scan.h"
#include "smt/solver.h"

namespace npverify::smt {

using logic::Expr;
using logic::Op;

namespace {

class Script {
 public:
  Script(const logic::Pool& pool, const std::vector<Expr>& asserted) : pool_(pool), asserted_(asserted) {
    scan_.run(pool, asserted);
    laws_ = laws_of(pool, scan_.atoms());
    names_ = variable_names(pool, laws_);
  }

  std::string text(const std::string& title) {
    out_ = "; ";
    for (const char c : title) out_ += c == '\n' || c == '\r' ? ' ' : c;
    out_ += "\n(set-logic QF_UF)\n";
    declare();
    state_laws();
    define_shared();
    out_ += "\n; asserted\n";
    for (const Expr e : asserted_) out_ += "(assert " + term(e) + ")\n";
    return out_ + "(check-sat)\n";
  }

 private:
  void declare() {
    std::vector<bool> defined(names_.size(), false);
    for (const Membership& m : laws_.memberships) defined[static_cast<size_t>(m.defined)] = true;
    for (size_t v = 1; v < names_.size(); ++v)
      if (!defined[v]) out_ += "(declare-const |" + names_[v] + "| Bool)\n";
    for (const Membership& m : laws_.memberships) {
      out_ += "(define-fun " + literal(m.defined) + " () Bool (or";
      for (const auto& cube : m.cubes) out_ += " " + list("and", cube);
      out_ += "))\n";
    }
  }

  void state_laws() {
    out_ += "\n; laws\n";
    std::vector<Literal> clause;
    for (const Literal l : laws_.clauses) {
      if (l != 0) {
        clause.push_back(l);
        continue;
      }
      out_ += "(assert " + list("or", clause) + ")\n";
      clause.clear();
    }
    for (const auto& group : laws_.at_most_one)
      for (size_t i = 0; i < group.size(); ++i)
        for (size_t j = i + 1; j < group.size(); ++j) out_ += "(assert " + list("or", {-group[i], -group[j]}) + ")\n";
  }

  void define_shared() {
    std::unordered_map<uint32_t, int> uses;
    for (const Expr e : scan_.nodes())
      for (const Expr arg : pool_.args(e)) ++uses[arg.id];
    size_t next_atom = 0;
    for (const Expr e : scan_.nodes()) {
      if (pool_.op(e) == Op::atom) {
        words_[e.id] = literal(laws_.atoms[next_atom++]);
      } else if (uses[e.id] > 1 && pool_.op(e) != Op::negation) {
        const std::string name = "|e" + std::to_string(e.id) + "|";
        out_ += "(define-fun " + name + " () Bool " + term(e) + ")\n";
        words_[e.id] = name;
      }
    }
  }

  std::string literal(Literal l) const {
    const std::string name = "|" + names_[static_cast<size_t>(l > 0 ? l : -l)] + "|";
    return l > 0 ? name : "(not " + name + ")";
  }

  std::string list(const char* op, const std::vector<Literal>& literals) const {
    if (literals.empty()) return std::string(op) == "or" ? "false" : "true";
    if (literals.size() == 1) return literal(literals[0]);
    std::string out = std::string("(") + op;
    for (const Literal l : literals) out += " " + literal(l);
    return out + ")";
  }

  std::string term(Expr e) const {
    if (e.is_false()) return "false";
    if (e.is_true()) return "true";
    if (const auto it = words_.find(e.id); it != words_.end()) return it->second;
    std::string out = pool_.op(e) == Op::negation ? "(not" : pool_.op(e) == Op::conjunction ? "(and" : "(or";
    for (const Expr arg : pool_.args(e)) out += " " + term(arg);
    return out + ")";
  }

  const logic::Pool& pool_;
  const std::vector<Expr>& asserted_;
  Scan scan_;
  Laws laws_;
  std::vector<std::string> names_;
  std::unordered_map<uint32_t, std::string> words_;
  std::string out_;
};

}  // namespace

std::string to_smtlib_script(const logic::Pool& pool, const std::vector<Expr>& asserted, const std::string& title) { return Script(pool, asserted).text(title); }

}  // namespace npverify::smt
