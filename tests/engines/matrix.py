#!/usr/bin/env python3
"""Mixed clusters against the engines: Calico on one node, Cilium on the others, each end asked of its own node's engine.

    tests/engines/matrix.py --npverify BIN --seed 1 --count 40 [--profile core|full|agent] [--calico 3.28] [--cilium 1.16]
    tests/engines/matrix.py ... --keep FILE.jsonl.xz        also writes the worlds with the engines' verdicts (../conformance/mixed)

What an agent knows (docs/mixed-clusters.md): Calico's has every pod of the API server; Cilium's has the pods and nodes that Cilium manages.
So Cilium's engine is fed the cluster without the pods on Calico's node and without that node, and the flow's end there is `ip:ADDRESS`.
Needs the engines (scripts/engine build; $NPVERIFY_ENGINES); not part of the normal test run. Exit: 0 every
end equal or unknown, 1 not.
"""
import argparse
import collections
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import engines, worlds as W  # noqa: E402
from truth.verifier import Verifier, flags, WORDS  # noqa: E402


def family(address):
    return 6 if ":" in address else 4


def addresses(obj):
    status = obj.get("status") or {}
    if obj["kind"] == "Node":
        return [a["address"] for a in status.get("addresses", []) if a["type"] == "InternalIP"]
    return [one["ip"] for one in status.get("podIPs", [])] or ([status["podIP"]] if status.get("podIP") else [])


def ends_of(world):
    """Name -> object; a host-network pod without an address of its own has its node's."""
    found = {f"node:{o['metadata']['name']}": o for o in world["objects"] if o["kind"] == "Node"}
    return found | W.pods_of(world)


def end_addresses(world, ends, name):
    if name.startswith("ip:"):
        return [name[3:]]
    obj = ends[name]
    own = addresses(obj)
    if own or obj["kind"] == "Node":
        return own
    node = ends.get("node:" + obj["spec"].get("nodeName", ""))
    return addresses(node) if node and obj["spec"].get("hostNetwork") else []


def node_of(ends, name):
    if name.startswith("ip:"):
        return None
    obj = ends[name]
    return obj["metadata"]["name"] if obj["kind"] == "Node" else obj["spec"].get("nodeName")


def as_known_by(world, strangers):
    """The world as agents see it that know nothing of `strangers` (nodes): their pods and they themselves are addresses."""
    ends = ends_of(world)
    kept = [o for o in world["objects"] if not (o["kind"] == "Node" and o["metadata"]["name"] in strangers or o["kind"] == "Pod" and o["spec"].get("nodeName") in strangers)]

    def seen(name, other):
        if node_of(ends, name) not in strangers:
            return name
        mine, theirs = end_addresses(world, ends, name), end_addresses(world, ends, other)
        shared = [a for f in (4, 6) for a in mine if family(a) == f and any(family(b) == f for b in theirs)]
        return "ip:" + shared[0] if shared else None

    flows = [[seen(s, d), seen(d, s), *rest] for s, d, *rest in world["flows"]]
    # A flow without a common family cannot be written down; it stands in for itself as one between two outside addresses.
    flows = [flow if flow[0] and flow[1] else ["ip:203.0.113.1", "ip:203.0.113.2", *flow[2:]] for flow in flows]
    return {**world, "objects": kept, "flows": flows}


def ask(engine, version, worlds):
    binary = engines.folder() / f"{engine}-{version}"
    if not binary.exists():
        raise SystemExit(f"no engine at {binary}: scripts/engine build {engine} {version}")
    lines = "".join(W.dump_line({k: w[k] for k in ("id", "objects", "options", "flows") if k in w}) + "\n" for w in worlds)
    done = subprocess.run([str(binary)], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def matrix_of(world, calico_nodes, calico, cilium):
    nodes = sorted({o["metadata"]["name"] for o in world["objects"] if o["kind"] == "Node"} | {o["spec"]["nodeName"] for o in world["objects"] if o["kind"] == "Pod" and o["spec"].get("nodeName")})
    others = [n for n in nodes if n not in calico_nodes]
    pools = [{"name": "old", "match": {"names": sorted(calico_nodes)}, "cni": {"name": "calico", "version": calico}, "profile": {"identity_scope": "all"}}]
    if others:
        pools.append({"name": "new", "match": {"names": others}, "cni": {"name": "cilium", "version": cilium}, "profile": {"identity_scope": "own_managed"}})
    return {"apiVersion": "npverify.io/v1alpha1", "kind": "NodeCapabilityMatrix", "metadata": {"name": world["id"]}, "spec": {"pools": pools}}


def combine(world, calico_nodes, by_calico, by_cilium):
    """Each end's verdict by the engine of its node; `?` where an engine is not asked about such an end."""
    ends, out = ends_of(world), []
    calico, cilium = (W.mask(a["verdicts"], W.hidden(world, engine)) for a, engine in ((by_calico, "calico@"), (by_cilium, "cilium@")))
    for (source, destination, *_), a, b in zip(world["flows"], calico, cilium):
        out.append([(a if node_of(ends, source) in calico_nodes else b)[0], (a if node_of(ends, destination) in calico_nodes else b)[1]])
    return out


def evaluate(verifier, world, matrix):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "world.json").write_text(W.as_list(world))
        (folder / "flows.csv").write_text(W.flows_csv(world))
        (folder / "matrix.yaml").write_text(json.dumps(matrix))
        done = verifier.run("eval", "--matrix", folder / "matrix.yaml", *flags(world.get("options") or {}), "-f", folder / "world.json", "--flows", folder / "flows.csv", accept=(0, 3))
    return list(csv.DictReader(io.StringIO(done.stdout)))


def compare(world, expected, rows):
    """(side, flow, expected, got, reason) of each end that differs, and how many were compared."""
    wrong, compared = [], 0
    for flow, verdicts, row in zip(world["flows"], expected, rows):
        for side, verdict in zip(W.SIDES, verdicts):
            if verdict == "?":
                continue
            compared += 1
            if WORDS[row[side]] != verdict:
                wrong.append((side, flow, verdict, row[side], row["reason"]))
    return wrong, compared


def generated(profile, seed, count):
    done = subprocess.run([sys.executable, str(HERE / "generate" / "generate.py"), "--kind", "np", "--profile", profile, "--seed", str(seed), "--count", str(count)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    parser.add_argument("--profile", default="core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--calico", default="3.28")
    parser.add_argument("--cilium", default="1.16")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--show", type=int, default=5)
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    worlds = generated(arguments.profile, arguments.seed, arguments.count)
    chosen = []
    for number, world in enumerate(worlds):
        nodes = sorted(o["metadata"]["name"] for o in world["objects"] if o["kind"] == "Node")
        chosen.append({nodes[number % len(nodes)]})
    calico = ask("calico", arguments.calico, worlds)
    cilium = ask("cilium", arguments.cilium, [as_known_by(w, c) for w, c in zip(worlds, chosen)])
    total, unknown, different, kept = 0, 0, 0, []
    strangers = collections.Counter()
    for world, nodes, a, b in zip(worlds, chosen, calico, cilium):
        version = a["engine"].split("@")[1], b["engine"].split("@")[1]
        matrix, expected = matrix_of(world, nodes, *version), combine(world, nodes, a, b)
        rows = evaluate(verifier, world, matrix)
        wrong, compared = compare(world, expected, rows)
        total += compared
        different += len(wrong)
        unknown += sum(got == "unknown" for _, _, _, got, _ in wrong)
        strangers.update("stranger" for row in rows if "is an address to it" in row["reason"])
        for one in wrong[: arguments.show]:
            print(world["id"], sorted(nodes), *one, sep=" | ")
        kept.append({"id": world["id"], "matrix": matrix, "options": world.get("options") or {}, "objects": world["objects"], "flows": world["flows"], "verdicts": expected,
                     "engines": [a["engine"], b["engine"]]})
    print(f"{len(worlds)} worlds, {total} ends compared, {different} different ({unknown} unknown); {strangers['stranger']} flows whose reason names a stranger")
    if arguments.keep:
        W.write_lines(arguments.keep, kept)
    return 1 if different > unknown else 0


if __name__ == "__main__":
    sys.exit(main())
