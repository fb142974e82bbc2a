#!/usr/bin/env python3
"""Mixed clusters, kept: Calico on one node and Cilium on the others, with what each node's own engine said (../engines/matrix.py made them).

For each world of mixed/: every end of `eval --matrix` is what the engine of its node said; the reason of a policed end opens with its profile.
And two properties: a matrix of one pool answers as --cni does; where every pool runs one profile, pools make no difference.

Exit: 0 all hold, 1 not.
"""
import argparse
import importlib.util
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import worlds as W  # noqa: E402
from truth.verifier import Verifier, flags  # noqa: E402

spec = importlib.util.spec_from_file_location("matrix", HERE.parent / "engines" / "matrix.py")
engine_matrix = importlib.util.module_from_spec(spec)
spec.loader.exec_module(engine_matrix)

ENVELOPE = {"apiVersion": "npverify.io/v1alpha1", "kind": "NodeCapabilityMatrix"}


def one_pool(cni):
    return {**ENVELOPE, "spec": {"pools": [{"match": {"nodeSelector": {}}, "cni": cni}]}}


def alike(matrix, cni):
    """The same pools, all with one profile."""
    return {**matrix, "spec": {"pools": [{**pool, "cni": cni} for pool in matrix["spec"]["pools"]]}}


def verdicts(rows):
    return [(row["egress"], row["ingress"], row["verdict"]) for row in rows]


def single(verifier, world, cni, folder):
    world_file, flows = folder / "world.json", folder / "flows.csv"
    world_file.write_text(W.as_list(world))
    flows.write_text(W.flows_csv(world))
    return verifier.eval_csv(world_file, flows, f"{cni['name']}@{cni['version']}", world["options"])


def check(verifier, world, folder):
    """What is wrong, a line each, and the number of ends held against an engine."""
    rows = engine_matrix.evaluate(verifier, world, world["matrix"])
    wrong, compared = engine_matrix.compare(world, world["verdicts"], rows)
    unknown = sum(got == "unknown" for _, _, _, got, _ in wrong)
    problems = [f"{side} {flow}: expected {wanted}, got {got}: {reason}" for side, flow, wanted, got, reason in wrong if got != "unknown"]
    names = tuple(f"{pool['cni']['name']}@{pool['cni']['version']}: " for pool in world["matrix"]["spec"]["pools"])
    for row in rows:
        if {row["egress"], row["ingress"]} != {"unpoliced"} and not any(name in row["reason"] for name in names):
            problems.append(f"the reason names no profile: {row}")
    for pool in world["matrix"]["spec"]["pools"]:
        wanted = verdicts(single(verifier, world, pool["cni"], folder))
        for what, matrix in (("one pool", one_pool(pool["cni"])), ("pools alike", alike(world["matrix"], pool["cni"]))):
            if verdicts(engine_matrix.evaluate(verifier, world, matrix)) != wanted:
                problems.append(f"{what} of {pool['cni']} answer otherwise than --cni")
    return problems, compared, unknown


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    failed = total = unknowns = worlds = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((HERE / "mixed").glob("*.jsonl.xz")):
            for world in W.read_lines(path):
                problems, compared, unknown = check(verifier, world, pathlib.Path(folder))
                worlds, total, unknowns, failed = worlds + 1, total + compared, unknowns + unknown, failed + len(problems)
                for problem in problems[:3]:
                    print(f"{world['id']}: {problem}")
    print(f"{worlds} worlds, {total} ends, {unknowns} unknown, {failed} wrong")
    return 1 if failed or total == 0 or unknowns * 20 > total else 0


if __name__ == "__main__":
    sys.exit(main())
