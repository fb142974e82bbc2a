// ip-masq-agent: what its DaemonSet and its ConfigMap tell, and what a connection's source becomes.
#include "path/masquerade_agent.h"

#include "support.h"

using namespace npverify;
using namespace npverify::path;

namespace {

const std::string daemon_set = R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ip-masq-agent, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: ip-masq-agent}}
  template:
    metadata: {labels: {k8s-app: ip-masq-agent}}
    spec: {hostNetwork: true, nodeSelector: {kubernetes.io/os: linux}, containers: [{name: agent, image: "registry.k8s.io/networking/ip-masq-agent:v2.12.3"}]}
---
)";

std::string config_map(const std::string& file) { return "{apiVersion: v1, kind: ConfigMap, metadata: {name: ip-masq-agent, namespace: kube-system}, data: {config: " + file + "}}\n---\n"; }

/// "yes", "no", "open": is what goes there masqueraded? "none": there is no agent.
std::string answer(const std::string& manifests, const char* address) {
  const auto agent = masquerade_agent(test::load("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n" + manifests));
  if (!agent) return "none";
  const auto masquerades = agent->masquerades(*base::Address::parse(address));
  return !masquerades ? "open" : *masquerades ? "yes" : "no";
}

}  // namespace

TEST_CASE("the agent's list, in YAML and in JSON") {
  for (const char* file : {R"("nonMasqueradeCIDRs:\n  - 10.0.0.0/8\n  - 100.64.0.0/10\nresyncInterval: 60s\n")", R"('{"nonMasqueradeCIDRs": ["10.0.0.0/8", "100.64.0.0/10"], "resyncInterval": "60s"}')"}) {
    INFO(file);
    const std::string all = daemon_set + config_map(file);
    CHECK(answer(all, "10.1.2.3") == "no");
    CHECK(answer(all, "100.64.0.1") == "no");
    CHECK(answer(all, "192.168.0.1") == "yes");
    CHECK(answer(all, "169.254.169.254") == "no");
    CHECK(answer(all, "fd00::1") == "open");  // whether there are rules for IPv6 is a flag's matter
  }
  CHECK(answer(daemon_set + config_map(R"("nonMasqueradeCIDRs: [10.0.0.0/8]\nmasqLinkLocal: true\n")"), "169.254.169.254") == "yes");
}

TEST_CASE("a list that is not there, that is refused, or whose agent does not run for sure leaves open what it cannot tell") {
  CHECK(answer("", "10.1.2.3") == "none");
  CHECK(answer(daemon_set, "10.1.2.3") == "open");  // it may read a ConfigMap that was not given
  const std::string defaults = daemon_set + config_map(R"("resyncInterval: 60s\n")");
  CHECK(answer(defaults, "10.1.2.3") == "no");
  CHECK(answer(defaults, "100.64.0.1") == "open");
  for (const char* file : {R"("nonMasqueradeCIDRs: [10.0.0.0/33]\n")", R"("nonMasqueradeCIDRs: [10.0.0.1/8]\n")", R"("nonMasqueradeCIDRs: [fd00::/8]\n")", R"("nonMasqueradeCIDRs: [10.0.0.0/8\n")",
                           R"("nonMasqueradeCIDRs: [10.0.0.0/8, 11.0.0.0/8]\ncidrLimit: 1\n")"}) {
    INFO(file);
    CHECK(answer(daemon_set + config_map(file), "10.1.2.3") == "open");
  }
  const std::string list = config_map(R"("nonMasqueradeCIDRs: [10.0.0.0/8]\n")");
  CHECK(answer(list, "10.1.2.3") == "no");
  CHECK(answer(list, "192.168.0.1") == "open");  // a ConfigMap alone does not masquerade
  std::string some_nodes = daemon_set;
  some_nodes.replace(some_nodes.find("kubernetes.io/os: linux"), 23, "masq: 'true'");
  CHECK(answer(some_nodes + list, "192.168.0.1") == "open");
  CHECK(answer(daemon_set + config_map("''"), "10.1.2.3") == "no");
}
