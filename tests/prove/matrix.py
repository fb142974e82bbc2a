#!/usr/bin/env python3
"""prove --matrix against every flow: in the universe `observed` an invariant over pods holds exactly if each flow of its domain does.

Worlds of ../conformance/mixed (Calico on one node, Cilium on the others) and seeded invariants. `eval --matrix` decides every flow between
the pods that an invariant speaks of; what prove says must follow from that. The same where nobody says what Cilium's agents know, where
a node is in no pool, and with the wider universes: what holds for all pods holds for these, and a witness is judged alike by `eval`.

And properties: a matrix of one pool answers as --cni does; where all pools run one profile, pools make no difference, and for flows between pods
it does not matter on which nodes they are; more nodes in a pool change nothing (they are interchangeable).

Exit: 0 all hold, 1 not.
"""
import argparse
import copy
import csv
import io
import json
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import worlds as W  # noqa: E402
from truth.verifier import Verifier  # noqa: E402

PORTS = (80, 443, 8080, 53)


def running_pods(world):
    return {name: pod for name, pod in W.pods_of(world).items()
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed") and not pod["spec"].get("hostNetwork")}


def random_peer(rng, world):
    pods = list(running_pods(world).values())
    chosen = rng.choice(pods)
    peer = {}
    if rng.random() < 0.8:
        peer["namespaces"] = {"names": [chosen["metadata"]["namespace"]]}
    labels = chosen["metadata"].get("labels") or {}
    if labels and (rng.random() < 0.5 or not peer):
        key = rng.choice(sorted(labels))
        peer["pods"] = {"matchLabels": {key: labels[key]}}
    return peer or {"namespaces": {"any": True}}


def matches(peer, pod):
    meta = pod["metadata"]
    names = peer.get("namespaces", {}).get("names")
    labels = meta.get("labels") or {}
    return (not names or meta["namespace"] in names) and all(labels.get(k) == v for k, v in peer.get("pods", {}).get("matchLabels", {}).items())


def invariants_for(rng, world, count):
    out = []
    for number in range(count):
        body = {"from": random_peer(rng, world), "to": random_peer(rng, world), "ports": [f"TCP/{rng.choice(PORTS)}"], "universe": "observed"}
        if rng.random() < 0.4:
            body["placement"] = rng.choice(["sameNode", "crossNode"])
        out.append({"id": f"i{number}", rng.choice(["forbid", "require"]): body})
    return out


def flows_of(world, body):
    pods = running_pods(world)
    port = int(body["ports"][0].split("/")[1])
    for a, source in pods.items():
        for b, destination in pods.items():
            near = source["spec"].get("nodeName") == destination["spec"].get("nodeName")
            placed = {"sameNode": near, "crossNode": not near}.get(body.get("placement"), True)
            if a != b and placed and matches(body["from"], source) and matches(body["to"], destination):
                yield a, b, "TCP", port


def expected(invariant, verdicts):
    kind = "forbid" if "forbid" in invariant else "require"
    if not verdicts:
        return "vacuous"
    if ("allow" if kind == "forbid" else "deny") in verdicts:
        return "violated"
    return "unknown" if "unknown" in verdicts else "proved"


def run(verifier, world, matrix, invariants, folder):
    (folder / "world.json").write_text(W.as_list(world))
    (folder / "matrix.yaml").write_text(json.dumps(matrix))
    (folder / "spec.yaml").write_text(json.dumps({"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"invariants": invariants}}))
    answer, _ = verifier.json("prove", folder / "spec.yaml", "-f", folder / "world.json", "--matrix", folder / "matrix.yaml", "--peers", "pods", "--witness-dir", folder / "witnesses")
    return {r["id"]: r for r in answer["results"]}


def eval_rows(verifier, folder, flows):
    (folder / "flows.csv").write_text("source,destination,protocol,port\n" + "".join(",".join(map(str, f)) + "\n" for f in flows))
    done = verifier.run("eval", "--matrix", folder / "matrix.yaml", "-f", folder / "world.json", "--flows", folder / "flows.csv", accept=(0, 3))
    return [row["verdict"] for row in csv.DictReader(io.StringIO(done.stdout))]


def check(verifier, rng, world, matrix, capped, count):
    """Problems, one line each, and the verdicts that were held against enumeration. `capped`: some node is in no pool, so nothing is proved."""
    problems, seen = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        invariants = invariants_for(rng, world, count)
        results = run(verifier, world, matrix, invariants, folder)
        for invariant in invariants:
            body = invariant.get("forbid") or invariant["require"]
            flows = list(flows_of(world, body))
            verdicts = eval_rows(verifier, folder, flows) if flows else []
            wanted, result = expected(invariant, verdicts), results[invariant["id"]]
            if capped and wanted == "proved":
                wanted = "unknown"
            seen.append(result["verdict"])
            if result["verdict"] != wanted:
                problems.append(f"{json.dumps(invariant)}: expected {wanted}, got {result['verdict']}: {result['reason']}")
            if result["verdict"] == "violated":
                w = result["witness"]
                flow = (w["source"]["end"], w["destination"]["end"], w["protocol"], w["port"])
                if flow not in flows:
                    problems.append(f"{json.dumps(invariant)}: the witness {flow} is not in the domain")
                if not all(w[end].get("node") and w[end].get("pool") and w[end].get("profile") for end in ("source", "destination")):
                    problems.append(f"the witness does not say who reads: {w}")
        # Wider universes: what is proved of all pods is proved of these.
        wide = copy.deepcopy(invariants)
        for invariant in wide:
            body = invariant.get("forbid") or invariant["require"]
            body["universe"] = rng.choice(["possible", "declared"])
        for path in folder.glob("witnesses/*"):
            for one in path.glob("*"):
                one.unlink()
        wider = run(verifier, world, matrix, wide, folder)
        for invariant in wide:
            narrow, result = results[invariant["id"]]["verdict"], wider[invariant["id"]]
            seen.append(result["verdict"])
            body = invariant.get("forbid") or invariant["require"]
            if result["verdict"] == "proved" and narrow not in ("proved", "vacuous"):
                problems.append(f"{json.dumps(invariant)}: proved of every pod, {narrow} of those that there are")
            if result["verdict"] == "violated":
                problems += replay(verifier, folder, invariant, result)
    return problems, seen


def replay(verifier, folder, invariant, result):
    """The witness in its own world, by eval."""
    wanted = "allow" if "forbid" in invariant else "deny"
    for world in folder.glob("witnesses/*/world.yaml"):
        if world.parent.name != invariant["id"] and not world.parent.name.endswith(invariant["id"]):
            continue
        done = verifier.run("eval", "--matrix", folder / "matrix.yaml", "-f", world, "--flows", world.with_name("flow.csv"), accept=(0, 3))
        for row in csv.DictReader(io.StringIO(done.stdout)):
            if row["verdict"] != wanted:
                yield f"{json.dumps(invariant)}: the witness is {row['verdict']} in its own world: {row['reason']}"


def verdicts_of(verifier, world, invariants, *how):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "world.json").write_text(W.as_list(world))
        (folder / "spec.yaml").write_text(json.dumps({"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "spec": {"invariants": invariants}}))
        arguments = []
        for word in how:
            if isinstance(word, dict):
                (folder / "matrix.yaml").write_text(json.dumps(word))
                word = folder / "matrix.yaml"
            arguments.append(word)
        answer, _ = verifier.json("prove", folder / "spec.yaml", "-f", folder / "world.json", *arguments)
        return [r["verdict"] for r in answer["results"]]


def with_more_nodes(world, matrix):
    """The same pools, three more nodes in each."""
    world, matrix = copy.deepcopy(world), copy.deepcopy(matrix)
    template = next(o for o in world["objects"] if o["kind"] == "Node")
    for number, pool in enumerate(matrix["spec"]["pools"]):
        for extra in range(3):
            node = copy.deepcopy(template)
            node["metadata"]["name"] = f"extra-{number}-{extra}"
            node["spec"] = {}
            node["status"] = {"addresses": [{"type": "InternalIP", "address": f"192.168.{200 + number}.{extra + 1}"}]}
            world["objects"].insert(0, node)
            pool["match"]["names"].append(node["metadata"]["name"])
    return world, matrix


def check_properties(verifier, rng, world, count):
    matrix = world["matrix"]
    invariants = invariants_for(rng, world, count)
    for invariant in invariants:
        (invariant.get("forbid") or invariant["require"])["universe"] = rng.choice(["possible", "declared", "observed"])
    for pool in matrix["spec"]["pools"]:
        profile = f"{pool['cni']['name']}@{pool['cni']['version']}"
        wanted = verdicts_of(verifier, world, invariants, "--cni", profile)
        one = {**matrix, "spec": {"pools": [{"match": {"nodeSelector": {}}, "cni": pool["cni"]}]}}
        alike = {**matrix, "spec": {"pools": [{**p, "cni": pool["cni"]} for p in matrix["spec"]["pools"]]}}
        for what, other in (("one pool", one), ("pools alike", alike)):
            found = verdicts_of(verifier, world, invariants, "--matrix", other)
            if found != wanted:
                yield f"{what} of {profile}: {found}, with --cni {wanted}: {json.dumps(invariants)}"
        placed = []
        for placement in ("sameNode", "crossNode"):
            moved = copy.deepcopy(invariants)
            for invariant in moved:
                (invariant.get("forbid") or invariant["require"]).update(universe="possible", placement=placement)
            placed.append(verdicts_of(verifier, world, moved, "--matrix", alike, "--peers", "pods"))
        if placed[0] != placed[1]:
            yield f"placement matters under {profile} alone: {placed}: {json.dumps(invariants)}"
    for invariant in invariants:
        body = invariant.get("forbid") or invariant["require"]
        body["universe"] = rng.choice(["possible", "declared"])
        body.pop("placement", None)                  # a second node in a pool of one makes flows across nodes that were none
    few = verdicts_of(verifier, world, invariants, "--matrix", matrix, "--peers", "pods")
    many = verdicts_of(verifier, *with_more_nodes(world, matrix)[:1], invariants, "--matrix", with_more_nodes(world, matrix)[1], "--peers", "pods")
    if few != many:
        yield f"nodes of a pool are not interchangeable: {few}, with more nodes {many}: {json.dumps(invariants)}"


def variants(matrix):
    """The matrix, one that does not say what Cilium's agents know, and one without the row of the last pool's first node."""
    yield matrix, False
    silent = copy.deepcopy(matrix)
    for pool in silent["spec"]["pools"]:
        pool.pop("profile")
    yield silent, False
    holed = copy.deepcopy(matrix)
    pools = holed["spec"]["pools"]
    if len(pools[-1]["match"]["names"]) > 1:
        pools[-1]["match"]["names"].pop(0)
        yield holed, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("worlds", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    verifier, rng = Verifier(arguments.npverify), random.Random(arguments.seed)
    failed, tally = 0, {}
    for path in arguments.worlds or sorted((HERE.parent / "conformance" / "mixed").glob("np-core-*.jsonl.xz")):
        for world in W.read_lines(path):
            for matrix, capped in variants(world["matrix"]):
                problems, seen = check(verifier, rng, world, matrix, capped, arguments.count)
                failed += len(problems)
                for verdict in seen:
                    tally[verdict] = tally.get(verdict, 0) + 1
                for problem in problems[:3]:
                    print(f"{world['id']}: {problem}")
            for problem in check_properties(verifier, rng, world, arguments.count):
                failed += 1
                print(f"{world['id']}: {problem}")
    print(f"seed {arguments.seed}: {tally}, {failed} wrong")
    missing = {"proved", "violated", "unknown"} - tally.keys()
    if missing:
        print(f"never seen: {missing}")
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
