#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"

namespace npverify::logic {

/// One S-expression of an SMT-LIB text: a word, or a list.
struct SExpr {
  std::string word;          ///< empty for a list
  std::vector<SExpr> items;  ///< of a list
  bool is_list = false;
  uint32_t line = 0, column = 0;
  std::string comment;       ///< the comment lines directly above, joined by spaces, without their semicolons
  bool is(const char* text) const { return !is_list && word == text; }
};

/// All top-level expressions of `file`. Unbalanced parentheses and nesting deeper than 200 are errors; what was read before is returned.
std::vector<SExpr> read_sexprs(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics);

}  // namespace npverify::logic
