#pragma once

#include <random>

#include "resource/snapshot.h"

/// Small random clusters full of corner cases: few keys and values, so that selectors hit and miss; blocks over pods, nodes and outside.
namespace npverify::test {

class RandomWorld {
 public:
  explicit RandomWorld(uint64_t seed) : random_(seed) {}

  resource::Snapshot make() {
    resource::Snapshot s;
    for (const char* name : {"shop", "bank", "lab"}) {
      resource::Namespace ns;
      ns.meta.name = name;
      ns.meta.labels = labels();
      ns.meta.labels["kubernetes.io/metadata.name"] = name;
      s.namespaces.push_back(ns);
    }
    for (int i = 1; i <= 2; ++i) s.nodes.push_back(node(i));
    const int pods = 3 + pick(4), policies = 1 + pick(4);
    for (int i = 0; i < pods; ++i) s.pods.push_back(pod(i));
    for (int i = 0; i < policies; ++i) s.network_policies.push_back(policy(i));
    return s;
  }

  int pick(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return pick(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> values) { return *(values.begin() + pick(static_cast<int>(values.size()))); }

 private:
  resource::Labels labels() {
    resource::Labels out;
    for (const char* key : {"app", "env"})
      if (chance(60)) out[key] = one_of({"a", "b", ""});
    return out;
  }

  resource::Node node(int i) {
    resource::Node n;
    n.meta.name = "n" + std::to_string(i);
    n.internal_ips = {*base::Address::parse("192.168.7." + std::to_string(i))};
    n.addresses = n.internal_ips;
    n.pod_cidrs = {*base::Prefix::parse("10.244." + std::to_string(i) + ".0/24")};
    return n;
  }

  resource::Pod pod(int i) {
    resource::Pod p;
    p.meta.name = "p" + std::to_string(i);
    p.meta.namespace_name = one_of({"shop", "bank", "lab"});
    p.meta.labels = labels();
    const int on = 1 + pick(2);
    p.spec.node_name = "n" + std::to_string(on);
    p.spec.host_network = chance(10);
    p.addresses = {*base::Address::parse(p.spec.host_network ? "192.168.7." + std::to_string(on) : "10.244." + std::to_string(on) + "." + std::to_string(10 + i))};
    const int ports = pick(3);
    for (int k = 0; k < ports; ++k)
      p.spec.ports.push_back({.name = one_of({"http", "dns"}),
                              .number = one_of<base::Port>({80, 81, 53}),
                              .protocol = one_of({base::Protocol::tcp, base::Protocol::udp}),
                              .container = one_of({resource::ContainerKind::regular, resource::ContainerKind::regular, resource::ContainerKind::sidecar, resource::ContainerKind::init})});
    return p;
  }

  resource::LabelSelector selector() {
    resource::LabelSelector s;
    const int n = pick(3);
    for (int i = 0; i < n; ++i) {
      using enum resource::SelectorOperator;
      resource::LabelSelectorRequirement r{.key = one_of({"app", "env", "pod-template-hash"}), .op = one_of({in, not_in, exists, does_not_exist})};
      if (r.op == in || r.op == not_in) r.values = chance(50) ? std::vector<std::string>{"a"} : std::vector<std::string>{"a", "b"};
      s.requirements.push_back(r);
    }
    return s;
  }

  resource::NetworkPolicyPeer peer() {
    resource::NetworkPolicyPeer p;
    if (chance(40)) {
      resource::IpBlock block{*base::Prefix::parse(one_of({"0.0.0.0/0", "10.244.1.0/24", "192.168.7.0/30", "203.0.113.0/24", "::/0"})), {}};
      if (chance(40) && block.cidr.length == 24) block.except.push_back({block.cidr.network, 25});
      if (chance(20) && block.cidr.length == 24) block.except = {{block.cidr.network, 25}, *base::Prefix::parse(base::Address{base::Family::ipv4, block.cidr.network.bits + 128}.to_string() + "/25")};
      p.ip_block = block;
      return p;
    }
    const int which = pick(3);
    if (which != 0) p.namespace_selector = selector();
    if (which != 1) p.pod_selector = selector();
    return p;
  }

  resource::NetworkPolicyPort port() {
    resource::NetworkPolicyPort p;
    p.protocol = one_of({base::Protocol::tcp, base::Protocol::tcp, base::Protocol::udp, base::Protocol::sctp});
    const int which = pick(4);
    if (which == 0) p.port = std::string(one_of({"http", "dns"}));
    if (which == 1) p.port = one_of<base::Port>({80, 53});
    if (which == 2) {
      p.port = base::Port{80};
      p.end_port = base::Port{90};
    }
    return p;
  }

  std::vector<resource::NetworkPolicyRule> rules() {
    std::vector<resource::NetworkPolicyRule> out(static_cast<size_t>(pick(3)));
    for (auto& rule : out) {
      const int peers = pick(3), ports = pick(3);
      for (int i = 0; i < peers; ++i) rule.peers.push_back(peer());
      for (int i = 0; i < ports; ++i) rule.ports.push_back(port());
    }
    return out;
  }

  resource::NetworkPolicy policy(int i) {
    resource::NetworkPolicy p;
    p.meta.name = "np" + std::to_string(i);
    p.meta.namespace_name = one_of({"shop", "bank"});
    p.pod_selector = selector();
    p.ingress = rules();
    p.egress = rules();
    p.type_egress = chance(50);
    p.type_ingress = !p.type_egress || chance(60);
    return p;
  }

  std::mt19937_64 random_;
};

}  // namespace npverify::test
