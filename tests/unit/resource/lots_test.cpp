// Documents decoded by several threads come out as they do from one: objects and their order, problems, notes, counts.
#include <initializer_list>
#include <random>

#include "loading.h"
#include "resource/load_stretches.h"
#include "support/catch.h"

using namespace npverify;

namespace {

using Documents = std::vector<manifest::Document>;

/// Names from a few, so that some are given twice; every kind of thing that a loader has to say something about.
std::string random_document(std::mt19937& random, bool plain) {
  const auto name = [&] { return "o" + std::to_string(random() % (plain ? 100'000 : 300)); };
  const std::string meta = ", metadata: {name: " + name() + ", namespace: n" + std::to_string(random() % 3) + "}";
  const std::string containers = "spec: {containers: [{name: c, image: i}]}";
  switch (random() % (plain ? 8 : 14)) {
    case 0: return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy" + meta + ", spec: {podSelector: {}}}";
    case 1: return "{apiVersion: v1, kind: Pod" + meta + ", " + containers + "}";
    case 2: return "{apiVersion: apps/v1, kind: Deployment" + meta + ", spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, " + containers + "}}}";
    case 3: return "{apiVersion: v1, kind: Namespace, metadata: {name: " + name() + "}}";
    case 4: return "{apiVersion: v1, kind: Service" + meta + ", spec: {selector: {a: b}, ports: [{port: 80}]}}";
    case 5: return "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy" + meta + ", spec: {endpointSelector: {}}}";
    case 6: return "{apiVersion: example.com/v1, kind: Thing" + meta + ", spec: {podTemplate: {" + containers + "}}}";
    case 7: return "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: ServiceAccount" + meta + "}, {apiVersion: v1, kind: ConfigMap" + meta + "}]}";
    case 8: return "{some: file of another tool}";
    case 9: return "{apiVersion: apps/v1beta1, kind: Deployment" + meta + ", spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, " + containers + "}}}";
    case 10: return "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy" + meta + ", spec: {podSelector: {}, egres: []}}";
    case 11: return "{apiVersion: v1, kind: Pod, metadata: {generateName: g, namespace: n" + std::to_string(random() % 3) + "}, " + containers + "}";
    case 12: return "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, namePrefix: x-}";
    default: return "a scalar";
  }
}

template <typename Object>
void describe(std::string& text, const char* kind, const std::vector<Object>& objects) {
  text += std::string(kind) + ":";
  for (const auto& object : objects) text += " " + object.meta.namespace_name + "/" + object.meta.name + "@" + object.meta.origin.span.to_string();
  text += "\n";
}

std::string describe(const resource::Snapshot& s, const base::Diagnostics& errors) {
  std::string text = std::to_string(s.files) + " files, " + std::to_string(s.documents) + " documents, " + std::to_string(s.objects) + " objects\n";
  describe(text, "namespaces", s.namespaces);
  describe(text, "service accounts", s.service_accounts);
  describe(text, "services", s.services);
  describe(text, "pods", s.pods);
  describe(text, "workloads", s.workloads);
  describe(text, "policies", s.network_policies);
  for (const auto& kind : s.unmodelled) {
    text += kind.api_version + " " + kind.kind + (kind.carries_policy ? " policy " : " ") + std::to_string(kind.making_pods) + ":";
    for (size_t i = 0; i < kind.objects.size(); ++i) text += " " + kind.names[i] + "@" + kind.objects[i].span.to_string();
    text += "\n";
  }
  for (const auto* problems : std::initializer_list<const base::Diagnostics*>{&s.notes, &errors})
    for (const auto& one : problems->all()) text += one.span.to_string() + " " + one.field + ": " + one.message + " (" + one.hint + ")\n";
  return text;
}

std::string describe(const Documents& documents, size_t lot) {
  base::Diagnostics errors;
  const resource::Snapshot snapshot = resource::load_snapshot(documents, {}, errors, lot);
  return describe(snapshot, errors);
}

}  // namespace

TEST_CASE("what is decoded in lots is what one thread decodes", "[resource]") {
  std::mt19937 random(5);
  size_t with_objects = 0, in_stretches = 0, refused = 0;
  for (int round = 0; round < 600; ++round) {
    Documents documents;
    std::vector<manifest::File> files;
    base::Diagnostics syntax, nothing;
    for (const char* file : {"a.yaml", "b.yaml"}) {
      std::string text;
      for (size_t i = 0, count = 1 + random() % 12; i < count; ++i) text += "---\n" + random_document(random, round % 3 != 0) + "\n";
      files.push_back(manifest::file_of_text(file, text, {}, syntax));
      for (auto& document : manifest::read_file(files.back(), {}, syntax)) documents.push_back(std::move(document));
    }
    REQUIRE(syntax.all().empty());
    const std::string by_one = describe(documents, documents.size());
    for (const size_t lot : {1, 2, 5}) CHECK(describe(documents, lot) == by_one);
    const auto snapshot = resource::load_stretches(manifest::Stretches(files, 1), {});
    ++(snapshot ? in_stretches : refused);
    if (snapshot) CHECK(describe(*snapshot, nothing) == by_one);
    with_objects += by_one.find("policies: n") != std::string::npos;
  }
  CHECK(with_objects > 100);
  CHECK(in_stretches > 100);
  CHECK(refused > 100);
}
