#include "semantics/path_facts.h"

#include <algorithm>

#include "semantics/yaml.h"

namespace npverify::semantics {
namespace {

bool contains(const std::vector<std::string>& words, const std::string& word) { return std::find(words.begin(), words.end(), word) != words.end(); }

class Reader {
 public:
  Reader(std::shared_ptr<const base::SourceFile> file, base::Diagnostics& diagnostics) : yaml_(std::move(file), diagnostics) {}

  PathFacts read() {
    const YAML::Node root = yaml_.parse();
    if (!root.IsDefined() || !yaml_.mapping(root, "", {"settings", "ranges", "facts"})) return {};
    if (yaml_.mapping(root["settings"], "settings", {}))
      for (const auto& entry : root["settings"]) read_setting(entry.first.Scalar(), entry.second);
    for (const auto& entry : root["ranges"])
      if (yaml_.mapping(entry, "ranges", {"object", "name", "path", "cni"}))
        result_.ranges.push_back({.object = yaml_.text(entry, "object", "ranges", true), .name = yaml_.text(entry, "name", "ranges", false), .path = yaml_.text(entry, "path", "ranges", true), .cni = yaml_.text(entry, "cni", "ranges", true)});
    if (yaml_.mapping(root["facts"], "facts", {}))
      for (const auto& entry : root["facts"]) read_fact(entry.first.Scalar(), entry.second);
    return std::move(result_);
  }

 private:
  void read_setting(const std::string& id, const YAML::Node& node) {
    const std::string field = "settings." + id;
    if (!yaml_.mapping(node, field, {"question", "values", "default", "sources"})) return;
    PathSetting setting{id, yaml_.text(node, "question", field, true), yaml_.text(node, "default", field, false), yaml_.texts(node, "values", field), {}};
    if (setting.values.size() < 2) yaml_.error(node, field + ".values", "expected two values or more");
    if (!setting.default_value.empty()) check_value(node["default"], field + ".default", setting, setting.default_value);
    if (const YAML::Node sources = node["sources"]; sources.IsDefined() && sources.IsSequence())
      for (const auto& source : sources) read_source(source, field + ".sources", setting);
    else if (sources.IsDefined())
      yaml_.error(sources, field + ".sources", "expected a list, found " + found_at(sources));
    result_.settings.push_back(std::move(setting));
  }

  void check_value(const YAML::Node& at, const std::string& field, const PathSetting& setting, const std::string& value) {
    if (!contains(setting.values, value)) yaml_.error(at, field, "'" + value + "' is no value of " + setting.id + "; expected " + one_of(setting.values));
  }

  void read_source(const YAML::Node& node, const std::string& field, PathSetting& setting) {
    if (!yaml_.mapping(node, field, {"flag", "option", "object", "name", "path", "key", "cni", "map"})) return;
    const auto text = [&](const char* key) { return yaml_.text(node, key, field, false); };
    PathSource source{text("flag"), text("option"), text("object"), text("name"), text("path"), text("key"), text("cni"), {}};
    if (source.flag.empty() + source.option.empty() + source.object.empty() != 2) yaml_.error(node, field, "expected exactly one of flag, option and object");
    if (yaml_.mapping(node["map"], field + ".map", {}))
      for (const auto& pair : node["map"]) {
        check_value(pair.second, field + ".map", setting, pair.second.Scalar());
        source.map[pair.first.Scalar()] = pair.second.Scalar();
      }
    setting.sources.push_back(std::move(source));
  }

  void read_fact(const std::string& id, const YAML::Node& node) {
    const std::string field = "facts." + id;
    if (!yaml_.mapping(node, field, {"question", "answers", "entries"})) return;
    PathFact fact{id, yaml_.text(node, "question", field, true), {}, {}};
    if (yaml_.mapping(node["answers"], field + ".answers", {}))
      for (const auto& pair : node["answers"]) fact.answers.emplace_back(pair.first.Scalar(), pair.second.IsScalar() ? pair.second.Scalar() : "");
    const YAML::Node entries = node["entries"];
    if (!entries.IsDefined() || !entries.IsSequence()) return yaml_.error(entries.IsDefined() ? entries : node, field + ".entries", "expected a list of entries, found " + found_at(entries));
    for (const auto& entry : entries) read_entry(entry, field + ".entries", fact);
    result_.facts.push_back(std::move(fact));
  }

  void read_entry(const YAML::Node& node, const std::string& field, PathFact& fact) {
    if (!yaml_.mapping(node, field, {"when", "answer", "confidence", "evidence"})) return;
    PathEntry entry{.answer = yaml_.text(node, "answer", field, true), .confidence = yaml_.text(node, "confidence", field, true)};
    if (!std::any_of(fact.answers.begin(), fact.answers.end(), [&](const auto& one) { return one.first == entry.answer; }))
      yaml_.error(node["answer"], field + ".answer", "'" + entry.answer + "' is no answer of " + fact.id);
    if (!contains({"measured", "sourced", "documented", "observed"}, entry.confidence))
      yaml_.error(node["confidence"], field + ".confidence", "'" + entry.confidence + "'; expected measured, sourced, documented or observed");
    if (yaml_.mapping(node["when"], field + ".when", {}))
      for (const auto& pair : node["when"]) read_condition(pair.first, yaml_.texts(node["when"], pair.first.Scalar(), field + ".when"), field + ".when", entry);
    const YAML::Node evidence = node["evidence"];
    if (!evidence.IsDefined() || !evidence.IsSequence() || evidence.size() == 0)
      return yaml_.error(evidence.IsDefined() ? evidence : node, field + ".evidence", "expected a list of evidence; a claim without evidence is a gap and is left out");
    for (const auto& item : evidence) {
      if (!yaml_.mapping(item, field + ".evidence", {"measured", "source", "documentation", "issue", "pull", "observed"})) continue;
      for (const auto& pair : item) entry.evidence.push_back({pair.first.Scalar(), pair.second.Scalar()});
    }
    fact.entries.push_back(std::move(entry));
  }

  void read_condition(const YAML::Node& key, std::vector<std::string> values, const std::string& field, PathEntry& entry) {
    const std::string name = key.Scalar();
    const PathSetting* setting = result_.setting(name);
    if (!setting && name != "cni") return yaml_.error(key, field, "there is no setting '" + name + "'");
    for (const auto& value : values)
      if (setting) check_value(key, field, *setting, value);
    entry.when[name] = std::move(values);
  }

  StrictYaml yaml_;
  PathFacts result_;
};

}  // namespace

const PathSetting* PathFacts::setting(const std::string& id) const {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& one) { return one.id == id; });
  return found == settings.end() ? nullptr : &*found;
}

const PathFact& PathFacts::fact(const std::string& id) const {
  const auto found = std::find_if(facts.begin(), facts.end(), [&](const auto& one) { return one.id == id; });
  base::require(found != facts.end(), "encodings/paths.yaml has no fact " + id);
  return *found;
}

PathFacts read_path_facts(std::shared_ptr<const base::SourceFile> file, base::Diagnostics& diagnostics) { return Reader(std::move(file), diagnostics).read(); }

}  // namespace npverify::semantics
