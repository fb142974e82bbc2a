// Resolution: from a request ("cilium@1.16[policy-cidr-match-mode=nodes]") to a profile with one rule an axis.
#include "semantics/encodings.h"

#include <algorithm>

#include "semantics/load.h"
#include "semantics/yaml.h"

namespace npverify::semantics {

const char* to_string(Confidence confidence) {
  switch (confidence) {
    case Confidence::measured: return "measured";
    case Confidence::sourced: return "sourced";
    case Confidence::documented: return "documented";
    case Confidence::observed: return "observed";
    case Confidence::assumed: return "assumed";
  }
  return "?";
}

std::string Profile::name() const { return version.patch < 0 ? cni : cni + "@" + version.to_string(); }

const Resolved& Profile::axis(const std::string& id) const {
  const auto it = axes.find(id);
  base::require(it != axes.end(), "no axis " + id);
  return it->second;
}

std::string missing_evidence(const Profile& profile, const Resolved& gap) {
  std::string text = "no evidence for " + profile.name();
  for (const auto& [name, value] : gap.when) text += (name == gap.when.begin()->first ? " with " : " and ") + name + "=" + value;
  return text;
}

ProfileRequest parse_profile_request(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    throw base::InputError("error: profile '" + text + "': " + why + "; expected NAME, NAME@VERSION or NAME@VERSION[option=value,...]\n");
  };
  ProfileRequest request;
  std::string head = text;
  if (const auto bracket = text.find('['); bracket != std::string::npos) {
    if (text.back() != ']') refuse("'[' is never closed");
    head = text.substr(0, bracket);
    std::string rest = text.substr(bracket + 1, text.size() - bracket - 2);
    while (!rest.empty()) {
      const auto comma = rest.find(',');
      const std::string pair = rest.substr(0, comma);
      const auto equals = pair.find('=');
      if (equals == std::string::npos || equals == 0) refuse("'" + pair + "' is no option=value");
      request.options[pair.substr(0, equals)] = {pair.substr(equals + 1), OptionSource::command_line, "command line"};
      rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    }
  }
  const auto at = head.find('@');
  request.cni = head.substr(0, at);
  if (request.cni.empty()) refuse("no CNI is named");
  if (at != std::string::npos && head.substr(at + 1) != "spec") {
    request.version = base::Version::parse(head.substr(at + 1));
    if (!request.version) refuse("'" + head.substr(at + 1) + "' is no version");
  }
  return request;
}

Encodings::Encodings(std::unique_ptr<State> state) : state_(std::move(state)) {}
Encodings::~Encodings() = default;

std::shared_ptr<const Encodings> Encodings::load(const std::string& folder) {
  base::Diagnostics diagnostics;
  auto state = std::make_unique<State>(load_encodings(folder, diagnostics));
  if (diagnostics.has_errors()) throw base::InputError(diagnostics);
  return std::shared_ptr<const Encodings>(new Encodings(std::move(state)));
}

namespace {

const CniFile& find_cni(const EncodingsData& data, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& cni : data.cnis) {
    if (cni.info.name == name) return cni;
    known.push_back(cni.info.name);
  }
  const auto near = base::nearest(name, known);
  throw base::InputError("error: unknown CNI '" + name + "'; expected " + one_of(known) + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

// A minor version means its newest patch that evidence speaks of; an unknown minor keeps patch 0, and every axis is then a gap or in range.
base::Version choose_version(const CniFile& cni, const ProfileRequest& request) {
  const auto& releases = cni.info.releases;
  if (releases.empty()) {
    if (request.version) throw base::InputError("error: '" + cni.info.name + "' has no versions; write '" + cni.info.name + "'\n");
    return {};
  }
  if (!request.version) {
    throw base::InputError("error: '" + cni.info.name + "' needs a version, for example '" + cni.info.name + "@" + std::to_string(releases.back().major) + "." +
                           std::to_string(releases.back().minor) + "'\n");
  }
  base::Version version = *request.version;
  if (version.patch >= 0) return version;
  version.patch = 0;
  for (const auto& release : releases)
    if (release.major == version.major && release.minor == version.minor) version = release;
  return version;
}

bool in_range(const base::VersionRange& range, const base::Version& version) { return version.patch < 0 || range.contains(version); }

bool chosen_by_options(const Entry& entry, const std::map<std::string, OptionValue>& options) {
  return std::all_of(entry.resolved.when.begin(), entry.resolved.when.end(), [&](const auto& wanted) {
    const auto option = options.find(wanted.first);
    return option != options.end() && option->second.value == wanted.second;
  });
}

using Options = std::map<std::string, OptionValue>;

// Does encodings/ say what the value means at the version? A value that nobody looked at must not count as the default.
bool value_known(const OptionInfo& option, const std::string& value, const base::Version& version) {
  const auto known = option.values.find(value);
  return option.values.empty() || (known != option.values.end() && in_range(known->second, version));
}

void refuse_unknown_value(const std::string& cni, const std::string& name, const OptionInfo& option, const OptionValue& given) {
  if (given.source != OptionSource::command_line || option.values.empty() || option.values.contains(given.value)) return;
  std::vector<std::string> known;
  for (const auto& [value, range] : option.values) known.push_back(value.empty() ? "\"\"" : value);
  const auto near = base::nearest(given.value, known);
  throw base::InputError("error: " + cni + " option " + name + ": npverify knows no value '" + given.value + "'; expected " + one_of(known) + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

// The entry of the version with the most option conditions, all of which hold: a general entry yields to a particular one. `unknown`: the
// options whose values nothing is known of; an axis that looks at one of them is a gap. So is one on which two entries of as many conditions
// say different things: nobody looked at their options together.
Resolved resolve_axis(const std::string& id, const std::vector<Entry>* entries, const base::Version& version, const Options& options, const Options& unknown) {
  const Entry* best = nullptr;
  const Entry* rival = nullptr;
  Resolved gap{.axis = id};
  if (!entries) return gap;
  for (const Entry& entry : *entries) {
    if (!in_range(entry.range, version)) continue;
    for (const auto& [name, value] : entry.resolved.when)
      if (const auto it = unknown.find(name); it != unknown.end()) gap.when[name] = it->second.value;
    if (!chosen_by_options(entry, options)) continue;
    const size_t least = best ? best->resolved.when.size() : 0;
    if (!best || entry.resolved.when.size() > least) {
      best = &entry;
      rival = nullptr;
    } else if (entry.resolved.when.size() == least && (entry.resolved.rule != best->resolved.rule || entry.resolved.parameters != best->resolved.parameters)) {
      rival = &entry;
    }
  }
  if (rival && gap.when.empty())
    for (const Entry* entry : {best, rival}) gap.when.insert(entry->resolved.when.begin(), entry->resolved.when.end());
  return best && gap.when.empty() ? best->resolved : gap;
}

}  // namespace

Profile Encodings::resolve(const ProfileRequest& request) const {
  const CniFile& cni = find_cni(state_->data, request.cni);
  Profile profile{.cni = cni.info.name, .version = choose_version(cni, request), .rules = state_->data.rules};
  std::vector<std::string> known;
  for (const auto& [name, option] : cni.options) {
    known.push_back(name);
    if (in_range(option.range, profile.version)) profile.options[name] = {option.default_value, OptionSource::documented_default, "documented default"};
  }
  for (const auto& [name, value] : request.options) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto near = base::nearest(name, known);
      throw base::InputError("error: " + cni.info.name + " has no option '" + name + "' that npverify knows; expected " + one_of(known) + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
    }
    refuse_unknown_value(cni.info.name, name, cni.options.at(name), value);
    if (const auto it = profile.options.find(name); it != profile.options.end()) it->second = value;  // one that the version lacks has no effect
  }
  Options unknown;
  for (const auto& [name, value] : profile.options)
    if (!value_known(cni.options.at(name), value.value, profile.version)) unknown[name] = value;
  for (const AxisInfo& axis : state_->data.axes) {
    const auto entries = cni.axes.find(axis.id);
    profile.axes[axis.id] = resolve_axis(axis.id, entries == cni.axes.end() ? nullptr : &entries->second, profile.version, profile.options, unknown);
  }
  return profile;
}

Profile Encodings::with_axis(const Profile& profile, const std::string& id, const Profile& donor) {
  Profile changed = profile;
  changed.axes[id] = donor.axis(id);
  return changed;
}

std::vector<CniInfo> Encodings::cnis() const {
  std::vector<CniInfo> out;
  for (const auto& cni : state_->data.cnis) out.push_back(cni.info);
  return out;
}

const std::vector<AxisInfo>& Encodings::axes() const { return state_->data.axes; }

const AxisInfo* Encodings::axis(const std::string& id) const {
  for (const AxisInfo& axis : state_->data.axes)
    if (axis.id == id) return &axis;
  return nullptr;
}

const PathFacts& Encodings::paths() const { return state_->data.paths; }
std::shared_ptr<const RuleLibrary> Encodings::rules() const { return state_->data.rules; }

std::vector<Resolved> Encodings::entries(const std::string& cni, const std::string& axis) const {
  std::vector<Resolved> out;
  const CniFile& file = find_cni(state_->data, cni);
  if (const auto it = file.axes.find(axis); it != file.axes.end())
    for (const Entry& entry : it->second) out.push_back(entry.resolved);
  return out;
}

}  // namespace npverify::semantics
