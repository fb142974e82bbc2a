#include "report/connections.h"

namespace npverify::report {

std::string end_name(const verify::ConnectionList& list, const reach::ListedEnd& end) {
  switch (end.kind) {
    case reach::ListedEnd::Kind::workload: return list.world().workloads[end.workload].name;
    case reach::ListedEnd::Kind::nodes: return "nodes";
    case reach::ListedEnd::Kind::outside: return "external";
  }
  return "";
}

std::string range_text(const base::AddressSet::Interval& interval) {
  if (interval.first == interval.last) return interval.first.to_string();
  const base::uint128 size = interval.last.bits - interval.first.bits + 1;
  const int width = interval.first.family == base::Family::ipv4 ? 32 : 128;
  int length = width;
  while (length > 0 && base::uint128{1} << (width - length) < size) --length;
  const base::Prefix prefix{interval.first, length};
  return (length > 0 || width == 32) && prefix.contains(interval.first) && prefix.last() == interval.last ? prefix.to_string() : interval.first.to_string() + "-" + interval.last.to_string();
}

// Asked for each connection with an address, so no set is made: sets are canonical, and equal where their intervals are.
bool is_everything_outside(const verify::ConnectionList& list, const base::AddressSet& addresses) {
  const auto& plan = list.world().universe.addresses;
  auto at = addresses.intervals().begin();
  for (const auto& interval : plan.external.intervals()) {
    if (!(interval.first.family == base::Family::ipv4 ? plan.ipv4 : plan.ipv6)) continue;
    if (at == addresses.intervals().end() || *at != interval) return false;
    ++at;
  }
  return at == addresses.intervals().end();
}

std::string ports_text(const verify::ConnectionList& list, const reach::PortTable& ports) {
  std::string text;
  bool every = true;
  for (const auto protocol : list.options().protocols) {
    const auto& set = ports.of(protocol);
    const bool all = set == reach::PortTable::all().of(protocol);
    every = every && all;
    if (set.empty()) continue;
    text += (text.empty() ? "" : "; ") + std::string(base::to_string(protocol)) + (all ? "" : " " + set.to_string());
  }
  return every ? "any" : text;
}

}  // namespace npverify::report
