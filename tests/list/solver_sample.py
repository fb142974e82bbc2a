#!/usr/bin/env python3
"""A sample of `npverify list` against the solver.

    solver_sample.py --npverify BINARY [--seed 1] [--pairs 40]

`list` answers by classes and intervals, without a solver. For random pairs of workloads and ports, inside and outside of what is listed,
two invariants are put to `npverify prove` over the same declared universe: `forbid` must be proved exactly where the list has nothing, and
`require` exactly where it says that the flow is always allowed. Both of `depends` are violated; of `unknown` neither is proved."""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILES = ["kubernetes", "calico@3.28", "cilium@1.16", "kube-network-policies@1.1"]
PORTS = [80, 443, 5432, 6379, 8080, 8443, 9090, 53, 9]


def run(binary, *arguments):
    done = subprocess.run([binary, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def contains(ports, port):
    for part in filter(None, ports.split(",")):
        first, _, last = part.partition("-")
        if int(first) <= port <= int(last or first):
            return True
    return False


def listed(connections, source, destination, protocol, port):
    for key, word in (("ports", "always"), ("depends", "depends"), ("unknown", "unknown")):
        if contains(connections.get((source, destination), {}).get(key, {}).get(protocol, ""), port):
            return word
    return "never"


def invariant(number, kind, source, destination, protocol, port):
    return {"id": f"{kind}-{number}", "title": f"{kind} {number}",
            kind: {"from": {"workloads": [source]}, "to": {"workloads": [destination]}, "ports": [f"{protocol}/{port}"]}}


def check(binary, name, manifests, profile, pairs, dice):
    answer = run(binary, "list", "-f", manifests, "--cni", profile, "--format", "json")
    workloads = [w["name"] for w in answer["workloads"]]
    connections = {(c["source"], c["destination"]): c for c in answer["connections"]}
    between = [pair for pair in connections if set(pair) <= set(workloads)]
    asked = []
    for _ in range(pairs):
        pair = dice.choice(between) if between and dice.random() < 0.7 else (dice.choice(workloads), dice.choice(workloads))
        protocol, port = dice.choice(["TCP", "TCP", "UDP", "SCTP"]), dice.choice(PORTS)
        if pair in connections and dice.random() < 0.7:
            tables = [table for key in ("ports", "depends", "unknown") for table in connections[pair].get(key, {}).items()]
            protocol, ranges = dice.choice(tables)
            port = int(dice.choice(ranges.replace("-", ",").split(",")))
        asked.append((*pair, protocol, port))
    wanted = {}
    invariants = []
    for number, flow in enumerate(asked):
        word = listed(connections, *flow)
        for kind, proof in (("forbid", "never"), ("require", "always")):
            invariants.append(invariant(number, kind, *flow))
            wanted[f"{kind}-{number}"] = ("proved" if word == proof else "not proved" if word == "unknown" else "violated", flow, word)
    spec = {"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "metadata": {"name": "sample"}, "spec": {"invariants": invariants}}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(spec, file)
        file.flush()
        verdicts = {r["id"]: r["verdict"] for r in run(binary, "prove", "-f", manifests, "--cni", profile, "--universe", "declared", "--datapath", "--format", "json", file.name)["results"]}
    problems = []
    for key, (verdict, flow, word) in wanted.items():
        found = verdicts.get(key, "missing")
        if found != verdict and not (verdict == "not proved" and found != "proved"):
            problems.append(f"{name} {profile}: {' '.join(map(str, flow))} is listed as {word}; `{key.split('-')[0]}` is {found}, expected {verdict}")
    return len(asked), {word for _, _, word in wanted.values()}, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=40)
    options = parser.parse_args()
    binary = str(pathlib.Path(options.npverify).resolve())
    dice = random.Random(options.seed)
    asked, words, problems = 0, set(), []
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("same", "one-cause"):
            subprocess.run([sys.executable, ROOT / "benchmarks/generate.py", "--policies", "60", "--per-namespace", "15", "--workloads", "40", "--mode", mode, "--seed", str(options.seed), f"{folder}/{mode}"], check=True)
        for name, manifests in (("generated", f"{folder}/same"), ("generated with blocks over pods", f"{folder}/one-cause"), ("outage", "examples/outage")):
            for profile in PROFILES:
                n, seen, found = check(binary, name, manifests, profile, options.pairs, dice)
                asked, words, problems = asked + n, words | seen, problems + found
    if not {"always", "depends", "never"} <= words:
        problems.append(f"the sample is too narrow: only {sorted(words)}")
    print("\n".join(problems) or f"{asked} pairs and ports, each as two invariants: the solver agrees")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
