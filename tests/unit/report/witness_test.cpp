#include "report/witness_files.h"

#include "report/witness_text.h"
#include "report/yaml_text.h"
#include "resource/load.h"
#include "support/catch.h"
#include "world/endpoint.h"

using namespace npverify;
using namespace npverify::report;

namespace {

base::Address address(const char* text) { return *base::Address::parse(text); }

world::Endpoint pod(const std::string& name, const std::string& ip) {
  const std::string namespace_name = name.substr(0, name.find('/'));
  return {.kind = logic::EndpointKind::pod, .name = name, .namespace_name = namespace_name, .labels = {{"app", "web"}},
          .namespace_labels = {{"kubernetes.io/metadata.name", namespace_name}}, .service_account = "default", .node = "", .addresses = {address(ip.c_str())}};
}

resource::Snapshot read_again(const verify::Witness& witness, const resource::Snapshot& of = {}) {
  base::Diagnostics diagnostics;
  auto snapshot = resource::load_snapshot(manifest::read_text("world.yaml", to_yaml_stream(witness_world(witness, of)), diagnostics), {}, diagnostics);
  INFO(diagnostics.to_string());
  REQUIRE_FALSE(diagnostics.has_errors());
  return snapshot;
}

}  // namespace

TEST_CASE("the pods of a witness come back as ends with the same attributes") {
  verify::Witness witness{.source = pod("shop/a", "10.244.0.2"), .destination = pod("bank/b", "10.244.1.2"), .port = 80};
  witness.destination.ports = {{.name = "http", .number = 80}, {.name = "side", .number = 81, .container = resource::ContainerKind::sidecar}};
  const auto encodings = semantics::Encodings::load(NPVERIFY_SOURCE_DIR "/encodings");
  const auto snapshot = read_again(witness);
  world::Directory ends(snapshot, encodings->resolve({.cni = "kubernetes"}));
  const auto end = [&](const char* name) -> const world::Endpoint& {
    const world::Endpoint* found = ends.find(name);
    REQUIRE(found);
    return *found;
  };
  CHECK(end("shop/a").labels == witness.source.labels);
  CHECK(end("shop/a").addresses == witness.source.addresses);
  CHECK(end("bank/b").ports.size() == 2);
  CHECK(end("shop/a").node != end("bank/b").node);
  CHECK(witness_flow(witness) == "source,destination,protocol,port\nshop/a,bank/b,TCP,80\n");
}

TEST_CASE("the node of a witness has the address that arrives") {
  verify::Witness witness{.source = {.kind = logic::EndpointKind::host, .name = "node:n1", .node = "n1", .addresses = {address("10.0.0.1")}}, .destination = pod("bank/b", "10.244.1.2"), .port = 80};
  const auto snapshot = read_again(witness);
  REQUIRE(snapshot.find_node("n1"));
  CHECK(snapshot.find_node("n1")->internal_ips.front() == address("10.0.0.1"));
  CHECK(witness_flow(witness).ends_with("node:n1,bank/b,TCP,80\n"));
}

TEST_CASE("a Node of the manifests keeps all its addresses and what its agent wrote to it") {
  resource::Snapshot manifests;
  manifests.nodes.push_back({.meta = {.name = "n1", .annotations = {{"network.cilium.io/ipv4-cilium-host", "10.244.2.200"}}}, .internal_ips = {address("10.0.0.1")}, .addresses = {address("10.0.0.1"), address("203.0.113.11")}});
  verify::Witness witness{.source = pod("bank/b", "10.244.1.2"), .destination = {.kind = logic::EndpointKind::host, .name = "node:n1", .node = "n1", .addresses = {address("10.0.0.1")}}, .port = 80};
  const auto snapshot = read_again(witness, manifests);
  const resource::Node* node = snapshot.find_node("n1");
  REQUIRE(node);
  CHECK(node->internal_ips == manifests.nodes[0].internal_ips);
  CHECK(node->addresses == manifests.nodes[0].addresses);
  CHECK(node->meta.annotations == manifests.nodes[0].meta.annotations);
}

TEST_CASE("ends on one node share it") {
  verify::Witness witness{.source = pod("shop/a", "10.244.0.2"), .destination = pod("shop/b", "10.244.0.3"), .port = 80, .same_node = true};
  const auto snapshot = read_again(witness);
  CHECK(snapshot.nodes.size() == 1);
  CHECK(snapshot.pods[0].spec.node_name == snapshot.pods[1].spec.node_name);
}

TEST_CASE("ports in words") {
  verify::Witness witness{.port = 8000, .ports = base::PortSet::range(8000, 8080)};
  CHECK(port_text(witness) == "TCP 8000 (the same on 8001-8080)");
  witness.ports = base::PortSet::all();
  CHECK(port_text(witness) == "TCP 8000 (the same on every port)");
  witness.ports = base::PortSet::range(8000, 8000);
  CHECK(port_text(witness) == "TCP 8000");
  witness.protocol = base::Protocol::icmp;
  CHECK(port_text(witness) == "ICMP");
}
