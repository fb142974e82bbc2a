#include "report/json_writer.h"
#include "report/text_writer.h"
#include "report/writer.h"

namespace npverify::report {
namespace {

struct Format {
  const char* name;
  const Writer& (*writer)();
};

/// A new format is a line here and a file beside this one.
constexpr Format all[] = {{"text", text_writer}, {"json", json_writer}};

}  // namespace

const Writer* find_writer(std::string_view format) {
  for (const Format& one : all)
    if (format == one.name) return &one.writer();
  return nullptr;
}

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const Format& one : all) names.emplace_back(one.name);
  return names;
}

const char* verdict_word(std::string_view command, verify::Verdict verdict) {
  const bool compares = command == "equiv" || command == "diff";
  switch (verdict) {
    case verify::Verdict::proved: return command == "equiv" ? "equivalent" : compares ? "same" : "proved";
    case verify::Verdict::violated: return compares ? "different" : "violated";
    case verify::Verdict::unknown: return "unknown";
    case verify::Verdict::vacuous: return "vacuous";
  }
  return "unknown";
}

const char* verdict_word(const Run& run, verify::Verdict verdict) {
  return run.shard && run.shard->exit_code == 0 && (verdict == verify::Verdict::proved || run.command == "prove") ? "part" : verdict_word(run.command, verdict);
}

verify::Verdict overall(const verify::ProveResult& result) {
  using verify::Verdict;
  for (Verdict worst : {Verdict::violated, Verdict::unknown, Verdict::vacuous})
    for (const auto& one : result.results)
      if (one.verdict == worst) return worst;
  return result.results.empty() ? Verdict::vacuous : Verdict::proved;
}

std::string place_of(const verify::PolicyPlace& place) {
  return place.file.empty() || place.line == 0 ? place.file : place.file + ":" + std::to_string(place.line);
}

std::string name_of(const verify::PolicyPlace& place) {
  return place.namespace_name.empty() ? place.name : place.namespace_name + "/" + place.name;
}

void SourceTexts::add(const base::SourceSpan& span) {
  if (span.file) files_.emplace(span.file->name, span.file);
}

void SourceTexts::add(const resource::Snapshot& snapshot) {
  for (const auto& policy : snapshot.network_policies) add(policy.meta.origin.span);
}

std::vector<std::string> SourceTexts::part(const std::string& file, uint32_t number, size_t most) const {
  std::vector<std::string> lines;
  const auto found = files_.find(file);
  if (found == files_.end() || number == 0) return lines;
  const std::string_view text = found->second->text;
  const auto depth_of = [](std::string_view line) { return line.find_first_not_of(" \t"); };
  const std::string_view first = base::line_of(text, number);
  const size_t depth = depth_of(first);
  if (depth == std::string_view::npos) return lines;
  const std::string_view from_here = text.substr(static_cast<size_t>(first.data() - text.data()));  // a large file is gone through once
  for (uint32_t at = 1; lines.size() < most; ++at) {
    std::string_view line = base::line_of(from_here, at);
    const size_t here = depth_of(line);
    if (here == std::string_view::npos || (at != 1 && here <= depth)) break;
    line.remove_prefix(depth);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    lines.emplace_back(line.substr(0, 160));  // a whole JSON dump can stand on one line
  }
  return lines;
}

}  // namespace npverify::report
