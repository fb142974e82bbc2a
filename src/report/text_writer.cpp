// The text that a tired engineer reads at three in the morning. In this order: the verdict in one word and one sentence; for each cause the
// flow that shows it, what either side does and by which rule, why (the axis and both sentences), where in the files, and the edit;
// at the end, compact, what the answer does not cover.
#include "report/text_writer.h"

#include "report/text_finding.h"

namespace npverify::report {
namespace {

std::string plural(size_t n, const std::string& word) { return std::to_string(n) + " " + word + (n == 1 ? "" : "s"); }

std::string policies(size_t n) { return n == 1 ? "1 policy" : std::to_string(n) + " policies"; }

size_t count_of(const std::map<std::string, size_t>& counts, const char* name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

Ink ink_of(verify::Verdict verdict) {
  switch (verdict) {
    case verify::Verdict::proved: return Ink::green;
    case verify::Verdict::violated: return Ink::red;
    case verify::Verdict::unknown:
    case verify::Verdict::vacuous: return Ink::yellow;
  }
  return Ink::plain;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string headline(const verify::ComparisonResult& result, const Run& run) {
  const std::string left = result.left.profile.name(), right = result.right.profile.name();
  const std::string sides = run.command == "diff" ? "the old and the new policies under " + left : left + " and " + right;
  switch (result.verdict) {
    case verify::Verdict::proved:
      return sides + " decide every flow alike" + (result.limits.partial ? ", as far as they are modelled." : ".");
    case verify::Verdict::violated: return sides + " disagree: " + plural(result.findings.size(), "cause") + (result.findings.size() == 1 ? ", shown by a flow." : ", each shown by a flow.");
    case verify::Verdict::unknown:
    case verify::Verdict::vacuous: return result.reason;
  }
  return "";
}

std::string scope_line(const verify::ComparisonResult& result) {
  std::string line = std::string("Universe ") + world::to_string(result.universe) + "; " + policies(count_of(result.counts, "policies"));
  if (const size_t n = count_of(result.counts, "namespaces")) line += " in " + plural(n, "namespace");
  return line + ".";
}

/// The verdict and its sentence; of a shard, that it is one.
std::string headed(const Run& run, verify::Verdict verdict, const std::string& sentence) {
  const Style& style = run.style;
  const std::string word = verdict_word(run, verdict);
  if (!run.shard) return paragraph(style, paint(style, ink_of(verdict), upper(word)) + "  ", sentence);
  const std::string part = "Shard " + std::to_string(run.shard->index) + " of " + std::to_string(run.shard->of);
  if (word == "part") return paragraph(style, paint(style, Ink::yellow, upper(word)) + "  ", part + ": nothing was found in it. It proves nothing alone: `npverify merge` joins the JSON of all shards.");
  return paragraph(style, paint(style, ink_of(verdict), upper(word)) + "  ", part + ": " + sentence);
}

/// At most `most` items of a list under a heading; nothing for an empty list.
std::string list(const Style& style, const std::string& heading, const std::vector<std::string>& items, size_t most) {
  if (items.empty()) return "";
  std::string out = paint(style, Ink::bold, heading) + "\n";
  if (style.verbose) most = items.size();
  for (size_t i = 0; i < items.size() && i < most; ++i) out += paragraph(style, "  - ", items[i]);
  if (items.size() > most) out += "  - and " + std::to_string(items.size() - most) + " more (--verbose lists them)\n";
  return out;
}

std::string tail(const Run& run, const verify::Limits& limits, const std::vector<std::string>& assumptions, const std::map<std::string, size_t>& counts) {
  const Style& style = run.style;
  std::string out;
  if (!style.quiet) {
    out += list(style, "Profiles", run.chosen, 6);
    out += list(style, "Gaps: behaviour without evidence", limits.gaps, 6);
    out += list(style, "Not modelled", limits.not_modelled, 6);
    out += list(style, "Approximations", limits.approximations, 4);
    out += list(style, "Assumed", assumptions, 6);
    out += list(style, "Left out: what the CNI does whatever policy says", limits.datapath, 4);
    out += list(style, "Notes of reading", run.notes, 4);
  }
  if (style.stats) {
    out += paint(style, Ink::bold, "Counts") + "\n";
    for (const auto& [name, count] : counts) out += "  " + name + " " + std::to_string(count) + "\n";
  }
  return out;
}

/// `parts` with one empty line between them.
std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty() && !out.ends_with("\n\n")) out += "\n";
    out += part;
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string refused_text(const Style& style, const verify::SideInfo& side) {
  std::vector<std::string> items;
  for (const auto& one : side.refused)
    items.push_back(one.namespace_name + "/" + one.name + (one.origin.span.file ? " (" + one.origin.span.to_string() + ")" : "") + ": " + one.sentence + " [" + one.axis + "]");
  return list(style, side.profile.name() + " does not enforce", items, 6);
}

std::string groups_line(const verify::ProveResult& result) {
  size_t counts[4] = {0, 0, 0, 0};
  for (const auto& one : result.results) ++counts[static_cast<size_t>(one.verdict)];
  std::string out;
  for (verify::Verdict verdict : {verify::Verdict::proved, verify::Verdict::violated, verify::Verdict::unknown, verify::Verdict::vacuous})
    if (const size_t n = counts[static_cast<size_t>(verdict)]) out += (out.empty() ? "" : ", ") + std::to_string(n) + " " + verdict_word("prove", verdict);
  return plural(result.results.size(), "invariant") + (out.empty() ? "" : ": " + out) + ".";
}

std::string profiles_line(const verify::ProveResult& result) {
  std::string names;
  for (const auto& side : result.profiles) names += (names.empty() ? "" : ", ") + side.profile.name();
  return "Under " + (names.empty() ? std::string("no profile") : names) + ".";
}

class TextWriter : public Writer {
 public:
  std::string write(const verify::ComparisonResult& result, const Run& run) const override {
    const Style& style = run.style;
    std::string out = headed(run, result.verdict, headline(result, run));
    if (!style.quiet) out += paragraph(style, "", scope_line(result));
    std::vector<std::string> parts{out};
    for (const auto& finding : result.findings) parts.push_back(finding_text(finding, parts.size(), result, run));
    if (!style.quiet && !run.witness_dir.empty() && !result.findings.empty()) parts.push_back(paragraph(style, "", "Each flow as manifests for `npverify eval`: " + run.witness_dir + "/<n>/"));
    parts.push_back(refused_text(style, result.left) + (run.command == "diff" ? "" : refused_text(style, result.right)));
    parts.push_back(tail(run, result.limits, result.assumptions, result.counts));
    return joined(parts);
  }

  std::string write(const verify::ProveResult& result, const Run& run) const override {
    const Style& style = run.style;
    const verify::Verdict verdict = overall(result);
    std::string out = headed(run, verdict, groups_line(result));
    if (!style.quiet) out += paragraph(style, "", profiles_line(result));
    std::string results, refused;
    for (const auto& one : result.results) results += invariant_text(one, result.profiles, run);
    for (const auto& side : result.profiles) refused += refused_text(style, side);
    return joined({out, results, refused, tail(run, result.limits, result.assumptions, result.counts)});
  }
};

}  // namespace

std::string tail_text(const Run& run, const verify::Limits& limits, const std::vector<std::string>& assumptions, const std::map<std::string, size_t>& counts) {
  return tail(run, limits, assumptions, counts);
}

const Writer& text_writer() {
  static const TextWriter writer;
  return writer;
}

}  // namespace npverify::report
