#!/usr/bin/env python3
"""Nodes of one pool are interchangeable: with three nodes a pool prove says of every path what it says with nine.

A connection touches three nodes at most (the client's, the endpoint's and one that is asked), and nothing tells nodes apart but their pool, the
workloads that they can hold and the addresses that somebody asks for. So on worlds whose policies ask for the nodes' range as a whole, more nodes of
a pool change no verdict. That a node with an address of its own in a policy is not like the others is in paths.py.

Exit: 0 all hold, 1 not.
"""
import argparse
import json
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import paths  # noqa: E402
from truth.verifier import Verifier  # noqa: E402


def nodes(each):
    return [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"{pool}{i}", "labels": {"pool": pool}}, "spec": {"podCIDRs": [f"10.{200 + (pool == 'b')}.{i}.0/24"]},
             "status": {"addresses": [{"type": "InternalIP", "address": f"10.10.{1 + (pool == 'b')}.{i}"}]}} for pool in "ab" for i in range(1, each + 1)]


def tells_nodes_apart(policy):
    text = json.dumps(policy)
    return "10.244." in text or "except" in text


def check_world(verifier, rng, folder):
    world = [item for item in paths.random_world(rng, "workload") if item["kind"] != "Node" and not (item["kind"] == "NetworkPolicy" and tells_nodes_apart(item))]
    service = next(item for item in world if item["kind"] == "Service")["spec"]
    ways = paths.PATHS[:{"ClusterIP": 2, "NodePort": 3, "LoadBalancer": 4}[service["type"]]]
    readers = paths.random_readers(rng, folder)
    (folder / "spec.yaml").write_text(json.dumps({"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"invariants": paths.invariants("workload", ways)}}))
    settings = [part for name, values in paths.SETTINGS.items() if rng.random() < 0.7 for part in ("--path-setting", f"{name}={rng.choice(values)}")]
    verdicts = []
    for each in (3, 9):
        (folder / "world.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes(each) + world}))
        answer, _ = verifier.json("prove", *readers, "-f", folder / "world.json", *settings, folder / "spec.yaml")
        verdicts.append({one["id"]: one["verdict"] for one in answer["results"]})
    return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--npverify")
    parser.add_argument("--worlds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=20260301)
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    failures, seen = 0, set()
    for number in range(arguments.worlds):
        with tempfile.TemporaryDirectory() as name:
            few, many = check_world(verifier, random.Random(arguments.seed + number), pathlib.Path(name))
        seen |= set(few.values())
        if few != many:
            failures += 1
            print(f"seed {arguments.seed + number}: " + "; ".join(f"{which} {few[which]}, with more nodes {many[which]}" for which in few if few[which] != many[which]))
    print(f"{arguments.worlds} worlds, {failures} problems; verdicts: {', '.join(sorted(seen))}")
    return 1 if failures or not {"proved", "violated"} <= seen else 0


if __name__ == "__main__":
    sys.exit(main())
