#include "npverify/proof.h"

#include "proof/files.h"

namespace npverify {

int check_proofs(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err) { return proof::check_files(paths, out, err); }

}  // namespace npverify
