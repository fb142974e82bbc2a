// Where flows go: `placement` and `paths`, of bodies, sets and exceptions.
#include <algorithm>

#include "verify/spec_reader.h"

namespace npverify::verify {

bool Exception::covers(path::Kind kind) const { return !paths || std::find(paths->begin(), paths->end(), kind) != paths->end(); }

}  // namespace npverify::verify

namespace npverify::verify::reading {

std::optional<Placement> read_placement(Context& context, const YAML::Node& map, const std::string& field) {
  const std::string word = read_word(context, map, "placement", field, {"any", "observed", "sameNode", "crossNode"}, "");
  if (word == "any") return Placement::any;
  if (word == "observed") return Placement::observed;
  if (word == "sameNode") return Placement::same_node;
  if (word == "crossNode") return Placement::cross_node;
  return std::nullopt;
}

std::optional<PathChoice> read_paths(Context& context, const YAML::Node& map, const std::string& field) {
  const YAML::Node paths = map["paths"];
  if (!paths.IsDefined()) return std::nullopt;
  PathChoice choice;
  std::vector<std::string> words{"podIP", "clusterIP", "nodePort", "loadBalancer", "hostPort"};
  if (paths.IsScalar()) {
    choice.all = read_word(context, map, "paths", field, {"all"}, "all") == "all";
  } else {
    for (const char* mesh : {"sidecar", "ambient"}) words.push_back(mesh);
    words = read_words(context, map, "paths", field, words);
  }
  for (const std::string& word : words)
    if (const auto kind = path::parse_kind(word))
      choice.kinds.push_back(*kind);
    else
      choice.mesh.push_back(word);
  return choice;
}

}  // namespace npverify::verify::reading
