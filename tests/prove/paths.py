#!/usr/bin/env python3
"""prove over `paths` against explain: on small closed worlds, every placement, endpoint and node asked, one by one.

A world has three nodes of one CNI or of two, a Service of some type, with some traffic policy, and policies by labels, by ranges of nodes and by
ranges of pods. Its ends are pods with addresses (the universe observed) or the pods of Deployments, one of them kept to some nodes (declared); the
client is a pod, the network of a node, or an address outside. explain follows each connection by itself, without a solver; from the shares that
fail or are unknown follows what prove must say of `require` and `forbid` on that path, and from those of one placement what it must say of
pathAgreement. The settings of paths are given or left open, for every proxy.

Exit: 0 all hold, 1 not.
"""
import argparse
import itertools
import json
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth.verifier import Verifier  # noqa: E402

PATHS = ("podIP", "clusterIP", "nodePort", "loadBalancer")
KEPT = (991104, 20260160, 195471)  # pods of Deployments with addresses of another node's podCIDR; a Service without an address
CLIENTS = ("pod", "workload", "node", "external")
OUTSIDE, NOBODYS = "203.0.113.9", "192.0.2.7"
SETTINGS = {"proxy": ("iptables", "iptables", "ipvs", "nftables", "cilium", "bpf"), "load-balancing": ("snat", "dsr"), "routing": ("direct", "tunnel"), "destination-range": ("own", "foreign"), "nat-outgoing": ("true", "false")}


def pod(name, namespace, labels, node, addresses, ports=()):
    containers = [{"name": "c", "image": "i", "ports": list(ports)}] if ports else [{"name": "c", "image": "i"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels}, "spec": {"nodeName": node, "containers": containers},
            "status": {"phase": "Running", "podIP": addresses[0], "podIPs": [{"ip": address} for address in addresses], "conditions": [{"type": "Ready", "status": "True"}]}}


def random_peer(rng):
    return rng.choice([
        {"podSelector": {}},
        {"namespaceSelector": {}},
        {"namespaceSelector": {"matchLabels": {"team": "pay"}}},
        {"namespaceSelector": {"matchLabels": {"team": "pay"}}, "podSelector": {"matchLabels": {"app": rng.choice(["client", "other"])}}},
        {"ipBlock": {"cidr": "10.10.0.0/16"}},
        {"ipBlock": {"cidr": "10.10.0.0/16", "except": ["10.10.0.2/32"]}},
        {"ipBlock": {"cidr": f"10.244.{rng.randrange(1, 4)}.0/24"}},
        {"ipBlock": {"cidr": "10.96.0.0/16"}},
        {"ipBlock": {"cidr": "0.0.0.0/0"}},
        {"ipBlock": {"cidr": "203.0.113.0/24"}},
        {"ipBlock": {"cidr": "fd00:10::/64"}},
        {"ipBlock": {"cidr": f"fd00:{rng.randrange(1, 4)}::/64"}},
    ])


def random_policy(rng, number):
    namespace, direction = rng.choice([("acct", "ingress"), ("acct", "ingress"), ("pay", "egress")])
    key = "from" if direction == "ingress" else "to"
    rules = []
    for _ in range(rng.randrange(0, 3)):
        rule = {key: [random_peer(rng) for _ in range(rng.randrange(1, 3))]}
        if rng.random() < 0.5:
            rule["ports"] = [{"port": rng.choice([8443, 443, "web", 30443])}]
        rules.append(rule)
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": f"p{number}", "namespace": namespace},
            "spec": {"podSelector": rng.choice([{}, {"matchLabels": {"app": "account" if namespace == "acct" else "client"}}]), "policyTypes": [direction.capitalize()], direction: rules}}


def deployment(name, namespace, labels, ports, selector):
    spec = {"containers": [{"name": "c", "image": "i", **({"ports": ports} if ports else {})}]}
    if selector:
        spec["nodeSelector"] = selector
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}}}


def random_service(rng):
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "account", "namespace": "acct"},
               "spec": {"type": rng.choice(["ClusterIP", "NodePort", "NodePort", "LoadBalancer"]), "clusterIP": "10.96.0.10", "selector": {"app": "account"},
                        "ports": [{"port": 443, "targetPort": rng.choice([8443, "web"])}]}}
    if service["spec"]["type"] != "ClusterIP":
        service["spec"]["ports"][0]["nodePort"] = 30443
        service["spec"]["externalTrafficPolicy"] = rng.choice(["Cluster", "Cluster", "Local"])
    if service["spec"]["type"] == "LoadBalancer":
        service["status"] = {"loadBalancer": {"ingress": [{"ip": "198.51.100.10"}]}}
        if rng.random() < 0.3:
            service["spec"]["allocateLoadBalancerNodePorts"] = False
            if rng.random() < 0.7:
                del service["spec"]["ports"][0]["nodePort"]
    service["spec"]["internalTrafficPolicy"] = rng.choice(["Cluster", "Cluster", "Cluster", "Local"])
    return service


def set_families(rng, service):
    """As an author leaves them: with or without addresses, families and a policy."""
    spec = service["spec"]
    if rng.random() < 0.7:
        del spec["clusterIP"]
    policy = rng.choice([None, None, "SingleStack", "PreferDualStack", "RequireDualStack"])
    families = rng.choice([[], ["IPv4"], ["IPv6"], ["IPv4", "IPv6"] if policy in ("PreferDualStack", "RequireDualStack") else ["IPv6"]])
    if "clusterIP" in spec and families and families[0] != "IPv4":
        families = []
    if families:
        spec["ipFamilies"] = families
    if policy:
        spec["ipFamilyPolicy"] = policy


def two_families(world):
    return any(len(item["spec"]["podCIDRs"]) > 1 for item in world if item["kind"] == "Node")


def settled(world):
    """The world once for each way in which an API server may fill in the Service's families: of a cluster of two families it has one of them first."""
    service = next(item for item in world if item["kind"] == "Service")["spec"]
    if not two_families(world):
        return [world]
    listed, policy = service.get("ipFamilies") or (["IPv4"] if "clusterIP" in service else []), service.get("ipFamilyPolicy", "SingleStack")
    both = ["IPv4", "IPv6"]
    single = [listed] if listed else [["IPv4"], ["IPv6"]]
    choices = {"SingleStack": single, "RequireDualStack": [both], "PreferDualStack": [both] if len(listed) == 2 else [*single, both]}[policy]
    worlds = []
    for families in choices:
        spec = {**service, "ipFamilies": families, "ipFamilyPolicy": "RequireDualStack" if len(families) == 2 else "SingleStack"}
        worlds.append([{**item, "spec": spec} if item["kind"] == "Service" else item for item in world])
    return worlds


def random_world(rng, client):
    items = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "pay", "labels": {"team": "pay"}}}, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "acct"}}]
    both = rng.random() < 0.3  # families
    for i in (1, 2, 3):
        addresses = [("InternalIP", f"10.10.0.{i}"), *([("InternalIP", f"fd00:10::{i}")] if both else []), ("ExternalIP", f"198.51.100.{i}")]
        items.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n{i}", "labels": {"pool": "a" if i == 1 else "b", "name": f"n{i}"}},
                      "spec": {"podCIDRs": [f"10.244.{i}.0/24", *([f"fd00:{i}::/64"] if both else [])]}, "status": {"addresses": [{"type": kind, "address": address} for kind, address in addresses]}})
    ports = [{"name": "web", "containerPort": 8443, **({"hostPort": 9443} if rng.random() < 0.3 else {})}]
    if "hostPort" in ports[0] and rng.random() < 0.6:
        ports[0]["hostIP"] = rng.choice(["0.0.0.0", "10.10.0.1", "10.10.0.2", "198.51.100.1", "198.51.100.3", NOBODYS, *(["::", "fd00:10::2"] if both else [])])
    for name, namespace, app, count, ported in (("client", "pay", "client", 2, ()), ("account", "acct", "account", rng.randrange(1, 4), ports)):
        if client == "workload":
            items.append(deployment(name, namespace, {"app": app}, list(ported), rng.choice([None, None, {"pool": "a"}, {"pool": "b"}])))
            continue
        for i in range(count):
            node = rng.randrange(1, 4)
            # A workload is its labels: with one of its own a pod is meant alone.
            addresses = [f"10.244.{node}.{10 + len(items)}", *([f"fd00:{node}::{10 + len(items)}"] if both else [])]
            items.append(pod(f"{name}-{i}", namespace, {"app": app, "is": f"{name}-{i}"}, f"n{node}", addresses, ported))
    items.append(random_service(rng))
    if both:
        set_families(rng, items[-1])
    items += [random_policy(rng, i) for i in range(rng.randrange(1, 4))]
    return items


def refine(rng, world):
    """Ranges that cut those of the nodes' pods, down to one address, and what Calico's agents write to some Nodes. Of a random state of its own: the other
    choices of a seed stay what they are."""
    for item in world:
        if item["kind"] == "Node" and rng.random() < 0.3:
            address = item["spec"]["podCIDRs"][0].replace(".0/24", rng.choice([".4", ".130"]))
            item["metadata"]["annotations"] = {"projectcalico.org/IPv4VXLANTunnelAddr": address}
        if item["kind"] != "NetworkPolicy":
            continue
        for rule in [*item["spec"].get("ingress", []), *item["spec"].get("egress", [])]:
            for peer in [*rule.get("from", []), *rule.get("to", [])]:
                if peer.get("ipBlock", {}).get("cidr", "").startswith("10.244.") and rng.random() < 0.7:
                    peer["ipBlock"] = {"cidr": rng.choice(["10.244.1.4/32", "10.244.2.4/31", "10.244.1.128/25", "10.244.0.0/16"])}


def random_readers(rng, folder):
    if rng.random() < 0.5:
        return ["--cni", rng.choice(["calico@3.28", "cilium@1.16", "kubernetes"])]
    pools = [{"name": name, "match": {"nodeSelector": {"matchLabels": {"pool": pool}}}, "cni": {"name": cni, "version": version}}
             for name, pool, cni, version in (("old", "a", "calico", "3.28.5"), ("new", "b", *rng.choice([("cilium", "1.16.19"), ("calico", "3.26.5")])))]
    for pool in pools:
        if rng.random() < 0.8:
            pool["profile"] = {"identity_scope": rng.choice(["own_managed", "all"])}
    (folder / "matrix.yaml").write_text(json.dumps({"apiVersion": "npverify.io/v1alpha1", "kind": "NodeCapabilityMatrix", "spec": {"pools": pools}}))
    return ["--matrix", folder / "matrix.yaml"]


def ends_of(client):
    """The client as explain and as an invariant name it."""
    return {"pod": ("pay/client-0", {"workloads": ["pay/Pod/client-0"]}), "workload": ("pay/Deployment/client", {"workloads": ["pay/Deployment/client"]}),
            "node": ("node:n1", {"nodes": {"matchLabels": {"name": "n1"}}}), "external": (f"ip:{OUTSIDE}", {"cidrs": [f"{OUTSIDE}/32"]})}[client]


def invariants(client, paths):
    ends = {"from": ends_of(client)[1], "to": {"services": ["acct/account"]}, "ports": ["TCP/8443"], "universe": "declared" if client == "workload" else "observed"}
    out = []
    for path in paths:
        out.append({"id": f"require-{path.lower()}", "require": {**ends, "paths": [path]}})
        out.append({"id": f"forbid-{path.lower()}", "forbid": {**ends, "paths": [path]}})
    out.append({"id": "agree", "pathAgreement": {**ends, "paths": list(paths)}})
    return out


def expected(kind, share):
    """A flow that breaks it may be one at some addresses only of those that the pods may have."""
    by_address = share.get("byAddress", {"failing": 0, "working": 0})
    allowed = share["all"] - share["failing"] - share["unknown"] + by_address["working"]
    if (share["failing"] + by_address["failing"] if kind == "require" else allowed) > 0:
        return "violated"
    return "unknown" if share["unknown"] else "proved"


def agreement(verifier, world, question):
    """What the shares of each placement must come to; nothing where what is open can be open on all paths alike, or where a Local traffic policy
    makes the other endpoints matter."""
    service = next(item for item in world if item["kind"] == "Service")["spec"]
    if "Local" in (service.get("externalTrafficPolicy"), service.get("internalTrafficPolicy")) or two_families(world):
        return None
    nodes = sorted({item["spec"]["nodeName"] for item in world if item["kind"] == "Pod" and item["metadata"]["namespace"] == "acct"})
    if not nodes:  # of Deployments each node of the client is a placement too: left to the worlds of pods
        return None
    some_open = False
    for node in nodes:
        shares = verifier.json(*question, "--ratio", "--destination-node", node)[0]["byPath"].values()
        allowed, denied, unknown = (sum(one["all"] - one["failing"] - one["unknown"] for one in shares), sum(one["failing"] for one in shares), sum(one["unknown"] for one in shares))
        if allowed and denied:
            return "violated"
        some_open = some_open or unknown
    return None if some_open else "proved"


def pod_spec(item):
    return item["spec"]["template"]["spec"] if item["kind"] == "Deployment" else item.get("spec", {})


def check_host_port(verifier, client, common, folder, tally):
    """A pod by a hostPort of its node: no Service is needed."""
    ends = {"from": ends_of(client)[1], "ports": ["TCP/8443"], "paths": ["hostPort"]}
    end, ends["to"], ends["universe"] = ("acct/Deployment/account", {"workloads": ["acct/Deployment/account"]}, "declared") if client == "workload" else ("acct/account-0", {"workloads": ["acct/Pod/account-0"]}, "observed")
    spec = {"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"invariants": [{"id": kind, kind: ends} for kind in ("require", "forbid")]}}
    (folder / "host-port.yaml").write_text(json.dumps(spec))
    explained, _ = verifier.json("explain", ends_of(client)[0], end, "8443", *common, "--path", "hostPort", "--ratio")
    proved, _ = verifier.json("prove", *common, folder / "host-port.yaml")
    return compare(client, "hostPort", {one["id"]: one for one in proved["results"]}, [explained], tally)


def wanted(kind, path, explanations):
    """What prove may say where the cluster is one of those explained: what holds in all of them; a flow may break it in each and none in all."""
    shares = [explained["byPath"].get(path) for explained in explanations]
    each = {expected(kind, share) if share and share["all"] else "vacuous" for share in shares}
    if each <= {"proved", "vacuous"}:
        return each if len(each) == 1 else {"proved"}
    if each == {"violated"}:
        return each if len(shares) == 1 else {"violated", "unknown"}
    return {"unknown"}


def brackets_names(world, common):
    """Of a mixed cluster prove leaves open what an agent's own table makes of a port's name at egress, which explain follows: it may say unknown there."""
    rules = [rule for item in world if item["kind"] == "NetworkPolicy" for rule in item["spec"].get("egress", [])]
    return "--matrix" in common and any(isinstance(port.get("port"), str) for rule in rules for port in rule.get("ports", []))


def compare(client, path, found_by_kind, explanations, tally, coarse=False):
    problems = []
    for kind in ("require", "forbid"):
        found, want = found_by_kind[kind], wanted(kind, path, explanations)
        tally[client, path, found["verdict"]] = tally.get((client, path, found["verdict"]), 0) + 1
        if NOBODYS in json.dumps(explanations) and want == {"unknown"} and path == "hostPort":
            want = {"unknown", "proved"}  # whether there is such a way or not, the policy may deny it, or allow it
        if found["verdict"] not in want | ({"unknown"} if coarse else set()):
            problems.append(f"{kind} by {path} from {client}: explain says {' or '.join(sorted(want))}, prove {found['verdict']}: {found['reason']}")
        if found["verdict"] == "violated" and found["witness"].get("path") != path:
            problems.append(f"{kind} by {path} from {client}: a witness on the path {found['witness'].get('path')}")
    return problems


def check_world(verifier, seed, folder, tally):
    rng, finer = random.Random(seed), random.Random(f"finer {seed}")
    client = rng.choice(CLIENTS)
    world = random_world(rng, client)
    if seed not in KEPT and finer.random() < 0.5:
        refine(finer, world)
    service = next(item for item in world if item["kind"] == "Service")["spec"]
    exposed = service["type"] == "NodePort" or service.get("allocateLoadBalancerNodePorts", True) or "nodePort" in service["ports"][0]
    paths = [path for path in PATHS[:{"ClusterIP": 2, "NodePort": 3, "LoadBalancer": 4}[service["type"]]] if (client != "external" or path != "clusterIP") and (exposed or path != "nodePort")]
    (folder / "world.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": world}))
    settings = [f"{name}={rng.choice(values)}" for name, values in SETTINGS.items() if rng.random() < 0.7]
    common = [*random_readers(rng, folder), "-f", folder / "world.json", *itertools.chain(*(("--path-setting", one) for one in settings))]
    spec = {"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"invariants": invariants(client, paths)}}
    (folder / "spec.yaml").write_text(json.dumps(spec))
    question = ["explain", ends_of(client)[0], "svc:acct/account", "443", *common, "--path", ",".join(paths)]
    explanations = []
    for number, settled_world in enumerate(settled(world)):
        (folder / f"settled-{number}.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": settled_world}))
        explanations.append(verifier.json(*[folder / f"settled-{number}.json" if part == folder / "world.json" else part for part in question], "--ratio")[0])
    proved, _ = verifier.json("prove", *common, folder / "spec.yaml")
    results = {one["id"]: one for one in proved["results"]}
    problems = []
    for path in paths:
        problems += compare(client, path, {kind: results[f"{kind}-{path.lower()}"] for kind in ("require", "forbid")}, explanations, tally, brackets_names(world, common))
    if any("hostPort" in port for item in world for container in pod_spec(item).get("containers", []) for port in container.get("ports", [])):
        problems += check_host_port(verifier, client, common, folder, tally)
    want, found = agreement(verifier, world, question), results["agree"]
    if want and want != found["verdict"] and not (found["verdict"] == "unknown" and brackets_names(world, common)):
        problems.append(f"pathAgreement: explain says {want}, prove {found['verdict']}: {found['reason']}")
    return problems, common


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--npverify")
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the first world that does not hold")
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    failures, tally = 0, {}
    seeds = [*range(arguments.seed, arguments.seed + arguments.worlds), *(KEPT if arguments.seed == parser.get_default("seed") else ())]
    for seed in seeds:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            problems, common = check_world(verifier, seed, folder, tally)
            for problem in problems:
                print(f"seed {seed}: {problem}")
            if problems and arguments.keep and not failures:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                for file in folder.iterdir():
                    (arguments.keep / file.name).write_text(file.read_text())
                print("kept:", " ".join(map(str, common)))
            failures += len(problems)
    print(f"{len(seeds)} worlds, {failures} problems")
    for client in CLIENTS:
        counts = {path: {verdict: count for (who, what, verdict), count in sorted(tally.items()) if (who, what) == (client, path)} for path in (*PATHS, "hostPort")}
        print(f"  {client}: " + "; ".join(f"{path} {', '.join(f'{count} {verdict}' for verdict, count in found.items())}" for path, found in counts.items() if found))
    needed = {"proved", "violated", "unknown"} - {verdict for _, _, verdict in tally}
    if needed and arguments.worlds >= 40:
        print("no verdict of the kind", ", ".join(sorted(needed)))
    return 1 if failures or (needed and arguments.worlds >= 40) else 0


if __name__ == "__main__":
    sys.exit(main())
