#include "library/remember.h"

#include <algorithm>
#include <charconv>

namespace npverify::library {
namespace {

constexpr char after_fact = '\0';

void add(cache::Hasher& hasher, const Profile& profile) {
  const semantics::Profile& one = profile.state().profile;
  hasher.add(*profile.state().encodings).add(one.cni).add(one.version.to_string());
  for (const auto& [name, value] : one.options) hasher.add(name).add(value.value);
  hasher.add("");
  for (const auto& [id, axis] : one.axes) hasher.add(id).add(axis.rule);
}

// Everything that an answer about one namespace rests on, its own policies aside.
cache::Digest owner_of(const Manifests& manifests, const Profile& left, const Profile& right, const verify::Options& options) {
  cache::Hasher hasher;
  hasher.add(*this_program()).add(manifests.context_digest());
  add(hasher, left);
  add(hasher, right);
  hasher.add(world::to_string(options.universe));
  for (const bool flag : {options.peers.pods, options.peers.nodes, options.peers.external, options.datapath}) hasher.add(flag ? "yes" : "no");
  return hasher.finish();
}

}  // namespace

AgreementMemory::AgreementMemory(const Manifests& manifests, const Profile& left, const Profile& right, const verify::Options& options)
    : manifests_(manifests), table_(*manifests.cache(), "agreements", owner_of(manifests, left, right, options)) {}

// One entry a namespace: its facts, each with its queries and a zero byte. A fact may have several lines.
AgreementMemory::Facts& AgreementMemory::facts_of(const std::string& namespace_name) {
  const auto [known, fresh] = facts_.try_emplace(namespace_name);
  Facts& facts = known->second;
  if (!fresh) return facts;
  facts.key = cache::Hasher().add(namespace_name).add(manifests_.content(namespace_name)).finish();
  std::string_view rest = table_.table().find(facts.key).value_or("");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(after_fact), rest.size()), name_end = rest.substr(0, end).rfind(' ');
    size_t queries = 0;
    if (name_end == std::string_view::npos) break;
    const auto number = std::from_chars(rest.data() + name_end + 1, rest.data() + end, queries);
    if (number.ec == std::errc() && number.ptr == rest.data() + end) facts.queries.emplace(rest.substr(0, name_end), queries);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return facts;
}

std::optional<size_t> AgreementMemory::recall(const std::string& fact, const std::string& namespace_name) {
  const Facts& facts = facts_of(namespace_name);
  const auto known = facts.queries.find(fact);
  return known == facts.queries.end() ? std::nullopt : std::optional(known->second);
}

void AgreementMemory::learn(const std::string& fact, const std::string& namespace_name, size_t queries) {
  Facts& facts = facts_of(namespace_name);
  const auto [known, fresh] = facts.queries.try_emplace(fact, queries);
  if (!fresh && known->second == queries) return;
  known->second = queries;
  facts.learnt = true;
}

std::set<std::string> AgreementMemory::unsettled() {
  std::set<std::string> names;
  const auto wanted = verify::agreement_facts();
  for (const auto& name : manifests_.namespaces())
    if (!std::ranges::all_of(wanted, [&](const std::string& fact) { return recall(fact, name).has_value(); })) names.insert(name);
  return names;
}

void AgreementMemory::save() {
  for (const auto& [name, facts] : facts_) {
    if (!facts.learnt) continue;
    std::string text;
    for (const auto& [fact, queries] : facts.queries) text += fact + " " + std::to_string(queries) + after_fact;
    table_.table().put(facts.key, std::move(text));
  }
  table_.save();
}

// What a policy selects may depend on anything that is no policy: labels of namespaces, addresses of nodes and pods, ServiceAccounts.
std::optional<std::set<std::string>> changed_namespaces(const Manifests& before, const Manifests& after) {
  if (!before.partial() || !after.partial() || before.context_digest() != after.context_digest()) return std::nullopt;
  std::set<std::string> names = before.namespaces();
  names.merge(after.namespaces());
  std::erase_if(names, [&](const std::string& name) { return before.content(name) == after.content(name); });
  names.merge(before.read_always());
  names.merge(after.read_always());
  return names;
}

}  // namespace npverify::library
