#include "npverify/evaluate.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <istream>
#include <ostream>
#include <unordered_map>

#include "base/diagnostics.h"
#include "library/state.h"
#include "reach/evaluation.h"
#include "reach/mixed.h"

namespace npverify {
namespace {

struct Field {
  std::string text;
  uint32_t column = 1;  ///< of its first byte, from 1
};

/// One line of CSV: commas, quotes doubled inside quotes. Sets `open` where a quote is not closed in its line: no end has a line end in it.
std::vector<Field> fields_of(const std::string& line, bool& open) {
  std::vector<Field> fields(1);
  open = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && open && i + 1 < line.size() && line[i + 1] == '"')
      fields.back().text += line[++i];
    else if (c == '"')
      open = !open;
    else if (c == ',' && !open)
      fields.push_back({"", static_cast<uint32_t>(i + 2)});
    else if (c != '\r')
      fields.back().text += c;
  }
  return fields;
}

std::string quoted_if_needed(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

std::optional<base::Port> parse_port(const std::string& text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const int port = std::stoi(text);
  return port <= 65535 ? std::optional(static_cast<base::Port>(port)) : std::nullopt;
}

struct FlowLine {
  std::string source, destination;
  base::Protocol protocol = base::Protocol::tcp;
  base::Port port = 0;
};

/// Reads the lines of a flow file; problems are collected with their place.
class FlowReader {
 public:
  FlowReader(std::istream& in, const std::string& name) : in_(in), file_(std::make_shared<base::SourceFile>(base::SourceFile{name, ""})) {}

  /// Finds the columns. False after an error.
  bool header() {
    std::string line;
    std::getline(in_, line);
    line_ = 1;
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    bool open = false;
    const auto names = fields_of(line, open);
    for (size_t i = 0; i < names.size(); ++i)
      for (size_t c = 0; c < 4; ++c) {
        if (names[i].text != wanted[c]) continue;
        if (columns_[c] >= 0) problem("the header names the column '" + names[i].text + "' twice", names[i].column);
        columns_[c] = static_cast<int>(i);
      }
    needed_ = static_cast<size_t>(*std::max_element(columns_, columns_ + 4)) + 1;
    report_missing_columns(line);
    return !problems.has_errors();
  }

  bool next(FlowLine& flow) {
    std::string line;
    while (std::getline(in_, line)) {
      ++line_;
      if (line.empty() || line == "\r") continue;
      if (read(line, flow)) return true;
    }
    return false;
  }

  void problem(const std::string& message, uint32_t column = 1) {
    if (problems.error_count() < most) problems.error({file_, line_, column}, "", message);
    else if (problems.error_count() == most) problems.error({file_, 0, 0}, "", "and more problems in later lines");
  }

  base::Diagnostics problems;

 private:
  static constexpr const char* wanted[] = {"source", "destination", "protocol", "port"};
  static constexpr size_t most = 50;

  void report_missing_columns(const std::string& line) {
    std::string missing;
    for (size_t c = 0; c < 4; ++c)
      if (columns_[c] < 0) missing += (missing.empty() ? "" : ", ") + std::string(wanted[c]);
    if (missing.empty()) return;
    const bool readable = std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r'; });
    const std::string shown = line.empty() ? "nothing" : readable ? "'" + line.substr(0, std::min<size_t>(line.find('\r'), 80)) + "'" : "no text";
    problem("the header has no column " + missing + "; expected source,destination,protocol,port, found " + shown);
  }

  bool read(const std::string& line, FlowLine& flow) {
    bool open = false;
    const auto fields = fields_of(line, open);
    if (open) return problem("a quote is not closed in this line"), false;
    if (fields.size() < needed_) return problem("expected " + std::to_string(needed_) + " fields, as in the header, found " + std::to_string(fields.size())), false;
    const auto field = [&](size_t c) -> const Field& { return fields[static_cast<size_t>(columns_[c])]; };
    const auto protocol = base::parse_protocol(field(2).text);
    const auto port = parse_port(field(3).text);
    if (!protocol) {
      const auto near = base::nearest(field(2).text, {"TCP", "UDP", "SCTP", "ICMP"});
      problem("unknown protocol '" + field(2).text + "'; expected TCP, UDP, SCTP or ICMP" + (near ? " (did you mean '" + *near + "'?)" : ""), field(2).column);
    }
    if (!port) problem("'" + field(3).text + "' is no port; expected 0 to 65535", field(3).column);
    if (!protocol || !port) return false;
    flow = {field(0).text, field(1).text, *protocol, *port};
    return true;
  }

  std::istream& in_;
  std::shared_ptr<base::SourceFile> file_;
  uint32_t line_ = 0;
  size_t needed_ = 0;  // fields of a line, up to the last column that is read
  int columns_[4] = {-1, -1, -1, -1};
};

FlowAnswer words(const reach::Evaluation::Answer& found) {
  return {to_string(found.egress->verdict), to_string(found.ingress->verdict), to_string(found.verdict()), found.reason()};
}

}  // namespace

namespace {

using Judge = std::function<reach::Evaluation::Answer(const std::string&, const std::string&, base::Protocol, base::Port)>;

Judge answer_of(const Snapshot& snapshot, const Profile& profile) {
  const auto evaluation = std::make_shared<reach::Evaluation>(snapshot.state().whole(), profile.state().profile);
  return [snapshot, evaluation](const auto&... flow) { return evaluation->answer(flow...); };
}

Judge answer_of(const Snapshot& snapshot, const NodePools& pools) {
  const auto evaluation = std::make_shared<reach::MixedEvaluation>(snapshot.state().whole(), pools.state().cluster);
  return [snapshot, pools, evaluation](const auto&... flow) { return evaluation->answer(flow...); };
}

}  // namespace

struct Evaluation::State {
  Judge answer;
};

Evaluation::Evaluation(const Snapshot& snapshot, const Profile& profile) : state_(library::guarded([&] { return std::make_shared<State>(State{answer_of(snapshot, profile)}); })) {}
Evaluation::Evaluation(const Snapshot& snapshot, const NodePools& pools) : state_(library::guarded([&] { return std::make_shared<State>(State{answer_of(snapshot, pools)}); })) {}

FlowAnswer Evaluation::answer(const std::string& source, const std::string& destination, const std::string& protocol, unsigned port) {
  return library::guarded([&] {
    const auto parsed = base::parse_protocol(protocol);
    if (!parsed || port > 65535) throw base::InputError("error: " + protocol + "/" + std::to_string(port) + " is no protocol and port\n");
    const auto found = state_->answer(source, destination, *parsed, static_cast<base::Port>(port));
    if (!found.egress) throw base::InputError("error: " + found.problem + "\n");
    return words(found);
  });
}

namespace {

EvaluationCounts answer_all(const Judge& answer, const std::string& name, std::istream& flows, std::ostream& verdicts) {
  FlowReader reader(flows, name);
  EvaluationCounts counts;
  if (!reader.header()) throw base::InputError(reader.problems);
  verdicts << "source,destination,protocol,port,egress,ingress,verdict,reason\n";
  FlowLine flow;
  std::string out;
  while (reader.next(flow)) {
    const auto found = answer(flow.source, flow.destination, flow.protocol, flow.port);
    if (!found.egress) reader.problem(found.problem);
    if (reader.problems.has_errors()) continue;  // what was printed stays the answer to the first lines; the rest is only checked
    ++counts.flows;
    const auto verdict = found.verdict();
    counts.unknown += verdict == oracle::EndVerdict::unknown;
    out.clear();
    out.append(quoted_if_needed(flow.source)).append(",").append(quoted_if_needed(flow.destination)).append(",").append(base::to_string(flow.protocol)).append(",");
    out.append(std::to_string(flow.port)).append(",").append(to_string(found.egress->verdict)).append(",").append(to_string(found.ingress->verdict)).append(",");
    out.append(to_string(verdict)).append(",").append(quoted_if_needed(found.reason())).append("\n");
    verdicts << out;
  }
  if (reader.problems.has_errors()) throw base::InputError(reader.problems);
  return counts;
}

}  // namespace

EvaluationCounts evaluate_csv(const Snapshot& snapshot, const Profile& profile, const std::string& name, std::istream& flows, std::ostream& verdicts) {
  return library::guarded([&] { return answer_all(answer_of(snapshot, profile), name, flows, verdicts); });
}

EvaluationCounts evaluate_csv(const Snapshot& snapshot, const NodePools& pools, const std::string& name, std::istream& flows, std::ostream& verdicts) {
  return library::guarded([&] { return answer_all(answer_of(snapshot, pools), name, flows, verdicts); });
}

}  // namespace npverify
