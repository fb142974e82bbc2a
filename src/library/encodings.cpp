#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>

#include "library/state.h"
#include "policy/detect.h"
#include "report/catalogue.h"
#include "semantics/load.h"

namespace npverify {
namespace {

namespace fs = std::filesystem;

bool holds_encodings(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "axes.yaml", ignored);
}

/// Every file of encodings with its name, as one text.
std::string files_as_text(const std::string& folder) {
  std::string all;
  for (const std::string& name : semantics::files_of_encodings(folder)) {
    std::ifstream in(fs::path(folder) / name, std::ios::binary | std::ios::ate);
    const auto size = in ? std::max<std::streamoff>(in.tellg(), 0) : 0;
    std::string text(static_cast<size_t>(size), '\0');
    in.seekg(0).read(text.data(), size);
    text.resize(static_cast<size_t>(in.gcount()));
    for (const std::string* part : std::initializer_list<const std::string*>{&name, &text}) all += std::to_string(part->size()) + ' ' + *part;
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<semantics::CniInfo>& cnis) {
  std::vector<std::string> names;
  for (const auto& cni : cnis) names.push_back(cni.name);
  return names;
}

/// "cilium.policy-cidr-match-mode" as CNI and option. Throws InputError for what no CNI of `cnis` has.
std::pair<std::string, std::string> split_option(const std::string& name, const std::vector<semantics::CniInfo>& cnis) {
  const size_t dot = name.find('.');
  const std::string cni = name.substr(0, dot);
  const auto found = std::find_if(cnis.begin(), cnis.end(), [&](const auto& one) { return one.name == cni; });
  if (dot == std::string::npos || found == cnis.end()) {
    const auto near = base::nearest(cni, names_of(cnis));
    throw base::InputError("error: --option " + name + ": expected CNI.OPTION=VALUE with a CNI that npverify knows" + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
  }
  const std::string option = name.substr(dot + 1);
  if (found->option_defaults.contains(option)) return {cni, option};
  std::vector<std::string> known;
  std::string list;
  for (const auto& [one, value] : found->option_defaults) {
    known.push_back(one);
    list += (list.empty() ? "" : ", ") + one;
  }
  const auto near = base::nearest(option, known);
  throw base::InputError("error: --option " + name + ": " + cni + " has no option '" + option + "' that npverify knows; expected " +
                         (list.empty() ? "none" : "one of " + list) + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

std::string versions_text(const semantics::CniInfo& cni) {
  if (cni.releases.empty()) return cni.name;
  const auto minor = [](const base::Version& v) { return std::to_string(v.major) + "." + std::to_string(v.minor); };
  const std::string first = minor(cni.releases.front()), last = minor(cni.releases.back());
  return cni.name + "@" + (first == last ? first : first + " .. " + cni.name + "@" + last);
}

}  // namespace

semantics::ProfileRequest library::with_options(semantics::ProfileRequest request, const InstallationOptions& options, const semantics::Encodings& encodings) {
  const auto cnis = encodings.cnis();
  for (const auto& [name, value] : options) {
    const auto [cni, option] = split_option(name, cnis);
    if (cni != request.cni) continue;
    const auto given = request.options.find(option);
    // What stands in the profile's own brackets is more particular; what was read from the cluster yields to the command line.
    if (given != request.options.end() && given->second.source == semantics::OptionSource::command_line) continue;
    request.options[option] = {value, semantics::OptionSource::command_line, "command line"};
  }
  return request;
}

void library::add_options_of_cluster(semantics::ProfileRequest& request, const Snapshot& snapshot, const semantics::Encodings& encodings) {
  for (const auto& cni : encodings.cnis())
    if (cni.name == request.cni)
      for (const auto& [name, value] : policy::options_of_cluster(snapshot.state().manifests.context(), cni)) request.options.try_emplace(name, value);
}

Encodings Encodings::load(const std::string& folder) {
  return library::guarded([&] {
    if (!holds_encodings(folder)) throw base::InputError("error: '" + folder + "' holds no encodings (no axes.yaml)\n");
    auto state = std::make_shared<State>();
    const std::string before = files_as_text(folder);
    state->encodings = semantics::Encodings::load(folder);
    state->folder = folder;
    if (files_as_text(folder) == before) state->digest = cache::digest_of(before);
    return Encodings(state);
  });
}

std::string Encodings::find_folder() {
  return library::guarded([]() -> std::string {
    std::vector<fs::path> places;
    if (const char* given = std::getenv("NPVERIFY_ENCODINGS"); given && *given) return given;
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (!failed) places.push_back(program.parent_path().parent_path() / "share" / "npverify" / "encodings");
    if (const fs::path source_tree = NPVERIFY_BUILD_SHARE_DIR; !source_tree.empty()) places.push_back(source_tree / "encodings");
    std::string tried;
    for (const fs::path& place : places) {
      if (holds_encodings(place)) return place.string();
      tried += "\n  " + place.string();
    }
    throw base::InputError("error: no encodings found; name their folder with --encodings or NPVERIFY_ENCODINGS. Tried:" + tried + "\n");
  });
}

Profile Encodings::profile(const std::string& text, const InstallationOptions& options) const {
  return library::guarded([&] {
    const auto request = library::with_options(semantics::parse_profile_request(text), options, *state_->encodings);
    return Profile(std::make_shared<Profile::State>(Profile::State{state_->encodings->resolve(request), state_->digest}));
  });
}

Profile Encodings::profile(const std::string& text, const Snapshot& snapshot, const InstallationOptions& options) const {
  return library::guarded([&] {
    const auto& all = *state_->encodings;
    auto request = semantics::parse_profile_request(text);
    library::add_options_of_cluster(request, snapshot, all);
    return Profile(std::make_shared<Profile::State>(Profile::State{all.resolve(library::with_options(request, options, all)), state_->digest}));
  });
}

Detection Encodings::detect(const Snapshot& snapshot, const InstallationOptions& options) const {
  return library::guarded([&] {
    const policy::Detection found = policy::detect_profiles(snapshot.state().manifests.context(), state_->encodings->cnis());
    Detection detection{.profiles = {}, .sentences = found.sentences, .problems = found.problems};
    for (const auto& one : found.profiles) {
      const auto request = library::with_options(one.request, options, *state_->encodings);
      detection.profiles.emplace_back(std::make_shared<Profile::State>(Profile::State{state_->encodings->resolve(request), state_->digest}));
    }
    return detection;
  });
}

std::vector<std::string> Encodings::profile_names() const {
  std::vector<std::string> names;
  for (const auto& cni : state_->encodings->cnis()) names.push_back(versions_text(cni));
  return names;
}

std::string Profile::name() const { return state_->profile.name(); }

std::vector<std::string> Profile::options_of_cluster() const {
  std::vector<std::string> lines;
  for (const auto& [name, value] : state_->profile.options)
    if (value.source == semantics::OptionSource::cluster_object) lines.push_back(this->name() + ": " + name + "=" + (value.value.empty() ? "\"\"" : value.value) + " from " + value.origin);
  return lines;
}

std::map<std::string, std::string> Profile::options() const {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : state_->profile.options) values[name] = value.value;
  return values;
}

std::string Encodings::list_page(bool json, size_t width) const {
  return library::guarded([&] { return report::list_page(*state_->encodings, json, width); });
}

std::string Encodings::show_page(const Profile& profile, bool json, size_t width) const {
  return library::guarded([&] { return report::profile_page(*state_->encodings, profile.state().profile, json, width); });
}

std::string Encodings::diff_page(const Profile& left, const Profile& right, bool json, size_t width) const {
  return library::guarded([&] { return report::difference_page(*state_->encodings, left.state().profile, right.state().profile, json, width); });
}

std::string Encodings::axis_page(const std::string& axis, bool json, size_t width) const {
  return library::guarded([&] { return report::axis_page(*state_->encodings, axis, json, width); });
}

}  // namespace npverify
