#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "base/port.h"

namespace npverify::reach {

/// Destination ports of every protocol. ICMP has port 0 alone, the others 1..65535: no connection goes to their port 0.
struct PortTable {
  std::array<base::PortSet, std::size(base::all_protocols)> by_protocol;

  static PortTable all();
  bool empty() const;
  PortTable united(const PortTable& other) const;
  PortTable intersected(const PortTable& other) const;
  PortTable minus(const PortTable& other) const;
  const base::PortSet& of(base::Protocol protocol) const { return by_protocol[static_cast<size_t>(protocol)]; }
  base::PortSet& of(base::Protocol protocol) { return by_protocol[static_cast<size_t>(protocol)]; }
  bool operator==(const PortTable&) const = default;
  auto operator<=>(const PortTable&) const = default;
};

/// What was seen over all ways in which two ends can stand (addresses, nodes, labels that controllers add): a port may be in several.
struct Outcome {
  PortTable allow, deny, unknown;

  bool empty() const { return allow.empty() && deny.empty() && unknown.empty(); }  ///< no way at all: no such flow
  Outcome united(const Outcome& other) const { return {allow.united(other.allow), deny.united(other.deny), unknown.united(other.unknown)}; }
  bool operator==(const Outcome&) const = default;
  auto operator<=>(const Outcome&) const = default;
};

/// The verdict of a flow whose ends are judged apart, each by one of the ways of its outcome, the ways chosen independently:
/// deny if one end denies, else unknown if one end is unknown, else allow. Empty where one of the two is.
Outcome joined(const Outcome& egress, const Outcome& ingress);

/// Values by number: equal values, equal numbers, from 0 in order of first appearance.
template <typename Value>
class Numbering {
 public:
  uint32_t number(const Value& value) {
    const auto [it, fresh] = index_.try_emplace(value, static_cast<uint32_t>(values_.size()));
    if (fresh) values_.push_back(&it->first);
    return it->second;
  }
  const Value& operator[](uint32_t n) const { return *values_[n]; }
  size_t size() const { return values_.size(); }

 private:
  std::map<Value, uint32_t> index_;
  std::vector<const Value*> values_;
};

using TableId = uint32_t;    ///< 0: no ports
using OutcomeId = uint32_t;  ///< 0: no way at all

/// Port tables and outcomes of one run, each stored once, every pair combined once.
class Tables {
 public:
  Tables() {
    tables_.number(PortTable{});
    outcomes_.number(Outcome{});
  }

  TableId number(const PortTable& table) { return tables_.number(table); }
  OutcomeId number(const Outcome& outcome) { return outcomes_.number(outcome); }
  const PortTable& table(TableId id) const { return tables_[id]; }
  const Outcome& outcome(OutcomeId id) const { return outcomes_[id]; }

  TableId unite(TableId a, TableId b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    return once(table_unions_, std::min(a, b), std::max(a, b), [&] { return number(table(a).united(table(b))); });
  }
  TableId intersect(TableId a, TableId b) {
    if (a == b) return a;
    if (a == 0 || b == 0) return 0;
    return once(table_intersections_, std::min(a, b), std::max(a, b), [&] { return number(table(a).intersected(table(b))); });
  }
  /// The ports that some way of an outcome allows, or denies; what is not known counts as either.
  TableId may_allow(OutcomeId id) { return once(may_allow_, id, 0, [&] { return number(outcome(id).allow.united(outcome(id).unknown)); }); }
  TableId may_deny(OutcomeId id) { return once(may_deny_, id, 0, [&] { return number(outcome(id).deny.united(outcome(id).unknown)); }); }
  OutcomeId unite_outcomes(OutcomeId a, OutcomeId b) {
    return a == b ? a : once(outcome_unions_, std::min(a, b), std::max(a, b), [&] { return number(outcome(a).united(outcome(b))); });
  }
  OutcomeId join(OutcomeId egress, OutcomeId ingress) {
    return once(joins_, egress, ingress, [&] { return number(joined(outcome(egress), outcome(ingress))); });
  }

 private:
  using Memo = std::unordered_map<uint64_t, uint32_t>;
  template <typename Make>
  static uint32_t once(Memo& memo, uint32_t a, uint32_t b, Make make) {
    const uint64_t key = static_cast<uint64_t>(a) << 32 | b;
    if (const auto it = memo.find(key); it != memo.end()) return it->second;
    return memo[key] = make();
  }

  Numbering<PortTable> tables_;
  Numbering<Outcome> outcomes_;
  Memo table_unions_, table_intersections_, outcome_unions_, joins_, may_allow_, may_deny_;
};

}  // namespace npverify::reach
