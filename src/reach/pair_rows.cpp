#include "reach/pair_rows.h"

#include <algorithm>
#include <map>

namespace npverify::reach {
namespace {

using policy::Direction;

constexpr OutcomeId not_set = UINT32_MAX;

/// Two cuts of one set of addresses into one: at each address the union of both outcomes.
std::vector<Side::Outside> overlaid(const std::vector<Side::Outside>& a, const std::vector<Side::Outside>& b, Tables& tables) {
  std::map<OutcomeId, base::AddressSet> parts;
  for (const auto& x : a)
    for (const auto& y : b) {
      const base::AddressSet common = x.addresses.intersected(y.addresses);
      if (common.empty()) continue;
      auto& part = parts[tables.unite_outcomes(x.outcome, y.outcome)];
      part = part.united(common);
    }
  std::vector<Side::Outside> out;
  for (auto& [outcome, addresses] : parts) out.push_back({std::move(addresses), outcome});
  return out;
}

}  // namespace

PairRows::Lane::Lane(Context& context, base::Family f) : family(f), egress(context, Direction::egress, f), ingress(context, Direction::ingress, f), members(ingress.profiles()) {
  const auto count = static_cast<ClassId>(context.classes.size());
  for (ClassId id = 0; id < count; ++id) members[ingress.profile_of(id)].push_back(id);
  lets_out.resize(count);
  lets_in.resize(count);
}

PairRows::PairRows(logic::Pool& pool, const policy::Reading& reading, const ClosedWorld& world, const PortTable& protocols) : world_(world), protocols_(protocols), classes_(pool, atoms_of(pool, reading)) {
  for (const auto& end : world_.workloads) {
    std::vector<ClassId> all;
    for (const uint32_t pod : end.pods)
      for (const ClassId id : classes_.classes_of(world_.universe.pods[pod])) all.push_back(id);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    classes_of_.push_back(std::move(all));
  }
  context_ = std::make_unique<Context>(Context{pool, reading, world_.universe, classes_, cluster_of(world_.universe), tables_});
  for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
    if (family == base::Family::ipv4 ? world_.universe.addresses.ipv4 : world_.universe.addresses.ipv6) lanes_.emplace_back(*context_, family);
  read_forms();
}

void PairRows::read_forms() {
  Numbering<std::array<uint32_t, 3>> numbers;
  for (ClassId id = 0; id < classes_.size(); ++id) {
    const uint32_t families = static_cast<uint32_t>(classes_.has_family(id, base::Family::ipv4)) | static_cast<uint32_t>(classes_.has_family(id, base::Family::ipv6)) << 1;
    form_of_.push_back(numbers.number({classes_[id].port_names, classes_[id].fixed_address, families}));
    if (form_of_.back() == forms_.size()) forms_.push_back(id);
  }
  for (Lane& lane : lanes_)
    for (const ClassId form : forms_) {
      std::vector<OutcomeId> usual;
      for (uint32_t profile = 0; profile < lane.ingress.profiles(); ++profile) usual.push_back(lane.ingress.usual(profile, form));
      lane.usual_in.push_back(std::move(usual));
    }
  stamps_.resize(classes_.size());
  groups_.resize(forms_.size());
}

// ------------------------------------------------------------------------------------------------ by class
void PairRows::touch(ClassId id) {
  if (stamps_[id] == stamp_) return;
  stamps_[id] = stamp_;
  touched_.push_back(id);
  for (Lane& lane : lanes_) lane.lets_out[id] = lane.lets_in[id] = not_set;
}

void PairRows::take_row(ClassId source) {
  row_ = source;
  ++stamp_;
  touched_.clear();
  for (Lane& lane : lanes_) {
    lane.usual_out.clear();
    const bool has_family = classes_.has_family(source, lane.family);
    const auto profile = lane.egress.profile_of(source);
    for (const ClassId form : forms_) lane.usual_out.push_back(has_family ? lane.egress.usual(profile, form) : 0);
    if (!has_family) continue;
    for (const auto& [peer, outcome] : lane.egress.exceptions_of_profile(profile)) {
      touch(peer);
      lane.lets_out[peer] = outcome;
    }
    for (const auto& [subject, outcome] : lane.ingress.exceptions_of_peer(source))
      for (const ClassId member : lane.members[subject]) {
        touch(member);
        lane.lets_in[member] = outcome;
      }
  }
}

OutcomeId PairRows::usual_in(const Lane& lane, ClassId destination) const {
  return classes_.has_family(destination, lane.family) ? lane.usual_in[form_of_[row_]][lane.ingress.profile_of(destination)] : 0;
}

OutcomeId PairRows::outcome(ClassId destination) {
  if (stamps_[destination] != stamp_) return usual_outcome(destination);
  OutcomeId all = 0;
  for (Lane& lane : lanes_) {
    const OutcomeId out = lane.lets_out[destination], in = lane.lets_in[destination];
    const bool has_family = classes_.has_family(destination, lane.family);
    all = unite(all, tables_.join(out == not_set ? lane.usual_out[form_of_[destination]] : out, !has_family ? 0 : in == not_set ? usual_in(lane, destination) : in));
  }
  return all;
}

OutcomeId PairRows::usual_outcome(ClassId destination) {
  OutcomeId all = 0;
  for (Lane& lane : lanes_) all = unite(all, tables_.join(lane.usual_out[form_of_[destination]], usual_in(lane, destination)));
  return all;
}

// What usual_outcome() depends on beside the row: classes with equal keys have equal ones.
std::vector<uint32_t> PairRows::usual_key(ClassId source, ClassId destination) const {
  std::vector<uint32_t> key{form_of_[destination]};
  for (const Lane& lane : lanes_) key.push_back(classes_.has_family(destination, lane.family) ? lane.usual_in[form_of_[source]][lane.ingress.profile_of(destination)] : 0);
  return key;
}

const PairRows::Groups& PairRows::groups_for(ClassId source) {
  Groups& groups = groups_[form_of_[source]];
  if (!groups.of_class.empty()) return groups;
  Numbering<std::vector<uint32_t>> numbers;
  groups.of_class.reserve(classes_.size());
  for (ClassId id = 0; id < classes_.size(); ++id) {
    groups.of_class.push_back(numbers.number(usual_key(source, id)));
    if (groups.of_class.back() == groups.member.size()) groups.member.push_back(id);
  }
  return groups;
}

bool PairRows::usually_denied() {
  const Groups& groups = groups_for(row_);
  return std::all_of(groups.member.begin(), groups.member.end(), [&](ClassId member) { return category(usual_outcome(member)) == Category::denied; });
}

// ------------------------------------------------------------------------------------------------ by workload
// Most destinations are named by no rule: their outcome is looked up once a group.
void PairRows::add_row(std::vector<OutcomeId>& towards) {
  const Groups& groups = groups_for(row_);
  std::vector<OutcomeId> usual;
  usual.reserve(groups.member.size());
  for (const ClassId member : groups.member) usual.push_back(usual_outcome(member));
  for (ClassId id = 0; id < classes_.size(); ++id)
    if (stamps_[id] != stamp_) towards[id] = unite(towards[id], usual[groups.of_class[id]]);
  for (const ClassId id : touched_) towards[id] = unite(towards[id], outcome(id));
}

void PairRows::take_rows(uint32_t workload, std::vector<OutcomeId>& towards) {
  towards.assign(classes_.size(), 0);
  for (const ClassId source : classes_of_[workload]) {
    take_row(source);
    add_row(towards);
  }
}

OutcomeId PairRows::towards(uint32_t workload, const std::vector<OutcomeId>& of_class) {
  OutcomeId all = 0;
  for (const ClassId id : classes_of_[workload]) all = unite(all, of_class[id]);
  return all;
}

std::vector<Side::Outside> PairRows::outside(uint32_t workload, bool as_source) {
  std::vector<Side::Outside> all;
  for (Lane& lane : lanes_) {
    Side& side = as_source ? lane.egress : lane.ingress;
    std::vector<Side::Outside> of_family;
    for (const ClassId id : classes_of_[workload]) {
      if (!classes_.has_family(id, lane.family)) continue;
      const auto& parts = side.outside(side.profile_of(id));
      of_family = of_family.empty() ? parts : overlaid(of_family, parts, tables_);
    }
    for (auto& part : of_family) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.outcome == part.outcome; });
      if (same == all.end())
        all.push_back(std::move(part));
      else
        same->addresses = same->addresses.united(part.addresses);
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.addresses < b.addresses; });
  return all;
}

OutcomeId PairRows::nodes(uint32_t workload, bool as_source) {
  OutcomeId all = 0;
  for (Lane& lane : lanes_) {
    Side& side = as_source ? lane.egress : lane.ingress;
    for (const ClassId id : classes_of_[workload])
      if (classes_.has_family(id, lane.family)) all = unite(all, side.nodes(side.profile_of(id)));
  }
  return all;
}

bool PairRows::isolated(uint32_t workload, Direction direction) const {
  for (const Lane& lane : lanes_) {
    const Side& side = direction == Direction::egress ? lane.egress : lane.ingress;
    for (const ClassId id : classes_of_[workload])
      if (side.isolated(side.profile_of(id))) return true;
  }
  return false;
}

// ------------------------------------------------------------------------------------------------ outcomes
const PairRows::Known& PairRows::known(OutcomeId id) {
  while (known_.size() <= id) known_.emplace_back();
  Known& known = known_[id];
  if (!known.fresh) return known;
  const Outcome& outcome = tables_.outcome(id);
  Reach& r = known.reach;
  const PortTable known_allowed = outcome.allow.minus(outcome.unknown).intersected(protocols_);
  r = {.always = known_allowed.minus(outcome.deny), .depends = known_allowed.intersected(outcome.deny), .unknown = outcome.unknown.intersected(protocols_)};
  known.category = !r.always.empty() ? Category::always : !r.depends.empty() ? Category::depends : !r.unknown.empty() ? Category::unknown : Category::denied;
  known.fresh = false;
  return known;
}

const Reach& PairRows::reach(OutcomeId id) { return known(id).reach; }

}  // namespace npverify::reach
