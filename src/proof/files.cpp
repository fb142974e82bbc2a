#include "proof/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>

#include "proof/check.h"

namespace npverify::proof {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || (in.peek() != EOF && !(text << in.rdbuf()))) return std::nullopt;
  return text.str();
}

/// The question in words, from the first comment of the formula.
std::string title_of(const std::string& cnf) {
  const std::string head = "c query: ";
  return cnf.starts_with(head) ? cnf.substr(head.size(), cnf.find('\n') - head.size()) : "";
}

class Run {
 public:
  Run(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

  void add(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return check_file(path);
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path, error))
      if (entry.path().extension() == ".cnf" && entry.is_regular_file(error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (files.empty()) problem(path.string() + ": there is no .cnf file in this folder");
    for (const auto& file : files) check_file(file);
  }

  int finish() {
    out_ << accepted_ << " of " << accepted_ + refused_ << (accepted_ + refused_ == 1 ? " proof holds\n" : " proofs hold\n");
    return unreadable_ ? 2 : refused_ ? 1 : 0;
  }

 private:
  void problem(const std::string& text) {
    err_ << "error: " << text << "\n";
    unreadable_ = true;
  }

  void check_file(const fs::path& cnf) {
    const fs::path drup = fs::path(cnf).replace_extension(".drup");
    if (cnf.extension() != ".cnf") return problem(cnf.string() + ": expected a file that ends in .cnf, with the proof in a .drup beside it, or a folder");
    const auto formula = text_of(cnf), steps = text_of(drup);
    if (!formula) return problem("cannot read '" + cnf.string() + "'");
    if (!steps) return problem("cannot read '" + drup.string() + "', the proof of " + cnf.filename().string());
    const Check found = check({*formula, *steps});
    (found.accepted ? accepted_ : refused_) += 1;
    const std::string title = title_of(*formula);
    out_ << (found.accepted ? "holds    " : "REFUSED  ") << cnf.string() << "  " << found.clauses << " clauses, " << found.steps << " steps" << (title.empty() ? "" : "  " + title) << "\n";
    if (!found.accepted) out_ << "         " << found.reason << "\n";
  }

  std::ostream &out_, &err_;
  size_t accepted_ = 0, refused_ = 0;
  bool unreadable_ = false;
};

}  // namespace

int check_files(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err) {
  Run run(out, err);
  for (const auto& path : paths) run.add(path);
  return run.finish();
}

}  // namespace npverify::proof
