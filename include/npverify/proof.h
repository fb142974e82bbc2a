#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace npverify {

/// Checks proofs that Options::proofs wrote, without a solver: FILE.cnf with FILE.drup beside it, or every .cnf of a folder. A line for each
/// on `out`; what cannot be read on `err`. 0 where every proof holds, 1 where one does not, 2 where a file cannot be read or there is none.
int check_proofs(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err);

}  // namespace npverify
