#include "npverify/evaluate.h"

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

/// The fields of one line of CSV: commas, quotes doubled inside quotes.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else if (c != '\r')
      fields.back() += c;
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
    const auto names = fields_of(line);
    for (size_t i = 0; i < names.size(); ++i)
      for (size_t c = 0; c < 4; ++c)
        if (names[i] == wanted[c]) columns_[c] = static_cast<int>(i);
    for (size_t c = 0; c < 4; ++c)
      if (columns_[c] < 0) problem("the header has no column '" + std::string(wanted[c]) + "'; expected source,destination,protocol,port");
    return !problems.has_errors();
  }

  bool next(FlowLine& flow) {
    std::string line;
    while (std::getline(in_, line)) {
      ++line_;
      if (line.empty() || line == "\r") continue;
      if (read(fields_of(line), flow)) return true;
    }
    return false;
  }

  void problem(const std::string& message) {
    if (problems.error_count() < 50) problems.error({file_, line_, 1}, "", message);
  }

  base::Diagnostics problems;

 private:
  static constexpr const char* wanted[] = {"source", "destination", "protocol", "port"};

  bool read(const std::vector<std::string>& fields, FlowLine& flow) {
    std::string values[4];
    for (size_t c = 0; c < 4; ++c) {
      if (static_cast<size_t>(columns_[c]) >= fields.size()) return problem("expected " + std::to_string(columns_[c] + 1) + " fields, found " + std::to_string(fields.size())), false;
      values[c] = fields[static_cast<size_t>(columns_[c])];
    }
    const auto protocol = base::parse_protocol(values[2]);
    const auto port = parse_port(values[3]);
    if (!protocol) problem("unknown protocol '" + values[2] + "'; expected TCP, UDP, SCTP or ICMP");
    if (!port) problem("'" + values[3] + "' is no port; expected 0 to 65535");
    if (!protocol || !port) return false;
    flow = {values[0], values[1], *protocol, *port};
    return true;
  }

  std::istream& in_;
  std::shared_ptr<base::SourceFile> file_;
  uint32_t line_ = 0;
  int columns_[4] = {-1, -1, -1, -1};
};

FlowAnswer words(const reach::Evaluation::Answer& found) {
  return {to_string(found.egress->verdict), to_string(found.ingress->verdict), to_string(found.verdict()), found.reason()};
}

}  // namespace

namespace {

using Judge = std::function<reach::Evaluation::Answer(const std::string&, const std::string&, base::Protocol, base::Port)>;

Judge answer_of(const Snapshot& snapshot, const Profile& profile) {
  const auto evaluation = std::make_shared<reach::Evaluation>(snapshot.state().snapshot, profile.state().profile);
  return [snapshot, evaluation](const auto&... flow) { return evaluation->answer(flow...); };
}

Judge answer_of(const Snapshot& snapshot, const NodePools& pools) {
  const auto evaluation = std::make_shared<reach::MixedEvaluation>(snapshot.state().snapshot, pools.state().cluster);
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
    if (!found.egress) {
      reader.problem(found.problem);
      continue;
    }
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
