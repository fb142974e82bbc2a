#!/usr/bin/env python3
"""`prove` over all placements and paths of a mixed cluster: 200 nodes in 6 pools of 2 CNIs and 4 versions, 2,000 workloads, 5,000 policies, 1,000 Services.

    paths.py --npverify BINARY [--jobs 2] [--keep FOLDER]

Two sets of 20 invariants, each on podIP, clusterIP and nodePort: `narrow`, one workload to one Service; `broad`, where one end or both are all pods or the
pods of ten namespaces. Same arguments, same bytes. Prints wall clock, cpu of all threads, memory and verdicts of one run each."""
import argparse
import collections
import json
import pathlib
import resource
import subprocess
import tempfile
import time

NAMESPACES, NODES, POOLS, WORKLOADS, SERVICES, POLICIES = 100, 200, 6, 2000, 1000, 5000
PATHS = {"ports": ["TCP/8080"], "paths": ["podIP", "clusterIP", "nodePort"]}


def workload(number):
    spec = {"containers": [{"name": "c", "image": "i", "ports": [{"name": "web", "containerPort": 8080}]}]}
    if number % 5 == 0:
        spec["nodeSelector"] = {"pool": f"p{number % POOLS}"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"w{number}", "namespace": f"ns{number % NAMESPACES}"},
            "spec": {"selector": {"matchLabels": {"app": f"w{number}"}}, "template": {"metadata": {"labels": {"app": f"w{number}"}}, "spec": spec}}}


def service(number):
    exposed = number % 3 == 0
    port = {"port": 80, "targetPort": 8080, **({"nodePort": 30000 + number} if exposed else {})}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"w{number}", "namespace": f"ns{number % NAMESPACES}"},
            "spec": {"type": "NodePort" if exposed else "ClusterIP", "clusterIP": f"10.96.{number // 250}.{number % 250 + 1}", "selector": {"app": f"w{number}"}, "ports": [port]}}


def policy(number):
    to = number % WORKLOADS
    peers = [{"namespaceSelector": {"matchLabels": {"team": f"t{number % 10}"}}}]
    if number % 3 == 0:
        peers = [{"podSelector": {"matchLabels": {"app": f"w{number * 7 % WORKLOADS}"}}}, {"ipBlock": {"cidr": "10.10.0.0/16"}}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": f"p{number}", "namespace": f"ns{to % NAMESPACES}"},
            "spec": {"podSelector": {"matchLabels": {"app": f"w{to}"}}, "policyTypes": ["Ingress"], "ingress": [{"from": peers, "ports": [{"port": 8080}]}]}}


def cluster():
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"ns{n}", "labels": {"team": f"t{n % 10}"}}} for n in range(NAMESPACES)]
    items += [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{i}", "labels": {"pool": f"p{i % POOLS}"}}, "spec": {"podCIDRs": [f"10.100.{i}.0/24"]},
               "status": {"addresses": [{"type": "InternalIP", "address": f"10.10.0.{i + 1}"}]}} for i in range(NODES)]
    items += [workload(i) for i in range(WORKLOADS)] + [service(i) for i in range(SERVICES)] + [policy(i) for i in range(POLICIES)]
    items.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-proxy", "namespace": "kube-system"}, "data": {"config.conf": "mode: iptables\n"}})
    return {"apiVersion": "v1", "kind": "List", "items": items}


def matrix():
    runs = [("calico", "3.28.5"), ("calico", "3.28.5"), ("calico", "3.26.5"), ("cilium", "1.16.19"), ("cilium", "1.16.19"), ("cilium", "1.14.19")]
    pools = [{"name": f"p{i}", "match": {"nodeSelector": {"matchLabels": {"pool": f"p{i}"}}}, "cni": {"name": name, "version": version},
              "profile": {"identity_scope": "all" if name == "calico" else "own_managed"}} for i, (name, version) in enumerate(runs)]
    return {"apiVersion": "npverify.io/v1alpha1", "kind": "NodeCapabilityMatrix", "spec": {"pools": pools}}


def narrow(k):
    to, client = k * 3, (k * 11 + 5) % WORKLOADS
    return {"require" if k % 2 else "forbid": {"from": {"workloads": [f"ns{client % NAMESPACES}/Deployment/w{client}"]}, "to": {"services": [f"ns{to % NAMESPACES}/w{to}"]}, **PATHS}}


def broad(k):
    team = {"namespaces": {"matchLabels": {"team": f"t{k % 10}"}}}
    others = {"namespaces": {"matchLabels": {"team": f"t{(k * 3 + 1) % 10}"}}}
    one = {"services": [f"ns{k * 3 % NAMESPACES}/w{k * 3}"]}
    kind, client, to = [("forbid", team, one), ("require", team, one), ("forbid", {"pods": {"any": True}}, others), ("forbid", team, others)][k % 4]
    return {kind: {"from": client, "to": to, **PATHS}}


def spec(of):
    invariants = [{"id": f"i{k}", **of(k)} for k in range(20)]
    return {"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"profiles": "perNode", "universe": "declared", "invariants": invariants}}


def measure(command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    verdicts = collections.Counter(one["verdict"] for one in json.loads(done.stdout)["results"])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{wall:.2f} s, cpu {cpu:.2f} s, {after.ru_maxrss // 1024} MB; " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for what is measured")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or pathlib.Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in (("cluster", cluster()), ("matrix", matrix()), ("narrow", spec(narrow)), ("broad", spec(broad))):
            (folder / f"{file}.json").write_text(json.dumps(content))
        for which in ("narrow", "broad"):
            print(f"{which}:", measure([arguments.npverify, "prove", "--jobs", str(arguments.jobs), "--format", "json", "--matrix", folder / "matrix.json", "-f", folder / "cluster.json", folder / f"{which}.json"]))


if __name__ == "__main__":
    main()
