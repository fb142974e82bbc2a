#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace npverify::base {
namespace {

int width_of(Family family) { return family == Family::ipv4 ? 32 : 128; }

uint128 mask_of(Family family, int length) {
  const int width = width_of(family);
  const uint128 all = family == Family::ipv4 ? static_cast<uint128>(0xffffffffU) : ~static_cast<uint128>(0);
  return length == 0 ? 0 : (all << (width - length)) & all;
}

std::optional<int> parse_length(std::string_view text, int width) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || value < 0 || value > width) return std::nullopt;
  if (text.front() == '+' || text.front() == '-') return std::nullopt;
  return value;
}

Address successor(const Address& a) { return {a.family, a.bits + 1}; }
Address predecessor(const Address& a) { return {a.family, a.bits - 1}; }

}  // namespace

const char* to_string(Family family) { return family == Family::ipv4 ? "IPv4" : "IPv6"; }

std::optional<Address> Address::parse(std::string_view text) {
  const std::string copy(text);
  in_addr v4{};
  // inet_pton refuses leading zeros of more than three digits only; Go refuses every octet with a leading zero.
  if (inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
    for (size_t i = 0; i + 1 < copy.size(); ++i)
      if ((i == 0 || copy[i - 1] == '.') && copy[i] == '0' && copy[i + 1] != '.') return std::nullopt;
    return Address{Family::ipv4, ntohl(v4.s_addr)};
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, copy.c_str(), &v6) != 1) return std::nullopt;
  uint128 bits = 0;
  for (const unsigned char byte : v6.s6_addr) bits = (bits << 8) | byte;
  if ((bits >> 32) == 0xffff) return Address{Family::ipv4, bits & 0xffffffffU};
  return Address{Family::ipv6, bits};
}

std::string Address::to_string() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (family == Family::ipv4) {
    const in_addr v4{htonl(static_cast<uint32_t>(bits))};
    inet_ntop(AF_INET, &v4, buffer, sizeof buffer);
  } else {
    in6_addr v6{};
    for (int i = 0; i < 16; ++i) v6.s6_addr[i] = static_cast<unsigned char>(bits >> (8 * (15 - i)));
    inet_ntop(AF_INET6, &v6, buffer, sizeof buffer);
  }
  return buffer;
}

Address last_address(Family family) { return {family, mask_of(family, width_of(family))}; }

std::optional<Prefix> Prefix::parse(std::string_view text, bool* had_host_bits) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view address_text = text.substr(0, slash);
  auto address = Address::parse(address_text);
  if (!address) return std::nullopt;
  const bool mapped = address->family == Family::ipv4 && address_text.find(':') != std::string_view::npos;
  auto length = parse_length(text.substr(slash + 1), mapped ? 128 : width_of(address->family));
  if (!length) return std::nullopt;
  if (mapped && *length < 96) {  // fewer bits than the mapping itself: an ordinary IPv6 prefix
    address->family = Family::ipv6;
    address->bits |= static_cast<uint128>(0xffff) << 32;
  } else if (mapped) {  // Go reads ::ffff:10.0.0.0/104 as 10.0.0.0/8
    *length -= 96;
  }
  const auto mask = mask_of(address->family, *length);
  if (had_host_bits) *had_host_bits = (address->bits & ~mask) != 0;
  return Prefix{{address->family, address->bits & mask}, *length};
}

Address Prefix::last() const { return {network.family, network.bits | (last_address(network.family).bits & ~mask_of(network.family, length))}; }

bool Prefix::contains(const Address& address) const {
  return address.family == network.family && (address.bits & mask_of(network.family, length)) == network.bits;
}

bool Prefix::contains(const Prefix& other) const { return other.length >= length && contains(other.network); }

std::string Prefix::to_string() const { return network.to_string() + "/" + std::to_string(length); }

AddressSet AddressSet::of(const Prefix& prefix) {
  AddressSet set;
  set.intervals_.push_back({prefix.first(), prefix.last()});
  return set;
}

AddressSet AddressSet::of(const Address& address) {
  AddressSet set;
  set.intervals_.push_back({address, address});
  return set;
}

AddressSet AddressSet::of(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end());
  AddressSet set;
  for (const auto& interval : intervals) set.add(interval);
  return set;
}

AddressSet AddressSet::all(Family family) {
  AddressSet set;
  set.intervals_.push_back({{family, 0}, last_address(family)});
  return set;
}

AddressSet AddressSet::everything() { return all(Family::ipv4).united(all(Family::ipv6)); }

bool AddressSet::contains(const Address& address) const {
  const auto after = std::upper_bound(intervals_.begin(), intervals_.end(), address, [](const Address& a, const Interval& i) { return a < i.first; });
  return after != intervals_.begin() && !(std::prev(after)->last < address) && std::prev(after)->last.family == address.family;
}

void AddressSet::add(Interval interval) {  // intervals come in ascending order of `first`
  if (!intervals_.empty()) {
    auto& last = intervals_.back();
    const bool touches = last.last.family == interval.first.family &&
                         (interval.first <= last.last || (last.last != last_address(last.last.family) && successor(last.last) == interval.first));
    if (touches) {
      last.last = std::max(last.last, interval.last);
      return;
    }
  }
  intervals_.push_back(interval);
}

AddressSet AddressSet::united(const AddressSet& other) const {
  std::vector<Interval> merged;
  std::merge(intervals_.begin(), intervals_.end(), other.intervals_.begin(), other.intervals_.end(), std::back_inserter(merged));
  AddressSet set;
  for (const auto& interval : merged) set.add(interval);
  return set;
}

AddressSet AddressSet::minus(const AddressSet& other) const {
  AddressSet set;
  size_t from = 0;
  for (auto rest : intervals_) {
    bool left = true;
    while (from < other.intervals_.size() && other.intervals_[from].last < rest.first) ++from;
    for (size_t i = from; i < other.intervals_.size() && left; ++i) {
      const auto& hole = other.intervals_[i];
      if (rest.last < hole.first) break;
      if (rest.first < hole.first) set.add({rest.first, predecessor(hole.first)});
      if (hole.last < rest.last)
        rest.first = successor(hole.last);
      else
        left = false;
    }
    if (left) set.add(rest);
  }
  return set;
}

AddressSet AddressSet::intersected(const AddressSet& other) const { return minus(minus(other)); }

AddressSet AddressSet::only(Family family) const {
  AddressSet set;
  for (const auto& interval : intervals_)
    if (interval.first.family == family) set.add(interval);
  return set;
}

std::string AddressSet::to_string() const {
  std::string out;
  for (const auto& interval : intervals_) {
    if (!out.empty()) out += ",";
    out += interval.first.to_string();
    if (interval.first != interval.last) out += "-" + interval.last.to_string();
  }
  return out;
}

}  // namespace npverify::base
