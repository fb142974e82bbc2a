#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace npverify::proof {

/// Checks FILE.cnf with FILE.drup beside it, for every path; a folder stands for every .cnf below it, in order of their names. A line for
/// each on `out`, then the count; what cannot be read on `err`.
/// Gives 0 where every proof holds, 1 where one does not, 2 where a file cannot be read or there is none.
int check_files(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err);

}  // namespace npverify::proof
