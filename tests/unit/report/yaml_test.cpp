#include "report/yaml_text.h"

#include "report/object_json.h"
#include "resource/load.h"
#include "support/catch.h"

using namespace npverify;
using namespace npverify::report;

namespace {

resource::Snapshot load(const std::string& text) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("a.yaml", text, diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

constexpr const char* web_policy = R"(apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: web
    matchExpressions:
      - key: tier
        operator: NotIn
        values:
          - "1"
          - "y"
  policyTypes:
    - Ingress
    - Egress
  ingress:
    - from:
        - namespaceSelector: {}
          podSelector:
            matchLabels:
              app: client
        - ipBlock:
            cidr: 10.0.0.0/8
            except:
              - 10.1.0.0/16
      ports:
        - protocol: TCP
          port: 8000
          endPort: 8080
        - protocol: UDP
          port: dns
  egress:
    - {}
)";

}  // namespace

TEST_CASE("strings that a reader could take for something else are quoted") {
  const struct {
    Json value;
    const char* text;
  } cases[] = {{"web", "web\n"}, {"", "\"\"\n"}, {"yes", "\"yes\"\n"}, {"Off", "\"Off\"\n"}, {"12", "\"12\"\n"}, {"1e3", "\"1e3\"\n"}, {"10.0.0.1", "\"10.0.0.1\"\n"}, {"a: b", "\"a: b\"\n"}, {12, "12\n"}, {true, "true\n"}, {"app.kubernetes.io/name", "app.kubernetes.io/name\n"}, {Json::object(), "{}\n"}};
  for (const auto& one : cases) CHECK(to_yaml(one.value) == one.text);
}

TEST_CASE("a policy comes back as it was read") {
  const auto first = load(web_policy);
  const std::string text = to_yaml(object_of(first.network_policies.front()));
  const auto second = load(text);
  CHECK(to_yaml(object_of(second.network_policies.front())) == text);
  const auto &a = first.network_policies.front(), &b = second.network_policies.front();
  CHECK(a.pod_selector == b.pod_selector);
  CHECK(a.type_egress == b.type_egress);
  REQUIRE(b.ingress.size() == 1);
  CHECK(b.ingress[0].peers[1].ip_block->except == a.ingress[0].peers[1].ip_block->except);
  CHECK(b.ingress[0].ports[0].end_port == a.ingress[0].ports[0].end_port);
  CHECK(b.egress.size() == 1);
}

TEST_CASE("a key with one value twice is not lost") {
  const auto read = load("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  podSelector:\n    matchLabels: {app: web}\n    matchExpressions: [{key: app, operator: In, values: [db]}]\n");
  const Json selector = selector_of(read.network_policies.front().pod_selector);
  CHECK(selector.dump() == R"({"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"In","values":["db"]}]})");
}
