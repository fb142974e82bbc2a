#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace npverify::base {

using Port = uint16_t;

/// Transport protocols that a flow may have. `icmp` stands for ICMP and ICMPv6 echo requests.
enum class Protocol : uint8_t { tcp, udp, sctp, icmp };
inline constexpr Protocol all_protocols[] = {Protocol::tcp, Protocol::udp, Protocol::sctp, Protocol::icmp};

const char* to_string(Protocol protocol);  ///< "TCP", "UDP", "SCTP", "ICMP"
std::optional<Protocol> parse_protocol(std::string_view text);

/// Destination ports as sorted, disjoint, maximal closed intervals over 0..65535: equal sets are equal values.
class PortSet {
 public:
  struct Interval {
    Port first, last;
    bool operator==(const Interval&) const = default;
    auto operator<=>(const Interval&) const = default;
  };
  PortSet() = default;
  static PortSet all() { return range(0, 65535); }
  static PortSet range(Port first, Port last);  ///< empty if last < first
  bool empty() const { return intervals_.empty(); }
  bool contains(Port port) const;
  PortSet united(const PortSet& other) const;
  PortSet intersected(const PortSet& other) const;
  PortSet complement() const;
  const std::vector<Interval>& intervals() const { return intervals_; }
  std::string to_string() const;  ///< "80,443,8000-8080"
  bool operator==(const PortSet&) const = default;
  auto operator<=>(const PortSet&) const = default;

 private:
  std::vector<Interval> intervals_;
};

}  // namespace npverify::base
