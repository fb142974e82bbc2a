// The documents of a run: each kind's envelope, and what holds them together (references, exception sets, assumptions).
#include "verify/spec.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "verify/spec_reader.h"

namespace npverify::verify {
namespace {

namespace fs = std::filesystem;
using namespace reading;
using base::Diagnostics;

constexpr const char* api_version = "npverify.io/v1alpha1";
const std::vector<std::string> kinds{"InvariantSet", "PeerSet", "ExceptionSet", "Assumptions"};

// Everything that the files of a run say.
class RunReader {
 public:
  explicit RunReader(Diagnostics& diagnostics) : diagnostics_(diagnostics), references_(diagnostics) {}

  void read(const std::shared_ptr<const base::SourceFile>& file) {
    Context context{semantics::StrictYaml(file, diagnostics_)};
    const size_t errors = diagnostics_.error_count();
    const auto documents = context.yaml.documents();
    if (documents.empty() && diagnostics_.error_count() == errors) diagnostics_.error({file, 0, 0}, "", "the file holds no document; expected apiVersion: npverify.io/v1alpha1 and a kind " + semantics::one_of(kinds));
    for (const YAML::Node& document : documents) read_document(context, document);
  }

  std::vector<InvariantSet> finish() {
    references_.close();
    for (InvariantSet& set : sets_) {
      set.assume.insert(set.assume.end(), assumptions_.begin(), assumptions_.end());
      add_exceptions(set);
      references_.resolve(set);
    }
    check_exceptions();
    return std::move(sets_);
  }

 private:
  void read_document(Context& context, const YAML::Node& root) {
    auto& yaml = context.yaml;
    if (!root.IsMap()) return yaml.error(root, "", "expected a document with apiVersion, kind, metadata and spec, found " + semantics::found_at(root));
    const std::string version = root["apiVersion"].IsDefined() && root["apiVersion"].IsScalar() ? root["apiVersion"].Scalar() : "";
    const std::string kind = root["kind"].IsDefined() && root["kind"].IsScalar() ? root["kind"].Scalar() : "";
    if (version != api_version) {
      const bool manifest = !version.empty() && version.rfind("npverify.io/", 0) != 0;
      return yaml.error(root["apiVersion"].IsDefined() ? root["apiVersion"] : root, "apiVersion",
                        "expected " + std::string(api_version) + ", found " + semantics::found_at(root["apiVersion"]), manifest ? "manifests of the cluster are given with -f" : "");
    }
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return unknown_kind(yaml, root, kind);
    yaml.mapping(root, "", {"apiVersion", "kind", "metadata", "spec"});
    const std::string name = read_metadata(yaml, root["metadata"]);
    const YAML::Node spec = root["spec"];
    if (!spec.IsDefined()) return yaml.error(root, "", "the field 'spec' is missing");
    if (kind == "InvariantSet") return read_set(context, spec, name, yaml.span(root));
    if (kind == "PeerSet") return read_peers(context, spec);
    if (kind == "ExceptionSet") return read_exceptions(context, spec);
    read_assumptions(context, spec);
  }

  static void unknown_kind(semantics::StrictYaml& yaml, const YAML::Node& root, const std::string& kind) {
    const YAML::Node at_kind = root["kind"].IsDefined() ? root["kind"] : root;
    if (kind == "NodeCapabilityMatrix") return yaml.error(at_kind, "kind", "a NodeCapabilityMatrix is no spec", "give it with --matrix");
    if (kind == "Baseline" || kind == "CompliancePack") return yaml.error(at_kind, "kind", "not supported yet: kind " + kind);
    const auto near = base::nearest(kind, kinds);
    yaml.error(at_kind, "kind", "unknown kind '" + kind + "'; expected " + semantics::one_of(kinds), near ? "did you mean '" + *near + "'?" : "");
  }

  static std::string read_metadata(semantics::StrictYaml& yaml, const YAML::Node& node) {
    if (!node.IsDefined() || !yaml.mapping(node, "metadata", {"name", "labels", "annotations"})) return "";
    return yaml.text(node, "name", "metadata", false);
  }

  void read_set(Context& context, const YAML::Node& spec, const std::string& name, base::SourceSpan span) {
    auto& yaml = context.yaml;
    if (!yaml.mapping(spec, "spec", {"universe", "profiles", "placement", "paths", "onUnknown", "onVacuous", "assume", "invariants"})) return;
    InvariantSet set{.name = name, .span = std::move(span)};
    set.universe = read_universe(context, spec, "spec");
    set.profiles = read_profiles(context, spec, "spec");
    set.placement = read_placement(context, spec, "spec");
    set.paths = read_paths(context, spec, "spec");
    set.on_unknown = outcome(read_word(context, spec, "onUnknown", "spec", {"fail", "warn"}, "warn"));
    set.on_vacuous = outcome(read_word(context, spec, "onVacuous", "spec", {"fail", "warn", "ok"}, "warn"));
    each(context, spec, "assume", "spec", false, [&](const YAML::Node& node, const std::string& field) { set.assume.push_back(read_assumption(context, node, field)); });
    each(context, spec, "invariants", "spec", true, [&](const YAML::Node& node, const std::string& field) {
      Invariant invariant = read_invariant(context, node, field);
      unique_id(invariant);
      set.invariants.push_back(std::move(invariant));
    });
    sets_.push_back(std::move(set));
  }

  static OnOutcome outcome(const std::string& word) { return word == "fail" ? OnOutcome::fail : word == "ok" ? OnOutcome::ok : OnOutcome::warn; }

  // Calls `read` for each item of the list at `key`.
  template <class Read>
  void each(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, bool needed, const Read& read) {
    const YAML::Node list = map[key];
    if (!list.IsDefined()) {
      if (needed) context.yaml.error(map, field, "the field '" + key + "' is missing");
      return;
    }
    const std::string path = join(field, key);
    if (!list.IsSequence() || (needed && list.size() == 0)) return context.yaml.error(list, path, "expected a list" + std::string(needed ? " with at least one entry" : "") + ", found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    for (size_t i = 0; i < list.size(); ++i) read(list[i], at(path, i));
  }

  void unique_id(const Invariant& invariant) {
    if (invariant.id.empty()) return;
    const auto [it, fresh] = ids_.try_emplace(invariant.id, invariant.span);
    if (!fresh) diagnostics_.error(invariant.span, "", "the id '" + invariant.id + "' is already used at " + it->second.to_string());
  }

  void read_peers(Context& context, const YAML::Node& spec) {
    if (!context.yaml.mapping(spec, "spec", {"peers"})) return;
    const YAML::Node peers = spec["peers"];
    if (!peers.IsDefined()) return context.yaml.error(spec, "spec", "the field 'peers' is missing; expected a mapping of names to peers");
    if (!context.yaml.mapping(peers, "spec.peers", {})) return;
    std::set<std::string> here;  // a key that stands twice is reported by mapping()
    for (const auto& entry : peers) {
      const std::string name = read_string(context, entry.first, "spec.peers");
      Peer peer = read_peer(context, entry.second, "spec.peers." + name);
      const auto [it, fresh] = peer_places_.try_emplace(name, context.yaml.span(entry.first));
      if (here.insert(name).second && !fresh) context.yaml.error(entry.first, "spec.peers." + name, "the peer '" + name + "' is already defined at " + it->second.to_string());
      references_.define(name, std::move(peer));
    }
  }

  void read_exceptions(Context& context, const YAML::Node& spec) {
    if (!context.yaml.mapping(spec, "spec", {"exceptions"})) return;
    each(context, spec, "exceptions", "spec", true, [&](const YAML::Node& node, const std::string& field) { exceptions_.push_back(read_exception(context, node, field, true)); });
  }

  void read_assumptions(Context& context, const YAML::Node& spec) {
    if (!context.yaml.mapping(spec, "spec", {"assume"})) return;
    each(context, spec, "assume", "spec", true, [&](const YAML::Node& node, const std::string& field) { assumptions_.push_back(read_assumption(context, node, field)); });
  }

  void add_exceptions(InvariantSet& set) {
    for (Invariant& invariant : set.invariants)
      for (const Exception& exception : exceptions_)
        for (const std::string& id : exception.invariants)
          if (id == "*" || id == invariant.id) {
            invariant.except.push_back(exception);
            break;
          }
  }

  void check_exceptions() {
    std::vector<std::string> known;
    for (const auto& [id, span] : ids_) known.push_back(id);
    for (const Exception& exception : exceptions_)
      for (const std::string& id : exception.invariants) {
        if (id == "*" || ids_.contains(id)) continue;
        const auto near = base::nearest(id, known);
        diagnostics_.error(exception.span, "invariants", "exception " + exception.id + " names the invariant '" + id + "', which this run does not have", near ? "did you mean '" + *near + "'?" : "");
      }
  }

  Diagnostics& diagnostics_;
  References references_;
  std::vector<InvariantSet> sets_;
  std::vector<Exception> exceptions_;
  std::vector<Assumption> assumptions_;
  std::map<std::string, base::SourceSpan> ids_, peer_places_;
};

// The files at a path: itself, "-", or those of a folder in byte order.
std::vector<std::string> files_at(const std::string& path, Diagnostics& diagnostics) {
  std::error_code error;
  if (path == "-" || fs::is_regular_file(path, error)) return {path};
  std::vector<std::string> files;
  if (fs::is_directory(path, error)) {
    static const std::set<std::string> extensions{".yaml", ".yml", ".json"};
    for (const auto& entry : fs::recursive_directory_iterator(path, error))
      if (entry.is_regular_file() && extensions.contains(entry.path().extension().string())) files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    if (files.empty()) diagnostics.error({}, "", "'" + path + "' holds no spec (.yaml, .yml or .json)");
  } else {
    diagnostics.error({}, "", "'" + path + "' cannot be read: no such file or folder");
  }
  return files;
}

std::shared_ptr<const base::SourceFile> read_file(const std::string& path, Diagnostics& diagnostics) {
  std::ostringstream text;
  std::ifstream in(path, std::ios::binary);
  if (path == "-")
    text << std::cin.rdbuf();
  else
    text << in.rdbuf();
  std::string bytes = text.str();
  if (bytes.rfind("\xEF\xBB\xBF", 0) == 0) bytes.erase(0, 3);
  auto file = std::make_shared<base::SourceFile>(base::SourceFile{path, std::move(bytes)});
  if (path != "-" && in.bad()) diagnostics.error({file, 0, 0}, "", "cannot be read");
  return file;
}

}  // namespace

std::vector<InvariantSet> read_spec_texts(const std::vector<std::shared_ptr<const base::SourceFile>>& files, Diagnostics& diagnostics) {
  RunReader reader(diagnostics);
  for (const auto& file : files) reader.read(file);
  return reader.finish();
}

std::vector<std::shared_ptr<const base::SourceFile>> read_spec_files(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  std::vector<std::shared_ptr<const base::SourceFile>> files;
  for (const std::string& path : paths)
    for (const std::string& file : files_at(path, diagnostics)) files.push_back(read_file(file, diagnostics));
  return files;
}

std::vector<InvariantSet> read_specs(const std::vector<std::string>& paths, Diagnostics& diagnostics) { return read_spec_texts(read_spec_files(paths, diagnostics), diagnostics); }

}  // namespace npverify::verify
