// show reading, formula, smt2, slices: what a profile makes of the policies, and what the solver is asked.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "library/state.h"
#include "npverify/show.h"
#include "policy/reading.h"
#include "smt/solver.h"
#include "verify/question.h"
#include "world/universe.h"

namespace npverify::show {
namespace {

using policy::Direction;

policy::Reading read(logic::Pool& pool, const Snapshot& snapshot, const Profile& profile) {
  const resource::Snapshot& loaded = snapshot.state().whole();
  const world::AddressPlan plan = world::plan_addresses(loaded);
  return policy::read_policies(pool, loaded, {plan.ipv4, plan.ipv6}, profile.state().profile);
}

std::string gap_scope(policy::Gap::Scope scope) {
  switch (scope) {
    case policy::Gap::Scope::always: return "always";
    case policy::Gap::Scope::isolated: return "where isolated";
    case policy::Gap::Scope::denied: return "where nothing allows";
  }
  return "";
}

std::string policy_text(const logic::Pool& pool, const policy::Policy& one) {
  std::string out = "  policy " + one.id() + "  # " + one.origin.span.to_string() + "\n    subject " + pool.to_smtlib(one.subject) + "\n";
  for (const auto& rule : one.rules) out += "    rule " + rule.field + "\n      peer  " + pool.to_smtlib(rule.peer) + "\n      ports " + pool.to_smtlib(rule.ports) + "\n";
  return out;
}

std::string direction_text(const logic::Pool& pool, const policy::DirectionReading& side, Direction direction) {
  std::string out = std::string(policy::to_string(direction)) + "\n";
  if (!side.enforced) out += "  no policy is enforced\n";
  if (side.unisolated_denied) out += "  what no policy selects is denied\n";
  for (const auto& drop : side.drops) out += "  drop  " + pool.to_smtlib(drop.when) + "  ; " + drop.axis + ": " + drop.sentence + "\n";
  for (const auto& admit : side.admits) out += "  admit " + pool.to_smtlib(admit.when) + "  ; " + admit.axis + ": " + admit.sentence + "\n";
  for (const auto& gap : side.gaps) out += "  gap   " + pool.to_smtlib(gap.when) + "  ; " + gap_scope(gap.scope) + "; " + gap.reason + "\n";
  for (const auto& one : side.policies) out += policy_text(pool, one);
  return out;
}

/// Calls `each` with every namespace that has policies and every direction, then with "" for all others.
template <typename Each>
void for_slices(logic::Pool& pool, const policy::Reading& reading, Each each) {
  for (const Direction direction : policy::both_directions) {
    const auto& side = reading.direction(direction);
    for (const auto& [name, policies] : side.by_namespace) each(direction, name, policy::verdict_in_namespace(pool, side, direction, name));
    each(direction, std::string(), policy::verdict_elsewhere(pool, side, direction));
  }
}

std::string slice_name(Direction direction, const std::string& name) { return std::string(policy::to_string(direction)) + " in " + (name.empty() ? "namespaces without policies" : name); }

const std::vector<uint32_t>* policies_in(const policy::DirectionReading& side, const std::string& name) {
  const auto found = side.by_namespace.find(name);
  return found == side.by_namespace.end() ? nullptr : &found->second;
}

/// Names of the policies of a namespace that the two sides read differently; a policy that one side lacks counts.
std::set<std::string> differing(const policy::DirectionReading& left, const policy::DirectionReading& right, const std::string& name) {
  std::map<std::string, std::array<const policy::Policy*, 2>> by_name;
  const policy::DirectionReading* sides[] = {&left, &right};
  for (size_t i = 0; i < 2; ++i)
    if (const auto* indices = policies_in(*sides[i], name))
      for (const uint32_t index : *indices) by_name[sides[i]->policies[index].name][i] = &sides[i]->policies[index];
  std::set<std::string> names;
  for (const auto& [policy_name, pair] : by_name) {
    const auto same_rule = [](const policy::Rule& a, const policy::Rule& b) { return a.peer == b.peer && a.ports == b.ports; };
    const bool same = pair[0] && pair[1] && pair[0]->subject == pair[1]->subject && std::equal(pair[0]->rules.begin(), pair[0]->rules.end(), pair[1]->rules.begin(), pair[1]->rules.end(), same_rule);
    if (!same) names.insert(policy_name);
  }
  return names;
}

}  // namespace

std::string reading(const Snapshot& snapshot, const Profile& profile) {
  return library::guarded([&] {
    logic::Pool pool;
    const policy::Reading read_here = read(pool, snapshot, profile);
    std::string out = profile.name() + "\n";
    for (const auto& one : read_here.refused) out += "refused " + one.namespace_name + "/" + one.name + ": " + one.sentence + " (" + one.axis + ")\n";
    for (const Direction direction : policy::both_directions) out += direction_text(pool, read_here.direction(direction), direction);
    return out;
  });
}

std::string formula(const Snapshot& snapshot, const Profile& profile) {
  return library::guarded([&] {
    logic::Pool pool;
    std::string out;
    for_slices(pool, read(pool, snapshot, profile), [&](Direction direction, const std::string& name, const policy::Verdict& verdict) {
      out += "; " + slice_name(direction, name) + "\n(allowed " + pool.to_smtlib(verdict.allowed) + ")\n";
      if (!verdict.unknown.is_false()) out += "(unknown " + pool.to_smtlib(verdict.unknown) + ")\n";
    });
    return out;
  });
}

std::string smt2(const Snapshot& snapshot, const Profile& profile) {
  return library::guarded([&] {
    logic::Pool pool;
    std::string out;
    for_slices(pool, read(pool, snapshot, profile), [&](Direction direction, const std::string& name, const policy::Verdict& verdict) {
      const std::string title = profile.name() + ": an allowed flow, " + slice_name(direction, name);
      out += smt::to_smtlib_script(pool, {verdict.allowed}, title) + (out.empty() ? "" : "\n");
    });
    return out;
  });
}

std::string slices(const Snapshot& snapshot, const Profile& left, const Profile& right) {
  return library::guarded([&] {
    logic::Pool pool;
    const policy::Reading a = read(pool, snapshot, left), b = read(pool, snapshot, right);
    std::set<std::string> names;
    for (const auto* one : {&a, &b})
      for (const auto& name : verify::policy_namespaces(*one)) names.insert(name);
    std::string out;
    for (const Direction direction : policy::both_directions)
      for (const std::string& name : names) {
        const auto *here = policies_in(a.direction(direction), name), *there = policies_in(b.direction(direction), name);
        if (!here && !there) continue;
        const auto parts = differing(a.direction(direction), b.direction(direction), name);
        out += slice_name(direction, name) + ": " + std::to_string(std::max(here ? here->size() : 0, there ? there->size() : 0)) + " policies, ";
        if (parts.empty()) out += "all read alike: nothing to solve\n";
        for (const std::string& part : parts) out += (part == *parts.begin() ? "to solve because of " : ", ") + part;
        if (!parts.empty()) out += "\n";
      }
    return out;
  });
}

}  // namespace npverify::show
