#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "library/manifests.h"
#include "library/state.h"
#include "verify/compare.h"
#include "verify/memory.h"

/// Asking again what changed, and only that.
namespace npverify::library {

/// What earlier runs with the same profiles, options and context found out of namespaces with the same policies.
class AgreementMemory : public verify::Memory {
 public:
  /// REQUIRES: manifests.cache(), and the profiles' encodings are told.
  AgreementMemory(const Manifests& manifests, const Profile& left, const Profile& right, const verify::Options& options);

  std::optional<size_t> recall(const std::string& fact, const std::string& namespace_name) override;
  void learn(const std::string& fact, const std::string& namespace_name, size_t queries) override;

  /// Namespaces of which nothing was found out.
  std::set<std::string> unsettled();
  void save();

 private:
  /// What is known of a namespace with the policies that it has now.
  struct Facts {
    cache::Digest key;
    std::map<std::string, size_t> queries;  ///< by fact
    bool learnt = false;                    ///< something that is not in the table yet
  };
  Facts& facts_of(const std::string& namespace_name);

  const Manifests& manifests_;
  StoredTable table_;
  std::unordered_map<std::string, Facts> facts_;
};

/// The namespaces whose policies differ between two sets; nothing where something else differs too, or one side is not known by content.
std::optional<std::set<std::string>> changed_namespaces(const Manifests& before, const Manifests& after);

/// Asks with the policies of some namespaces, with more where the answer depends on more, and at last with all.
template <class Some, class Whole>
Report ask_with_few(std::set<std::string> namespaces, const Some& ask_some, const Whole& ask_whole) {
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round) {
    try {
      return ask_some(namespaces);
    } catch (const verify::PoliciesNeeded& more) {
      namespaces.insert(more.namespaces.begin(), more.namespaces.end());
    }
  }
  return ask_whole();
}

}  // namespace npverify::library
