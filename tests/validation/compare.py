#!/usr/bin/env python3
"""Our reading of NetworkPolicies against the API server's own code: what is accepted, and what is read after decoding and defaulting.

    compare.py --admit PROGRAM --apiserver DRIVER --policies policies.jsonl [--mutants 3] [--seed 1]

PROGRAM is built from admit.cpp. DRIVER is the API server's registry code behind the protocol of tests/engines (started with
`-feature-gates StrictIPCIDRValidation=false`). policies.jsonl has one NetworkPolicy a line, or one world (with "objects") a line, as
tests/engines/generate makes them; each policy is compared as it is and in `--mutants` mutated forms. Exit 1 if one differs.

Not compared: unknown fields, which only `kubectl apply --validate=strict` refuses; numbers spelled as 80.0, which kubectl spells 80 before the
server sees them; and the wording of errors.
"""
import argparse
import copy
import ipaddress
import json
import random
import re
import subprocess
import sys

VALUES = [None, "", 0, 1, -1, 80, 443, 65535, 65536, 99999, 2**31, 2**40, 1.5, True, False, "80", "http", "HTTP", "a--b", "-a", "a-", "very-long-port-name", "fifteen-chars-a",
          "TCP", "tcp", "UDP", "SCTP", "ICMP", [], {}, [None], [{}], ["a"], [""], {"a": "b"}, {"a": None}, {"": "b"}, {"a": 1}, {"x/y/z": ""}, {"/a": ""}, {"A.b/c": ""}, {"a.b/c": "d"},
          "In", "NotIn", "Exists", "DoesNotExist", "in", "Ingress", "Egress", "ingress", "a b", "a_b.C", "é", "x" * 63, "x" * 64, "x" * 253, "x" * 254, "a.b", "A", "a/b", "a.b/c",
          "10.0.0.0/8", "10.0.0.1/8", "10.1.0.0/16", "010.0.0.0/08", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "0.0.0.0/0", "::/0", "2001:db8::/32", "2001:db8::1/32", "2001:db8:1::/48",
          "::ffff:10.0.0.0/104", "::ffff:10.0.0.0/112", "::ffff:10.0.0.0/90", "::ffff:0:0/96", "fe80::1%eth0/64", "00001::/16", "1:2:3:4:5:6:7::/112", "256.0.0.0/8", "10.0.0/8", " 10.0.0.0/8",
          "10.0.0.0/8 ", "10.0.0.0/+8", "/8", "10.0.0.0/"]


def places(node):
    """Every (container, key) below a node."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from places(value)


METADATA = {"labels": [{"app": "web"}, {"a b": "c"}, {"a": "b c"}, {"a": None}, None, [], "x"], "annotations": [{"a/b": "anything at all"}, {"A/B": ""}, {"a b": ""}, {"a": "x" * 262143}, {"a": "x" * 262144}, {"a": 1}],
            "finalizers": [["a/b"], ["a b"], [""], [None], "x"], "generateName": ["web-", "WEB-", "web", "w" * 260, 1], "name": [None, "", "a", "A", "a.b", "a..b", "x" * 253, "x" * 254, "a_b", 1],
            "generation": [0, -1, "1"], "ownerReferences": [[{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1"}], [{"apiVersion": "apps/", "kind": "D", "name": "web", "uid": "1"}],
            [{"apiVersion": "v1", "kind": "Pod", "name": "web"}], [{}], [None], [{"apiVersion": "v1", "kind": "P", "name": "w", "uid": "1", "controller": True}] * 2,
            [{"apiVersion": "v1", "kind": "P", "name": "w", "uid": "1", "controller": "yes"}], [{"apiVersion": "", "kind": "P", "name": "w", "uid": "1"}], [{"apiVersion": "v1", "kind": "Event", "name": "w", "uid": "1"}]]}


def mutate(policy, rng):
    """A copy with one to three random edits, outside of apiVersion, kind and metadata.namespace (which pick the code path, not its answer)."""
    policy = copy.deepcopy(policy)
    if rng.random() < 0.15:
        key = rng.choice(sorted(METADATA))
        policy["metadata"][key] = copy.deepcopy(rng.choice(METADATA[key]))
        return policy
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        sites = [(c, k) for c, k in places(policy) if not (c is policy and k in ("apiVersion", "kind")) and k != "namespace" and not (c is policy and k == "metadata")]
        if not sites:
            break
        container, key = rng.choice(sites)
        edit = rng.random()
        if edit < 0.6:
            container[key] = copy.deepcopy(rng.choice(VALUES))
        elif edit < 0.75:
            del container[key]
        elif edit < 0.9 and isinstance(container, dict):
            if known(policy, container):
                container[rng.choice(known(policy, container))] = copy.deepcopy(rng.choice(VALUES))
        elif isinstance(container, list):
            container.append(copy.deepcopy(rng.choice(container + VALUES)))
    return policy


def known(policy, container):
    """Fields that this mapping may have, by what it has (so that no unknown field is made)."""
    kinds = [{"podSelector", "policyTypes", "ingress", "egress"}, {"podSelector", "namespaceSelector", "ipBlock"}, {"cidr", "except"}, {"key", "operator", "values"},
             {"protocol", "port", "endPort"}, {"from", "ports"}, {"to", "ports"}, {"matchLabels", "matchExpressions"}]
    fitting = [sorted(k) for k in kinds if container and set(container) <= k]
    return fitting[0] if len(fitting) == 1 else []


def has_unknown_fields(policy):
    """After several edits a mapping may have landed where its keys mean nothing; those are left out."""
    spec = policy.get("spec")
    shapes = {"spec": {"podSelector", "policyTypes", "ingress", "egress"}, "podSelector": {"matchLabels", "matchExpressions"}, "namespaceSelector": {"matchLabels", "matchExpressions"},
              "ipBlock": {"cidr", "except"}, "matchExpressions": {"key", "operator", "values"}, "ports": {"protocol", "port", "endPort"}, "from": {"podSelector", "namespaceSelector", "ipBlock"},
              "to": {"podSelector", "namespaceSelector", "ipBlock"}, "ingress": {"from", "ports"}, "egress": {"to", "ports"}}

    def walk(node, shape):
        if isinstance(node, list):
            return any(walk(item, shape) for item in node)
        if not isinstance(node, dict):
            return False
        if shape in shapes and not set(node) <= shapes[shape]:
            return True
        return any(walk(value, key) for key, value in node.items() if shape in shapes)
    meta = policy.get("metadata") or {}
    return walk(spec, "spec") or not set(meta) <= {"name", "namespace", "labels", "annotations", "finalizers", "generateName", "ownerReferences", "uid", "resourceVersion", "creationTimestamp", "generation"}


def prefix(text):
    """A CIDR as the API server (Go's ParseCIDR, leading zeros allowed) understands it."""
    plain = re.sub(r"(?<![0-9A-Za-z])0+(?=[0-9A-Za-z])", "", text)
    network = ipaddress.ip_network(plain, strict=False)
    if network.version == 6 and network.network_address.ipv4_mapped is not None and network.prefixlen >= 96:
        network = ipaddress.ip_network(f"{network.network_address.ipv4_mapped}/{network.prefixlen - 96}", strict=False)
    return network


def same_prefix(ours, theirs):
    return ipaddress.ip_network(ours) == prefix(theirs)


def selector(value):
    out = [[key, "In", [v]] for key, v in sorted((value.get("matchLabels") or {}).items())]
    return out + [[e["key"], e["operator"], sorted(set(e.get("values") or []))] for e in value.get("matchExpressions") or []]


def peer(value):
    out = {k: selector(value[k]) for k in ("podSelector", "namespaceSelector") if k in value}
    if "ipBlock" in value:
        out["ipBlock"] = [str(prefix(value["ipBlock"]["cidr"])), [str(prefix(e)) for e in value["ipBlock"].get("except") or []]]
    return out


def rules(value, key):
    return [{"peers": [peer(p) for p in rule.get(key) or []], "ports": [[p["protocol"], p.get("port"), p.get("endPort")] for p in rule.get("ports") or []]} for rule in value or []]


def plain(stored):
    spec = stored["spec"]
    types = spec.get("policyTypes") or []
    return {"name": stored["metadata"]["name"], "labels": stored["metadata"].get("labels") or {}, "podSelector": selector(spec["podSelector"]), "types": ["Ingress" in types, "Egress" in types],
            "ingress": rules(spec.get("ingress"), "from"), "egress": rules(spec.get("egress"), "to")}


def normalised(policy):
    """Prefixes of ours in the spelling of Python's ipaddress."""
    for direction in ("ingress", "egress"):
        for rule in policy[direction]:
            for p in rule["peers"]:
                if "ipBlock" in p:
                    p["ipBlock"] = [str(ipaddress.ip_network(p["ipBlock"][0])), [str(ipaddress.ip_network(e)) for e in p["ipBlock"][1]]]
    return policy


def run(command, lines):
    done = subprocess.run(command, input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def read_policies(path):
    for line in open(path, encoding="utf-8"):
        value = json.loads(line)
        for item in value.get("objects", [value]):
            if item.get("kind") == "NetworkPolicy" and item.get("apiVersion") == "networking.k8s.io/v1":
                yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--admit", "--apiserver", "--policies"):
        parser.add_argument(name, required=True)
    parser.add_argument("--mutants", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    policies = []
    for policy in read_policies(options.policies):
        policies.append(policy)
        policies += [m for m in (mutate(policy, rng) for _ in range(options.mutants)) if isinstance(m.get("metadata"), dict) and not has_unknown_fields(m)]
    ours = run([options.admit], policies)
    theirs = run([options.apiserver, "-worlds", "-feature-gates", "StrictIPCIDRValidation=false"], [{"id": str(i), "objects": [p], "flows": []} for i, p in enumerate(policies)])
    different = refused = 0
    for policy, mine, world in zip(policies, ours, theirs, strict=True):
        stored = world["objects"]
        refused += not stored
        reason = None
        if mine["accepted"] != bool(stored):
            reason = "accepted by us, refused by the API server: " + world["refused"][0]["message"] if mine["accepted"] else "refused by us, accepted by the API server: " + "; ".join(mine["errors"])
        elif stored and normalised(mine["policy"]) != plain(stored[0]):
            reason = f"read differently:\n  ours   {json.dumps(mine['policy'])}\n  theirs {json.dumps(plain(stored[0]))}"
        if reason:
            different += 1
            print(f"{reason}\n  {json.dumps(policy)}")
    print(f"{len(policies)} policies (seed {options.seed}), {refused} refused by the API server; {different} different")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
