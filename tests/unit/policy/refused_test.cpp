// The policies that a CNI does not take are the same whether the others are read or not.
#include "policy/refused.h"
#include "resource/load.h"
#include "support/catch.h"

using namespace npverify;

TEST_CASE("refused_policies are those of read_policies") {
  base::Diagnostics diagnostics;
  const std::string part(60, 'k'), prefix = part + "." + part + "." + part + "." + part;
  const std::vector<std::string> bodies{"podSelector: {}, ingress: [{ports: [{port: 80, protocol: SCTP}]}]", "podSelector: {matchLabels: {" + part + "kk: a}}", "podSelector: {matchLabels: {" + prefix + "/a: b}}",
                                        "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", "podSelector: {}"};
  std::string text;
  for (const std::string& body : bodies)
    text += "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p" + std::to_string(text.size()) + ", namespace: shop}, spec: {" + body + "}}\n---\n";
  const auto snapshot = resource::load_snapshot(manifest::read_text("c.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE(snapshot.network_policies.size() == bodies.size());
  const auto encodings = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  size_t refused = 0;
  for (const char* name : {"calico@3.28", "cilium@1.12", "cilium@1.16", "cilium@1.20", "kube-network-policies@1.1", "kubernetes"}) {
    const auto profile = encodings->resolve(semantics::parse_profile_request(name));
    logic::Pool pool;
    const auto wanted = policy::read_policies(pool, snapshot, {}, profile).refused;
    const auto found = policy::refused_policies(snapshot, {}, profile);
    INFO(name);
    REQUIRE(found.size() == wanted.size());
    for (size_t i = 0; i < found.size(); ++i) {
      CHECK(found[i].name == wanted[i].name);
      CHECK(found[i].axis == wanted[i].axis);
      CHECK(found[i].index == wanted[i].index);
    }
    refused += found.size();
  }
  CHECK(refused > 0);
}
