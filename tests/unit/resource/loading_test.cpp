// From documents to a snapshot: lists, namespaces, names given twice, kinds that are read past, files of other tools.
#include "loading.h"
#include "resource/groups.h"
#include "support/catch.h"

using namespace npverify;
using test::first_error;
using test::load;

namespace {

std::string note_texts(const resource::Snapshot& snapshot) {
  std::string text;
  for (const auto& note : snapshot.notes.all()) text += note.span.to_string() + ": " + note.message + "\n";
  return text;
}

std::string load_file(const std::string& name, const std::string& text) {
  base::Diagnostics errors;
  const auto snapshot = resource::load_snapshot(manifest::read_text(name, text, errors), {}, errors);
  return errors.has_errors() ? errors.to_string() : note_texts(snapshot);
}

}  // namespace

TEST_CASE("lists of every form are unpacked; items take kind and apiVersion from their list", "[resource]") {
  CHECK(load("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b}}]}").snapshot.objects == 2);
  CHECK(load("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicyList, items: [{metadata: {name: a}, spec: {podSelector: {}}}]}").snapshot.network_policies.size() == 1);
  CHECK(load("{apiVersion: v1, kind: PodList, metadata: {}, items: [{metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b}}]}").snapshot.pods.size() == 2);
  CHECK(load("- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: b}}]}\n").snapshot.namespaces.size() == 2);
  CHECK(load("{apiVersion: v1, kind: List, items: }").snapshot.objects == 0);
  CHECK(load("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicyList, items: [{metadata: {name: a}}]}").snapshot.unmodelled.at(0).kind == "AdminNetworkPolicy");
}

TEST_CASE("a kind that ends in List but has a spec is no list", "[resource]") {
  CHECK(load("{apiVersion: example.com/v1, kind: AllowList, metadata: {name: a}, spec: {items: []}}").snapshot.unmodelled.at(0).kind == "AllowList");
}

TEST_CASE("objects that name no namespace get the default one", "[resource]") {
  const auto loaded = load("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: ''}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: own}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: d}}", "shop");
  CHECK(loaded.snapshot.pods.at(0).meta.namespace_name == "shop");
  CHECK(loaded.snapshot.pods.at(1).meta.namespace_name == "shop");
  CHECK(loaded.snapshot.pods.at(2).meta.namespace_name == "own");
  CHECK(loaded.snapshot.namespaces.at(0).meta.namespace_name.empty());
}

TEST_CASE("the same object again replaces the earlier one in its place, with a note", "[resource]") {
  const auto loaded = load(
      "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {v: \"1\"}}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {v: \"2\"}}}\n");
  REQUIRE(loaded.snapshot.namespaces.size() == 2);
  CHECK(loaded.snapshot.namespaces[0].meta.name == "a");
  CHECK(loaded.snapshot.namespaces[0].meta.labels.at("v") == "2");
  CHECK(note_texts(loaded.snapshot) == "input.yaml:5:1: Namespace a is given again and replaces the one at input.yaml:1:1\n");
}

TEST_CASE("the same name in another kind or namespace is another object", "[resource]") {
  CHECK(load("{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}\n---\n"
             "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {}}}\n---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {template: {}}}")
            .snapshot.notes.all()
            .empty());
}

TEST_CASE("objects with generateName only are named and stay apart", "[resource]") {
  const auto loaded = load("{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}\n---\n{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}");
  REQUIRE(loaded.snapshot.pods.size() == 2);
  CHECK(loaded.snapshot.pods[0].meta.name == "web-x1");
  CHECK(loaded.snapshot.pods[1].meta.name == "web-x2");
}

TEST_CASE("an error in one object does not lose the next", "[resource]") {
  const auto loaded = load("{apiVersion: v1, kind: Pod, metadata: {name: A}}\n---\n{kind: Pod}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}");
  CHECK(loaded.errors.error_count() == 2);
  CHECK(loaded.snapshot.pods.size() == 1);
}

TEST_CASE("kind NetworkPolicy exists in several groups", "[resource]") {
  const auto loaded = load("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}}\n---\n{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a}}\n---\n{apiVersion: crd.antrea.io/v1beta1, kind: NetworkPolicy, metadata: {name: a, namespace: shop}}");
  CHECK(loaded.snapshot.network_policies.size() == 1);
  REQUIRE(loaded.snapshot.unmodelled.size() == 2);
  for (const auto& kind : loaded.snapshot.unmodelled) CHECK(kind.carries_policy);
  CHECK(loaded.snapshot.unmodelled[0].names.at(0) == "shop/a");
  CHECK(loaded.snapshot.unmodelled[1].names.at(0) == "a");
}

TEST_CASE("which kinds carry policy", "[resource]") {
  const std::vector<std::pair<const char*, const char*>> yes{
      {"projectcalico.org", "GlobalNetworkPolicy"}, {"crd.projectcalico.org", "NetworkPolicy"}, {"projectcalico.org", "HostEndpoint"}, {"projectcalico.org", "Profile"}, {"cilium.io", "CiliumNetworkPolicy"},
      {"cilium.io", "CiliumClusterwideNetworkPolicy"}, {"cilium.io", "CiliumLocalRedirectPolicy"}, {"cilium.io", "CiliumEgressGatewayPolicy"}, {"cilium.io", "CiliumEnvoyConfig"}, {"policy.networking.k8s.io", "AdminNetworkPolicy"},
      {"policy.networking.k8s.io", "BaselineAdminNetworkPolicy"}, {"policy.networking.k8s.io", "ClusterNetworkPolicy"}, {"crd.antrea.io", "ClusterNetworkPolicy"}, {"security.istio.io", "AuthorizationPolicy"},
      {"security.istio.io", "PeerAuthentication"}, {"networking.istio.io", "Sidecar"}, {"kuma.io", "MeshTrafficPermission"}, {"policy.linkerd.io", "AuthorizationPolicy"}, {"policy.linkerd.io", "Server"},
      {"network.openshift.io", "EgressNetworkPolicy"}, {"k8s.ovn.org", "EgressFirewall"}, {"consul.hashicorp.com", "ServiceIntentions"}, {"k8s.cni.cncf.io", "MultiNetworkPolicy"},
      {"vpcresources.k8s.aws", "SecurityGroupPolicy"}, {"networking.k8s.aws", "PolicyEndpoint"}, {"projectcalico.org", "GlobalNetworkSet"}, {"projectcalico.org", "NetworkSet"}, {"cilium.io", "CiliumCIDRGroup"},
      {"crd.antrea.io", "ClusterGroup"}, {"kuma.io", "Mesh"}, {"access.smi-spec.io", "TrafficTarget"}, {"neuvector.com", "NvSecurityRule"}, {"cilium.io", "CiliumSomethingNewPolicy"}, {"unheard.example", "FancyNetworkPolicy"}};
  for (const auto& [group, kind] : yes) {
    INFO(group << " " << kind);
    CHECK(resource::carries_policy(group, kind));
  }
  const std::vector<std::pair<const char*, const char*>> no{
      {"projectcalico.org", "StagedNetworkPolicy"}, {"projectcalico.org", "Tier"}, {"crd.antrea.io", "Tier"}, {"cilium.io", "CiliumEndpoint"},
      {"cilium.io", "CiliumBGPPeeringPolicy"}, {"networking.istio.io", "Gateway"}, {"policy", "PodDisruptionBudget"}, {"policy", "PodSecurityPolicy"}, {"kyverno.io", "ClusterPolicy"},
      {"", "Secret"}, {"networking.k8s.io", "Ingress"}, {"k8s.cni.cncf.io", "NetworkAttachmentDefinition"}};
  for (const auto& [group, kind] : no) {
    INFO(group << " " << kind);
    CHECK_FALSE(resource::carries_policy(group, kind));
  }
}

TEST_CASE("kinds that carry no policy are counted and named in one note", "[resource]") {
  CHECK(note_texts(load("{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: b}}\n---\n"
                 "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: a}}").snapshot) ==
        ": read past, as they carry no policy: 1 Ingress, 2 Secret\n");
}

TEST_CASE("a number that YAML reads as another is taken so, and said", "[resource]") {
  const auto loaded = load("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {ingress: [{ports: [{port: 010}, {port: 1e3}, {port: 8080}]}]}\n");
  CHECK_FALSE(loaded.errors.has_errors());
  CHECK(note_texts(loaded.snapshot).find("010 is read as 8, as YAML has it") != std::string::npos);
  CHECK(note_texts(loaded.snapshot).find("1e3 is read as 1000, as YAML has it") != std::string::npos);
  CHECK(note_texts(loaded.snapshot).find("8080") == std::string::npos);
}

TEST_CASE("bare Cilium rules carry policy; other mappings without a kind are left out", "[resource]") {
  CHECK(load("[{endpointSelector: {}, ingress: [{}]}]").snapshot.unmodelled.at(0).carries_policy);
  const auto loaded = load("{name: values, replicas: 2}");
  CHECK_FALSE(loaded.errors.has_errors());
  CHECK(note_texts(loaded.snapshot) == "input.yaml:1:1: no Kubernetes object (neither apiVersion nor kind); left out\n");
  CHECK(first_error("{metadata: {name: a}, spec: {podSelector: {}}}") == ": apiVersion is missing");
}

TEST_CASE("a kustomization or chart beside manifests is a warning, alone an error", "[resource]") {
  const std::string object = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}";
  CHECK(load_file("base/kustomization.yaml", "resources: [a.yaml]").find("base/kustomization.yaml:1:1: error: a kustomization is no manifest, and nothing that it makes was loaded") == 0);
  CHECK(load_file("base/all.yaml", object + "\n---\n{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, namespace: shop}") == "base/all.yaml:3:1: a kustomization is not applied to the manifests beside it (namespace)\n");
  CHECK(load_file("base/all.yaml", object + "\n---\n{kind: Kustomization, resources: [a.yaml]}").find("apiVersion is missing") == std::string::npos);
  CHECK(load_file("Chart.yaml", "{apiVersion: v2, name: shop, version: 1.0.0}").find("Chart.yaml:1:1: error: a Helm chart is no manifest") == 0);
  CHECK(load_file("ks.yaml", "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a}}") == ": read past, as they carry no policy: 1 Kustomization\n");
}

TEST_CASE("labels select", "[resource]") {
  using resource::SelectorOperator;
  const resource::Labels labels{{"app", "web"}};
  const auto one = [&](std::string key, SelectorOperator op, std::vector<std::string> values) { return resource::selects({{{std::move(key), op, std::move(values)}}}, labels); };
  CHECK(resource::selects({}, labels));
  CHECK(one("app", SelectorOperator::in, {"db", "web"}));
  CHECK_FALSE(one("app", SelectorOperator::not_in, {"web"}));
  CHECK(one("tier", SelectorOperator::not_in, {"web"}));
  CHECK_FALSE(one("tier", SelectorOperator::in, {""}));
  CHECK(one("app", SelectorOperator::exists, {}));
  CHECK(one("tier", SelectorOperator::does_not_exist, {}));
  CHECK_FALSE(one("app", SelectorOperator::does_not_exist, {}));
}

TEST_CASE("counts of files, documents and objects", "[resource]") {
  const auto loaded = load("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, metadata: {name: a}}]}\n---\n# nothing\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: a}}");
  CHECK(loaded.snapshot.files == 1);
  CHECK(loaded.snapshot.documents == 2);
  CHECK(loaded.snapshot.objects == 2);
}
