#include "path/settings.h"

#include <algorithm>
#include <set>

namespace npverify::path {
namespace {

using semantics::PathFacts;
using semantics::PathSetting;
using semantics::PathSource;

std::string origin_of(const resource::Configuration& object) {
  const std::string place = object.meta.origin.span.to_string();
  return object.kind + " " + (object.meta.namespace_name.empty() ? "" : object.meta.namespace_name + "/") + object.meta.name + (place.empty() ? "" : " (" + place + ")");
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\"'"), last = text.find_last_not_of(" \t\r\"'");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The scalar at `key`, at any depth, in YAML text: the configuration of an agent inside a ConfigMap.
std::string scalar_in(const std::string& yaml, const std::string& key) {
  for (size_t from = 0; from < yaml.size();) {
    const size_t end = std::min(yaml.find('\n', from), yaml.size());
    std::string line = yaml.substr(from, end - from);
    from = end + 1;
    line = line.substr(0, line.find(" #"));
    const size_t first = line.find_first_not_of(" \t");
    if (first != std::string::npos && line.compare(first, key.size() + 1, key + ":") == 0) return trimmed(line.substr(first + key.size() + 1));
  }
  return "";
}

bool is_object(const PathSource& source, const resource::Configuration& object) {
  return object.kind == source.object && (source.name.empty() || object.meta.name == source.name);
}

/// What one object says; nothing where it does not.
std::optional<std::string> said_by(const PathSource& source, const resource::Configuration& object) {
  const auto at = object.values.find(source.path);
  std::string text = at == object.values.end() ? "" : at->second;
  if (!source.key.empty()) text = scalar_in(text, source.key);
  const auto value = source.map.find(text);
  return value == source.map.end() ? std::nullopt : std::optional(value->second);
}

/// All objects of the source together: nothing where one of them is silent or two disagree.
std::optional<SettingValue> said_by_objects(const PathSource& source, const resource::Snapshot& snapshot) {
  std::optional<SettingValue> said;
  for (const auto& object : snapshot.configurations) {
    if (!is_object(source, object)) continue;
    const auto disabled = object.values.find("spec.disabled");
    if (disabled != object.values.end() && disabled->second == "true") continue;
    const auto value = said_by(source, object);
    if (!value || (said && said->value != *value)) return std::nullopt;
    if (!said) said = {*value, origin_of(object)};
  }
  return said;
}

std::optional<SettingValue> value_of(const PathSetting& setting, const resource::Snapshot& snapshot, const semantics::Profile& profile, const std::map<std::string, std::string>& flags) {
  for (const auto& source : setting.sources) {
    if (!source.cni.empty() && source.cni != profile.cni) continue;
    if (!source.object.empty()) {
      if (auto said = said_by_objects(source, snapshot)) return said;
      continue;
    }
    std::optional<std::pair<std::string, std::string>> found;
    if (const auto flag = flags.find(source.flag); !source.flag.empty() && flag != flags.end()) found = {flag->second, "the matrix's " + source.flag};
    if (const auto option = profile.options.find(source.option); !source.option.empty() && option != profile.options.end()) found = {option->second.value, "the profile's " + source.option};
    if (const auto value = found ? source.map.find(found->first) : source.map.end(); found && value != source.map.end()) return SettingValue{value->second, found->second};
  }
  if (!setting.default_value.empty()) return SettingValue{setting.default_value, "documented default"};
  return std::nullopt;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void add_prefixes(const std::string& text, std::vector<base::Prefix>& prefixes) {
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    if (const auto prefix = base::Prefix::parse(trimmed(text.substr(from, comma - from)))) prefixes.push_back(*prefix);
    from = comma + 1;
  }
}

std::vector<base::Prefix> ranges_of(const PathFacts& facts, const resource::Snapshot& snapshot, const std::string& cni) {
  std::vector<base::Prefix> ranges;
  for (const auto& source : facts.ranges) {
    if (source.cni != cni) continue;
    for (const auto& object : snapshot.configurations)
      if (const auto value = object.values.find(source.path); is_object(source, object) && value != object.values.end()) add_prefixes(value->second, ranges);
  }
  return ranges;
}

}  // namespace

void check_given(const PathFacts& facts, const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const auto& setting : facts.settings) names.push_back(setting.id);
  for (const auto& [name, value] : given) {
    const PathSetting* setting = facts.setting(name);
    if (!setting) {
      const auto near = base::nearest(name, names);
      throw base::InputError("error: --path-setting " + name + "=" + value + ": there is no setting '" + name + "'" + (near ? " (did you mean '" + *near + "'?)" : "") + "; the settings are " + list_of(names) + "\n");
    }
    if (std::find(setting->values.begin(), setting->values.end(), value) == setting->values.end())
      throw base::InputError("error: --path-setting " + name + "=" + value + ": '" + value + "' is no value of " + name + "; expected one of " + list_of(setting->values) + "\n");
  }
}

NodeSettings settings_of(const PathFacts& facts, const resource::Snapshot& snapshot, const semantics::Profile& profile, const std::map<std::string, std::string>& given,
                         const std::map<std::string, std::string>& flags) {
  check_given(facts, given);
  NodeSettings settings{.cni = profile.cni, .values = {}, .ranges = ranges_of(facts, snapshot, profile.cni), .cluster_cidrs = {}, .masquerade_agent = masquerade_agent(snapshot)};
  for (const auto& setting : facts.settings)
    if (auto value = value_of(setting, snapshot, profile, flags)) settings.values[setting.id] = *value;
  for (const auto& [name, value] : given) settings.values[name] = {value, "command line"};
  for (const auto& object : snapshot.configurations)
    if (object.kind == "ConfigMap" && object.meta.name == "kube-proxy")
      if (const auto text = object.values.find("data.config.conf"); text != object.values.end()) add_prefixes(scalar_in(text->second, "clusterCIDR"), settings.cluster_cidrs);
  return settings;
}

}  // namespace npverify::path
