#include "policy/detect.h"

#include "resource/load.h"
#include "support/catch.h"

using namespace npverify;
using namespace npverify::policy;

namespace {

resource::Snapshot load(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("c.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

Detection detect(const std::string& text) {
  static const auto encodings = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  return detect_profiles(load(text), encodings->cnis());
}

std::string node(const std::string& name, const std::string& labels = "", const std::string& kubelet = "v1.30.1") {
  return "apiVersion: v1\nkind: Node\nmetadata: {name: " + name + ", labels: {kubernetes.io/os: linux" + labels + "}}\nstatus: {nodeInfo: {kubeletVersion: " + kubelet + "}}\n---\n";
}

std::string daemon_set(const std::string& name, const std::string& image, const std::string& selector = "") {
  return "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: " + name + ", namespace: kube-system}\nspec:\n  selector: {matchLabels: {k8s-app: x}}\n  template:\n    metadata: {labels: {k8s-app: x}}\n    spec:\n" +
         (selector.empty() ? "" : "      nodeSelector: {" + selector + "}\n") + "      containers: [{name: agent, image: \"" + image + "\"}]\n---\n";
}

std::string agent_pod(const std::string& name, const std::string& image, const std::string& on) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: kube-system, ownerReferences: [{apiVersion: apps/v1, kind: DaemonSet, name: cilium, uid: u, controller: true}]}\nspec:\n  nodeName: " + on +
         "\n  containers: [{name: agent, image: \"" + image + "\"}]\nstatus: {phase: Running}\n---\n";
}

std::string name_of(const DetectedProfile& one) { return one.request.cni + "@" + (one.request.version ? one.request.version->to_string() : "?"); }

}  // namespace

TEST_CASE("an agent's image says CNI and version, however a distribution names it") {
  const struct {
    const char *image, *profile;
  } cases[] = {
      {"docker.io/calico/node:v3.28.2", "calico@3.28.2"},
      {"quay.io/calico/node:v3.29.1@sha256:0000000000000000000000000000000000000000000000000000000000000000", "calico@3.29.1"},
      {"rancher/hardened-calico:v3.28.2-build20241016", "calico@3.28.2"},
      {"rancher/mirrored-calico-node:v3.27.0", "calico@3.27.0"},
      {"quay.io/cilium/cilium:v1.16.3", "cilium@1.16.3"},
      {"rancher/mirrored-cilium-cilium:v1.15.5", "cilium@1.15.5"},
      {"gke.gcr.io/cilium/cilium:v1.14.7-gke.5", "cilium@1.14.7"},
      {"registry.local:5000/mirror/cilium/cilium:1.17.0", "cilium@1.17.0"},
      {"mcr.microsoft.com/oss/calico/node:v3.26.3", "calico@3.26.3"},
      {"mcr.microsoft.com/containernetworking/cilium/cilium:v1.14.15-1", "cilium@1.14.15"},
      {"public.ecr.aws/isovalent/cilium:v1.15.13-eksa.1", "cilium@1.15.13"},
      {"gke.gcr.io/calico/node:v3.27.2-gke.4", "calico@3.27.2"},
      {"rancher/hardened-cilium:v1.16.1-build20240902", "cilium@1.16.1"},
      {"registry.k8s.io/networking/kube-network-policies:v1.1.1", "kube-network-policies@1.1.1"},
  };
  for (const auto& one : cases) {
    INFO(one.image);
    const Detection found = detect(daemon_set("agent", one.image));
    REQUIRE(found.profiles.size() == 1);
    CHECK(name_of(found.profiles[0]) == one.profile);
    CHECK(found.problems.empty());
    CHECK(found.sentences.size() == 1);
  }
}

TEST_CASE("what is there and has no profile is a problem, not silence") {
  CHECK(detect(daemon_set("antrea-agent", "antrea/antrea-agent-ubuntu:v2.1.0")).problems.size() == 1);
  CHECK(detect(daemon_set("cilium", "quay.io/cilium/cilium@sha256:0000000000000000000000000000000000000000000000000000000000000000")).problems.size() == 1);
  CHECK(detect(daemon_set("aws-node", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.19.0")).problems.size() == 1);
  CHECK(detect(daemon_set("anetd", "gcr.io/mirror@sha256:0000000000000000000000000000000000000000000000000000000000000000")).problems.size() == 1);
  CHECK(detect(daemon_set("ovnkube-node", "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:0000000000000000000000000000000000000000000000000000000000000000")).problems.size() == 1);
  CHECK(detect(daemon_set("azure-npm", "mcr.microsoft.com/containernetworking/azure-npm:v1.5.30")).problems.size() == 1);
  CHECK(detect(daemon_set("kindnet", "docker.io/kindest/kindnetd:v20241023-a345ebe4")).problems.size() == 1);
  CHECK(detect(daemon_set("calico-node", "quay.io/tigera/cnx-node:v3.19.1")).profiles.empty());
  CHECK(detect(node("n1", "", "v1.30.1+k3s1")).problems.size() == 1);
  const Detection nothing = detect(node("n1") + daemon_set("kube-proxy", "registry.k8s.io/kube-proxy:v1.30.1"));
  CHECK(nothing.profiles.empty());
  CHECK(nothing.problems.empty());
}

TEST_CASE("an agent's DaemonSet runs where the scheduler lets it: affinity with Gt, taints, cordoned nodes") {
  const std::string pods = "      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: kernel, operator: Gt, values: ['4']}]}]}}}\n";
  std::string text = daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3");
  text.insert(text.find("      containers:"), pods);
  const std::string tainted = "apiVersion: v1\nkind: Node\nmetadata: {name: n3, labels: {kernel: '6'}}\nspec: {taints: [{key: gpu, effect: NoSchedule}]}\n---\n";
  const std::string cordoned = "apiVersion: v1\nkind: Node\nmetadata: {name: n4, labels: {kernel: '6'}}\nspec: {unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}\n---\n";
  const auto snapshot = load(node("n1", ", kernel: '5'") + node("n2", ", kernel: '3'") + tainted + cordoned + text);
  const auto agents = find_agents(snapshot);
  REQUIRE(agents.size() == 1);
  CHECK(agents[0].nodes == std::vector<std::string>{"n1", "n4"});
  const auto bare = find_agents(load("apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n---\n" + daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3", "kubernetes.io/os: linux")));
  REQUIRE(bare.size() == 1);
  CHECK(bare[0].nodes == std::vector<std::string>{"n1"});
}

TEST_CASE("what runs on a node outranks the template") {
  const Detection found = detect(node("n1") + node("n2") + daemon_set("cilium", "quay.io/cilium/cilium:v1.17.1") + agent_pod("cilium-a", "quay.io/cilium/cilium:v1.16.3", "n1"));
  REQUIRE(found.profiles.size() == 2);
  CHECK(name_of(found.profiles[0]) == "cilium@1.16.3");
  CHECK(found.profiles[0].nodes == std::vector<std::string>{"n1"});
  CHECK(name_of(found.profiles[1]) == "cilium@1.17.1");
  CHECK(found.profiles[1].nodes == std::vector<std::string>{"n2"});
}

TEST_CASE("two CNIs in one cluster, each on its pool") {
  const Detection found = detect(node("a", ", pool: a") + node("b", ", pool: b") + daemon_set("calico-node", "calico/node:v3.28.2", "pool: a") + daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3", "pool: b"));
  REQUIRE(found.profiles.size() == 2);
  CHECK(name_of(found.profiles[0]) + " " + found.profiles[0].nodes[0] == "calico@3.28.2 a");
  CHECK(name_of(found.profiles[1]) + " " + found.profiles[1].nodes[0] == "cilium@1.16.3 b");
}

TEST_CASE("options come from the objects that set them, and say so") {
  const std::string config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {policy-cidr-match-mode: nodes, unrelated: \"1\"}\n---\n";
  const Detection found = detect(config + daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3"));
  REQUIRE(found.profiles.size() == 1);
  const auto& options = found.profiles[0].request.options;
  REQUIRE(options.size() == 1);
  CHECK(options.at("policy-cidr-match-mode").value == "nodes");
  CHECK(options.at("policy-cidr-match-mode").origin == "ConfigMap kube-system/cilium-config (c.yaml:1:1)");
  CHECK(found.sentences[0].find("policy-cidr-match-mode=nodes from ConfigMap kube-system/cilium-config") != std::string::npos);
}

TEST_CASE("a CiliumNodeConfig makes two profiles of one agent") {
  const std::string config = "apiVersion: cilium.io/v2\nkind: CiliumNodeConfig\nmetadata: {name: c, namespace: kube-system}\nspec:\n  nodeSelector: {matchLabels: {pool: b}}\n  defaults: {policy-cidr-match-mode: nodes}\n---\n";
  const Detection found = detect(node("a", ", pool: a") + node("b", ", pool: b") + config + daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3"));
  REQUIRE(found.profiles.size() == 2);
  CHECK(found.profiles[0].request.options.empty());
  CHECK(found.profiles[1].request.options.at("policy-cidr-match-mode").value == "nodes");
  CHECK(found.profiles[1].nodes == std::vector<std::string>{"b"});
}

TEST_CASE("Calico's dataplane and host action") {
  const std::string felix = "apiVersion: crd.projectcalico.org/v1\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {bpfEnabled: true, defaultEndpointToHostAction: Drop}\n---\n";
  const Detection found = detect(felix + daemon_set("calico-node", "calico/node:v3.28.2"));
  REQUIRE(found.profiles.size() == 1);
  CHECK(found.profiles[0].request.options.at("dataplane").value == "bpf");
  CHECK(found.profiles[0].request.options.at("default-endpoint-to-host-action").value == "Drop");
}

TEST_CASE("variables of Felix's container outrank its objects") {
  const std::string felix = "apiVersion: crd.projectcalico.org/v1\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: {bpfEnabled: true, defaultEndpointToHostAction: Drop, vxlanPort: 4790}\n---\n";
  const std::string agent =
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: calico-node, namespace: kube-system}\nspec:\n  selector: {matchLabels: {k8s-app: x}}\n  template:\n    metadata: {labels: {k8s-app: x}}\n    spec:\n"
      "      containers: [{name: calico-node, image: \"calico/node:v3.28.2\", env: [{name: FELIX_DEFAULTENDPOINTTOHOSTACTION, value: ACCEPT}, {name: FELIX_BPFENABLED, value: \"False\"},\n"
      "        {name: FELIX_ALLOWVXLANPACKETSFROMWORKLOADS, valueFrom: {configMapKeyRef: {name: c, key: k}}}, {name: OTHER, value: x}]}]\n---\n";
  const Detection found = detect(felix + agent);
  REQUIRE(found.profiles.size() == 1);
  const auto& options = found.profiles[0].request.options;
  CHECK(options.at("dataplane").value == "iptables");
  CHECK(options.at("default-endpoint-to-host-action").value == "Accept");
  CHECK(options.at("default-endpoint-to-host-action").origin.starts_with("FELIX_DEFAULTENDPOINTTOHOSTACTION of DaemonSet kube-system/calico-node"));
  CHECK(options.at("vxlan-port").value == "4790");
  CHECK(options.at("allow-vxlan-packets-from-workloads").value == resource::agent_variable_unsaid);
}

TEST_CASE("what a cluster's objects set for a CNI that the user names") {
  static const auto encodings = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  const auto options_of = [](const std::string& text, const std::string& name) {
    for (const auto& cni : encodings->cnis())
      if (cni.name == name) return options_of_cluster(load(text), cni);
    return std::map<std::string, semantics::OptionValue>{};
  };
  const std::string config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config, namespace: kube-system}\ndata: {policy-cidr-match-mode: nodes, something: else}\n---\n";
  const auto found = options_of(config + node("a"), "cilium");
  REQUIRE(found.size() == 1);
  CHECK(found.at("policy-cidr-match-mode").value == "nodes");
  CHECK(options_of(config, "cilium").at("policy-cidr-match-mode").value == "nodes");
  CHECK(options_of(config, "calico").empty());

  const std::string of_one = "apiVersion: cilium.io/v2\nkind: CiliumNodeConfig\nmetadata: {name: c, namespace: kube-system}\nspec:\n  nodeSelector: {matchLabels: {pool: b}}\n  defaults: {policy-cidr-match-mode: nodes}\n---\n";
  CHECK(options_of(of_one + node("a", ", pool: a") + node("b", ", pool: b"), "cilium").at("policy-cidr-match-mode").value == option_differs);
  CHECK(options_of(of_one + node("b", ", pool: b"), "cilium").at("policy-cidr-match-mode").value == "nodes");
  // A node that another CNI serves does not count.
  const std::string cilium_on_b = daemon_set("cilium", "quay.io/cilium/cilium:v1.16.3", "pool: b");
  CHECK(options_of(of_one + node("a", ", pool: a") + node("b", ", pool: b") + cilium_on_b, "cilium").at("policy-cidr-match-mode").value == "nodes");
}
