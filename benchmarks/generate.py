#!/usr/bin/env python3
"""Seeded clusters for the benchmarks: namespaces of 20 NetworkPolicies, pods or workloads, nodes.

    generate.py --policies 10000 [--pods 100000 | --workloads 5000 --replicas 20] [--seed 1] [--per-namespace 20] [--unique-labels]
                [--mode same|one-cause|needle|changed] [--changed 10] [--spelled cut|more] [--open 0.2] [--edit]
                [--skew 2000] [--keys 3000] [--values 10000] [--cidrs 1000] [--addresses 10000] [--names 3000] [--times 1]
                [--pools 6 --nodes 200 --services 1000] OUT_DIR

Policies: default denies, allow-DNS, 50/22/28 % same-namespace / namespace-and-pod / ipBlock peers, 40 % of the ipBlocks with an except, about
20 % of the selectors with matchExpressions, 12 % endPort where the mode wants what CNIs read differently.
  same       nothing on which Calico 3.28 and Cilium 1.16 differ: no ipBlock that could hold a pod or node, no port names, rules only where listed
  one-cause  ipBlocks over pod addresses in many policies
  needle     as same, and one policy of the middle namespace with one such block
  changed    as same, and --changed policies with another port: the second side of a diff
  --spelled    the policies in other words, the second side of a diff that has nothing to tell: cut, a rule for each peer, the last first; more, and beside
               it a rule for some of these pods
  --open       that share of the namespaces has no default deny, and a rule for everyone: rows of the reachability matrix that are dense
  --edit       another port in the last of the worst cases: the second side of a diff
  --pools      a mixed cluster: --nodes nodes in as many pools of different CNIs and versions, two of them tainted; every third workload is kept to some of
               the pools (nodeSelector, node affinity, toleration); matrix.yaml says what each pool runs
  --services   that many Services over the workloads, ClusterIP and NodePort
The worst cases, all in namespace ns-0; in mode one-cause their blocks hold pods:
  --skew       that many more policies in one namespace
  --keys       policies over that many distinct label keys, 20 a policy
  --values     the apps have that many names, and one policy lists them all, In and NotIn: a label key with many values
  --cidrs      a policy of that many CIDRs, each with an except
  --addresses  a policy of that many /32
  --names      a policy for peers in that many namespaces, each named by its label and declared
  --times      that many policies of each of the last four kinds
Written as policies.yaml, namespaces.yaml, nodes.yaml and, where asked, pods.yaml or workloads.yaml. Same arguments, same bytes."""
import argparse
import os
import random


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--policies", type=int, default=500)
    parser.add_argument("--pods", type=int, default=0)
    parser.add_argument("--workloads", type=int, default=0)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--per-namespace", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unique-labels", action="store_true")
    parser.add_argument("--mode", choices=["same", "one-cause", "needle", "changed"], default="same")
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--spelled", choices=["cut", "more"])
    parser.add_argument("--open", type=float, default=0.0)
    parser.add_argument("--edit", action="store_true")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=64)
    for name in ("skew", "keys", "values", "cidrs", "addresses", "names", "pools", "services"):
        parser.add_argument(f"--{name}", type=int, default=0)
    return parser.parse_args()


class Cluster:
    def __init__(self, args):
        self.args, self.random = args, random.Random(args.seed)
        self.namespaces = max(1, args.policies // args.per_namespace)
        self.apps = args.values or max(4, args.policies // 10)

    def app(self, namespace):
        return f"app-{(namespace * 7 + self.random.randrange(10)) % self.apps}"

    def selector(self, namespace, indent):
        pad = " " * indent
        if self.random.random() < 0.2:
            values = ", ".join(sorted({self.app(namespace), self.app(namespace)}))
            return f"{pad}matchExpressions:\n{pad}- {{key: app, operator: In, values: [{values}]}}\n{pad}- {{key: tier, operator: NotIn, values: [batch]}}\n"
        return f"{pad}matchLabels: {{app: {self.app(namespace)}}}\n"

    def peer(self, namespace, over_pods):
        roll = self.random.random()
        if roll < 0.50:
            return "    - podSelector:\n" + self.selector(namespace, 8)
        if roll < 0.72:
            team = self.random.randrange(20)
            return f"    - namespaceSelector:\n        matchLabels: {{team: team-{team}}}\n      podSelector:\n" + self.selector(self.random.randrange(self.namespaces), 8)
        if over_pods:
            block, hole = f"10.{self.random.randrange(128, 192)}.0.0/16", "10.%d.7.0/24"
            second = int(block.split(".")[1])
            hole = hole % second
        else:
            second = self.random.randrange(256)
            block, hole = f"198.18.{second}.0/24", f"198.18.{second}.64/26"
        text = f"    - ipBlock:\n        cidr: {block}\n"
        return text + (f"        except: [{hole}]\n" if self.random.random() < 0.4 else "")

    def ports(self, changed):
        port = self.random.choice([80, 443, 5432, 6379, 8080, 9090, 8443, 3306])
        if changed:
            port += 1
        if self.random.random() < 0.12:
            return f"    ports: [{{protocol: TCP, port: {port}, endPort: {port + 10}}}]\n"
        return f"    ports: [{{protocol: TCP, port: {port}}}]\n"

    def policy(self, index, namespace, over_pods, changed):
        within = index % self.args.per_namespace
        head = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: np-{index}, namespace: ns-{namespace}}}\nspec:\n"
        if within < 2 and self.is_open(namespace):
            peers = "[]" if within else "[{namespaceSelector: {}}]"
            return head + f"  podSelector: {{matchLabels: {{tier: web}}}}\n  policyTypes: [Ingress]\n  ingress:\n  - from: {peers}\n    ports: [{{protocol: TCP, port: 8080}}]\n"
        if within == 0:
            return head + "  podSelector: {}\n  policyTypes: [Ingress, Egress]\n"
        if within == 1:
            return head + ("  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n  - to:\n    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}\n"
                           "    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]\n")
        direction = "ingress" if self.random.random() < 0.7 else "egress"
        body = head + "  podSelector:\n" + self.selector(namespace, 4) + f"  policyTypes: [{direction.capitalize()}]\n  {direction}:\n"
        peers = [self.peer(namespace, over_pods) for _ in range(self.random.randint(1, 3))]
        return body + self.rules(f"  - {'from' if direction == 'ingress' else 'to'}:\n", peers, self.ports(changed))

    def rules(self, head, peers, ports):
        """One rule; or the same in other words."""
        if not self.args.spelled:
            return head + "".join(peers) + ports
        rules = [head + peer + ports for peer in reversed(peers)]
        if self.args.spelled == "more":
            rules += [head + self.part_of(peer) + ports for peer in peers if "Selector" in peer]
        return "".join(rules)

    def part_of(self, peer):
        """Some of the pods of a peer."""
        if "matchExpressions" in peer:
            return peer + "        - {key: extra, operator: Exists}\n"
        return peer.removesuffix("}\n") + ", extra: some}\n"

    def is_open(self, namespace):
        return (namespace * 0.6180339887) % 1 < self.args.open

    def one(self, name, direction, selector, peers, port):
        """A policy of the worst cases: one rule of the given peers."""
        return (f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: ns-0}}\nspec:\n  podSelector: {selector}\n  policyTypes: [{direction.capitalize()}]\n"
                f"  {direction}:\n  - {'from' if direction == 'ingress' else 'to'}:\n" + "".join(f"    - {peer}\n" for peer in peers) + f"    ports: [{{protocol: TCP, port: {port}}}]\n")

    def addresses(self, count, which, step):
        """`count` starting addresses `step` apart and with a gap, of pods in mode one-cause, else of nobody."""
        base, room = ((10 << 24) + (128 << 16), 64 << 16) if self.args.mode == "one-cause" else ((198 << 24) + (18 << 16), 2 << 16)
        for i in range(count):
            number = base + (which * 4096 + i * step) % room
            yield ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

    def worst(self):
        for index in range(self.args.skew):
            yield lambda port, index=index: self.policy(1000000 + self.args.per_namespace * index + 2, 0, self.args.mode == "one-cause", port != 8080)
        for index in range(0, self.args.keys, 20):
            peers = [f"podSelector: {{matchLabels: {{key-{index + i}: value}}}}" for i in range(1, 20)]
            yield lambda port, index=index, peers=peers: self.one(f"keys-{index}", "ingress", f"{{matchLabels: {{key-{index}: value}}}}", peers, port)
        for which in range(self.args.times):
            if self.args.values:
                values = ", ".join(f"app-{i}" for i in range(self.args.values))
                yield lambda port, which=which, values=values: self.one(f"values-{which}", "ingress", f"{{matchExpressions: [{{key: app, operator: In, values: [{values}]}}]}}",
                                                                        [f"podSelector: {{matchExpressions: [{{key: app, operator: NotIn, values: [{values}]}}]}}"], port + which)
            if self.args.cidrs:
                blocks = [f"ipBlock: {{cidr: {a}/26, except: [{a}/28]}}" for a in self.addresses(self.args.cidrs, which, 128)]
                yield lambda port, which=which, blocks=blocks: self.one(f"cidrs-{which}", "ingress", "{matchLabels: {app: app-0}}", blocks, port + which)
            if self.args.addresses:
                blocks = [f"ipBlock: {{cidr: {a}/32}}" for a in self.addresses(self.args.addresses, which, 2)]
                yield lambda port, which=which, blocks=blocks: self.one(f"addresses-{which}", "egress", "{matchLabels: {app: app-0}}", blocks, port + which)
            if self.args.names:
                peers = [f"namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: named-{i}, role-{i}: peer}}}}" for i in range(self.args.names)]
                yield lambda port, which=which, peers=peers: self.one(f"names-{which}", "ingress", "{matchLabels: {app: app-0}}", peers, port + which)

    def worst_policies(self):
        policies = list(self.worst())
        for policy in policies:
            yield policy(8081 if self.args.edit and policy is policies[-1] else 8080)

    def policies(self):
        chosen = set(random.Random(self.args.seed + 1).sample(range(2, self.args.policies), min(self.args.changed, max(0, self.args.policies - 2)))) if self.args.mode == "changed" else set()
        needle = (self.namespaces // 2) * self.args.per_namespace + 5
        for index in range(self.args.policies):
            namespace = min(index // self.args.per_namespace, self.namespaces - 1)
            yield self.policy(index, namespace, self.args.mode == "one-cause", index in chosen)
        yield from self.worst_policies()
        if self.args.mode == "needle":
            namespace = min(needle // self.args.per_namespace, self.namespaces - 1)
            yield (f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: needle, namespace: ns-{namespace}}}\nspec:\n  podSelector: {{matchLabels: {{app: needle}}}}\n"
                   "  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - ipBlock: {cidr: 10.130.0.0/16}\n    ports: [{protocol: TCP, port: 8443}]\n")

    def namespaces_yaml(self):
        for i in range(self.namespaces):
            yield f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: ns-{i}, labels: {{team: team-{i % 20}, env: {'prod' if i % 3 else 'dev'}}}}}\n"
        for i in range(self.args.names):
            yield f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: named-{i}, labels: {{role-{i}: peer}}}}\n"
        yield "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n"

    def nodes_yaml(self):
        if self.args.pools:
            yield from self.pooled_nodes()
            return
        for i in range(64):
            yield (f"apiVersion: v1\nkind: Node\nmetadata: {{name: node-{i}}}\nspec: {{podCIDRs: [10.{128 + i}.0.0/16]}}\n"
                   f"status: {{addresses: [{{type: InternalIP, address: 192.168.0.{i + 1}}}]}}\n")

    def pooled_nodes(self):
        for i in range(self.args.nodes):
            pool = i % self.args.pools
            taints = f", taints: [{{key: dedicated, value: pool-{pool}, effect: NoSchedule}}]" if self.tainted(pool) else ""
            yield (f"apiVersion: v1\nkind: Node\nmetadata: {{name: node-{i}, labels: {{pool: pool-{pool}, kubernetes.io/hostname: node-{i}, zone: z-{i % 3}}}}}\n"
                   f"spec: {{podCIDRs: [10.{i // 256}.{i % 256}.0/24]{taints}}}\nstatus: {{addresses: [{{type: InternalIP, address: 192.168.{i // 200}.{i % 200 + 1}}}]}}\n")

    def tainted(self, pool):
        return pool >= 2 and pool >= self.args.pools - 2

    PROFILES = [("calico", "3.28.5", "all"), ("cilium", "1.16.19", "own_managed"), ("cilium", "1.18.11", "own_managed"), ("calico", "3.31.0", "all"), ("cilium", "1.15.19", "own_managed"),
                ("kube-network-policies", "1.1.1", "all")]

    def matrix_yaml(self):
        head = "apiVersion: npverify.io/v1alpha1\nkind: NodeCapabilityMatrix\nmetadata: {name: bench}\nspec:\n  pools:\n"
        for pool in range(self.args.pools):
            name, version, scope = self.PROFILES[pool % len(self.PROFILES)]
            head += (f"    - name: pool-{pool}\n      match: {{nodeSelector: {{matchLabels: {{pool: pool-{pool}}}}}}}\n      cni: {{name: {name}, version: {version}}}\n"
                     f"      profile: {{identity_scope: {scope}}}\n")
        yield head

    def placed(self, index):
        """What keeps the workload to some pools, as fields of its pods' spec."""
        if not self.args.pools or index % 3:
            return ""
        pool = index // 3 % self.args.pools
        if self.tainted(pool):
            return f"nodeSelector: {{pool: pool-{pool}}}, tolerations: [{{key: dedicated, operator: Equal, value: pool-{pool}, effect: NoSchedule}}], "
        if index % 2:
            return f"nodeSelector: {{pool: pool-{pool}}}, "
        other = (pool + 1) % self.args.pools
        return ("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
                f"[{{matchExpressions: [{{key: pool, operator: In, values: [pool-{pool}, pool-{other}]}}]}}]}}}}}}, ")

    def services_yaml(self):
        for i in range(self.args.services):
            namespace = i % self.namespaces
            kind = f"type: NodePort, externalTrafficPolicy: {'Local' if i % 8 else 'Cluster'}, " if i % 4 == 0 else ""
            node_port = f", nodePort: {30000 + i % 2768}" if i % 4 == 0 else ""
            yield (f"apiVersion: v1\nkind: Service\nmetadata: {{name: s-{i}, namespace: ns-{namespace}}}\n"
                   f"spec: {{{kind}clusterIP: 172.20.{i // 250}.{i % 250 + 1}, selector: {{app: {self.app_of(i, namespace)}}}, ports: [{{name: http, port: 80, targetPort: http{node_port}}}]}}\n")

    def app_of(self, index, namespace):
        return f"app-{(namespace * 7 + index // self.namespaces % 10) % self.apps}"

    def labels(self, index, namespace):
        unique = f", instance: i-{index}" if self.args.unique_labels else ""
        return f"{{app: {self.app_of(index, namespace)}, tier: {'batch' if index % 11 == 0 else 'web'}{unique}}}"

    def pods_yaml(self):
        for i in range(self.args.pods):
            namespace, node = i % self.namespaces, i % 64
            address = f"10.{128 + node}.{(i // 64) // 250}.{(i // 64) % 250 + 2}"
            yield (f"apiVersion: v1\nkind: Pod\nmetadata: {{name: pod-{i}, namespace: ns-{namespace}, labels: {self.labels(i, namespace)}}}\n"
                   f"spec: {{nodeName: node-{node}, containers: [{{name: main, image: img, ports: [{{name: http, containerPort: 8080}}]}}]}}\n"
                   f"status: {{phase: Running, podIP: {address}, podIPs: [{{ip: {address}}}]}}\n")

    def workloads_yaml(self):
        for i in range(self.args.workloads):
            namespace = i % self.namespaces
            labels = self.labels(i, namespace)
            yield (f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w-{i}, namespace: ns-{namespace}}}\n"
                   f"spec:\n  replicas: {self.args.replicas}\n  selector: {{matchLabels: {labels}}}\n  template:\n    metadata: {{labels: {labels}}}\n"
                   f"    spec: {{{self.placed(i)}containers: [{{name: main, image: img, ports: [{{name: http, containerPort: 8080}}]}}]}}\n")


def main():
    args = arguments()
    cluster = Cluster(args)
    os.makedirs(args.out, exist_ok=True)
    parts = {"policies": cluster.policies(), "namespaces": cluster.namespaces_yaml(), "nodes": cluster.nodes_yaml()}
    if args.pods:
        parts["pods"] = cluster.pods_yaml()
    if args.workloads:
        parts["workloads"] = cluster.workloads_yaml()
    if args.services:
        parts["services"] = cluster.services_yaml()
    if args.pools:
        parts["matrix"] = cluster.matrix_yaml()
    for name, documents in parts.items():
        with open(os.path.join(args.out, name + ".yaml"), "w", encoding="utf-8") as out:
            out.write("---\n".join(documents))


if __name__ == "__main__":
    main()
