#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/text_tree.h"

namespace npverify {
namespace YAML = manifest::text_tree;
}

namespace npverify::semantics {

/// npverify's own YAML files, read strictly: every key known, every value of the sort expected, every problem reported with its place.
class StrictYaml {
 public:
  StrictYaml(std::shared_ptr<const base::SourceFile> file, base::Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  /// The only document, or an undefined node after an error.
  YAML::Node parse();
  /// Every document that is not empty; none after an error.
  std::vector<YAML::Node> documents();
  /// Reports keys of `map` outside `known` (with the nearest known one), duplicate keys, and a node that is no mapping. True if it is a mapping.
  bool mapping(const YAML::Node& map, const std::string& field, const std::vector<std::string>& known);
  /// The scalar at `key`; an error where `needed` and absent, or where it is no scalar.
  std::string text(const YAML::Node& map, const std::string& key, const std::string& field, bool needed);
  /// The scalars of the list at `key` (empty where absent).
  std::vector<std::string> texts(const YAML::Node& map, const std::string& key, const std::string& field);
  void error(const YAML::Node& at, const std::string& field, const std::string& message, const std::string& hint = "");
  void error_at(const base::SourceSpan& at, const std::string& field, const std::string& message) { diagnostics_.error(at, field, message); }
  base::SourceSpan span(const YAML::Node& at) const;

 private:
  std::shared_ptr<const base::SourceFile> file_;
  base::Diagnostics& diagnostics_;
};

/// "a list", "the text 'x'": what stands at a node, for messages.
std::string found_at(const YAML::Node& node);

/// "a, b or c".
std::string one_of(const std::vector<std::string>& words);

}  // namespace npverify::semantics
