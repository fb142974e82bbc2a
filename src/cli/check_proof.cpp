#include "npverify/proof.h"

#include <iostream>

#include "cli/commands.h"

namespace npverify::cli {

void add_check_proof_command(Command& app, CommonOptions&, int& exit_code) {
  Command command = app.add_subcommand("check-proof", "Do proofs that --proofs wrote hold? Decided without a solver");
  const auto paths = std::make_shared<std::vector<std::string>>();
  command.add_option("paths", *paths, "FILE.cnf with FILE.drup beside it, or folders of them").required().type_name("FILE|DIR");
  command.footer("npverify equiv --proofs proofs/ ... && npverify check-proof proofs/\nnpverify-check-proof is the same checker as a program in which no solver is linked.");
  command.callback([&exit_code, paths] { exit_code = check_proofs(*paths, std::cout, std::cerr); });
}

}  // namespace npverify::cli
