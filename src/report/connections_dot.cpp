// For graphviz: a box a workload, in a frame a namespace; the ports at the arrows. A dashed arrow depends on where the ends stand, a dotted
// red one is not known. Both ways alike are one arrow with two heads.
#include <map>
#include <ostream>
#include <set>

#include "report/connections.h"

namespace npverify::report {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "\"";
}

struct Arrow {
  std::string label, style;
  auto operator<=>(const Arrow&) const = default;
};

std::string outside_name(const verify::ConnectionList& list, const base::AddressSet& addresses) {
  if (is_everything_outside(list, addresses)) return "external";
  std::string name = "external";
  size_t n = 0;
  for (const auto& interval : addresses.intervals()) {
    if (++n > 3) break;
    name += "\n" + range_text(interval);
  }
  const size_t more = addresses.intervals().size() - std::min<size_t>(3, addresses.intervals().size());
  return more ? name + "\nand " + std::to_string(more) + " more ranges" : name;
}

std::string node_id(const verify::ConnectionList& list, const reach::ListedEnd& end) {
  return end.addresses && !is_everything_outside(list, *end.addresses) ? "ip:" + end.addresses->to_string() : end_name(list, end);
}

class Graph {
 public:
  explicit Graph(verify::ConnectionList& list) : list_(list) {
    list.list([this](const reach::Connection& c) { add(c); });
  }

  void write(std::ostream& out) const {
    out << "digraph reachability {\n  rankdir=LR; compound=true; newrank=true;\n  graph [fontname=\"Helvetica\", ranksep=1.1];\n"
           "  node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];\n  edge [fontname=\"Helvetica\", fontsize=9, color=\"#555555\"];\n";
    write_workloads(out);
    for (const auto& [id, label] : others_) out << "  " << quoted(id) << " [label=" << with_line_breaks(label) << ", shape=ellipse, fillcolor=\"#eeeeee\"];\n";
    for (const auto& [ends, arrows] : arrows_)
      for (const Arrow& arrow : arrows) write_arrow(out, ends.first, ends.second, arrow);
    // Last, since frames would take what is said before them for theirs.
    out << "  label=\"solid: allowed   dashed: depends on nodes, addresses or labels   dotted, red: not known   yellow: no policy isolates its ingress   not drawn: denied, or governed by no policy\"; labelloc=b; fontsize=9;\n}\n";
  }

 private:
  void add(const reach::Connection& c) {
    const std::string source = node_id(list_, c.source), destination = node_id(list_, c.destination);
    for (const auto* end : {&c.source, &c.destination}) {
      if (end->kind == reach::ListedEnd::Kind::workload) linked_.insert(end->workload);
      if (end->kind == reach::ListedEnd::Kind::nodes) others_[node_id(list_, *end)] = "nodes";
      if (end->addresses) others_[node_id(list_, *end)] = outside_name(list_, *end->addresses);
    }
    auto& arrows = arrows_[{source, destination}];
    if (!c.reach->always.empty()) arrows.insert({ports_text(list_, c.reach->always), ""});
    if (!c.reach->depends.empty()) arrows.insert({ports_text(list_, c.reach->depends), ", style=dashed"});
    if (!c.reach->unknown.empty()) arrows.insert({ports_text(list_, c.reach->unknown) + " ?", ", style=dotted, color=\"#bb0000\", fontcolor=\"#bb0000\""});
  }

  void write_workloads(std::ostream& out) const {
    std::map<std::string, std::vector<uint32_t>> by_namespace;
    for (uint32_t i = 0; i < list_.world().workloads.size(); ++i) {
      if (!list_.in_focus(i) && !linked_.contains(i)) continue;
      const std::string& name = list_.world().workloads[i].name;
      by_namespace[name.substr(0, name.find('/'))].push_back(i);
    }
    for (const auto& [name, members] : by_namespace) {
      out << "  subgraph " << quoted("cluster " + name) << " {\n    label=" << quoted(name) << "; style=rounded; color=\"#8888aa\"; bgcolor=\"#f4f6fb\";\n";
      for (const uint32_t i : members) {
        const std::string& id = list_.world().workloads[i].name;
        const bool open = !list_.isolated(i, policy::Direction::ingress);
        out << "    " << quoted(id) << " [label=" << quoted(id.substr(name.size() + 1)) << (open ? ", fillcolor=\"#fff2cc\", tooltip=\"no policy isolates its ingress\"" : "") << "];\n";
      }
      out << "  }\n";
    }
  }

  static std::string with_line_breaks(const std::string& label) {
    std::string out;
    for (const char c : quoted(label)) out += c == '\n' ? std::string("\\n") : std::string(1, c);
    return out;
  }

  void write_arrow(std::ostream& out, const std::string& source, const std::string& destination, const Arrow& arrow) const {
    const auto back = arrows_.find({destination, source});
    const bool both = source != destination && back != arrows_.end() && back->second.contains(arrow);
    if (both && destination < source) return;  // drawn from the other end
    out << "  " << quoted(source) << " -> " << quoted(destination) << " [label=" << quoted(arrow.label) << arrow.style << (both ? ", dir=both" : "") << "];\n";
  }

  const verify::ConnectionList& list_;
  std::set<uint32_t> linked_;  // workloads with a connection
  std::map<std::string, std::string> others_;
  std::map<std::pair<std::string, std::string>, std::set<Arrow>> arrows_;
};

}  // namespace

void write_connections_dot(verify::ConnectionList& list, std::ostream& out) { Graph(list).write(out); }

}  // namespace npverify::report
