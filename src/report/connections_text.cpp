// By source: the ports, and who is reached on them. A person reads twenty workloads, not five thousand: --focus and the other formats are
// for those.
#include <map>
#include <ostream>

#include "report/connections.h"
#include "report/text_writer.h"

namespace npverify::report {
namespace {

std::string plural(size_t n, const std::string& word) { return std::to_string(n) + " " + word + (n == 1 ? "" : "s"); }

std::string protocols_text(const verify::ConnectionList& list) {
  std::string text;
  for (const auto protocol : list.options().protocols) text += (text.empty() ? "" : ", ") + std::string(base::to_string(protocol));
  return text;
}

std::string scope(const verify::ConnectionList& list) {
  const size_t policies = list.policies();
  return "Who reaches whom under " + list.side().profile.name() + ": " + plural(list.world().workloads.size(), "workload") + ", " + (policies == 1 ? "1 policy" : std::to_string(policies) + " policies") +
         "; universe " + world::to_string(list.options().universe) + "; " + protocols_text(list) + ".";
}

std::string in_words(const verify::ConnectionList& list, const reach::ListedEnd& end) {
  if (!end.addresses || is_everything_outside(list, *end.addresses)) return end_name(list, end);
  constexpr size_t most = 12;
  std::string text = "external";
  const auto& intervals = end.addresses->intervals();
  for (size_t i = 0; i < intervals.size() && i < most; ++i) text += (i ? ", " : " ") + range_text(intervals[i]);
  return intervals.size() > most ? text + " and " + std::to_string(intervals.size() - most) + " more ranges" : text;
}

/// What one source reaches: by ports, in order of first appearance.
class Block {
 public:
  Block(const verify::ConnectionList& list, const Style& style) : list_(list), style_(style) {}

  void add(const reach::Connection& c, const std::string& other) {
    add(c.reach->always, "", other);
    add(c.reach->depends, " (depends)", other);
    add(c.reach->unknown, " (unknown)", other);
  }

  std::string text() const {
    size_t width = 0;
    for (const auto& [ports, others] : lines_) width = std::max(width, std::min<size_t>(ports.size(), 44));
    std::string out;
    for (const auto& [ports, others] : lines_) {
      const Ink ink = ports.ends_with("(unknown)") || ports.ends_with("(depends)") ? Ink::yellow : Ink::green;
      out += paragraph(style_, "  " + paint(style_, ink, ports) + std::string(ports.size() < width ? width - ports.size() : 0, ' ') + "  ", others);
    }
    return out;
  }

 private:
  void add(const reach::PortTable& ports, const char* mark, const std::string& other) {
    if (ports.empty()) return;
    const std::string key = ports_text(list_, ports) + mark;
    const auto [it, fresh] = index_.try_emplace(key, lines_.size());
    if (fresh) lines_.push_back({key, other});
    else lines_[it->second].second += ", " + other;
  }

  const verify::ConnectionList& list_;
  const Style& style_;
  std::map<std::string, size_t> index_;
  std::vector<std::pair<std::string, std::string>> lines_;
};

bool same_source(const reach::ListedEnd& a, const reach::ListedEnd& b) {
  return a.kind == b.kind && a.workload == b.workload && (!a.addresses || *a.addresses == *b.addresses);
}

/// Sources from outside come by destination, with their own ranges; they are put together by range.
class Outsiders {
 public:
  Outsiders(const verify::ConnectionList& list, const Style& style) : list_(list), style_(style) {}

  void add(const reach::Connection& c) {
    const auto [it, fresh] = blocks_.try_emplace(in_words(list_, c.source), list_, style_);
    it->second.add(c, end_name(list_, c.destination));
  }
  void write(std::ostream& out) const {
    for (const auto& [name, block] : blocks_) out << "\n" << paragraph(style_, "", paint(style_, Ink::bold, name) + " reaches") << block.text();
  }

 private:
  const verify::ConnectionList& list_;
  const Style& style_;
  std::map<std::string, Block> blocks_;
};

std::string open_workloads(const verify::ConnectionList& list, policy::Direction direction) {
  std::string names;
  for (uint32_t i = 0; i < list.world().workloads.size(); ++i)
    if (list.in_focus(i) && !list.isolated(i, direction)) names += (names.empty() ? "" : ", ") + list.world().workloads[i].name;
  return names;
}

void write_open(const verify::ConnectionList& list, const Style& style, std::ostream& out) {
  std::string text;
  for (const auto& [direction, head] : {std::pair{policy::Direction::ingress, "  ingress  "}, std::pair{policy::Direction::egress, "  egress   "}})
    if (const std::string names = open_workloads(list, direction); !names.empty()) text += paragraph(style, head, names);
  if (!text.empty()) out << "\n" << paint(style, Ink::bold, "Isolated by no policy") << "\n" << text;
  std::string hosts;
  for (const auto& name : list.world().on_host_network) hosts += (hosts.empty() ? "" : ", ") + name;
  if (!hosts.empty()) out << "\n" << paint(style, Ink::bold, "On the host network, seen as nodes") << "\n" << paragraph(style, "  ", hosts);
}

void write_tail(const verify::ConnectionList& list, const Run& run, const std::map<std::string, size_t>& counts, std::ostream& out) {
  const std::string text = tail_text(run, list.limits(), list.assumptions(), counts);
  if (!text.empty()) out << "\n" << text;
}

}  // namespace

void write_connections_text(verify::ConnectionList& list, const Run& run, std::ostream& out) {
  out << paragraph(run.style, "", scope(list));
  if (list.world().workloads.empty()) out << "There is no workload: nothing to list.\n";
  Outsiders outsiders(list, run.style);
  std::optional<Block> block;
  reach::ListedEnd source;
  bool any_depends = false;
  size_t connections = 0;
  const auto flush = [&] {
    if (block) out << "\n" << paint(run.style, Ink::bold, end_name(list, source)) << (source.kind == reach::ListedEnd::Kind::nodes ? " reach\n" : " reaches\n") << block->text();
    block.reset();
  };
  list.list([&](const reach::Connection& c) {
    ++connections;
    any_depends |= !c.reach->depends.empty();
    if (c.source.addresses) return outsiders.add(c);
    if (block && !same_source(c.source, source)) flush();
    if (!block) block.emplace(list, run.style);
    source = c.source;
    block->add(c, in_words(list, c.destination));
  });
  flush();
  outsiders.write(out);
  write_open(list, run.style, out);
  if (any_depends) out << "\n" << paragraph(run.style, "", "(depends): allowed or denied by where the ends stand: the addresses and nodes that pods get, and labels that controllers add.");
  write_tail(list, run, {{"connections", connections}, {"policies", list.policies()}, {"workloads", list.world().workloads.size()}}, out);
}

void write_counts_text(verify::ConnectionList& list, const Run& run, std::ostream& out) {
  const reach::Counts counts = list.count();
  out << paragraph(run.style, "", scope(list)) << "\n";
  Table table({"ordered pairs of", "in all", "allowed", "depends", "unknown", "denied"});
  for (const auto& [name, pairs] : {std::pair{"workloads", counts.workloads}, std::pair{"pods", counts.pods}})
    table.row({name, std::to_string(pairs.pairs), std::to_string(pairs.always), std::to_string(pairs.depends), std::to_string(pairs.unknown),
               std::to_string(pairs.pairs - pairs.always - pairs.depends - pairs.unknown)});
  out << table.render(run.style, 2);
  out << "\n" << paragraph(run.style, "", "A pair counts once: allowed if on some port it is, wherever the two stand; denied if it is on every port.");
  write_tail(list, run, {{"classes", counts.classes}, {"policies", list.policies()}, {"workloads", list.world().workloads.size()}}, out);
}

}  // namespace npverify::report
