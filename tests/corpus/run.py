#!/usr/bin/env python3
"""Asks npverify what a careful reader expects of real manifests (sets.toml), and whether it reads them at all.

    tests/corpus/run.py [prove] [diff] [same] [read] [--thorough] [--npverify BINARY]

prove: the invariants of specs/, each with its expected answer.   diff: pairs of sets, before and after.
same: each profile is equivalent to itself on sets of NetworkPolicies.   read: every set here, and every set of the larger corpus beside the
repository if there is one (../shared/corpus/real or $NPVERIFY_CORPUS), is read without an internal error: exit 0, 1, 2 or 3.
--thorough asks `same` of every profile, else of the newest of each CNI.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth.verifier import ROOT, Failed, Verifier  # noqa: E402

NEWEST = ["kubernetes", "calico@3.31", "cilium@1.20", "kube-network-policies@1.1"]
EVERY = ["kubernetes", "kube-network-policies@1.1", *(f"calico@3.{n}" for n in range(26, 32)), *(f"cilium@1.{n}" for n in range(12, 21))]


def paths(names):
    return [str(HERE / name if name.startswith("placed/") else HERE / "manifests" / name) for name in names]


def inputs(names, entry):
    return [part for path in paths(names) for part in ("-f", path)] + (["--namespace", entry["namespace"]] if "namespace" in entry else [])


def right(expected, got):
    return got in expected if isinstance(expected, list) else got == expected


# ------------------------------------------------------------------------------------------- questions; each yields (what, complaint or "")
def prove(verifier, entry, _):
    spec = HERE / "specs" / f"{entry['spec']}.yaml"
    for profile in entry.get("profiles", ["kubernetes"]):
        answer, _ = verifier.json("prove", "--cni", profile, *inputs(entry["files"], entry), spec)
        results = {r["id"]: r for r in answer["results"]}
        for id in sorted(set(entry.get("expect", {})) - set(results)):
            yield f"{spec.stem} {id}", "no result"
        for id, result in results.items():
            expected = entry.get("expect", {}).get(id, "proved")
            complaint = "" if right(expected, result["verdict"]) else f"{result['verdict']}, expected {expected}; {result.get('reason', '')} {result.get('witness', '')}"
            yield f"{spec.stem} {id} under {profile}, {entry['files'][-1]}", complaint


def diff(verifier, entry, _):
    """Sides of several folders are put together in one, as a user has them."""
    with tempfile.TemporaryDirectory() as scratch:
        sides = []
        for side in ("old", "new"):
            folder = pathlib.Path(scratch, side)
            folder.mkdir()
            for number, path in enumerate(paths(entry[side])):
                if pathlib.Path(path).is_dir():
                    shutil.copytree(path, folder / str(number))
                else:
                    shutil.copy(path, folder / f"{number}.yaml")
            sides.append(paths(entry[side])[0] if len(entry[side]) == 1 else str(folder))
        more = ["--namespace", entry["namespace"]] if "namespace" in entry else []
        for profile, expected in entry["verdict"].items():
            answer, _ = verifier.json("diff", "--cni", profile, *more, *sides)
            what = f"diff {entry['old'][-1]} {entry['new'][-1]} under {profile}"
            yield what, "" if right(expected, answer["verdict"]) else f"{answer['verdict']}, expected {expected}"
            text = " ".join(f"{f.get('change', '')} {f['title']}" for f in answer["findings"]).lower()
            for word in entry.get("says", []):
                yield f"{what}: {word}", "" if word in text else f"no finding says so: {text[:300]}"
        for source_namespace, source, namespace, destination, port in entry.get("lost", []):
            yield from lost(verifier, sides, source_namespace, source, namespace, destination, port, scratch)


def lost(verifier, sides, source_namespace, source, namespace, destination, port, scratch):
    """A flow between pods `app: NAME` that the old side admits and the new one does not, asked as a require of both."""
    spec = pathlib.Path(scratch, "lost.yaml")

    def end(ns, app):
        return f"{{namespaces: {{names: [{ns}]}}, pods: {{matchLabels: {{app: {app}}}}}}}"

    spec.write_text("apiVersion: npverify.io/v1alpha1\nkind: InvariantSet\nmetadata: {name: lost}\nspec:\n  universe: possible\n  invariants:\n"
                    f"    - id: reach\n      require: {{from: {end(source_namespace, source)}, to: {end(namespace, destination)}, ports: [TCP/{port}]}}\n")
    for side, expected in zip(sides, ("proved", "violated")):
        answer, _ = verifier.json("prove", "--cni", "kubernetes", "-f", side, spec)
        got = answer["results"][0]["verdict"]
        yield f"{source} to {destination} {port} in {side}", "" if got == expected else f"{got}, expected {expected}"


def same(verifier, entry, thorough):
    for profile in EVERY if thorough else NEWEST:
        answer, _ = verifier.equiv(profile, profile, *inputs(entry["files"], entry))
        yield f"{entry['files'][-1]}: {profile} with itself", "" if answer["verdict"] in ("equivalent", "vacuous") else answer["verdict"]


def read(verifier, entry, _):
    command = [verifier.binary, "equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "-f", str(entry["folder"]), "--format", "json", "--timeout", "20s"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    yield f"reading {entry['folder'].name}", "" if done.returncode in (0, 1, 2, 3) else f"exit {done.returncode}: {done.stderr[-400:]}"


def corpus_folders():
    beside = pathlib.Path(os.environ.get("NPVERIFY_CORPUS") or ROOT.parent / "shared" / "corpus" / "real")
    kept = sorted(p for p in (HERE / "manifests").iterdir() if p.is_dir())
    larger = sorted(p for p in beside.iterdir() if p.is_dir() and p.name != "LICENSES") if beside.is_dir() else []
    return [{"folder": p} for p in kept + larger]


def ask(task):
    question, entry, binary, thorough = task
    try:
        return list(QUESTIONS[question](Verifier(binary), entry, thorough))
    except (Failed, KeyError, IndexError, subprocess.TimeoutExpired) as error:
        name = entry.get("spec") or entry.get("folder") or entry.get("new", entry.get("files", [""]))[-1]
        return [(f"{question} {name}", f"{type(error).__name__}: {error}")]


QUESTIONS = {"prove": prove, "diff": diff, "same": same, "read": read}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", metavar="|".join(QUESTIONS))
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--npverify")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with open(HERE / "sets.toml", "rb") as file:
        sets = tomllib.load(file)
    sets["read"] = corpus_folders()
    tasks = [(question, entry, options.npverify, options.thorough) for question in options.questions or QUESTIONS for entry in sets[question]]
    count = wrong = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for outcomes in pool.map(ask, tasks):
            for what, complaint in outcomes:
                count += 1
                if complaint:
                    wrong += 1
                    print(f"{what}: {complaint}")
    print(f"{count} answers, {wrong} not as expected")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
