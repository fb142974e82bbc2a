#include "library/inputs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fingerprint.h"

namespace npverify::library {

std::string fingerprint_of(const std::vector<std::shared_ptr<const base::SourceFile>>& files) {
  std::string all;
  for (const auto& file : files) all += base::fingerprint(file->text);
  return base::fingerprint(all);
}

std::string fingerprint_of(const Encodings& encodings) {
  namespace fs = std::filesystem;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(encodings.state().folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    all += fs::relative(file, encodings.state().folder).generic_string() + "\n" + base::fingerprint(std::string{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}) + "\n";
  }
  return base::fingerprint(all);
}

std::string profile_words(const semantics::Profile& profile) {
  std::string options;
  for (const auto& [name, value] : profile.options) options += (options.empty() ? "" : ",") + name + "=" + value.value;
  return profile.name() + (options.empty() ? "" : "[" + options + "]");
}

std::string profile_words(const std::vector<Profile>& profiles) {
  std::string words;
  for (const Profile& profile : profiles) words += (words.empty() ? "" : " ") + profile_words(profile.state().profile);
  return words;
}

std::string pool_words(const matrix::Cluster& cluster) {
  std::string words;
  for (size_t i = 0; i < cluster.pools().size(); ++i) {
    const matrix::Pool& pool = cluster.pools()[i];
    words += (words.empty() ? "" : "; ") + pool.name + " " + pool.label + " " + profile_words(pool.profile) + " on";
    for (const std::string& node : pool.nodes) words += " " + node;
    if (pool.every_node) words += " every node";
    for (const matrix::View& view : cluster.views(i)) {
      words += ", knows ";
      for (const bool knows : view.knows) words += knows ? "y" : "n";
      words += view.knows_others ? "y" : "n";
    }
  }
  return words;
}

std::string question_words(const Options& options) {
  std::string words = "universe " + options.universe + ", ends";
  for (const auto& [counts, name] : {std::pair{options.pods, " pods"}, {options.nodes, " nodes"}, {options.external, " external"}})
    if (counts) words += name;
  return options.datapath ? words + ", datapath" : words;
}

}  // namespace npverify::library
