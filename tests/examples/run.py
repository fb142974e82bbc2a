#!/usr/bin/env python3
"""The examples, as their READMEs tell them: every command prints what is shown there, exits as expected.yaml says, and its JSON holds the
verdict, the nodes, the rule, the axis and the fraction that expected.yaml lists.

    tests/examples/run.py [EXAMPLE...] [--npverify BINARY] [--accept]

A README shows a command as a block that opens with `$ npverify ...`; lines that are left out are a line `...`. --accept writes what is printed
now into blocks: of each run between two `...` as many lines as stood there, from the line with which the run began; read the difference before you
commit it. A command that expected.yaml does not list, one that no README shows, and an example that expected.yaml does not know are failures.

expected.yaml: under an example's name a list of {run, exit, json: {PATH: VALUE}}. A PATH is keys with dots between, `[0]` for an element, `[name]`
for the one element whose id, node or path is that. A VALUE that is a text in /slashes/ is searched for.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "golden"))
import run as golden  # noqa: E402

NAMES = ("id", "node", "path")


def follow(document, path):
    """What stands at the path; raises LookupError."""
    here = document
    for key, index in re.findall(r"([^.\[\]]+)|\[([^\]]+)\]", path):
        if key:
            here = here[key]
        elif index.isdigit():
            here = here[int(index)]
        else:
            found = [one for one in here if any(one.get(name) == index for name in NAMES)]
            if len(found) != 1:
                raise LookupError(f"{len(found)} elements are called {index}")
            here = found[0]
    return here


def problem_at(document, path, wanted):
    try:
        found = follow(document, path)
    except (LookupError, TypeError) as error:
        return f"{path}: {error!r}"
    if isinstance(wanted, str) and len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        if not re.search(wanted[1:-1], str(found)):
            return f"{path}: {found!r} holds nothing like {wanted}"
    elif found != wanted:
        return f"{path}: {found!r}, expected {wanted!r}"
    return None


def problems_of(entry, binary):
    done = subprocess.run([binary, *shlex.split(entry["run"]), "--format", "json"], cwd=ROOT, env=golden.environment(), capture_output=True, text=True, timeout=120)
    if done.returncode != entry["exit"]:
        yield f"exit {done.returncode}, expected {entry['exit']}: {done.stderr.strip()}"
    try:
        document = json.loads(done.stdout)
    except ValueError as error:
        yield f"no JSON: {error}"
        return
    for path, wanted in entry["json"].items():
        if problem := problem_at(document, path, wanted):
            yield problem


def rewritten(text, binary):
    """The page with each block as it is printed now."""
    def block(match):
        command, _, body = match.group(1).partition("\n")
        lines = golden.printed(command, binary).split("\n")[1:-2]
        out, at = [], 0
        for run in re.split(r"^( *\.\.\.)$", body, flags=re.MULTILINE):
            if run.strip() in ("...", ""):
                out.append(run.strip("\n"))
                continue
            own = run.strip("\n").split("\n")
            first = next((i for i in range(at, len(lines)) if lines[i] == own[0]), at)
            out += lines[first:first + len(own)]
            at = first + len(own)
        return f"```\n$ {command}\n" + "\n".join(out).strip("\n") + "\n```"
    return re.sub(r"^```\n\$ (npverify .*?)\n```$", block, text, flags=re.DOTALL | re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="*")
    parser.add_argument("--npverify", default=os.environ.get("NPVERIFY") or str(ROOT / "build/release/bin/npverify"))
    parser.add_argument("--accept", action="store_true")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.npverify).resolve())
    expected = yaml.safe_load((HERE / "expected.yaml").read_text())
    told = sorted(path.parent.name for path in (ROOT / "examples").glob("*/README.md"))
    problems = [f"{name}: told in examples/, not in expected.yaml, or the other way round" for name in set(told) ^ set(expected)]
    commands = 0
    for name in options.examples or told:
        page = ROOT / "examples" / name / "README.md"
        if options.accept:
            page.write_text(rewritten(page.read_text(), binary))
        shown = [command.removeprefix("npverify ") for command, _ in golden.quoted(page.read_text())]
        listed = [entry["run"] for entry in expected.get(name, [])]
        problems += [f"{name}: {command}: shown, and expected.yaml does not list it" for command in shown if command not in listed]
        problems += [f"{name}: {command}: not shown in the README" for command in listed if command not in shown]
        problems += [f"{name}: {text}" for text in golden.misquotations(page, binary)]
        for entry in expected.get(name, []):
            commands += 1
            problems += [f"{name}: {entry['run']}: {problem}" for problem in problems_of(entry, binary)]
    print("\n".join(problems))
    print(f"{commands} commands, {len(problems)} problems")
    return 1 if problems or not commands else 0


if __name__ == "__main__":
    sys.exit(main())
