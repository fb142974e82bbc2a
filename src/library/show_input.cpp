// show documents, show resources: what was read, before any CNI has a say.
#include "library/state.h"
#include "manifest/node.h"
#include "npverify/show.h"
#include "report/object_json.h"
#include "report/yaml_text.h"

namespace npverify::show {
namespace {

void print(const manifest::Node& node, size_t depth, std::string& out) {
  const std::string indent(2 * depth, ' ');
  const std::string place = "  # " + std::to_string(node.line) + ":" + std::to_string(node.column);
  switch (node.kind) {
    case manifest::NodeKind::mapping:
      out += node.entries.empty() ? " {}" + place + "\n" : "\n";
      for (const auto& entry : node.entries) {
        out += indent + std::string(entry.key) + ":";
        print(entry.value, depth + 1, out);
      }
      return;
    case manifest::NodeKind::sequence:
      out += node.items.empty() ? " []" + place + "\n" : "\n";
      for (const auto& item : node.items) {
        out += indent + "-";
        print(item, depth + 1, out);
      }
      return;
    default: out += " " + (node.kind == manifest::NodeKind::string ? report::Json(node.text).dump(-1, ' ', false, report::Json::error_handler_t::replace) : std::string(node.text)) + place + "\n";
  }
}

std::string pod_text(const resource::PodSpec& pod, const resource::Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += " " + key + "=" + value;
  for (const auto& port : pod.ports) text += " " + (port.name.empty() ? "" : port.name + ":") + std::to_string(port.number) + "/" + base::to_string(port.protocol);
  return text + (pod.host_network ? " hostNetwork" : "") + (pod.node_name.empty() ? "" : " on " + pod.node_name);
}

std::string name_of(const resource::ObjectMeta& meta) { return meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name; }

std::string line(const std::string& kind, const resource::ObjectMeta& meta, const std::string& rest) { return kind + " " + name_of(meta) + rest + "  # " + meta.origin.span.to_string() + "\n"; }

std::string labels_text(const resource::Labels& labels) {
  std::string text;
  for (const auto& [key, value] : labels) text += " " + key + "=" + value;
  return text;
}

std::string node_text(const resource::Node& node) {
  std::string text;
  for (const auto& address : node.addresses) text += " " + address.to_string();
  for (const auto& cidr : node.pod_cidrs) text += " pods " + cidr.to_string();
  return text + labels_text(node.meta.labels);
}

}  // namespace

std::string documents(const std::vector<std::string>& paths) {
  return library::guarded([&] {
    base::Diagnostics diagnostics;
    const auto read = manifest::read_documents(paths, diagnostics);
    if (diagnostics.has_errors()) throw base::InputError(diagnostics);
    std::string out;
    for (const auto& document : read) {
      out += "--- # " + document.file->name + ", document " + std::to_string(document.index + 1);
      print(document.root, 0, out);
    }
    return out;
  });
}

std::string resources(const Snapshot& snapshot) {
  return library::guarded([&] {
    const resource::Snapshot& read = snapshot.state().whole();
    std::string out = std::to_string(read.files) + " files, " + std::to_string(read.documents) + " documents, " + std::to_string(read.objects) + " objects\n";
    for (const auto& one : read.namespaces) out += line("Namespace", one.meta, labels_text(one.meta.labels));
    for (const auto& one : read.nodes) out += line("Node", one.meta, node_text(one));
    for (const auto& one : read.workloads) out += line(one.kind, one.meta, pod_text(one.pod, one.pod_labels));
    for (const auto& one : read.pods) out += line("Pod", one.meta, pod_text(one.spec, one.meta.labels));
    for (const auto& one : read.services) out += line("Service", one.meta, " " + one.type);
    for (const auto& one : read.configurations) out += line(one.kind, one.meta, " " + std::to_string(one.values.size()) + " values");
    for (const auto& one : read.unmodelled) out += one.kind + " (" + one.api_version + ") " + std::to_string(one.objects.size()) + " not modelled" + (one.carries_policy ? ", can carry policy" : "") + "\n";
    for (const auto& one : read.network_policies) out += "---  # " + one.meta.origin.span.to_string() + "\n" + report::to_yaml(report::object_of(one));
    return out;
  });
}

}  // namespace npverify::show
