#!/usr/bin/env python3
"""Random worlds: small clusters with nasty policies, and the flows that tell engines apart.

    generate.py --kind np --seed 1 --count 300 --profile core > worlds.jsonl
    generate.py --kind np --seed 1 --count 300 --profile full --stats > /dev/null

Output: one world a line, in the form of ../README.md, with two extra keys that drivers ignore: "profile", and "features", the
features that occur in the world (so that mismatches can be grouped). One (kind, profile, seed) is one world, whatever --count is:
world np-000042 is `--kind np --profile core --seed 42 --count 1`; other profiles carry their name: np-full-000042, np-wild-000042.

Profiles:
  core   what API validation accepts, IPv4, plain pods, TCP/UDP/SCTP
  full   core + IPv6 and dual-stack pods, IPv6 ipBlocks
  wild   full + what API validation refuses, host-network pods, pods that have ended, flows of nodes, ICMP
  agent  wild without refused policies + options of the CNI's agent, labels that its filters drop, keys too long for it
Kinds: np (NetworkPolicy), anp (+ AdminNetworkPolicy, BaselineAdminNetworkPolicy v1alpha1), cnp (+ ClusterNetworkPolicy v1alpha2).

Every random choice goes through World.choose(group) or World.flip(name), which read the two tables below and write down what was chosen.
"""
import argparse
import copy
import importlib.util
import ipaddress
import json
import os
import random
import sys

# --------------------------------------------------------------------------------------------------------------- tables of features
# A weight is a number, or (core, full, wild).

# One of several: group -> {variant: weight}. Noted as "group.variant".
CHOICES = {
    "stack": {"v4": (1, 1, 4), "dual": (0, 7, 3), "v6": (0, 2, 1)},
    "pod-stack": {"both": 7, "v6-first": 1, "v4-only": 1, "v6-only": 1},          # in a dual-stack cluster
    "subject": {"empty": 3, "labels": 5, "expressions": 3, "labels+expressions": 1, "no-pod": 0.4, "absent": (0, 0, 0.3)},
    "policyTypes": {"omitted": 5, "ingress": 2, "egress": 3, "both": 4, "both-reversed": 0.5, "empty-list": 0.5, "duplicate": 0.3},
    "section": {"absent": 2.5, "empty-list": 0.7, "one-empty-rule": 0.6, "rules": 8},
    "rule-peers": {"absent": 1.2, "empty-list": 0.4, "listed": 8},
    "peer": {"pods": 3, "namespaces": 2, "pods-and-namespaces": 3, "ipBlock": 4, "null-namespaceSelector": 0.5, "null-podSelector": 0.3,
             "empty": (0, 0, 0.08), "ipBlock-and-selector": (0, 0, 0.06)},
    "selector": {"empty": 1.6, "labels": 4, "expressions": 4, "labels+expressions": 1.5},
    "operator": {"In": 4, "NotIn": 3.5, "Exists": 2, "DoesNotExist": 1.5},
    "anchor": {"pod": 5, "external": 4, "node": 0.8, "random": 0.6},              # what an ipBlock is drawn around
    "prefix": {"host": 2.5, "small": 5, "subnet": 4, "wide": 1.5, "all": 1.2},
    "excepts": {"none": 5, "one": 4, "two": 2, "three": 0.8, "empty-list": 0.3},
    "rule-ports": {"absent": 3.5, "empty-list": 0.4, "listed": 7},
    "port": {"number": 5, "named": 3.5, "named-unknown": 0.4, "protocol-only": 1.4, "range": 2, "range-to-65535": 0.6,
             "range-of-one": 0.4, "empty-entry": 0.3, "endPort-below": (0, 0, 0.1), "endPort-named": (0, 0, 0.1),
             "number-as-name": (0, 0, 0.06), "port-zero": (0, 0, 0.05)},
    "port-protocol": {"omitted": 3, "TCP": 4, "UDP": 2.5, "SCTP": 1, "unknown": (0, 0, 0.06), "lower-case": (0, 0, 0.04)},
    "admin-action": {"allow": 4, "deny": 4, "pass": 3},
    "baseline-action": {"allow": 4, "deny": 5, "pass": 0},
    "admin-subject": {"namespaces": 3, "pods": 4},
    "admin-ingress-peer": {"namespaces": 4, "pods": 5},
    "admin-egress-peer": {"namespaces": 4, "pods": 5, "networks": 4, "nodes": 0},
    "admin-port": {"number": 5, "range": 3, "named": 2.5},
}

# Yes or no: name -> probability. Noted by its name when it happens.
FLIPS = {
    "namespace.without-pods": 0.25,
    "namespace.shares-pod-labels": 0.7,
    "pod.no-ports": 0.12,
    "pod.same-port-name-other-protocol": 0.18,
    "pod.second-container": 0.3,
    "pod.port-name-in-two-containers": 0.08,
    "pod.sidecar-port": 0.12,                       # a named port of an init container with restartPolicy Always
    "pod.init-port": 0.05,                          # a named port of a plain init container: never listens
    "pod.host-network": (0, 0, 0.18),
    "pod.succeeded": (0, 0, 0.1),
    "pod.succeeded-address-reused": (0, 0, 0.5),
    "label.limits": (0, 0, 0.3),
    "selector.metadata-name": 0.22,
    "selector.two-expressions-on-one-key": 0.2,
    "selector.absent-key": 0.12,                    # a key that hardly any object has
    "peer.duplicate": 0.05,
    "port.duplicate": 0.05,
    "ipBlock.host-bits": 0.15,
    "ipBlock.except-nested": 0.2,
    "ipBlock.except-halves": 0.05,                  # two excepts that leave nothing
    "ipBlock.except-equal": (0, 0, 0.03),
    "ipBlock.except-outside": (0, 0, 0.03),
    "policy.duplicate": 0.08,
    "policy.default-deny": 0.3,                     # one policy of the world is a plain default deny
    "policy.default-allow": 0.08,
    "admin.same-priority": 0,
}

KEYS = ["app", "tier", "env", "team", "example.com/role"]
VALUES = {"app": ["web", "db", "api"], "tier": ["web", "back", "db"], "env": ["prod", "dev", ""], "team": ["a", "b"],
          "example.com/role": ["web", "x.y_z-1"]}
LONG_VALUE = "v" + "0123456789" * 6 + "-9"          # 63 characters, the longest allowed
LONG_KEY = "a" * 60 + ".io/" + "k" * 63
PORT_NAMES = ["http", "web", "dns", "db-port", "metrics"]
PORT_NUMBERS = [53, 80, 443, 5432, 8080, 8081, 9090, 65535, 1]
PROTOCOLS = ["TCP", "UDP", "SCTP"]
EXTERNAL = {4: ["203.0.113.7", "203.0.113.200", "198.51.100.1", "192.0.2.129", "8.8.8.8", "172.16.5.4", "10.0.3.7", "10.244.9.9"],
            6: ["2001:db8::7", "2001:db8:0:1::1", "2606:4700:4700::1111", "fd00:99::1", "fd00:10:244:9::9"]}
MAX_FLOWS = 400

# Profile agent: label keys that some CNI's agent drops, rewrites or cannot hold, and options of the agents, each with the values tried.
AGENT_POD_KEYS = ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid", "controller-uid", "job-name",
                  "topology.kubernetes.io/zone", "pod-template-hash", "pod-template-hash-extra", "controller-revision-hash", "annotation-x", "etcd_node",
                  "kubernetes.io/hostname", "foobeta.kubernetes.io/x", "io.kubernetes.foo", "io.cilium.k8s.policy.x", "k8s-app", "x-k8s.io/team",
                  "io.kubernetes.pod.namespace", "pcns.team", "pcsa.team", "pcsa.projectcalico.org/name", "projectcalico.org/namespace", "projectcalico.org/orchestrator",
                  "projectcalico.org/serviceaccount", "k" * 59, "k" * 60, "a" * 60 + ".io/k"]
AGENT_NAMESPACE_KEYS = ["beta.kubernetes.io/x", "pod-template-hash", "projectcalico.org/name", "topology.kubernetes.io/zone", "io.kubernetes.foo", "l" * 28, "l" * 29]
AGENT_OPTIONS = {
    "cilium.policy-cidr-match-mode": ["nodes", "pods", "nodes,pods"],
    "cilium.policy-default-local-cluster": ["true", "false"],
    "cilium.allow-localhost": ["policy", "always"],
    "cilium.enable-policy": ["always", "never"],
    "cilium.enable-node-selector-labels": ["true"],
    "cilium.enable-remote-node-identity": ["false"],
    "cilium.cluster-name": ["east"],
    "cilium.labels": ["!team", "k8s:app k8s:tier k8s:io\\.kubernetes\\.pod\\.namespace k8s:io\\.cilium\\.k8s\\.policy"],
    "calico.dataplane": ["nftables"],
}


class World:
    def __init__(self, kind, profile, seed):
        self.kind, self.profile, self.seed = kind, profile, seed
        self.rng = random.Random(f"{kind}/{profile}/{seed}")
        self.features = set()
        self.namespaces, self.nodes, self.accounts, self.pods, self.policies = [], [], [], [], []
        self.used = set()                            # addresses given out
        self.cuts = set()                            # (protocol, port) at which some rule changes its mind
        self.names_used = set()                      # port names that some rule uses
        self.blocks = []                             # networks that some rule names

    # ------------------------------------------------------------------------------------------------------------- random choices
    def weight(self, w, name=""):
        """agent: wild's clusters with full's policies."""
        profile = self.profile if self.profile != "agent" else "wild" if name.startswith(("pod.", "stack", "label.")) else "full"
        return w[("core", "full", "wild").index(profile)] if isinstance(w, tuple) else w

    def choose(self, group, without=()):
        variants = [v for v in CHOICES[group] if v not in without]
        v = self.rng.choices(variants, [self.weight(CHOICES[group][x], group) for x in variants])[0]
        self.features.add(f"{group}.{v}")
        return v

    def flip(self, name):
        yes = self.rng.random() < self.weight(FLIPS[name], name)
        if yes:
            self.features.add(name)
        return yes

    def one(self, items):
        return self.rng.choice(list(items))

    # ---------------------------------------------------------------------------------------------------------- namespaces and nodes
    def make_namespaces(self):
        for name in self.rng.sample(["shop", "bank", "ops", "lab"], self.rng.randint(2, 4)):
            labels = {"kubernetes.io/metadata.name": name}
            if self.flip("namespace.shares-pod-labels"):
                labels.update(self.some_labels(["env", "team", "tier"], 0.6))
            if self.rng.random() < 0.2:
                labels["purpose"] = "infra"
            if self.profile == "agent":
                labels.update(self.agent_labels(AGENT_NAMESPACE_KEYS))
            self.namespaces.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})

    def make_nodes(self):
        self.stack = self.choose("stack")
        for i in range(1, self.rng.randint(1, 3) + 1):
            v4, v6 = f"192.168.7.{i}", f"fd00:10:7::{i}"
            addresses = {"v4": [v4], "v6": [v6], "dual": [v4, v6]}[self.stack]
            cidrs = {"v4": [f"10.244.{i}.0/24"], "v6": [f"fd00:10:244:{i}::/64"]}
            cidrs["dual"] = cidrs["v4"] + cidrs["v6"]
            self.used.update(addresses)
            self.nodes.append({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": f"n{i}", "labels": {"kubernetes.io/hostname": f"n{i}", "zone": self.one("ab")}},
                "spec": {"podCIDR": cidrs[self.stack][0], "podCIDRs": cidrs[self.stack]},
                "status": {"addresses": [{"type": "InternalIP", "address": a} for a in addresses] + [{"type": "Hostname", "address": f"n{i}"}]}})

    # --------------------------------------------------------------------------------------------------------------------------- pods
    def some_labels(self, keys, p):
        return {k: self.one(VALUES[k]) for k in keys if self.rng.random() < p}

    def agent_labels(self, keys):
        chosen = self.rng.sample(keys, self.rng.choice([0, 0, 1, 1, 2]))
        self.features.update(f"agent-label.{k if len(k) < 40 else f'{len(k)} characters'}" for k in chosen)
        return {k: self.one(["v", "a", "shop"]) for k in chosen}

    def agent_options(self):
        """Each option with one chance in four, so that most worlds have one."""
        options = {name: self.one(values) for name, values in AGENT_OPTIONS.items() if self.rng.random() < 0.25}
        self.features.update(f"option.{k}={v}" for k, v in options.items())
        return options

    def make_pods(self):
        homes = list(self.namespaces)
        if self.flip("namespace.without-pods"):
            homes.pop()
        for i in range(self.rng.randint(4, 9)):
            ns = homes[i % len(homes)] if i < len(homes) else self.one(homes)
            self.pods.append(self.pod(f"p{i}", ns["metadata"]["name"]))

    def make_accounts(self):
        """Of most ServiceAccounts that pods have the objects; what labels the others have is then anybody's guess."""
        for ns, name in sorted({(p["metadata"]["namespace"], p["spec"]["serviceAccountName"]) for p in self.pods}):
            labels = {"team": self.one(["v", "a", "shop"])} if self.rng.random() < 0.5 else {}
            if self.rng.random() < 0.8:
                self.accounts.append({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": ns, "labels": labels}})

    def pod(self, name, ns):
        labels = self.some_labels(KEYS, 0.6)
        if self.profile == "agent":
            labels.update(self.agent_labels(AGENT_POD_KEYS))
        if self.flip("label.limits"):
            labels[LONG_KEY if self.rng.random() < 0.5 else "app"] = LONG_VALUE
        node = self.one(self.nodes)
        spec = {"nodeName": node["metadata"]["name"], "serviceAccountName": self.one(["default", "web-sa", "db-sa"])}
        status = {"phase": "Running"}
        if self.flip("pod.host-network"):
            spec["hostNetwork"] = True
            addresses = node_addresses(node)
        elif self.flip("pod.succeeded"):
            status["phase"] = "Succeeded"
            others = [p for p in self.pods if p["status"]["phase"] == "Running" and not p["spec"].get("hostNetwork")]
            if others and self.flip("pod.succeeded-address-reused"):
                addresses = pod_addresses(self.one(others))
            else:
                addresses = self.pod_ips(node)
        else:
            addresses = self.pod_ips(node)
        spec.update(self.containers())
        status.update({"podIP": addresses[0], "podIPs": [{"ip": a} for a in addresses]})
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns, "labels": labels}, "spec": spec, "status": status}

    def pod_ips(self, node):
        stack = self.stack if self.stack != "dual" else self.choose("pod-stack")
        n = node["metadata"]["name"][1:]
        while True:                                  # close together, so that small blocks split them
            last = self.rng.randint(2, 14) if self.rng.random() < 0.8 else self.rng.randint(15, 254)
            v4, v6 = f"10.244.{n}.{last}", f"fd00:10:244:{n}::{last:x}"
            if v4 not in self.used and v6 not in self.used:
                break
        self.used.update([v4, v6])
        return {"v4": [v4], "v4-only": [v4], "v6": [v6], "v6-only": [v6], "both": [v4, v6], "v6-first": [v6, v4]}[stack]

    def containers(self):
        if self.flip("pod.no-ports"):
            return {"containers": [{"name": "main", "image": "img"}]}
        ports = []
        for name in self.rng.sample(PORT_NAMES, self.rng.randint(1, 3)):
            protocol = self.rng.choices(PROTOCOLS, [6, 3, 1])[0]
            port = {"name": name, "containerPort": self.one(PORT_NUMBERS)}
            if protocol != "TCP" or self.rng.random() < 0.7:
                port["protocol"] = protocol
            ports.append(port)
        if self.rng.random() < 0.2:
            ports.append({"containerPort": self.one(PORT_NUMBERS), "protocol": "TCP"})
        spec = {"containers": [{"name": "main", "image": "img", "ports": ports}]}
        first = ports[0]
        other = dict(first, containerPort=self.one([n for n in PORT_NUMBERS if n != first["containerPort"]]))
        if self.flip("pod.same-port-name-other-protocol"):
            spec["containers"].append({"name": "other", "image": "img", "ports": [
                dict(other, protocol="UDP" if first.get("protocol", "TCP") == "TCP" else "TCP")]})
        elif self.flip("pod.port-name-in-two-containers"):
            spec["containers"].append({"name": "twin", "image": "img", "ports": [other]})
        elif self.flip("pod.second-container"):
            used = {p.get("name") for p in ports}
            spec["containers"].append({"name": "second", "image": "img", "ports": [
                {"name": self.one([n for n in PORT_NAMES if n not in used]), "containerPort": self.one(PORT_NUMBERS), "protocol": "TCP"}]})
        taken = {p.get("name") for c in spec["containers"] for p in c["ports"]}
        free = [n for n in PORT_NAMES if n not in taken]
        if free and self.flip("pod.sidecar-port"):
            spec["initContainers"] = [{"name": "sidecar", "image": "img", "restartPolicy": "Always", "ports": [
                {"name": self.one(free), "containerPort": self.one(PORT_NUMBERS), "protocol": self.one(["TCP", "UDP"])}]}]
        elif free and self.flip("pod.init-port"):
            spec["initContainers"] = [{"name": "init", "image": "img", "ports": [
                {"name": self.one(free), "containerPort": self.one(PORT_NUMBERS), "protocol": "TCP"}]}]
        return spec

    # --------------------------------------------------------------------------------------------------------------- label selectors
    def selector(self, group, objects):
        """A label selector; mostly one that at least one of the objects matches."""
        variant = self.choose(group)
        if variant in ("empty", "absent"):
            return {}
        if variant == "no-pod":
            return {"matchLabels": {"app": "nothing-has-this"}}
        labels = self.one(objects)["metadata"].get("labels", {}) if objects else {}
        out = {}
        if "labels" in variant:
            key = self.key(labels)
            keys = {key, self.key(labels)} if self.rng.random() < 0.2 else {key}
            out["matchLabels"] = {k: self.value(k, labels) for k in sorted(keys)}
        if "expressions" in variant:
            count = self.rng.choices([1, 2, 3], [6, 3, 1])[0]
            out["matchExpressions"] = [self.expression(self.key(labels), labels) for _ in range(count)]
            if self.flip("selector.two-expressions-on-one-key"):
                out["matchExpressions"].append(self.expression(out["matchExpressions"][0]["key"], labels))
        return out

    def key(self, labels):
        if self.flip("selector.absent-key"):
            return self.one(["purpose", "unused.io/key"])
        if "kubernetes.io/metadata.name" in labels and self.flip("selector.metadata-name"):
            return "kubernetes.io/metadata.name"
        own = [k for k in labels if k != "kubernetes.io/metadata.name"]
        return self.one(own) if own and self.rng.random() < 0.8 else self.one(KEYS)

    def value(self, key, labels):
        if key in labels and self.rng.random() < 0.8:
            return labels[key]
        if key == "kubernetes.io/metadata.name":
            return self.one(self.namespaces)["metadata"]["name"]
        return self.one(VALUES.get(key, ["infra", "web"]))

    def expression(self, key, labels):
        operator = self.choose("operator")
        if operator in ("Exists", "DoesNotExist"):
            return {"key": key, "operator": operator}
        values = dict.fromkeys(self.value(key, labels) for _ in range(self.rng.randint(1, 3)))
        return {"key": key, "operator": operator, "values": list(values)}

    # ---------------------------------------------------------------------------------------------------------------------- ipBlocks
    def families(self):
        return {"v4": [4], "v6": [6], "dual": [4, 6]}[self.stack]

    def ip_block(self):
        family = self.one(self.families()) if self.rng.random() < 0.93 else self.one([4, 6] if self.profile != "core" else [4])
        network, text = self.cidr(family)
        self.features.add(f"ipBlock.v{family}")
        block = {"cidr": text}
        variant = self.choose("excepts")
        if variant == "empty-list":
            block["except"] = []
        excepts = []
        for _ in range({"one": 1, "two": 2, "three": 3}.get(variant, 0)):
            inside = self.one(excepts) if excepts and self.flip("ipBlock.except-nested") else network
            sub = self.subnet(inside)
            if sub:
                excepts.append(sub)
        if excepts and network.prefixlen < network.max_prefixlen and self.flip("ipBlock.except-halves"):
            excepts = list(network.subnets(1))
        texts = [str(e) for e in excepts]
        if self.flip("ipBlock.except-equal"):
            texts.append(str(network))
        if self.flip("ipBlock.except-outside"):
            texts.append("192.0.2.0/24" if family == 4 else "2001:db8:ffff::/64")
        if texts:
            block["except"] = texts
        self.blocks += [network] + excepts
        return block

    def cidr(self, family):
        """A network around something that exists, and its text (with host bits left in now and then)."""
        pods = [a for p in self.pods for a in pod_addresses(p) if version(a) == family]
        nodes = [a for n in self.nodes for a in node_addresses(n) if version(a) == family]
        anchor = {"pod": pods, "node": nodes, "external": EXTERNAL[family]}.get(self.choose("anchor"), [])
        if anchor:
            address = ipaddress.ip_address(self.one(anchor))
        else:
            address = ipaddress.ip_address(f"{self.rng.randint(1, 223)}.{self.rng.randint(0, 255)}.1.77" if family == 4
                                           else f"2001:db8:{self.rng.randint(0, 65535):x}::77")
        low, high = {"host": (0, 0), "small": (1, 5), "subnet": (6, 12), "wide": (13, 24), "all": (32, 32)}[self.choose("prefix")]
        bits = self.rng.randint(low, high)
        if family == 6 and bits > 12:
            bits = 128 if bits == 32 else bits * 4   # up to a /32
        network = ipaddress.ip_network(f"{address}/{address.max_prefixlen - bits}", strict=False)
        if bits and network.network_address != address and self.flip("ipBlock.host-bits"):
            return network, f"{address}/{network.prefixlen}"
        return network, str(network)

    def subnet(self, network):
        """A network strictly inside another one, around something that exists where possible."""
        if network.prefixlen == network.max_prefixlen:
            return None
        known = [ipaddress.ip_address(a) for a in sorted(self.used) + EXTERNAL[network.version]]
        known = [a for a in known if a.version == network.version and a in network]
        size = network.num_addresses
        address = self.one(known) if known and self.rng.random() < 0.75 else network.network_address + self.rng.randrange(min(size, 1 << 20))
        longest = network.max_prefixlen
        shortest = network.prefixlen + 1
        length = self.one([shortest, longest, self.rng.randint(shortest, longest), max(shortest, longest - self.rng.randint(1, 8))])
        return ipaddress.ip_network(f"{address}/{length}", strict=False)

    # ------------------------------------------------------------------------------------------------------------------------- ports
    def port_protocol(self):
        variant = self.choose("port-protocol")
        return {"omitted": None, "unknown": self.one(["ICMP", "ANY", ""]), "lower-case": "tcp"}.get(variant, variant)

    def port_number(self):
        known = [p["containerPort"] for pod in self.pods for p in container_ports(pod)]
        return self.one(known) if known and self.rng.random() < 0.75 else self.one(PORT_NUMBERS + [2000])

    def port_entry(self):
        variant = self.choose("port")
        if variant == "empty-entry":                 # all of TCP
            self.cut("TCP", 80)
            return {}
        protocol = self.port_protocol()
        entry = {"protocol": protocol} if protocol is not None else {}
        number = self.port_number()
        if variant in ("named", "named-unknown", "endPort-named"):
            entry["port"] = "no-such-port" if variant == "named-unknown" else self.one(PORT_NAMES)
            self.names_used.add(entry["port"])
            if variant == "endPort-named":
                entry["endPort"] = 9999
        elif variant == "number-as-name":
            entry["port"] = str(number)
        elif variant == "port-zero":
            entry["port"] = 0
        elif variant != "protocol-only":
            end = {"range": min(65535, number + self.one([1, 2, 10, 1000])), "range-to-65535": 65535, "range-of-one": number,
                   "endPort-below": max(1, number - 1)}.get(variant)
            entry["port"] = number
            if end:
                entry["endPort"] = end
            self.cut(protocol, number, end or number)
        else:
            self.cut(protocol, number)
        return entry

    def cut(self, protocol, *numbers):
        for n in numbers:
            self.cuts.add((protocol if protocol in PROTOCOLS else "TCP", n))

    # ------------------------------------------------------------------------------------------------------------------ NetworkPolicy
    def peer(self):
        variant = self.choose("peer")
        pods = lambda: self.selector("selector", self.pods)
        namespaces = lambda: self.selector("selector", self.namespaces)
        if variant == "pods":
            return {"podSelector": pods()}
        if variant == "namespaces":
            return {"namespaceSelector": namespaces()}
        if variant == "pods-and-namespaces":
            return {"podSelector": pods(), "namespaceSelector": namespaces()}
        if variant == "null-namespaceSelector":
            return {"podSelector": pods(), "namespaceSelector": None}
        if variant == "null-podSelector":
            return {"podSelector": None, "namespaceSelector": namespaces()}
        if variant == "ipBlock":
            return {"ipBlock": self.ip_block()}
        if variant == "ipBlock-and-selector":
            return {"ipBlock": self.ip_block(), "podSelector": pods()}
        return {}

    def rule(self, field):
        rule = {}
        peers = self.choose("rule-peers")
        if peers != "absent":
            rule[field] = [self.peer() for _ in range(self.rng.choices([1, 2, 3], [6, 3, 1])[0])] if peers == "listed" else []
            if rule[field] and self.flip("peer.duplicate"):
                rule[field].append(copy.deepcopy(rule[field][0]))
        ports = self.choose("rule-ports")
        if ports != "absent":
            rule["ports"] = [self.port_entry() for _ in range(self.rng.choices([1, 2, 3], [5, 3, 2])[0])] if ports == "listed" else []
            if rule["ports"] and self.flip("port.duplicate"):
                rule["ports"].append(dict(rule["ports"][0]))
        return rule

    def section(self, spec, name, field):
        variant = self.choose("section")
        if variant == "empty-list":
            spec[name] = []
        elif variant == "one-empty-rule":
            spec[name] = [{}]
        elif variant == "rules":
            spec[name] = [self.rule(field) for _ in range(self.rng.choices([1, 2, 3], [5, 3, 1])[0])]

    def network_policy(self, index):
        ns = self.one(self.namespaces)["metadata"]["name"]
        own = [p for p in self.pods if p["metadata"]["namespace"] == ns]
        if not own:
            self.features.add("policy.in-namespace-without-pods")
        spec = {}
        selector = self.selector("subject", own or self.pods)
        if selector or self.profile != "wild" or self.rng.random() < 0.9:
            spec["podSelector"] = selector
        self.section(spec, "ingress", "from")
        self.section(spec, "egress", "to")
        types = {"omitted": None, "ingress": ["Ingress"], "egress": ["Egress"], "both": ["Ingress", "Egress"], "empty-list": [],
                 "both-reversed": ["Egress", "Ingress"], "duplicate": ["Egress", "Egress"]}[self.choose("policyTypes")]
        if types is not None:
            spec["policyTypes"] = types
            if types and any(spec.get(s) and t not in types for s, t in (("ingress", "Ingress"), ("egress", "Egress"))):
                self.features.add("policyTypes.rules-not-listed")
        return self.policy_object("networking.k8s.io/v1", "NetworkPolicy", f"np{index}", spec, ns)

    def policy_object(self, version_, kind, name, spec, ns=None):
        meta = {"name": name, "namespace": ns} if ns else {"name": name}
        return {"apiVersion": version_, "kind": kind, "metadata": meta, "spec": spec}

    def make_network_policies(self, low, high):
        for i in range(self.rng.randint(low, high)):
            self.policies.append(self.network_policy(i))
        ns = self.one(self.pods)["metadata"]["namespace"]
        if self.flip("policy.default-deny"):
            self.policies.insert(0, self.policy_object("networking.k8s.io/v1", "NetworkPolicy", "default-deny", {
                "podSelector": {}, "policyTypes": self.one([["Ingress"], ["Egress"], ["Ingress", "Egress"]])}, ns))
        if self.flip("policy.default-allow"):
            self.policies.append(self.policy_object("networking.k8s.io/v1", "NetworkPolicy", "default-allow", {
                "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}, ns))
        if self.policies and self.flip("policy.duplicate"):
            twin = copy.deepcopy(self.one(self.policies))
            twin["metadata"]["name"] += "-twin"
            self.policies.append(twin)

    # -------------------------------------------------------------------------------------------- admin policies (v1alpha1, v1alpha2)
    def admin_pods(self):
        return {"namespaceSelector": self.selector("selector", self.namespaces), "podSelector": self.selector("selector", self.pods)}

    def admin_peer(self, direction):
        variant = self.choose(f"admin-{direction}-peer")
        if variant == "namespaces":
            return {"namespaces": self.selector("selector", self.namespaces)}
        if variant == "pods":
            return {"pods": self.admin_pods()}
        networks = []
        for _ in range(self.rng.randint(1, 2)):
            network, _ = self.cidr(self.one(self.families()))
            if str(network) not in networks:
                networks.append(str(network))
                self.blocks.append(network)
        return {"networks": networks}

    def admin_port(self, with_names):
        variant = self.choose("admin-port", () if with_names else ("named",))
        protocol = self.rng.choices(PROTOCOLS, [5, 3, 1])[0]
        number = self.port_number()
        if variant == "named":
            name = self.one(PORT_NAMES)
            self.names_used.add(name)
            return {"name": name}
        if variant == "number":
            self.cut(protocol, number)
            return {"protocol": protocol, "start": number, "end": None}
        end = min(65535, number + self.one([1, 10, 1000]))
        if end == number:
            number -= 1
        self.cut(protocol, number, end)
        return {"protocol": protocol, "start": number, "end": end}

    def admin_rule(self, direction, actions, index):
        """A rule in a neutral form: action, peers, ports; the two writers below put it in the words of each API."""
        peers = [self.admin_peer(direction) for _ in range(self.rng.choices([1, 2], [7, 3])[0])]
        named_ok = not any("networks" in p or "nodes" in p for p in peers)
        ports = None
        if self.choose("rule-ports", ("empty-list",)) == "listed":
            ports = [self.admin_port(named_ok) for _ in range(self.rng.randint(1, 2))]
        return {"name": f"r{index}", "action": self.choose(actions), "from" if direction == "ingress" else "to": peers, "ports": ports}

    def admin_spec(self, actions):
        spec = {"subject": {"pods": self.admin_pods()} if self.choose("admin-subject") == "pods"
                else {"namespaces": self.selector("selector", self.namespaces)}}
        for direction in ("ingress", "egress"):
            if self.rng.random() < 0.75:
                spec[direction] = [self.admin_rule(direction, actions, i) for i in range(self.rng.randint(1, 3))]
        return spec

    def priorities(self, count):
        out = self.rng.sample([0, 1, 5, 10, 50, 99, 100, 500, 1000], count)
        return [out[0]] * count if out and self.flip("admin.same-priority") else out

    def make_anp(self):
        words = {"allow": "Allow", "deny": "Deny", "pass": "Pass"}

        def port(p):
            if "name" in p:
                return {"namedPort": p["name"]}
            if p["end"] is None:
                return {"portNumber": {"protocol": p["protocol"], "port": p["start"]}}
            return {"portRange": {"protocol": p["protocol"], "start": p["start"], "end": p["end"]}}

        def write(spec):
            for direction in ("ingress", "egress"):
                for rule in spec.get(direction, []):
                    rule["action"] = words[rule["action"]]
                    ports = rule.pop("ports")
                    if ports is not None:
                        rule["ports"] = [port(p) for p in ports]
            return spec

        version_ = "policy.networking.k8s.io/v1alpha1"
        for i, priority in enumerate(self.priorities(self.rng.randint(1, 4))):
            self.policies.append(self.policy_object(version_, "AdminNetworkPolicy", f"anp{i}", {"priority": priority, **write(self.admin_spec("admin-action"))}))
        if self.rng.random() < 0.6:
            self.features.add("banp")
            self.policies.append(self.policy_object(version_, "BaselineAdminNetworkPolicy", "default", write(self.admin_spec("baseline-action"))))

    def make_cnp(self):
        words = {"allow": "Accept", "deny": "Deny", "pass": "Pass"}

        def protocol(p):
            if "name" in p:
                return {"destinationNamedPort": p["name"]}
            number = {"number": p["start"]} if p["end"] is None else {"range": {"start": p["start"], "end": p["end"]}}
            return {p["protocol"].lower(): {"destinationPort": number}}

        def write(spec):
            for direction in ("ingress", "egress"):
                for rule in spec.get(direction, []):
                    rule["action"] = words[rule["action"]]
                    ports = rule.pop("ports")
                    if ports is not None:
                        rule["protocols"] = [protocol(p) for p in ports]
            return spec

        for tier, count in (("Admin", self.rng.randint(1, 4)), ("Baseline", self.rng.randint(0, 2))):
            for i, priority in enumerate(self.priorities(count) if count else []):
                self.policies.append(self.policy_object("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy", f"cnp-{tier.lower()}{i}", {
                    "tier": tier, "priority": priority, **write(self.admin_spec("admin-action"))}))

    # ------------------------------------------------------------------------------------------------------------------------- flows
    def external_ips(self):
        """Addresses on and just off the edges of the networks that rules name."""
        edges = set()
        for net in self.blocks:
            first, last = int(net.network_address), int(net.broadcast_address)
            top = (1 << net.max_prefixlen) - 1
            make = ipaddress.IPv4Address if net.version == 4 else ipaddress.IPv6Address
            edges.update(make(n) for n in (first - 1, first, last, last + 1, (first + last) // 2) if 0 < n < top)
        usable = sorted((a for a in edges if str(a) not in self.used and plain(a)), key=lambda a: (a.version, int(a)))
        out = self.rng.sample(usable, min(len(usable), self.rng.randint(2, 5)))
        for family in self.families():
            out.append(ipaddress.ip_address(self.one([a for a in EXTERNAL[family] if a not in self.used])))
        return [str(a) for a in dict.fromkeys(out) if a.version in self.families()][:6]

    def pair_classes(self):
        """Ordered pairs of ends by class; pairs without a common address family are left out."""
        pods = [p for p in self.pods if p["status"]["phase"] == "Running"]
        name = lambda p: f"{p['metadata']['namespace']}/{p['metadata']['name']}"
        fams = lambda addresses: {version(a) for a in addresses}
        classes = {}

        def add(cls, source, destination, pod):
            classes.setdefault(cls, []).append((source, destination, pod))

        for s in pods:
            for d in pods:
                if not fams(pod_addresses(s)) & fams(pod_addresses(d)):
                    continue
                host = s["spec"].get("hostNetwork") or d["spec"].get("hostNetwork")
                cls = ("self" if s is d else "host" if host else
                       "same-namespace" if s["metadata"]["namespace"] == d["metadata"]["namespace"] else "cross-namespace")
                if not (cls == "self" and host) and not (host and pod_addresses(s) == pod_addresses(d)):
                    add(cls, name(s), name(d), d)
        for ip in self.external_ips():
            for p in pods:
                if version(ip) in fams(pod_addresses(p)) and not p["spec"].get("hostNetwork"):
                    add("from-outside", f"ip:{ip}", name(p), p)
                    add("to-outside", name(p), f"ip:{ip}", None)
        if self.profile in ("wild", "agent"):
            for n in self.nodes:
                for p in pods:
                    if not p["spec"].get("hostNetwork") and fams(node_addresses(n)) & fams(pod_addresses(p)):
                        where = "own-node" if p["spec"]["nodeName"] == n["metadata"]["name"] else "other-node"
                        add(f"from-{where}", f"node:{n['metadata']['name']}", name(p), p)
                        add(f"to-{where}", name(p), f"node:{n['metadata']['name']}", None)
        return classes

    def port_classes(self, destination):
        """(protocol, port) by class, for flows to this pod (None: to no pod)."""
        own = {(p.get("protocol", "TCP"), p["containerPort"], p.get("name")) for p in container_ports(destination)} if destination else set()
        anywhere = {(p.get("protocol", "TCP"), p["containerPort"], p.get("name")) for pod in self.pods for p in container_ports(pod)}
        inside = lambda s: sorted(x for x in set(s) if 1 <= x[1] <= 65535)
        hit = set(self.cuts)
        classes = {
            "hit": inside(hit),
            "edge": inside({(q, n + d) for q, n in hit for d in (-1, 1)} - hit),
            "named": inside((q, n) for q, n, name in own if name in self.names_used),
            "named-elsewhere": inside({(q, n) for q, n, name in anywhere if name in self.names_used} - {(q, n) for q, n, _ in own}),
            "cross": inside({(x, n) for q, n in hit | {(q, n) for q, n, _ in own} for x in PROTOCOLS if x != q} - hit),
            "other": [(self.one(PROTOCOLS), self.rng.randint(1, 65535))],
        }
        if self.profile in ("wild", "agent"):
            classes["icmp"] = [("ICMP", 0)]
        return {c: v for c, v in classes.items() if v}

    PAIR_WEIGHTS = {"self": 0.4, "same-namespace": 3, "cross-namespace": 4, "from-outside": 2.5, "to-outside": 2.5, "host": 1.5}
    PORT_WEIGHTS = {"hit": 4, "edge": 2, "named": 3, "named-elsewhere": 1.2, "cross": 1.5, "other": 0.8, "icmp": 0.3}

    def make_flows(self):
        """Every pair of ends once; then drawn by class of pair and class of port up to the cap."""
        classes = self.pair_classes()
        flows = set()
        every = [(c, pair) for c, pairs in sorted(classes.items()) for pair in pairs]
        total = len(every) * 12
        ports = {}

        def draw(source, destination, pod):
            if destination not in ports:
                ports[destination] = self.port_classes(pod)
            by_class = ports[destination]
            cls = self.rng.choices(list(by_class), [self.PORT_WEIGHTS[c] for c in by_class])[0]
            protocol, port = self.one(by_class[cls])
            flows.add((source, destination, protocol, port))

        for _, pair in every:
            draw(*pair)
        names = sorted(classes)
        weights = [self.PAIR_WEIGHTS.get(c, 1) for c in names]
        for _ in range(min(total, 3 * MAX_FLOWS)):
            if len(flows) >= MAX_FLOWS:
                break
            draw(*self.one(classes[self.rng.choices(names, weights)[0]]))
        return [list(f) for f in sorted(flows)]

    # ----------------------------------------------------------------------------------------------------------------------- the world
    def build(self):
        self.make_namespaces()
        self.make_nodes()
        self.make_pods()
        if self.profile == "agent":
            self.make_accounts()
        if self.kind == "np":
            self.make_network_policies(1, 8)
        else:
            self.make_network_policies(0, 4)
            self.make_anp() if self.kind == "anp" else self.make_cnp()
            self.rng.shuffle(self.policies)
        flows = self.make_flows()
        options = self.agent_options() if self.profile == "agent" else {}
        tag = self.kind if self.profile == "core" else f"{self.kind}-{self.profile}"
        return {"id": f"{tag}-{self.seed:06d}", "profile": self.profile, "features": sorted(self.features),
                "objects": self.namespaces + self.nodes + self.accounts + self.pods + self.policies, "options": options, "flows": flows}


# ----------------------------------------------------------------------------------------------------------------------------- helpers
def version(address):
    return ipaddress.ip_address(address).version


def plain(address):
    """An address that a host may have."""
    return not (address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified or
                (address.version == 4 and (int(address) >> 28 >= 14 or int(address) >> 24 == 0)) or
                (address.version == 6 and (int(address) >> 96 == 0 or address.ipv4_mapped is not None)))


def pod_addresses(pod):
    return [a["ip"] for a in pod["status"]["podIPs"]]


def node_addresses(node):
    return [a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP"]


def container_ports(pod):
    return [p for c in pod["spec"].get("initContainers", []) + pod["spec"]["containers"] for p in c.get("ports", [])]


def statistics(worlds):
    """How the specification's evaluator decides these worlds: a world set that is nearly all deny or all allow tests little."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference", "evaluate.py")
    spec = importlib.util.spec_from_file_location("evaluate", path)
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    ends, features, flows, mixed = {}, {}, 0, 0
    for world in worlds:
        seen = set()
        for verdict in evaluate.answer(world)["verdicts"]:
            flows += 1
            for side, v in zip(("egress", "ingress"), verdict):
                ends[side, v] = ends.get((side, v), 0) + 1
                seen.add(v)
        mixed += {"allow", "deny"} <= seen
        for f in world["features"]:
            features[f] = features.get(f, 0) + 1
    print(f"worlds {len(worlds)}, flows {flows}, worlds with both verdicts {mixed}", file=sys.stderr)
    for side in ("egress", "ingress"):
        total = sum(n for (s, _), n in ends.items() if s == side)
        print(side, ", ".join(f"{v} {100 * n / total:.1f}%" for (s, v), n in sorted(ends.items()) if s == side), file=sys.stderr)
    for f, n in sorted(features.items()):
        print(f"{n:6d} {f}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=["np", "anp", "cnp"], default="np")
    parser.add_argument("--profile", choices=["core", "full", "wild", "agent"], default="core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--stats", action="store_true", help="print a balance statistic to stderr")
    args = parser.parse_args()
    kept = []
    for seed in range(args.seed, args.seed + args.count):
        world = World(args.kind, args.profile, seed).build()
        print(json.dumps(world, separators=(",", ":")))
        if args.stats:
            kept.append(world)
    if args.stats:
        statistics(kept)


if __name__ == "__main__":
    main()
