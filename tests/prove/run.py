#!/usr/bin/env python3
"""Runs the cases of prove through the command line.

    tests/prove/run.py [FILE...] [--npverify BINARY]

A case is one file: a comment header, the manifests, and the specs (documents of apiVersion npverify.io/...).

    # Why the case exists.
    # PROFILES: calico@3.28, cilium@1.16          each answers alike; left out where the specs name their own
    # AS-OF: 2026-01-01                           the day of the run
    # EXPECT: ID VERDICT                          one for each invariant
    # EXPECT: ID VERDICT: part of the reason      the reason under the first profile, or all of them together
    # EXCEPTIONS: ID EXC-7 (expires 2027-01-31)   what the result says of its exceptions
    # AXES: ID ip-blocks.peers                    what it says of the axes
    # READERS: ID old -> new                      the pools of the ends of its witness
    # SETTINGS: proxy=iptables routing=direct     of paths
    # PATH: ID nodePort                           the path of its witness
    # RELAY: ID n1                                the node that its witness asks
    # EXIT: 1

cases/ and paths/ have one reading for every node; those of mixed/ (and some of paths/) carry a NodeCapabilityMatrix, or roll out a second set of policies (documents with a
line `# side: old` or `# side: new`). Each witness, written out as manifests and a flow, must get its verdict again from `eval`. tests/unit/verify asks the same cases of the library.
"""
import argparse
import csv
import io
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth.verifier import Verifier  # noqa: E402


def read_case(path):
    text = path.read_text()
    header = [m.groups() for line in text.splitlines() if (m := re.match(r"# ([A-Z-]+): (.*)", line))]
    documents = re.split(r"^---\n", text, flags=re.MULTILINE)
    parts = {"manifests": [], "spec": [], "matrix": [], "old": [], "new": []}
    for document in documents:
        side = re.search(r"^# side: (old|new)$", document, re.MULTILINE)
        is_ours = re.search(r"^apiVersion: npverify\.io/", document, re.MULTILINE)
        is_matrix = is_ours and re.search(r"^kind: NodeCapabilityMatrix", document, re.MULTILINE)
        parts["matrix" if is_matrix else "spec" if is_ours else side[1] if side else "manifests"].append(document)
    return header, {name: "---\n".join(texts) for name, texts in parts.items() if texts}


def field(header, word, otherwise=None):
    return next((text for w, text in header if w == word), otherwise)


def fields(header, word):
    return [text.split(" ", 1) for w, text in header if w == word]


def check(header, answer, code, first):
    results = {r["id"]: r for r in answer["results"]}
    for identity, text in fields(header, "EXPECT"):
        verdict, _, reason = text.partition(": ")
        result = results.pop(identity, {"verdict": "missing", "reason": ""})
        if result["verdict"] != verdict or (first and reason not in result["reason"]):
            yield f"{identity}: expected {text}, found {result['verdict']}: {result['reason']}"
        if ("witness" in result or "shortfalls" in result) != (verdict == "violated"):
            yield f"{identity}: a witness (or nodes that fall short) belongs to a violated result, and to no other"
    for identity in results:
        yield f"{identity}: no expectation"
    if code != int(field(header, "EXIT", "0")):
        yield f"exit {code}, expected {field(header, 'EXIT', '0')}"


def replay(verifier, folder, readers, answer):
    """Each witness in its own world, by `eval`: allowed or denied as the result claims; on a path, hook by hook."""
    shown = [r["witness"] for r in answer["results"] if "witness" in r]
    for world in sorted(folder.glob("*/world.yaml"), key=lambda path: int(path.parent.name)):
        done = verifier.run("eval", *readers, "-f", world, "--flows", world.with_name("flow.csv"), "--format", "csv", accept=(0, 3))
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        witness = shown[int(world.parent.name) - 1]
        hops = [hop for way in (witness, witness.get("otherWay", {})) for hop in way.get("hops", []) if hop["hook"] != "relay"]
        if not hops and (not rows or "unknown" in [row["verdict"] for row in rows]):
            yield f"witness {world.parent.name}: eval says {[row['verdict'] for row in rows]} under {readers[1]}"
        if hops and len(hops) != len(rows):
            yield f"witness {world.parent.name}: {len(hops)} hooks and {len(rows)} flows"
        for hop, row in zip(hops, rows):
            # `eval` has every agent running, no address for the outside as a whole, and IPv4 between ends that have both families.
            judged = witness["family"] == "IPv4" and hop["verdict"] != "not asked" and "taken for" not in hop["source"] and "agent down" not in hop.get("profile", "")
            if judged and row[hop["hook"]] != hop["verdict"]:
                yield f"witness {world.parent.name}: at {hop['hook']} on {hop['node']} eval says {row[hop['hook']]}, the witness {hop['verdict']}"


def check_details(header, answer):
    """Axes and readers, as far as the header speaks of them."""
    results = {r["id"]: r for r in answer["results"]}
    for identity, axis in fields(header, "AXES"):
        if axis not in results[identity].get("axes", []):
            yield f"{identity}: expected axis {axis}, found {results[identity].get('axes')}"
    for word in ("PATH", "RELAY"):
        for identity, wanted in fields(header, word):
            if (found := results[identity].get("witness", {}).get(word.lower())) != wanted:
                yield f"{identity}: expected {word.lower()} {wanted}, found {found}"
    for identity, readers in fields(header, "READERS"):
        witness = results[identity].get("witness", {"source": {}, "destination": {}})
        found = " -> ".join(witness[end].get("pool") or witness[end].get("profile", "?") for end in ("source", "destination"))
        if found != readers:
            yield f"{identity}: expected readers {readers}, found {found}"


def run_case(path, verifier):
    header, parts = read_case(path)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part, text in parts.items():
            (folder / f"{part}.yaml").write_text(text)
        profiles = field(header, "PROFILES")
        for number, profile in enumerate(profiles.split(", ") if profiles else [None]):
            witnesses = folder / f"witnesses-{number}"
            # The specs stand last, after the flags that take lists.
            words = ["prove", "-f", folder / "manifests.yaml", "--as-of", field(header, "AS-OF", "2026-01-01"), "--witness-dir", witnesses]
            readers = ["--cni", profile] if profile else ["--matrix", folder / "matrix.yaml"] if "matrix" in parts else []
            rollout = ["--rollout", folder / "old.yaml", folder / "new.yaml"] if "old" in parts else ["--rollout", *field(header, "ROLLOUT").split()] if field(header, "ROLLOUT") else []
            settings = [part for one in field(header, "SETTINGS", "").split() for part in ("--path-setting", one)]
            answer, code = verifier.json(*words, *readers, *rollout, *settings, folder / "spec.yaml")
            yield from check(header, answer, code, number == 0)
            if path.parent.name != "cases":
                yield from check_details(header, answer)
            if readers and not rollout:
                yield from replay(verifier, witnesses, readers, answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--npverify")
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    cases = arguments.files or [path for folder in ("cases", "mixed", "paths") for path in sorted((HERE / folder).glob("*.yaml"))]
    failures = 0
    for path in cases:
        for problem in run_case(path, verifier):
            print(f"{path.name}: {problem}")
            failures += 1
    print(f"{len(cases)} cases, {failures} problems")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
