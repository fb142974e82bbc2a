#include "library/remember.h"

#include <algorithm>
#include <charconv>

namespace npverify::library {
namespace {

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

cache::Digest AgreementMemory::key(const std::string& fact, const std::string& namespace_name) const {
  return cache::Hasher().add(fact).add(namespace_name).add(manifests_.content(namespace_name)).finish();
}

std::optional<size_t> AgreementMemory::recall(const std::string& fact, const std::string& namespace_name) {
  const auto text = table_.table().find(key(fact, namespace_name));
  if (!text) return std::nullopt;
  size_t queries = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), queries);
  if (end.ec != std::errc() || end.ptr != text->data() + text->size()) return std::nullopt;
  return queries;
}

void AgreementMemory::learn(const std::string& fact, const std::string& namespace_name, size_t queries) {
  if (recall(fact, namespace_name) != queries) table_.table().put(key(fact, namespace_name), std::to_string(queries));
}

std::set<std::string> AgreementMemory::unsettled() {
  std::set<std::string> names;
  for (const auto& name : manifests_.namespaces())
    if (!std::ranges::all_of(verify::agreement_facts(), [&](const std::string& fact) { return recall(fact, name).has_value(); })) names.insert(name);
  return names;
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
