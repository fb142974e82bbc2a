#include "base/port.h"

#include <algorithm>

namespace npverify::base {

const char* to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::tcp: return "TCP";
    case Protocol::udp: return "UDP";
    case Protocol::sctp: return "SCTP";
    case Protocol::icmp: return "ICMP";
  }
  return "?";
}

std::optional<Protocol> parse_protocol(std::string_view text) {
  for (const Protocol protocol : all_protocols)
    if (text == to_string(protocol)) return protocol;
  return std::nullopt;
}

PortSet PortSet::range(Port first, Port last) {
  PortSet set;
  if (first <= last) set.intervals_.push_back({first, last});
  return set;
}

bool PortSet::contains(Port port) const {
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), port, [](Port p, const Interval& i) { return p < i.first; });
  return after != intervals_.begin() && std::prev(after)->last >= port;
}

PortSet PortSet::united(const PortSet& other) const {
  std::vector<Interval> merged;
  std::merge(intervals_.begin(), intervals_.end(), other.intervals_.begin(), other.intervals_.end(), std::back_inserter(merged));
  PortSet set;
  for (const auto& interval : merged) {
    if (!set.intervals_.empty() && interval.first <= static_cast<int>(set.intervals_.back().last) + 1)
      set.intervals_.back().last = std::max(set.intervals_.back().last, interval.last);
    else
      set.intervals_.push_back(interval);
  }
  return set;
}

PortSet PortSet::complement() const {
  PortSet set;
  int next = 0;
  for (const auto& interval : intervals_) {
    if (next < interval.first) set.intervals_.push_back({static_cast<Port>(next), static_cast<Port>(interval.first - 1)});
    next = interval.last + 1;
  }
  if (next <= 65535) set.intervals_.push_back({static_cast<Port>(next), 65535});
  return set;
}

PortSet PortSet::intersected(const PortSet& other) const { return complement().united(other.complement()).complement(); }

std::string PortSet::to_string() const {
  std::string out;
  for (const auto& interval : intervals_) {
    if (!out.empty()) out += ",";
    out += std::to_string(interval.first);
    if (interval.first != interval.last) out += "-" + std::to_string(interval.last);
  }
  return out;
}

}  // namespace npverify::base
