#include "semantics/yaml.h"

#include <algorithm>
#include <set>

namespace npverify::semantics {

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

base::SourceSpan StrictYaml::span(const YAML::Node& at) const {
  if (!at.IsDefined() || at.Mark().is_null()) return {file_, 0, 0};
  return {file_, static_cast<uint32_t>(at.Mark().line + 1), static_cast<uint32_t>(at.Mark().column + 1)};
}

void StrictYaml::error(const YAML::Node& at, const std::string& field, const std::string& message, const std::string& hint) {
  diagnostics_.error(span(at), field, message, hint);
}

std::string found_at(const YAML::Node& node) {
  if (!node.IsDefined()) return "nothing";
  switch (node.Type()) {
    case YAML::NodeType::Undefined: return "nothing";
    case YAML::NodeType::Null: return "nothing";
    case YAML::NodeType::Scalar: return "'" + node.Scalar() + "'";
    case YAML::NodeType::Sequence: return "a list";
    case YAML::NodeType::Map: return "a mapping";
  }
  return "nothing";
}

std::vector<YAML::Node> StrictYaml::documents() {
  auto documents = YAML::read(file_, diagnostics_).value_or(std::vector<YAML::Node>{});
  std::erase_if(documents, [](const YAML::Node& n) { return !n.IsDefined() || n.IsNull(); });
  return documents;
}

YAML::Node StrictYaml::parse() {
  const size_t errors = diagnostics_.error_count();
  const std::vector<YAML::Node> all = documents();
  if (all.size() == 1) return all[0];
  if (diagnostics_.error_count() == errors) diagnostics_.error({file_, 0, 0}, "", "expected one YAML document, found " + std::to_string(all.size()));
  return {};
}

bool StrictYaml::mapping(const YAML::Node& map, const std::string& field, const std::vector<std::string>& known) {
  if (!map.IsDefined() || !map.IsMap()) {
    error(map, field, "expected a mapping, found " + found_at(map));
    return false;
  }
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (!seen.insert(key).second) error(entry.first, field, "the key '" + key + "' stands twice");
    if (known.empty() || std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto near = base::nearest(key, known);
    error(entry.first, field, "unknown field '" + key + "'; expected " + one_of(known), near ? "did you mean '" + *near + "'?" : "");
  }
  return true;
}

std::string StrictYaml::text(const YAML::Node& map, const std::string& key, const std::string& field, bool needed) {
  const YAML::Node value = map[key];
  if (!value.IsDefined()) {
    if (needed) error(map, field, "the field '" + key + "' is missing");
    return "";
  }
  if (!value.IsScalar()) {
    error(value, field.empty() ? key : field + "." + key, "expected a text, found " + found_at(value));
    return "";
  }
  return value.Scalar();
}

std::vector<std::string> StrictYaml::texts(const YAML::Node& map, const std::string& key, const std::string& field) {
  const YAML::Node value = map[key];
  std::vector<std::string> out;
  if (!value.IsDefined()) return out;
  if (!value.IsSequence()) {
    error(value, field.empty() ? key : field + "." + key, "expected a list of texts, found " + found_at(value));
    return out;
  }
  for (const auto& item : value) {
    if (item.IsScalar())
      out.push_back(item.Scalar());
    else
      error(item, field.empty() ? key : field + "." + key, "expected a text, found " + found_at(item));
  }
  return out;
}

}  // namespace npverify::semantics
