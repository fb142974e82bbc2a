// The cases of tests/prove (form: tests/prove/run.py), asked of the library: verdicts, reasons, exceptions, axes, exit codes. Each is asked
// with one thread and with three, and must be answered alike.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "manifest/node.h"
#include "resource/load.h"
#include "support/catch.h"
#include "verify/prove.h"

namespace {

namespace fs = std::filesystem;
using namespace npverify;

struct Expectation {
  std::string id, text;  ///< of EXPECT: "verdict" or "verdict: part of the reason"
};

struct Case {
  std::vector<std::string> profiles;
  std::string as_of = "2026-01-01", manifests, spec;
  std::vector<Expectation> expect, exceptions, axes;
  int exit_code = 0;
};

std::vector<std::string> split(const std::string& text, const std::string& by) {
  std::vector<std::string> out;
  size_t from = 0;
  for (size_t at = text.find(by); at != std::string::npos; at = text.find(by, from)) {
    out.push_back(text.substr(from, at - from));
    from = at + by.size();
  }
  out.push_back(text.substr(from));
  return out;
}

Expectation expectation(const std::string& text) {
  const auto space = text.find(' ');
  return {text.substr(0, space), text.substr(space + 1)};
}

void read_header(const std::string& line, Case& out) {
  const auto colon = line.find(": ");
  if (line.rfind("# ", 0) != 0 || colon == std::string::npos) return;
  const std::string word = line.substr(2, colon - 2), text = line.substr(colon + 2);
  if (word == "PROFILES") out.profiles = split(text, ", ");
  if (word == "AS-OF") out.as_of = text;
  if (word == "EXPECT") out.expect.push_back(expectation(text));
  if (word == "EXCEPTIONS") out.exceptions.push_back(expectation(text));
  if (word == "AXES") out.axes.push_back(expectation(text));
  if (word == "EXIT") out.exit_code = std::stoi(text);
}

Case read_case(const fs::path& path) {
  Case out;
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line) && line.rfind("#", 0) == 0;) read_header(line, out);
  for (const std::string& document : split(text.str(), "\n---\n")) {
    std::string& into = document.find("apiVersion: npverify.io/") != std::string::npos ? out.spec : out.manifests;
    into += (into.empty() ? "" : "\n---\n") + document;
  }
  return out;
}

const semantics::Encodings& encodings() {
  static const auto loaded = semantics::Encodings::load((fs::path(NPVERIFY_SOURCE_DIR) / "encodings").string());
  return *loaded;
}

verify::ProveResult answer(const Case& c, unsigned jobs) {
  base::Diagnostics diagnostics;
  const auto documents = manifest::read_text("case.yaml", c.manifests, diagnostics);
  const auto snapshot = resource::load_snapshot(documents, {}, diagnostics);
  const auto sets = verify::read_spec_texts({std::make_shared<base::SourceFile>(base::SourceFile{"spec.yaml", c.spec})}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  std::vector<semantics::Profile> profiles;
  for (const auto& name : c.profiles) profiles.push_back(encodings().resolve(semantics::parse_profile_request(name)));
  verify::ProveOptions options;
  options.jobs = jobs;
  options.as_of = *verify::parse_date(c.as_of);
  return verify::prove(snapshot, sets, encodings(), profiles, options);
}

const char* word_of(verify::Verdict verdict) {
  switch (verdict) {
    case verify::Verdict::proved: return "proved";
    case verify::Verdict::violated: return "violated";
    case verify::Verdict::unknown: return "unknown";
    case verify::Verdict::vacuous: return "vacuous";
  }
  return "?";
}

const verify::InvariantResult& of(const verify::ProveResult& result, const std::string& id) {
  const auto it = std::find_if(result.results.begin(), result.results.end(), [&](const auto& one) { return one.id == id; });
  INFO("no result for " << id);
  REQUIRE(it != result.results.end());
  return *it;
}

void check(const Case& c, const verify::ProveResult& result) {
  CHECK(result.results.size() == c.expect.size());
  for (const auto& [id, text] : c.expect) {
    const auto& one = of(result, id);
    const auto colon = text.find(": ");
    INFO(id << ": " << one.reason);
    CHECK(text.substr(0, colon) == word_of(one.verdict));
    if (colon != std::string::npos) CHECK_THAT(one.reason, test::contains_text(text.substr(colon + 2)));
    CHECK(one.witness.has_value() == (one.verdict == verify::Verdict::violated));
    CHECK(one.reason.empty() == (one.verdict == verify::Verdict::proved));
  }
  for (const auto& [id, text] : c.exceptions) CHECK(of(result, id).exceptions == std::vector<std::string>{text});
  for (const auto& [id, text] : c.axes) CHECK(of(result, id).axes == std::vector<std::string>{text});
  CHECK(verify::exit_code(result) == c.exit_code);
}

void check_same(const verify::ProveResult& a, const verify::ProveResult& b) {
  REQUIRE(a.results.size() == b.results.size());
  for (size_t i = 0; i < a.results.size(); ++i) {
    CHECK(a.results[i].verdict == b.results[i].verdict);
    CHECK(a.results[i].reason == b.results[i].reason);
  }
}

TEST_CASE("each case of tests/prove is answered as it says", "[verify][prove]") {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(NPVERIFY_SOURCE_DIR) / "tests" / "prove" / "cases")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 15);
  for (const auto& path : files) {
    DYNAMIC_SECTION(path.stem().string()) {
      const Case c = read_case(path);
      const auto alone = answer(c, 1);
      check(c, alone);
      check_same(alone, answer(c, 3));
    }
  }
}

}  // namespace
