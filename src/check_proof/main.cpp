// The whole program that decides whether proofs hold: this file, proof/files.cpp and proof/check.cpp.
#include <iostream>

#include "proof/files.h"

int main(int argc, char** argv) {
  const std::vector<std::string> paths(argv + 1, argv + argc);
  const bool asks_for_help = !paths.empty() && (paths[0] == "-h" || paths[0] == "--help");
  if (paths.empty() || asks_for_help) {
    (asks_for_help ? std::cout : std::cerr) << "npverify-check-proof FILE.cnf|DIR...\n"
                                               "Checks, without any solver, that each FILE.drup beside a FILE.cnf proves that the formula has no model.\n"
                                               "Exit codes: 0 every proof holds; 1 one does not; 2 a file cannot be read, or there is none.\n";
    return asks_for_help ? 0 : 2;
  }
  return npverify::proof::check_files(paths, std::cout, std::cerr);
}
