#include "semantics/load.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "semantics/yaml.h"

namespace npverify::semantics {
namespace {

namespace fs = std::filesystem;
using base::Diagnostics;

std::shared_ptr<const base::SourceFile> read_file(const fs::path& path, const std::string& shown, Diagnostics& diagnostics) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  auto file = std::make_shared<base::SourceFile>(base::SourceFile{shown, text.str()});
  if (!in) diagnostics.error({file, 0, 0}, "", "cannot be read");
  return file;
}

std::vector<fs::path> files_in(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> names_of_places() {
  std::vector<std::string> names;
  for (const Place& place : places()) names.push_back(place.name);
  return names;
}

const Place* find_place(const std::string& name) {
  for (const Place& place : places())
    if (place.name == name) return &place;
  return nullptr;
}

// ------------------------------------------------------------------------------------------------------------------------ axes.yaml
class AxesReader {
 public:
  AxesReader(std::shared_ptr<const base::SourceFile> file, EncodingsData& data, Diagnostics& diagnostics) : yaml_(std::move(file), diagnostics), data_(data) {}

  void read() {
    const YAML::Node root = yaml_.parse();
    if (!root.IsDefined() || !yaml_.mapping(root, "", {})) return;
    for (const auto& entry : root) read_axis(entry.first.Scalar(), entry.second);
  }

 private:
  void read_axis(const std::string& id, const YAML::Node& node) {
    if (!yaml_.mapping(node, id, {"question", "applies-to", "place", "rules"})) return;
    AxisInfo axis{.id = id, .question = yaml_.text(node, "question", id, true), .applies_to = yaml_.text(node, "applies-to", id, true), .place = yaml_.text(node, "place", id, true)};
    const Place* place = find_place(axis.place);
    if (!place) {
      const auto near = base::nearest(axis.place, names_of_places());
      yaml_.error(node["place"], id + ".place", "unknown place '" + axis.place + "'; expected " + one_of(names_of_places()), near ? "did you mean '" + *near + "'?" : "");
      return;
    }
    for (const auto& [name, sort] : place->parameters) axis.parameters.push_back(name + " " + to_string(sort));
    if (yaml_.mapping(node["rules"], id + ".rules", {}))
      for (const auto& rule : node["rules"]) read_rule(axis, *place, rule.first.Scalar(), rule.second);
    data_.axes.push_back(std::move(axis));
  }

  void read_rule(AxisInfo& axis, const Place& place, const std::string& name, const YAML::Node& node) {
    axis.rules.push_back(name);
    const std::string field = axis.id + ".rules." + name;
    if (place.structural) {
      if (yaml_.mapping(node, field, {"sentence"})) data_.structural_sentences[name] = yaml_.text(node, "sentence", field, true);
      return;
    }
    if (!yaml_.mapping(node, field, {"yes", "no"})) return;
    if (!data_.rules->find(name)) yaml_.error(node, field, "no rule file defines '" + name + "'");
    check_parameters(place, name, node, field);
    for (const bool holds : {true, false})
      for (const auto& example : node[holds ? "yes" : "no"]) read_example(axis.id, name, holds, example, field);
  }

  void check_parameters(const Place& place, const std::string& name, const YAML::Node& node, const std::string& field) {
    const RuleDefinition* rule = data_.rules->find(name);
    if (rule && rule->parameters != place.parameters) {
      std::string wanted;
      for (const auto& [parameter, sort] : place.parameters) wanted += (wanted.empty() ? "(" : " (") + parameter + " " + to_string(sort) + ")";
      yaml_.error(node, field, "the rule must take the parameters (" + wanted + ") of the place '" + place.name + "'");
    }
    if (const auto fact = rule && place.name != "refusal" ? policy_fact(rule->body) : std::nullopt)
      yaml_.error(node, field, "the rule asks for " + *fact + ", a fact of a whole policy, which only a rule of the place 'refusal' may ask");
  }

  /// The first policy.* word in a body or in the rules that it calls.
  std::optional<std::string> policy_fact(const logic::SExpr& body) const {
    if (!body.is_list) return body.word.starts_with("policy.") ? std::optional(body.word) : std::nullopt;
    for (const auto& item : body.items) {
      if (const auto fact = policy_fact(item)) return fact;
      if (const RuleDefinition* called = item.is_list ? nullptr : data_.rules->find(item.word))
        if (const auto fact = policy_fact(called->body)) return fact;
    }
    return std::nullopt;
  }

  void read_example(const std::string& axis, const std::string& rule, bool holds, const YAML::Node& node, const std::string& field) {
    if (!yaml_.mapping(node, field, {})) return;
    Example example{axis, rule, holds, {}, yaml_.span(node)};
    for (const auto& value : node) example.values[value.first.Scalar()] = value.second.Scalar();
    data_.examples.push_back(std::move(example));
  }

  StrictYaml yaml_;
  EncodingsData& data_;
};

// ----------------------------------------------------------------------------------------------------------------------- cni/*.yaml
class CniReader {
 public:
  CniReader(std::shared_ptr<const base::SourceFile> file, const EncodingsData& data, Diagnostics& diagnostics) : yaml_(std::move(file), diagnostics), data_(data) {}

  CniFile read() {
    CniFile cni;
    const YAML::Node root = yaml_.parse();
    if (!root.IsDefined() || !yaml_.mapping(root, "", {"cni", "title", "peculiar", "releases", "options", "axes"})) return cni;
    cni.info.name = yaml_.text(root, "cni", "", true);
    cni.info.title = yaml_.text(root, "title", "", true);
    cni.info.peculiar = yaml_.text(root, "peculiar", "", true);
    read_releases(root, cni);
    read_options(root, cni);
    if (yaml_.mapping(root["axes"], "axes", {}))
      for (const auto& axis : root["axes"]) read_axis(axis.first, axis.second, cni);
    return cni;
  }

 private:
  void read_releases(const YAML::Node& root, CniFile& cni) {
    for (const std::string& text : yaml_.texts(root, "releases", "")) {
      const auto version = base::Version::parse(text);
      if (version && version->patch >= 0)
        cni.info.releases.push_back(*version);
      else
        yaml_.error(root["releases"], "releases", "'" + text + "' is no release; expected MAJOR.MINOR.PATCH");
    }
    std::sort(cni.info.releases.begin(), cni.info.releases.end());
  }

  void read_options(const YAML::Node& root, CniFile& cni) {
    if (!root["options"].IsDefined() || !yaml_.mapping(root["options"], "options", {})) return;
    for (const auto& option : root["options"]) {
      const std::string name = option.first.Scalar(), field = "options." + name;
      if (!yaml_.mapping(option.second, field, {"default", "meaning", "versions", "values"})) continue;
      const auto range = read_range(option.second, field);
      cni.options[name] = {yaml_.text(option.second, "default", field, true), yaml_.text(option.second, "meaning", field, true), range, read_values(option.second["values"], field + ".values")};
      cni.info.option_defaults[name] = cni.options[name].default_value;
      cni.info.option_meanings[name] = cni.options[name].meaning;
    }
  }

  std::map<std::string, base::VersionRange> read_values(const YAML::Node& node, const std::string& field) {
    std::map<std::string, base::VersionRange> values;
    if (!node.IsDefined() || !yaml_.mapping(node, field, {})) return values;
    for (const auto& value : node) {
      const std::string word = value.first.Scalar();
      values[word] = version_range(value.second, yaml_.text(node, word, field, true), field + "." + word);
    }
    return values;
  }

  base::VersionRange read_range(const YAML::Node& node, const std::string& field) {
    return version_range(node["versions"], yaml_.text(node, "versions", field, false), field + ".versions");
  }

  base::VersionRange version_range(const YAML::Node& at, const std::string& text, const std::string& field) {
    const auto range = base::VersionRange::parse(text);
    if (!range) yaml_.error(at, field, "'" + text + "' is no version range; expected bounds such as '>=1.16 <1.19'");
    return range.value_or(base::VersionRange{});
  }

  void read_axis(const YAML::Node& key, const YAML::Node& node, CniFile& cni) {
    const std::string id = key.Scalar(), field = "axes." + id;
    const auto axis = std::find_if(data_.axes.begin(), data_.axes.end(), [&](const AxisInfo& a) { return a.id == id; });
    if (axis == data_.axes.end()) {
      std::vector<std::string> known;
      for (const AxisInfo& a : data_.axes) known.push_back(a.id);
      const auto near = base::nearest(id, known);
      return yaml_.error(key, field, "axes.yaml has no axis '" + id + "'", near ? "did you mean '" + *near + "'?" : "");
    }
    if (!node.IsSequence()) return yaml_.error(node, field, "expected a list of entries, each with versions, rule, confidence and evidence");
    std::vector<Entry>& entries = cni.axes[id];
    for (const auto& item : node) {
      if (const auto entry = read_entry(*axis, item, field + "[" + std::to_string(entries.size()) + "]", cni)) entries.push_back(*entry);
    }
    check_overlaps(entries, field);
  }

  std::optional<Entry> read_entry(const AxisInfo& axis, const YAML::Node& node, const std::string& field, const CniFile& cni) {
    if (!yaml_.mapping(node, field, {"versions", "when", "rule", "confidence", "evidence", "parameters"})) return std::nullopt;
    Entry entry{.range = read_range(node, field), .resolved = {.axis = axis.id}, .span = yaml_.span(node)};
    Resolved& r = entry.resolved;
    r.versions = entry.range.text();
    r.rule = yaml_.text(node, "rule", field, true);
    if (!r.rule.empty() && std::find(axis.rules.begin(), axis.rules.end(), r.rule) == axis.rules.end()) {
      const auto near = base::nearest(r.rule, axis.rules);
      yaml_.error(node["rule"], field + ".rule", "the axis has no rule '" + r.rule + "'; expected " + one_of(axis.rules), near ? "did you mean '" + *near + "'?" : "");
    }
    if (const RuleDefinition* rule = data_.rules->find(r.rule)) r.sentence = rule->sentence;
    if (const auto it = data_.structural_sentences.find(r.rule); it != data_.structural_sentences.end()) r.sentence = it->second;
    r.confidence = read_confidence(node, field);
    read_evidence(node, field, r);
    if (node["when"].IsDefined()) read_when(node["when"], field + ".when", r, cni);
    if (node["parameters"].IsDefined() && yaml_.mapping(node["parameters"], field + ".parameters", {}))
      for (const auto& p : node["parameters"]) r.parameters[p.first.Scalar()] = yaml_.texts(node["parameters"], p.first.Scalar(), field + ".parameters");
    return entry;
  }

  Confidence read_confidence(const YAML::Node& node, const std::string& field) {
    const std::string text = yaml_.text(node, "confidence", field, true);
    const std::vector<std::string> words{"measured", "sourced", "documented", "observed", "assumed"};
    const auto it = std::find(words.begin(), words.end(), text);
    if (it == words.end() && !text.empty()) yaml_.error(node["confidence"], field + ".confidence", "unknown confidence '" + text + "'; expected " + one_of(words));
    return it == words.end() ? Confidence::assumed : static_cast<Confidence>(it - words.begin());
  }

  void read_evidence(const YAML::Node& node, const std::string& field, Resolved& r) {
    const YAML::Node list = node["evidence"];
    if (!list.IsDefined() || !list.IsSequence() || list.size() == 0) return yaml_.error(list.IsDefined() ? list : node, field + ".evidence", "expected a list of evidence; a claim without evidence is a gap and is left out");
    for (const auto& item : list) {
      if (!yaml_.mapping(item, field + ".evidence", {"measured", "source", "documentation", "issue", "pull", "observed"})) continue;
      for (const auto& pair : item) r.evidence.push_back({pair.first.Scalar(), pair.second.Scalar()});
    }
  }

  void read_when(const YAML::Node& node, const std::string& field, Resolved& r, const CniFile& cni) {
    std::vector<std::string> known;
    for (const auto& [name, option] : cni.options) known.push_back(name);
    if (!yaml_.mapping(node, field, known)) return;
    for (const auto& pair : node) {
      const std::string option = pair.first.Scalar(), value = pair.second.IsScalar() ? pair.second.Scalar() : "";
      if (const auto it = cni.options.find(option); it != cni.options.end()) check_value(pair.second, field + "." + option, it->second, value);
      r.when[option] = value;
    }
  }

  void check_value(const YAML::Node& node, const std::string& field, const OptionInfo& option, const std::string& value) {
    if (option.values.empty() || option.values.contains(value)) return;
    std::vector<std::string> known;
    for (const auto& [word, range] : option.values) known.push_back(word.empty() ? "\"\"" : word);
    const auto near = base::nearest(value, known);
    yaml_.error(node, field, "the option has no value " + found_at(node) + "; expected " + one_of(known), near ? "did you mean '" + *near + "'?" : "");
  }

  void check_overlaps(const std::vector<Entry>& entries, const std::string& field) {
    for (size_t i = 0; i < entries.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (entries[i].range.overlaps(entries[j].range) && entries[i].resolved.when == entries[j].resolved.when) {
          yaml_.error_at(entries[i].span, field, "the versions '" + entries[i].range.text() + "' overlap those of the entry at " + entries[j].span.to_string());
        }
  }

  StrictYaml yaml_;
  const EncodingsData& data_;
};

}  // namespace

std::vector<std::string> files_of_encodings(const std::string& folder) {
  const fs::path root(folder);
  std::vector<std::string> files;
  for (const auto& path : files_in(root / "rules", ".smt2")) files.push_back("rules/" + path.filename().string());
  files.push_back("axes.yaml");
  for (const auto& path : files_in(root / "cni", ".yaml")) files.push_back("cni/" + path.filename().string());
  if (fs::exists(root / "paths.yaml")) files.push_back("paths.yaml");
  return files;
}

EncodingsData load_encodings(const std::string& folder, Diagnostics& diagnostics) {
  EncodingsData data;
  const fs::path root(folder);
  auto rules = std::make_shared<RuleLibrary>();
  data.rules = rules;
  if (!fs::exists(root / "axes.yaml")) {
    diagnostics.error({}, "", "'" + folder + "' holds no encodings (no axes.yaml)");
    return data;
  }
  for (const std::string& name : files_of_encodings(folder)) {
    auto file = read_file(root / name, name, diagnostics);
    if (name.starts_with("rules/")) rules->add(std::move(file), diagnostics);
    else if (name == "axes.yaml") AxesReader(std::move(file), data, diagnostics).read();
    else if (name.starts_with("cni/")) data.cnis.push_back(CniReader(std::move(file), data, diagnostics).read());
    else data.paths = read_path_facts(std::move(file), diagnostics);
  }
  return data;
}

}  // namespace npverify::semantics
