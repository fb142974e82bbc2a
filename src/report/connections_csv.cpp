// source,destination,protocol,ports,verdict. A line for each protocol, and for each range of addresses outside unless it is all of them.
// Ports are ranges; ICMP has none, and says 0 as `eval` does. The verdict is allow, depends (on where the ends stand) or unknown.
#include <ostream>
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

std::vector<std::string> names_of(const verify::ConnectionList& list, const reach::ListedEnd& end) {
  if (end.kind != reach::ListedEnd::Kind::outside || is_everything_outside(list, *end.addresses)) return {quoted_if_needed(end_name(list, end))};
  std::vector<std::string> names;
  for (const auto& interval : end.addresses->intervals()) names.push_back("ip:" + range_text(interval));
  return names;
}

}  // namespace

void write_connections_csv(verify::ConnectionList& list, std::ostream& out) {
  out << "source,destination,protocol,ports,verdict\n";
  std::unordered_map<uint32_t, std::vector<std::string>> known;
  list.list([&](const reach::Connection& c) {
    const auto [it, fresh] = known.try_emplace(c.reach_number);
    if (fresh) {
      add_lines(it->second, list, c.reach->always, "allow");
      add_lines(it->second, list, c.reach->depends, "depends");
      add_lines(it->second, list, c.reach->unknown, "unknown");
    }
    for (const std::string& source : names_of(list, c.source))
      for (const std::string& destination : names_of(list, c.destination))
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
