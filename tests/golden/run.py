#!/usr/bin/env python3
"""Texts for people, word for word: each *.golden here is a command, its exit code, and what it prints.

    tests/golden/run.py [FILE...] [--npverify BINARY] [--accept]

The first line is `$ npverify ...`, run in the repository's root at 100 columns without colours; standard error follows standard output, times left out.
--accept writes what is printed now over the file: read the difference before you commit it.

The README quotes such texts too, shortened: a block that opens with `$ npverify ...` must be made of lines that stand in the output in
that order; where lines are left out, a line `...` says so.
"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("NPVERIFY")} | {"COLUMNS": "100", "NPVERIFY_ENCODINGS": "encodings"}


def printed(command, binary):
    done = subprocess.run([binary, *shlex.split(command)[1:]], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120)
    stderr = re.sub(r"^(phase .+?) [0-9.]+ s, [0-9]+ %$", r"\1 ...", done.stderr, flags=re.MULTILINE)
    return f"$ {command}\n{done.stdout}{stderr}[exit {done.returncode}]\n"


def quoted(text):
    """The blocks of a page that quote npverify: command, and runs of lines between `...`."""
    for block in re.findall(r"^```\n\$ (npverify .*?)^```$", text, re.DOTALL | re.MULTILINE):
        command, _, body = block.partition("\n")
        yield command, [run.strip("\n") for run in re.split(r"^ *\.\.\.$", body, flags=re.MULTILINE) if run.strip()]


def misquotations(page, binary):
    for command, runs in quoted(page.read_text()):
        rest = printed(command, binary)
        for run in runs:
            before, found, rest = rest.partition(run)
            if not found:
                yield f"{page.name}: not in the output of `{command}`, or not in this order:\n{run}"
                break


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--npverify", default=os.environ.get("NPVERIFY") or str(ROOT / "build/release/bin/npverify"))
    parser.add_argument("--accept", action="store_true")
    options = parser.parse_args()
    binary = str(pathlib.Path(options.npverify).resolve())
    files = options.files or sorted(HERE.glob("*.golden"))
    failed = 0
    for path in files:
        wanted = path.read_text()
        got = printed(wanted.split("\n", 1)[0].removeprefix("$ "), binary)
        if got == wanted:
            continue
        if options.accept:
            path.write_text(got)
            print(f"accepted {path.name}")
            continue
        failed += 1
        sys.stdout.writelines(difflib.unified_diff(wanted.splitlines(True), got.splitlines(True), str(path), "printed now"))
    for text in [] if options.files else misquotations(ROOT / "README.md", binary):
        failed += 1
        print(text)
    print(f"{len(files)} texts, {failed} differ")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
