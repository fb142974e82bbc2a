#include "loading.h"

namespace npverify::test {

Loaded load(const std::string& text, const std::string& default_namespace) {
  Loaded loaded;
  const auto documents = manifest::read_text("input.yaml", text, loaded.errors);
  loaded.snapshot = resource::load_snapshot(documents, {.default_namespace = default_namespace}, loaded.errors);
  return loaded;
}

std::string first_error(const std::string& text) {
  const Loaded loaded = load(text);
  for (const auto& d : loaded.errors.all())
    if (d.severity == base::Severity::error) return d.field + ": " + d.message;
  return "";
}

std::string to_text(const resource::LabelSelector& selector) {
  const char* const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};
  std::string text;
  for (const auto& r : selector.requirements) {
    text += (text.empty() ? "" : "; ") + std::string(names[static_cast<size_t>(r.op)]) + " " + r.key;
    if (r.values.empty()) continue;
    std::string values;
    for (const auto& value : r.values) values += (values.empty() ? "" : " ") + value;
    text += " [" + values + "]";
  }
  return text;
}

std::string policy(const std::string& spec) {
  return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web, namespace: shop}, spec: " + spec + "}";
}

}  // namespace npverify::test
