// One filter a case: what lands, what does not, and the reason that is given.
#include <set>

#include "placement/exclusion.h"
#include "resource/load.h"
#include "support/catch.h"

using namespace npverify;
using namespace npverify::placement;

namespace {

resource::Snapshot load(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("c.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

/// A pod with this spec on a node with these labels and this spec.
std::string verdict(const std::string& pod_spec, const std::string& labels, const std::string& node_spec = "", const std::string& node_name = "n1") {
  const auto snapshot = load("{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {" + pod_spec + "}}\n---\n{apiVersion: v1, kind: Node, metadata: {name: " + node_name +
                             ", labels: {" + labels + "}}, spec: {" + node_spec + "}}\n");
  const auto candidates = candidates_of(snapshot);
  const auto placement = place(subject_of(snapshot.pods[0]), candidates);
  CHECK(landing(subject_of(snapshot.pods[0]), candidates[0]) == placement.nodes[0].landing);
  std::string text = placement.nodes[0].landing == Landing::yes ? "yes" : "no";
  for (const auto& reason : placement.nodes[0].against) text += std::string("; ") + (reason.passing ? "now: " : "") + reason.sentence + " @" + reason.origin.field;
  return text;
}

std::string requirement(const std::string& text) { return "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [" + text + "]}]}}}"; }

bool affine(const std::string& text, const std::string& labels) { return verdict(requirement(text), labels) == "yes"; }

std::string tolerated(const std::string& toleration, const std::string& taint) { return verdict(toleration.empty() ? "" : "tolerations: [" + toleration + "]", "", "taints: [" + taint + "]"); }

}  // namespace

TEST_CASE("subjects that are judged together land where each lands by itself") {
  // Every two specs differ in one thing that a filter reads; the nodes tell each of them apart.
  const std::vector<std::string> specs{
      "", "nodeName: n1", "nodeName: n2", "nodeSelector: {pool: a}", "nodeSelector: {pool: b}", "nodeSelector: {zone: a}", "nodeSelector: {pool: a, zone: x}", requirement("{key: pool, operator: In, values: [a]}"),
      requirement("{key: pool, operator: NotIn, values: [a]}"), requirement("{key: pool, operator: In, values: [a, b]}"), requirement("{key: zone, operator: Exists}"), requirement("{key: zone, operator: DoesNotExist}"),
      requirement("{key: size, operator: Gt, values: ['4']}"), requirement("{key: size, operator: Lt, values: ['4']}"), requirement("{key: pool, operator: In, values: [a]}, {key: zone, operator: Exists}"),
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [a]}]}, {matchExpressions: [{key: zone, operator: Exists}]}]}}}",
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [n3]}]}]}}}",
      "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: NotIn, values: [n3]}]}]}}}",
      "tolerations: [{key: gpu, operator: Exists}]", "tolerations: [{key: gpu, operator: Equal, value: 'yes'}]", "tolerations: [{key: gpu, operator: Equal, value: 'no'}]", "tolerations: [{key: gpu, operator: Exists, effect: NoExecute}]",
      "tolerations: [{operator: Exists}]", "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]",
      "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}]", "topologySpreadConstraints: [{maxSkew: 1, topologyKey: size, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]",
      "schedulingGates: [{name: wait}]", "hostNetwork: true"};
  std::string text;
  for (size_t i = 0; i < specs.size(); ++i) {
    const std::string fields = specs[i].empty() ? "" : specs[i] + ", ", number = std::to_string(i), containers = "containers: [{name: c, image: i}]";
    text += "{apiVersion: v1, kind: Pod, metadata: {name: p" + number + ", namespace: shop}, spec: {" + fields + containers + "}}\n---\n";
    for (const std::string kind : {"Deployment", "DaemonSet"}) {
      if (specs[i].starts_with("schedulingGates") && kind == "DaemonSet") continue;
      text += "{apiVersion: apps/v1, kind: " + kind + ", metadata: {name: w" + number + ", namespace: shop}, spec: {selector: {matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, spec: {" + fields + containers + "}}}}\n---\n";
    }
  }
  text += R"(
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Node, metadata: {name: n1, labels: {pool: a, zone: x, size: '3'}}}
  - {apiVersion: v1, kind: Node, metadata: {name: n2, labels: {pool: b, size: '5'}}, spec: {taints: [{key: gpu, value: 'yes', effect: NoSchedule}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: n3, labels: {pool: c, zone: a}}, spec: {taints: [{key: gpu, value: 'yes', effect: NoExecute}, {key: node.kubernetes.io/network-unavailable, effect: NoSchedule}]}}
  - {apiVersion: v1, kind: Node, metadata: {name: n4, labels: {pool: a}}, spec: {unschedulable: true}}
  - {apiVersion: v1, kind: Node, metadata: {name: n5, labels: {}}, spec: {taints: [{key: node.kubernetes.io/not-ready, effect: NoExecute}]}}
)";
  const auto snapshot = load(text);
  ManyLandings all(candidates_of(snapshot));
  std::set<std::vector<Landing>> seen;
  for (const Subject& subject : subjects_of(snapshot)) {
    std::vector<Landing> alone;
    for (const Candidate& candidate : all.candidates()) alone.push_back(landing(subject, candidate));
    INFO(subject.id);
    CHECK(all.of(subject) == alone);
    seen.insert(alone);
  }
  CHECK(seen.size() > 10);
}

TEST_CASE("subjects_of finds running pods as subject_of does") {
  std::string text;
  for (const char* kind : {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
    for (const char* name : {"web", "web-5d"})
      text += std::string("{apiVersion: apps/v1, kind: ") + kind + ", metadata: {name: " + name + ", namespace: shop}, spec: {selector: {matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, spec: {containers: [{name: c, image: i}]}}}}\n---\n";
  for (const char* kind : {"Job", "CronJob"})
    for (const char* name : {"web", "web-5d"}) {
      const std::string job = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}";
      text += std::string("{apiVersion: batch/v1, kind: ") + kind + ", metadata: {name: " + name + ", namespace: shop}, spec: {" + (std::string(kind) == "Job" ? job : "schedule: '0 0 * * *', jobTemplate: {spec: {" + job + "}}") + "}}\n---\n";
    }
  int number = 0;
  for (const char* owner : {"ReplicaSet/web-5d", "ReplicaSet/web", "ReplicaSet/web-5d-6f", "StatefulSet/web", "DaemonSet/web-5d", "Job/web-5d", "Job/web-5d-77", "Job/web", "Node/web"})
    for (const char* space : {"shop", "other"}) {
      const std::string kind(owner, std::string(owner).find('/')), n = std::to_string(++number);
      text += "{apiVersion: v1, kind: Pod, metadata: {name: p" + n + ", namespace: " + space + ", ownerReferences: [{apiVersion: v1, kind: " + kind + ", name: " + std::string(owner).substr(kind.size() + 1) +
              ", uid: u, controller: true}]}, spec: {nodeName: n" + n + ", containers: [{name: c, image: i}]}}\n---\n";
    }
  const auto snapshot = load(text);
  const auto all = subjects_of(snapshot);
  REQUIRE(all.size() == snapshot.workloads.size() + snapshot.pods.size());
  size_t running = 0;
  for (size_t i = 0; i < snapshot.workloads.size(); ++i) {
    const Subject alone = subject_of(snapshot.workloads[i], snapshot);
    INFO(alone.id);
    CHECK(all[i].id == alone.id);
    CHECK(all[i].running_on == alone.running_on);
    CHECK(all[i].template_only);
    running += alone.running_on.size();
  }
  CHECK(running > 8);
}

TEST_CASE("nodeSelector is a conjunction of equalities") {
  CHECK(verdict("nodeSelector: {pool: a, zone: x}", "pool: a, zone: x") == "yes");
  CHECK(verdict("nodeSelector: {pool: a, zone: x}", "pool: b") ==
        "no; nodeSelector wants pool=a, the node has pool=b @spec.nodeSelector.pool; nodeSelector wants zone=x, the node has no label zone @spec.nodeSelector.zone");
}

TEST_CASE("operators of node affinity") {
  CHECK(affine("{key: k, operator: In, values: [a, b]}", "k: b"));
  CHECK_FALSE(affine("{key: k, operator: In, values: [a, b]}", "j: b"));
  CHECK(affine("{key: k, operator: NotIn, values: [a]}", "k: b"));
  CHECK_FALSE(affine("{key: k, operator: NotIn, values: [a]}", "k: a"));
  CHECK(affine("{key: k, operator: NotIn, values: [a]}", ""));  // an absent key is not in
  CHECK(affine("{key: k, operator: Exists}", "k: ''"));
  CHECK_FALSE(affine("{key: k, operator: Exists}", ""));
  CHECK(affine("{key: k, operator: DoesNotExist}", ""));
  CHECK_FALSE(affine("{key: k, operator: DoesNotExist}", "k: a"));
  CHECK(affine("{key: k, operator: Gt, values: ['4']}", "k: '5'"));
  CHECK_FALSE(affine("{key: k, operator: Gt, values: ['5']}", "k: '5'"));
  CHECK(affine("{key: k, operator: Lt, values: ['8']}", "k: '007'"));
  CHECK_FALSE(affine("{key: k, operator: Gt, values: ['4']}", "k: '5.10'"));  // no integer
  CHECK_FALSE(affine("{key: k, operator: Lt, values: ['4']}", "k: ''"));
  CHECK_FALSE(affine("{key: k, operator: Gt, values: ['4']}", ""));
  CHECK_FALSE(affine("{key: k, operator: Gt, values: ['4']}", "k: '9223372036854775808'"));  // no int64
}

TEST_CASE("a term that the scheduler cannot parse selects nothing; the other terms still count") {
  CHECK(verdict(requirement("{key: k, operator: Gt, values: [x]}"), "k: '5'") ==
        "no; node affinity wants k Gt x; 'x' is no integer, so the term selects no node "
        "@spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]");
  const std::string two = "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: k, operator: Gt, values: [x]}]}, {matchExpressions: [{key: k, operator: Exists}]}]}}}";
  CHECK(verdict(two, "k: a") == "yes");
  CHECK(verdict(requirement("{key: k, operator: NotIn, values: ['no value']}"), "k: '5'").starts_with("no; "));
}

TEST_CASE("terms: OR between, AND inside, an empty one selects nothing") {
  const auto terms = [](const std::string& text) { return "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" + text + "]}}}"; };
  const std::string a = "{matchExpressions: [{key: k, operator: In, values: [a]}, {key: j, operator: Exists}]}";
  CHECK(verdict(terms(a), "k: a, j: b") == "yes");
  CHECK(verdict(terms(a), "k: a").starts_with("no; node affinity wants j Exists, the node has no label j"));
  CHECK(verdict(terms(a + ", {matchFields: [{key: metadata.name, operator: In, values: [n1]}]}"), "k: a") == "yes");
  CHECK(verdict(terms("{matchFields: [{key: metadata.name, operator: NotIn, values: [n1]}]}"), "").starts_with("no; node affinity wants metadata.name NotIn [n1]"));
  CHECK(verdict(terms("{}"), "k: a").starts_with("no; a term of node affinity without requirements selects no node"));
  CHECK(verdict("nodeSelector: {k: b}, " + terms(a), "k: a, j: b").starts_with("no; nodeSelector wants k=b"));  // both have to hold
}

TEST_CASE("taints and tolerations") {
  const std::string taint = "{key: dedicated, value: gpu, effect: NoSchedule}";
  CHECK(tolerated("", taint) == "no; the taint dedicated=gpu:NoSchedule is not tolerated @spec.taints[0]");
  CHECK(tolerated("", "{key: dedicated, value: gpu, effect: PreferNoSchedule}") == "yes");
  CHECK(tolerated("{key: dedicated, value: gpu, effect: NoSchedule}", taint) == "yes");
  CHECK(tolerated("{key: dedicated, operator: Equal, value: gpu}", taint) == "yes");  // an empty effect is every effect
  CHECK(tolerated("{key: dedicated, operator: Equal, value: cpu}", taint) != "yes");
  CHECK(tolerated("{key: dedicated, operator: Exists, effect: NoExecute}", taint) != "yes");
  CHECK(tolerated("{key: dedicated, operator: Exists}", taint) == "yes");
  CHECK(tolerated("{operator: Exists}", taint) == "yes");  // an empty key is every key
  CHECK(tolerated("{operator: Exists, effect: NoExecute}", taint) != "yes");
  CHECK(tolerated("{key: other, operator: Exists}", taint) != "yes");
  CHECK(tolerated("{key: dedicated, operator: Exists}", taint + ", {key: dedicated, value: gpu, effect: NoExecute}") == "yes");
}

TEST_CASE("cordon and conditions pass") {
  CHECK(verdict("", "", "unschedulable: true") == "no; now: the node is unschedulable (cordoned) @spec.unschedulable");
  CHECK(verdict("tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]", "", "unschedulable: true") == "yes");
  CHECK(verdict("", "", "unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]") == "no; now: the node is unschedulable (cordoned) @spec.unschedulable");
  CHECK(verdict("", "", "taints: [{key: node.kubernetes.io/not-ready, effect: NoExecute}]").starts_with("no; now: the taint node.kubernetes.io/not-ready:NoExecute"));
}

TEST_CASE("nodeName asks no scheduler") {
  CHECK(verdict("nodeName: n1, nodeSelector: {pool: a}", "pool: b", "taints: [{key: k, effect: NoSchedule}]") == "yes");
  CHECK(verdict("nodeName: n2", "pool: b") == "no; nodeName is n2 @spec.nodeName");
}

TEST_CASE("topology spread needs its key where it is hard") {
  const std::string constraint = "{maxSkew: 1, topologyKey: zone, labelSelector: {matchLabels: {a: b}}, whenUnsatisfiable: ";
  CHECK(verdict("topologySpreadConstraints: [" + constraint + "DoNotSchedule}]", "") == "no; topology spread counts by zone, the node has no label zone @spec.topologySpreadConstraints[0]");
  CHECK(verdict("topologySpreadConstraints: [" + constraint + "ScheduleAnyway}]", "") == "yes");
  CHECK(verdict("topologySpreadConstraints: [" + constraint + "DoNotSchedule}]", "zone: x") == "yes");
}

TEST_CASE("what controllers and admission tolerate") {
  const auto lands = [](const std::string& kind, const std::string& key, const std::string& effect, bool host_network) {
    const auto snapshot = load("{apiVersion: apps/v1, kind: " + kind + ", metadata: {name: w}, spec: {selector: {}, template: {spec: {hostNetwork: " + (host_network ? "true" : "false") +
                               "}}}}\n---\n{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {unschedulable: " + (key == "unschedulable" ? "true" : "false") +
                               ", taints: [{key: node.kubernetes.io/" + key + ", effect: " + effect + "}]}}\n");
    return landing(subject_of(snapshot.workloads[0], snapshot), candidates_of(snapshot)[0]) == Landing::yes;
  };
  for (const char* key : {"disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"}) {
    CHECK(lands("DaemonSet", key, "NoSchedule", false));
    CHECK_FALSE(lands("Deployment", key, "NoSchedule", false));
  }
  CHECK(lands("DaemonSet", "network-unavailable", "NoSchedule", true));
  CHECK_FALSE(lands("DaemonSet", "network-unavailable", "NoSchedule", false));
  CHECK(lands("DaemonSet", "not-ready", "NoExecute", false));
  CHECK(lands("Deployment", "unreachable", "NoExecute", false));  // DefaultTolerationSeconds
  CHECK_FALSE(lands("DaemonSet", "not-ready", "NoSchedule", false));
}

TEST_CASE("pools state some labels and leave the others open") {
  const auto snapshot = load("{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, spec: {nodeSelector: {pool: a}, tolerations: [{key: t, operator: Exists}]}}\n");
  const auto landing_of = [&](const std::string& pool) { return landing(subject_of(snapshot.pods[0]), parse_pool(pool)); };
  CHECK(landing_of("pool=a") == Landing::yes);
  CHECK(landing_of("pool=b") == Landing::no);
  CHECK(landing_of("zone=z") == Landing::open);
  CHECK(landing_of("pool=a,t=v:NoSchedule") == Landing::yes);
  CHECK(landing_of("pool=a,u:NoSchedule") == Landing::no);
  CHECK(landing_of("zone=z,u:NoSchedule") == Landing::no);
  CHECK_THROWS_AS(parse_pool("pool"), base::InputError);
  CHECK_THROWS_AS(parse_pool("pool=a,"), base::InputError);
  CHECK_THROWS_AS(parse_pool("k=v:Never"), base::InputError);
}

TEST_CASE("a Deployment's pods are found through its ReplicaSets") {
  const auto snapshot = load(R"({apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {}, template: {}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-5d-x, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, uid: u, controller: true}]}, spec: {nodeName: n1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-api-5d-x, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-api-5d, uid: u, controller: true}]}, spec: {nodeName: n2}}
)");
  CHECK(find_subject(snapshot, "web", "default").running_on == std::vector<std::string>{"n1"});
  CHECK(find_subject(snapshot, "default/Pod/web-5d-x", "other").running_on == std::vector<std::string>{"n1"});
  CHECK_THROWS_AS(find_subject(snapshot, "web", "other"), base::InputError);
}
