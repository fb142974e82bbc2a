#include "resource/build_files.h"

#include <algorithm>

namespace npverify::resource {
namespace {

std::string folder_of(const std::string& file) {
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

std::string_view name_of(const std::string& file) { return std::string_view(file).substr(folder_of(file).size()); }

std::string_view text_of(const manifest::Node& document, std::string_view key) {
  const auto* value = document.find(key);
  return value && value->kind == manifest::NodeKind::string ? value->text : std::string_view{};
}

bool is_kustomization(const std::string& file, const manifest::Node& document) {
  const std::string_view version = text_of(document, "apiVersion"), kind = text_of(document, "kind");
  if (version.starts_with("kustomize.config.k8s.io/")) return true;
  if (!version.empty()) return false;
  return kind == "Kustomization" || (kind.empty() && (name_of(file) == "kustomization.yaml" || name_of(file) == "kustomization.yml"));
}

bool is_chart(const std::string& file, const manifest::Node& document) {
  return (name_of(file) == "Chart.yaml" || name_of(file) == "Chart.yml") && !document.find("kind") && document.find("name") && document.find("version");
}

/// The fields of a kustomization that change objects or make new ones.
std::string changing_fields(const manifest::Node& document) {
  std::string fields;
  for (const char* key : {"namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "vars", "replicas",
                          "components", "transformers", "generators", "helmCharts", "configMapGenerator"})
    if (const auto* value = document.find(key); value && value->kind != manifest::NodeKind::null) fields += (fields.empty() ? "" : ", ") + std::string(key);
  return fields;
}

std::string shown(const std::string& folder) { return folder.empty() ? "." : folder; }

}  // namespace

bool BuildFiles::take(const DecodeContext& context, const manifest::Node& document) {
  const std::string& file = context.file->name;
  const base::SourceSpan span{context.file, document.line, document.column};
  if (is_kustomization(file, document)) {
    files_.push_back({span, folder_of(file), "kubectl kustomize", changing_fields(document)});
  } else if (is_chart(file, document)) {
    files_.push_back({span, folder_of(file), "helm template", "templates"});
  } else {
    return false;
  }
  return true;
}

void BuildFiles::saw_object(const std::string& file) {
  if (object_files_.empty() || object_files_.back() != file) object_files_.push_back(file);
}

bool BuildFiles::objects_below(const std::string& folder) const {
  return std::any_of(object_files_.begin(), object_files_.end(), [&](const std::string& file) { return file.starts_with(folder); });
}

void BuildFiles::report(base::Diagnostics& errors, base::Diagnostics& notes) const {
  for (const auto& file : files_) {
    const bool chart = file.tool == "helm template";
    const std::string what = chart ? "a Helm chart" : "a kustomization";
    const std::string hint = "run `" + file.tool + " " + shown(file.folder) + "` and read its output";
    if (object_files_.empty()) {
      errors.error(file.span, "", what + " is no manifest, and nothing that it makes was loaded", hint);
    } else if (!objects_below(file.folder)) {
      notes.warning(file.span, "", "nothing that this " + what.substr(2) + " makes was loaded", hint);
    } else if (!file.changes.empty()) {
      notes.warning(file.span, "", what + " is not applied to the manifests beside it" + (chart ? std::string() : " (" + file.changes + ")"), hint);
    }
  }
}

}  // namespace npverify::resource
