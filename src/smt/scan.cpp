#include "smt/scan.h"

#include <algorithm>

namespace npverify::smt {

using logic::Expr;
using logic::Op;

void Scan::run(const logic::Pool& pool, const std::vector<Expr>& roots) {
  nodes_.clear();
  atoms_.clear();
  if (seen_in_.size() < pool.size()) seen_in_.resize(pool.size(), 0);
  ++run_;
  stack_ = roots;
  while (!stack_.empty()) {
    const Expr e = stack_.back();
    stack_.pop_back();
    if (e.is_false() || e.is_true() || seen_in_[e.id] == run_) continue;
    seen_in_[e.id] = run_;
    nodes_.push_back(e);
    if (pool.op(e) != Op::atom) stack_.insert(stack_.end(), pool.args_begin(e), pool.args_end(e));
  }
  // A pool makes children before their parents, so ascending handles are a topological order.
  std::sort(nodes_.begin(), nodes_.end());
  for (const Expr e : nodes_)
    if (pool.op(e) == Op::atom) atoms_.push_back(e);
}

}  // namespace npverify::smt
