#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace npverify::base {

__extension__ typedef unsigned __int128 uint128;  ///< wide enough for both families

enum class Family : uint8_t { ipv4, ipv6 };

/// "IPv4" or "IPv6".
const char* to_string(Family family);

/// An IPv4 or IPv6 address. Ordered by family, then numerically.
struct Address {
  Family family = Family::ipv4;
  uint128 bits = 0;  ///< the low 32 bits for IPv4

  /// The textual forms that Go's net.ParseIP takes: no leading zeros in IPv4, no zone; an IPv4-mapped IPv6 address becomes IPv4.
  static std::optional<Address> parse(std::string_view text);
  std::string to_string() const;

  bool operator==(const Address&) const = default;
  std::strong_ordering operator<=>(const Address& other) const {
    if (family != other.family) return family <=> other.family;
    return bits < other.bits ? std::strong_ordering::less : bits > other.bits ? std::strong_ordering::greater : std::strong_ordering::equal;
  }
};

/// Highest address of a family.
Address last_address(Family family);

/// A CIDR prefix, its host bits cleared.
struct Prefix {
  Address network;
  int length = 0;  ///< 0..32 or 0..128

  /// "10.0.0.0/8". Host bits are cleared; `had_host_bits`, if given, tells whether any were set.
  static std::optional<Prefix> parse(std::string_view text, bool* had_host_bits = nullptr);
  Address first() const { return network; }
  Address last() const;
  bool contains(const Address& address) const;
  bool contains(const Prefix& other) const;
  std::string to_string() const;

  bool operator==(const Prefix&) const = default;
  std::strong_ordering operator<=>(const Prefix&) const = default;
};

/// A set of addresses of both families as sorted, disjoint, maximal closed intervals: equal sets are equal values.
class AddressSet {
 public:
  struct Interval {
    Address first, last;  ///< of one family
    bool operator==(const Interval&) const = default;
    std::strong_ordering operator<=>(const Interval&) const = default;
  };

  AddressSet() = default;
  static AddressSet of(const Prefix& prefix);
  static AddressSet of(const Address& address);
  static AddressSet of(std::vector<Interval> intervals);  ///< in any order, overlapping or not; n log n
  static AddressSet all(Family family);
  static AddressSet everything();

  bool empty() const { return intervals_.empty(); }
  bool contains(const Address& address) const;
  AddressSet united(const AddressSet& other) const;
  AddressSet minus(const AddressSet& other) const;
  AddressSet intersected(const AddressSet& other) const;
  /// The part in one family.
  AddressSet only(Family family) const;
  const std::vector<Interval>& intervals() const { return intervals_; }
  std::string to_string() const;

  bool operator==(const AddressSet&) const = default;
  std::strong_ordering operator<=>(const AddressSet&) const = default;

 private:
  void add(Interval interval);
  std::vector<Interval> intervals_;
};

}  // namespace npverify::base
