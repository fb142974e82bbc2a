#include "reach/pod_classes.h"

#include <algorithm>

#include "base/diagnostics.h"

namespace npverify::reach {
namespace {

using base::Family;
using logic::Atom;
using logic::AtomKind;
using world::ClosedPod;
using world::Endpoint;

constexpr const char* name_label = "kubernetes.io/metadata.name";
constexpr size_t most_variants = 128;  // of one pod

uint64_t mixed(uint64_t hash, uint64_t value) { return (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29); }

uint64_t hash_of(const PodFeatures& f) {
  uint64_t hash = mixed(mixed(mixed(f.namespace_number, f.service_account), f.port_names), f.fixed_address);
  for (const uint32_t cell : f.cells) hash = mixed(hash, cell);
  for (const auto& [key, value] : f.labels) hash = mixed(mixed(hash, key), value);
  return hash;
}

}  // namespace

PodClasses::PodClasses(const logic::Pool& pool, const std::vector<logic::Expr>& mentioned, Unlabelled unlabelled) : unlabelled_(unlabelled) {
  for (const logic::Expr e : mentioned) mention(pool, pool.atom_of(e));
  std::sort(cuts_.begin(), cuts_.end());
  cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
}

void PodClasses::mention(const logic::Pool& pool, const Atom& a) {
  const std::string& name = pool.text(a.name);
  switch (a.kind) {
    case AtomKind::namespace_is: namespace_names_.add(name); break;
    case AtomKind::label_is: labels_.add(name, pool.text(a.value)); break;
    case AtomKind::label_exists: labels_.add(name); break;
    case AtomKind::namespace_label_is: namespace_labels_.add(name, pool.text(a.value)); break;
    case AtomKind::namespace_label_exists: namespace_labels_.add(name); break;
    case AtomKind::service_account_is: service_accounts_.add(name); break;
    case AtomKind::port_named: asks_port_names_ = true; break;
    case AtomKind::address_in:
      for (const auto& interval : pool.addresses(a).intervals()) {
        cuts_.push_back(interval.first);
        if (interval.last != base::last_address(interval.last.family)) cuts_.push_back({interval.last.family, interval.last.bits + 1});
      }
      break;
    case AtomKind::kind_is:
    case AtomKind::node_is:
    case AtomKind::family_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named_in_cluster:
    case AtomKind::same_node:
    case AtomKind::same_endpoint:
    case AtomKind::peer_known:
    case AtomKind::flag: break;
  }
}

std::vector<std::pair<uint32_t, uint32_t>> PodClasses::told(const resource::Labels& labels, const KeyWords& words) {
  std::vector<std::pair<uint32_t, uint32_t>> out;
  for (const auto& [key, value] : labels)
    if (const uint32_t number = words.keys[key]; number != 0) out.push_back({number, words.value(number, value)});
  std::sort(out.begin(), out.end());
  return out;
}

bool PodClasses::tells(const logic::Pool& pool, const Atom& a) const {
  const std::string& name = pool.text(a.name);
  const auto knows = [&](const KeyWords& words) {
    const uint32_t key = words.keys[name];
    return key != 0 && (a.kind == AtomKind::label_exists || a.kind == AtomKind::namespace_label_exists || words.value(key, pool.text(a.value)) != 0);
  };
  const auto is_cut = [&](const base::Address& address) { return std::binary_search(cuts_.begin(), cuts_.end(), address); };
  switch (a.kind) {
    case AtomKind::kind_is: return true;
    case AtomKind::namespace_is: return namespace_names_[name] != 0;
    case AtomKind::label_is:
    case AtomKind::label_exists: return knows(labels_);
    case AtomKind::namespace_label_is:
    case AtomKind::namespace_label_exists: return knows(namespace_labels_);
    case AtomKind::service_account_is: return service_accounts_[name] != 0;
    case AtomKind::port_named: return asks_port_names_;
    case AtomKind::address_in: {
      const auto& intervals = pool.addresses(a).intervals();
      return std::all_of(intervals.begin(), intervals.end(), [&](const auto& i) {
        return is_cut(i.first) && (i.last == base::last_address(i.last.family) || is_cut({i.last.family, i.last.bits + 1}));
      });
    }
    case AtomKind::node_is:
    case AtomKind::family_is:
    case AtomKind::protocol_is:
    case AtomKind::port_in:
    case AtomKind::port_named_in_cluster:
    case AtomKind::same_node:
    case AtomKind::same_endpoint:
    case AtomKind::peer_known:
    case AtomKind::flag: return false;
  }
  return false;
}

uint32_t PodClasses::number_of(const Namespace& seen) {
  const auto same = std::find(namespaces_.begin(), namespaces_.end(), seen);
  if (same == namespaces_.end()) return namespaces_.push_back(seen), static_cast<uint32_t>(namespaces_.size() - 1);
  return static_cast<uint32_t>(same - namespaces_.begin());
}

// Every set of labels that the namespace could have: of each key that is asked for no value, a mentioned one, or another. Its name it has.
std::vector<PodClasses::Namespace> PodClasses::with_free_labels(const Namespace& seen) const {
  std::vector<Namespace> variants{seen};
  const uint32_t of_name = namespace_labels_.keys[name_label];
  for (const auto& [text, key] : namespace_labels_.keys.number) {
    if (key == of_name) continue;
    const auto values = namespace_labels_.values.find(key);
    const auto mentioned = static_cast<uint32_t>(values == namespace_labels_.values.end() ? 0 : values->second.number.size());
    const std::vector<Namespace> absent = variants;
    if (absent.size() * (mentioned + 2) > most_variants) throw base::Unsupported("the labels of a namespace without a Namespace object are free, and too many are asked for");
    for (uint32_t value = 0; value <= mentioned; ++value)
      for (Namespace one : absent) {
        one.labels.push_back({key, value});
        std::sort(one.labels.begin(), one.labels.end());
        variants.push_back(std::move(one));
      }
  }
  std::sort(variants.begin(), variants.end(), [](const Namespace& a, const Namespace& b) { return a.labels < b.labels; });
  return variants;
}

// Pods of one namespace have the same namespace labels, so the name alone is looked up. Of two pods in one whose labels are free each can be
// taken to have any: more ways than there are, and never fewer.
std::vector<uint32_t> PodClasses::namespaces_of(const ClosedPod& closed) {
  const Endpoint& pod = closed.pod;
  const auto [it, fresh] = namespace_numbers_.try_emplace(pod.namespace_name);
  if (!fresh) return it->second;
  const Namespace seen{namespace_names_[pod.namespace_name], told(pod.namespace_labels, namespace_labels_)};
  const bool free = unlabelled_ == Unlabelled::free && !closed.namespace_known;
  for (const Namespace& one : free ? with_free_labels(seen) : std::vector<Namespace>{seen}) it->second.push_back(number_of(one));
  return it->second;
}

uint32_t PodClasses::port_names_of(const Endpoint& pod) {
  if (!asks_port_names_) return 0;
  std::string key;
  std::vector<resource::ContainerPort> named;
  for (const auto& port : pod.ports) {
    if (port.name.empty()) continue;
    named.push_back(port);
    key += port.name + ':' + std::to_string(port.number) + base::to_string(port.protocol) + static_cast<char>('0' + static_cast<int>(port.container)) + ' ';
  }
  const auto [it, fresh] = port_name_numbers_.try_emplace(key, static_cast<uint32_t>(port_names_.size()));
  if (fresh) port_names_.push_back(std::move(named));
  return it->second;
}

// A label that a controller adds is absent, or has any value: one that is mentioned, or another.
void PodClasses::add_free_labels(const ClosedPod& pod, std::vector<PodFeatures>& variants) const {
  for (const std::string& key : pod.free_labels) {
    const uint32_t number = labels_.keys[key];
    if (number == 0) continue;
    const auto values = labels_.values.find(number);
    const auto mentioned = static_cast<uint32_t>(values == labels_.values.end() ? 0 : values->second.number.size());
    const std::vector<PodFeatures> absent = variants;
    for (uint32_t value = 0; value <= mentioned; ++value)
      for (PodFeatures features : absent) {
        features.labels.push_back({number, value});
        std::sort(features.labels.begin(), features.labels.end());
        variants.push_back(std::move(features));
      }
  }
}

std::vector<ClassId> PodClasses::classes_of(const ClosedPod& closed) {
  const Endpoint& pod = closed.pod;
  PodFeatures features{.labels = told(pod.labels, labels_), .service_account = service_accounts_[pod.service_account], .port_names = port_names_of(pod)};
  features.fixed_address = !pod.addresses.empty();
  for (const Family family : {Family::ipv4, Family::ipv6})
    if (const base::Address* address = pod.address(family)) features.cells[static_cast<size_t>(family)] = static_cast<uint32_t>(1 + (std::upper_bound(cuts_.begin(), cuts_.end(), *address) - cuts_.begin()));
  std::vector<PodFeatures> variants;
  for (const uint32_t number : namespaces_of(closed)) {
    variants.push_back(features);
    variants.back().namespace_number = number;
  }
  add_free_labels(closed, variants);
  std::vector<ClassId> classes;
  for (const PodFeatures& variant : variants) classes.push_back(number(variant, pod));
  return classes;
}

ClassId PodClasses::number(const PodFeatures& features, const Endpoint& pod) {
  const uint64_t hash = hash_of(features);
  const auto [first, last] = index_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (features_[it->second] == features) return it->second;
  const auto id = static_cast<ClassId>(features_.size());
  features_.push_back(features);
  std::array<base::Address, 2> addresses;
  for (const Family family : {Family::ipv4, Family::ipv6})
    if (const base::Address* address = pod.address(family)) addresses[static_cast<size_t>(family)] = *address;
  addresses_.push_back(addresses);
  index_.emplace(hash, id);
  return id;
}

}  // namespace npverify::reach
