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
    # EXIT: 1

Each witness, written out as manifests and a flow, must get its verdict again from `eval`. tests/unit/verify asks the same cases of the library.
"""
import argparse
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
    is_spec = [bool(re.search(r"^apiVersion: npverify\.io/", d, re.MULTILINE)) for d in documents]
    manifests = "---\n".join(d for d, spec in zip(documents, is_spec) if not spec)
    return header, manifests, "---\n".join(d for d, spec in zip(documents, is_spec) if spec)


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
        if ("witness" in result) != (verdict == "violated"):
            yield f"{identity}: a witness belongs to a violated result, and to no other"
    for identity in results:
        yield f"{identity}: no expectation"
    if code != int(field(header, "EXIT", "0")):
        yield f"exit {code}, expected {field(header, 'EXIT', '0')}"


def replay(verifier, folder, profile, answer):
    """Each witness in its own world, by `eval`: allowed or denied as the result claims."""
    for world in sorted(folder.glob("*/world.yaml")):
        done = verifier.run("eval", "--cni", profile, "-f", world, "--flows", world.with_name("flow.csv"), "--format", "csv", accept=(0, 3))
        verdicts = [line.split(",")[6] for line in done.stdout.splitlines()[1:]]
        if not verdicts or "unknown" in verdicts:
            yield f"witness {world.parent.name}: eval says {verdicts} under {profile}"


def run_case(path, verifier):
    header, manifests, spec = read_case(path)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "manifests.yaml").write_text(manifests)
        (folder / "spec.yaml").write_text(spec)
        profiles = field(header, "PROFILES")
        for number, profile in enumerate(profiles.split(", ") if profiles else [None]):
            witnesses = folder / f"witnesses-{number}"
            # The specs stand last, after the flags that take lists.
            words = ["prove", "-f", folder / "manifests.yaml", "--as-of", field(header, "AS-OF", "2026-01-01"), "--witness-dir", witnesses]
            answer, code = verifier.json(*words, *(["--cni", profile] if profile else []), folder / "spec.yaml")
            yield from check(header, answer, code, number == 0)
            if profile:
                yield from replay(verifier, witnesses, profile, answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--npverify")
    arguments = parser.parse_args()
    verifier = Verifier(arguments.npverify)
    cases = arguments.files or sorted((HERE / "cases").glob("*.yaml"))
    failures = 0
    for path in cases:
        for problem in run_case(path, verifier):
            print(f"{path.name}: {problem}")
            failures += 1
    print(f"{len(cases)} cases, {failures} problems")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
