#!/usr/bin/env python3
"""--proofs and check-proof: what is proved has proofs, they hold, and no damaged one does.

    run.py --npverify BINARY --checker BINARY [--seed 1]"""
import argparse
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTIONS = [  # each has queries that only a solver answers with "no such flow"
    "prove -f examples/outage-fixed --cni cilium@1.16 tests/golden/input/invariants.yaml",
    "prove -f examples/outage-fixed --cni calico@3.28 --universe declared tests/golden/input/invariants.yaml",
    "diff --cni cilium@1.16 examples/outage examples/outage-fixed",
]


def call(*arguments):
    return subprocess.run([str(a) for a in arguments], cwd=ROOT, capture_output=True, text=True, timeout=240)


def damages(cnf, drup, dice, by_propagation):
    """(what was done, formula, proof): none of these proves anything. A formula that propagation alone refutes takes every clause as a step."""
    steps = drup.splitlines(True)
    clauses = [i for i, line in enumerate(cnf.splitlines()) if line and line[0] not in "cp"]
    lines = cnf.splitlines(True)
    yield "the formula lacks a clause that it promises", "".join(lines[:clauses[0]] + lines[clauses[0] + 1:]), drup
    yield "the formula says of nothing", re.sub(r"(?m)^p cnf (\d+) \d+$", r"p cnf \1 0", "".join(line for line in lines if line[0] in "cp")), drup
    yield "a step is no clause", cnf, "1 two 0\n" + drup
    yield "a step takes away what is not there", cnf, "d 1 -1 2 -2 0\n" + drup
    yield "a step ends early", cnf, (steps[0].rstrip("0\n ") or "1") + "\n" + "".join(steps[1:])
    yield "a literal beyond bounds", cnf, "2147483648 0\n" + drup
    variables = int(re.search(r"(?m)^p cnf (\d+)", cnf).group(1))
    if not by_propagation:
        yield "no steps", cnf, ""
        yield "a step that says a new thing", cnf, f"{variables + 1} 0\n" + drup
        yield "a clause is guessed", cnf, f"{dice.choice('123')} -{variables + 7} {variables + 9} 0\n{variables + 9} 0\n" + drup
    satisfiable = "p cnf 2 2\n1 2 0\n-1 2 0\n"
    yield "the proof of another formula", satisfiable, drup
    yield "the empty clause out of nothing", satisfiable, "0\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--checker", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    npverify, checker = (str(pathlib.Path(p).resolve()) for p in (options.npverify, options.checker))
    dice = random.Random(options.seed)
    problems, proofs, damaged, searched = [], 0, 0, 0
    linked = call("ldd", checker).stdout
    if "z3" in linked or "cadical" in linked or "simdjson" in linked:
        problems.append(f"the checker is linked with more than the language's runtime:\n{linked}")
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("same", "changed"):
            subprocess.run([sys.executable, ROOT / "benchmarks/generate.py", "--policies", "40", "--mode", mode, f"{folder}/{mode}"], check=True)
        for number, question in enumerate([*QUESTIONS, f"diff --cni kubernetes {folder}/same {folder}/changed"]):
            place = pathlib.Path(folder) / str(number)
            done = call(npverify, *question.split(), "-q", "--proofs", place)
            if done.returncode not in (0, 1, 3):
                problems.append(f"{question}: exit {done.returncode} {done.stderr}")
                continue
            for command in ([checker], [npverify, "check-proof"]):
                found = call(*command, place)
                if found.returncode != 0 or "REFUSED" in found.stdout:
                    problems.append(f"{question}: exit {found.returncode} of {command}: {found.stdout[-500:]}{found.stderr}")
            files = sorted(place.glob("*.cnf")) if place.exists() else []
            proofs += len(files)
            for file in dice.sample(files, min(3, len(files))):
                cnf, drup = file.read_text(), file.with_suffix(".drup").read_text()
                bad = pathlib.Path(folder) / "bad.cnf"
                bad.write_text(cnf)
                bad.with_suffix(".drup").write_text("")
                by_propagation = call(checker, bad).returncode == 0
                searched += not by_propagation
                for what, formula, proof in damages(cnf, drup, dice, by_propagation):
                    bad.write_text(formula)
                    bad.with_suffix(".drup").write_text(proof)
                    found = call(checker, bad)
                    damaged += 1
                    if found.returncode != 1 or "REFUSED" not in found.stdout:
                        problems.append(f"{question}: {what}, and it is accepted (exit {found.returncode}): {found.stdout}{found.stderr}")
        for arguments, wanted in (([folder + "/none.cnf"], 2), ([folder + "/0"] if not proofs else [ROOT / "docs"], 2), ([], 2), (["--help"], 0)):
            if call(checker, *arguments).returncode != wanted:
                problems.append(f"check-proof {arguments}: exit {call(checker, *arguments).returncode}, expected {wanted}")
    if proofs < 5 or searched < 1:
        problems.append(f"{proofs} proofs were written, {searched} of those looked at need more than propagation: too few to say anything")
    print("\n".join(problems) or f"{proofs} proofs hold, {damaged} damaged ones are refused ({searched} of those looked at need more than propagation)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
