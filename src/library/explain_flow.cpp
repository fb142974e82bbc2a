#include "npverify/explain_flow.h"

#include "library/answer.h"
#include "report/flow.h"

namespace npverify {
namespace {

std::vector<path::Kind> kinds_of(const std::vector<std::string>& names) {
  std::vector<path::Kind> kinds;
  for (const auto& name : names) {
    const auto kind = path::parse_kind(name);
    if (!kind) {
      const auto near = base::nearest(name, {"podIP", "clusterIP", "nodePort", "loadBalancer", "hostPort"});
      throw base::InputError("error: --path " + name + ": expected podIP, clusterIP, nodePort, loadBalancer or hostPort" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
    }
    kinds.push_back(*kind);
  }
  return kinds;
}

/// "443", "TCP/443", "https", "UDP/dns".
void read_port(const std::string& text, verify::FlowQuestion& question) {
  std::string number = text;
  if (const size_t slash = text.find('/'); slash != std::string::npos) {
    const auto protocol = base::parse_protocol(text.substr(0, slash));
    if (!protocol || *protocol == base::Protocol::icmp) throw base::InputError("error: '" + text + "' is no port; expected PORT, or PROTOCOL/PORT with TCP, UDP or SCTP\n");
    question.protocol = *protocol;
    number = text.substr(slash + 1);
  }
  if (number.empty()) throw base::InputError("error: '" + text + "' is no port; expected PORT, or PROTOCOL/PORT with TCP, UDP or SCTP\n");
  if (number.find_first_not_of("0123456789") != std::string::npos) {
    question.port_name = number;
    return;
  }
  if (number.size() > 5 || std::stoi(number) < 1 || std::stoi(number) > 65535) throw base::InputError("error: '" + text + "' is no port; expected 1 to 65535\n");
  question.port = static_cast<base::Port>(std::stoi(number));
}

void check_nodes(const resource::Snapshot& snapshot, const std::vector<std::string>& nodes, const char* flag) {
  std::vector<std::string> known;
  for (const auto& node : snapshot.nodes) known.push_back(node.meta.name);
  for (const auto& node : nodes) {
    if (snapshot.find_node(node)) continue;
    const auto near = base::nearest(node, known);
    throw base::InputError(std::string("error: ") + flag + " " + node + ": there is no such node in the manifests" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
  }
}

Answer answer_of(const Snapshot& snapshot, const Encodings& encodings, const semantics::Profile* profile, const matrix::Cluster* cluster, std::vector<std::string> readers, const std::string& source,
                 const std::string& destination, const std::string& port, const ExplainOptions& options) {
  const resource::Snapshot& read = snapshot.state().whole();
  verify::FlowQuestion question{.source = source, .destination = destination, .default_namespace = options.default_namespace, .port = {}, .port_name = {}, .paths = kinds_of(options.paths),
                                .settings = options.settings, .source_nodes = options.source_nodes, .destination_nodes = options.destination_nodes};
  read_port(port, question);
  check_nodes(read, options.source_nodes, "--source-node");
  check_nodes(read, options.destination_nodes, "--destination-node");
  report::FlowAnswer answer{.explanation = verify::explain_flow(read, encodings.state().encodings->paths(), profile, cluster, question), .source = source, .destination = destination,
                            .port = std::string(base::to_string(question.protocol)) + "/" + (question.port ? std::to_string(*question.port) : question.port_name), .ratio = options.ratio,
                            .pools = std::move(readers)};
  const int code = report::exit_code(answer);
  return library::make_answer("explain", snapshot, std::move(answer), code, report::flow_text, report::flow_json);
}

}  // namespace

Answer explain_flow(const Snapshot& snapshot, const Encodings& encodings, const Profile& profile, const std::string& source, const std::string& destination, const std::string& port,
                    const ExplainOptions& options) {
  return library::guarded([&] { return answer_of(snapshot, encodings, &profile.state().profile, nullptr, {profile.name() + " on every node"}, source, destination, port, options); });
}

Answer explain_flow(const Snapshot& snapshot, const Encodings& encodings, const NodePools& pools, const std::string& source, const std::string& destination, const std::string& port,
                    const ExplainOptions& options) {
  return library::guarded([&] { return answer_of(snapshot, encodings, nullptr, &pools.state().cluster, pools.lines(), source, destination, port, options); });
}

}  // namespace npverify
