#include "resource/snapshot.h"

#include <algorithm>

#include "resource/load.h"

namespace npverify::resource {
namespace {

template <typename Object>
const Object* find_by_name(const std::vector<Object>& objects, const std::string& name) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Object& o) { return o.meta.name == name; });
  return found == objects.end() ? nullptr : &*found;
}

bool holds(const LabelSelectorRequirement& requirement, const Labels& labels) {
  const auto label = labels.find(requirement.key);
  const bool present = label != labels.end();
  const auto among = [&] { return std::find(requirement.values.begin(), requirement.values.end(), label->second) != requirement.values.end(); };
  switch (requirement.op) {
    case SelectorOperator::in: return present && among();
    case SelectorOperator::not_in: return !present || !among();
    case SelectorOperator::exists: return present;
    case SelectorOperator::does_not_exist: return !present;
  }
  return false;
}

}  // namespace

const Namespace* Snapshot::find_namespace(const std::string& name) const { return find_by_name(namespaces, name); }
const Node* Snapshot::find_node(const std::string& name) const { return find_by_name(nodes, name); }

bool selects(const LabelSelector& selector, const Labels& labels) {
  return std::all_of(selector.requirements.begin(), selector.requirements.end(), [&](const auto& requirement) { return holds(requirement, labels); });
}

}  // namespace npverify::resource
