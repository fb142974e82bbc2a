#pragma once

#include <unordered_map>
#include <vector>

#include "logic/expression.h"
#include "world/universe.h"

namespace npverify::reach {

using ClassId = uint32_t;

/// What the expressions of a question can tell of a pod. Pods with equal features satisfy the same atoms, so they are interchangeable in
/// every formula over them. Numbers stand for texts; 0 for any text that no atom mentions.
struct PodFeatures {
  uint32_t namespace_number = 0;                      ///< into PodClasses::namespaces
  std::vector<std::pair<uint32_t, uint32_t>> labels;  ///< (key, value), mentioned keys alone, sorted
  uint32_t service_account = 0;
  uint32_t port_names = 0;                            ///< into PodClasses::port_names
  bool fixed_address = false;                         ///< false: the address is free among those of pods
  uint32_t cells[2] = {0, 0};                         ///< of a fixed address, by family: the interval between cut points; 0: no address of the family
  bool operator==(const PodFeatures&) const = default;
};

/// The pods of a closed world, put together by what a set of atoms can tell of them.
class PodClasses {
 public:
  /// What a namespace without a Namespace object is taken to have: no label but its name, or any.
  enum class Unlabelled : uint8_t { bare, free };

  /// `mentioned`: every atom of the question, of either role.
  PodClasses(const logic::Pool& pool, const std::vector<logic::Expr>& mentioned, Unlabelled unlabelled = Unlabelled::bare);

  /// The classes that a pod can be of: several where a controller adds labels that some atom asks for, or where its namespace's labels are
  /// free. Deterministic. Throws Unsupported where these would be too many.
  std::vector<ClassId> classes_of(const world::ClosedPod& pod);
  /// Whether pods of one class are alike in what the atom asks of an end.
  bool tells(const logic::Pool& pool, const logic::Atom& atom) const;

  size_t size() const { return features_.size(); }
  const PodFeatures& operator[](ClassId id) const { return features_[id]; }
  /// An address of the class's cell; only for fixed addresses of that family.
  const base::Address& address(ClassId id, base::Family family) const { return addresses_[id][static_cast<size_t>(family)]; }
  bool has_family(ClassId id, base::Family family) const { return !features_[id].fixed_address || features_[id].cells[static_cast<size_t>(family)] != 0; }
  /// Distinct declarations of port names; number 0 is "whatever", where no atom asks for names.
  const std::vector<std::vector<resource::ContainerPort>>& port_names() const { return port_names_; }

  // Features by the symbols of atoms; nullptr, or 0, where the text is not mentioned.
  struct Words {
    std::unordered_map<std::string, uint32_t> number;  ///< from 1
    uint32_t operator[](const std::string& text) const {
      const auto it = number.find(text);
      return it == number.end() ? 0 : it->second;
    }
    void add(const std::string& text) { number.try_emplace(text, static_cast<uint32_t>(number.size() + 1)); }
  };
  struct KeyWords {
    Words keys;
    std::unordered_map<uint32_t, Words> values;  ///< by key
    void add(const std::string& key) { keys.add(key); }
    void add(const std::string& key, const std::string& value) {
      keys.add(key);
      values[keys[key]].add(value);
    }
    uint32_t value(uint32_t key, const std::string& text) const {
      const auto it = values.find(key);
      return it == values.end() ? 0 : it->second[text];
    }
  };
  struct Namespace {
    uint32_t name = 0;
    std::vector<std::pair<uint32_t, uint32_t>> labels;
    bool operator==(const Namespace&) const = default;
  };
  const KeyWords& label_words() const { return labels_; }
  const KeyWords& namespace_label_words() const { return namespace_labels_; }
  const Words& namespace_words() const { return namespace_names_; }
  const Words& service_account_words() const { return service_accounts_; }
  const std::vector<Namespace>& namespaces() const { return namespaces_; }

 private:
  void mention(const logic::Pool& pool, const logic::Atom& atom);
  static std::vector<std::pair<uint32_t, uint32_t>> told(const resource::Labels& labels, const KeyWords& words);
  uint32_t number_of(const Namespace& seen);
  std::vector<uint32_t> namespaces_of(const world::ClosedPod& pod);
  uint32_t port_names_of(const world::Endpoint& pod);
  std::vector<Namespace> with_free_labels(const Namespace& seen) const;
  void add_free_labels(const world::ClosedPod& pod, std::vector<PodFeatures>& variants) const;
  ClassId number(const PodFeatures& features, const world::Endpoint& pod);

  KeyWords labels_, namespace_labels_;
  Words namespace_names_, service_accounts_;
  bool asks_port_names_ = false;
  Unlabelled unlabelled_;
  std::vector<base::Address> cuts_;  ///< sorted: an atom's set of addresses begins, or ends before, each
  std::vector<Namespace> namespaces_;
  std::unordered_map<std::string, std::vector<uint32_t>> namespace_numbers_;  ///< by name: several where its labels are free
  std::vector<std::vector<resource::ContainerPort>> port_names_{{}};
  std::unordered_map<std::string, uint32_t> port_name_numbers_;
  std::vector<PodFeatures> features_;
  std::vector<std::array<base::Address, 2>> addresses_;
  std::unordered_multimap<uint64_t, ClassId> index_;
};

}  // namespace npverify::reach
