// source,destination,protocol,ports,verdict. A line for each protocol, and for each range of addresses outside unless it is all of them.
// Ports are ranges; ICMP has none, and says 0 as `eval` does. The verdict is allow, depends (on where the ends stand) or unknown.
#include <map>
#include <ostream>
#include <string_view>
#include <unordered_map>

#include "report/connections.h"

namespace npverify::report {
namespace {

std::string quoted_if_needed(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

void add_lines(std::vector<std::string>& ends, const verify::ConnectionList& list, const reach::PortTable& ports, const char* verdict) {
  for (const auto protocol : list.options().protocols)
    if (const auto& set = ports.of(protocol); !set.empty()) ends.push_back(std::string(",") + base::to_string(protocol) + "," + quoted_if_needed(set.to_string()) + "," + verdict + "\n");
}

/// What the ends are called; each text is made once.
class Names {
 public:
  explicit Names(const verify::ConnectionList& list) : list_(list), workloads_(list.world().workloads.size()) {}

  /// Makes `names` those of an end: one, or one for each range of addresses.
  void of(const reach::ListedEnd& end, std::vector<std::string_view>& names) {
    names.clear();
    if (end.kind == reach::ListedEnd::Kind::outside && !is_everything_outside(list_, *end.addresses)) {
      for (const auto& interval : end.addresses->intervals()) names.push_back(range(interval));
    } else {
      std::string& name = end.kind == reach::ListedEnd::Kind::workload ? workloads_[end.workload] : others_[end.kind];
      if (name.empty()) name = quoted_if_needed(end_name(list_, end));
      names.push_back(name);
    }
  }

 private:
  const std::string& range(const base::AddressSet::Interval& interval) {
    std::string& text = ranges_[{interval.first, interval.last}];
    if (text.empty()) text = "ip:" + range_text(interval);
    return text;
  }

  const verify::ConnectionList& list_;
  std::vector<std::string> workloads_;
  std::map<reach::ListedEnd::Kind, std::string> others_;
  std::map<std::pair<base::Address, base::Address>, std::string> ranges_;
};

}  // namespace

void write_connections_csv(verify::ConnectionList& list, std::ostream& out) {
  out << "source,destination,protocol,ports,verdict\n";
  std::unordered_map<uint32_t, std::vector<std::string>> known;
  Names names(list);
  std::vector<std::string_view> sources, destinations;
  list.list([&](const reach::Connection& c) {
    const auto [it, fresh] = known.try_emplace(c.reach_number);
    if (fresh) {
      add_lines(it->second, list, c.reach->always, "allow");
      add_lines(it->second, list, c.reach->depends, "depends");
      add_lines(it->second, list, c.reach->unknown, "unknown");
    }
    names.of(c.source, sources);
    names.of(c.destination, destinations);
    for (const std::string_view source : sources)
      for (const std::string_view destination : destinations)
        for (const std::string& line : it->second) out << source << ',' << destination << line;
  });
}

void write_counts_csv(verify::ConnectionList& list, std::ostream& out) {
  const reach::Counts counts = list.count();
  out << "of,pairs,allow,depends,unknown\n";
  out << "workloads," << counts.workloads.pairs << ',' << counts.workloads.always << ',' << counts.workloads.depends << ',' << counts.workloads.unknown << '\n';
  out << "pods," << counts.pods.pairs << ',' << counts.pods.always << ',' << counts.pods.depends << ',' << counts.pods.unknown << '\n';
}

}  // namespace npverify::report
