"""The drivers around the CNIs' own policy engines (tests/engines), by profile name."""
import json
import os
import pathlib
import subprocess
import sys

from . import worlds as W

ENGINES = pathlib.Path(__file__).resolve().parents[2] / "engines"
REFERENCE = [sys.executable, str(ENGINES / "reference" / "evaluate.py")]


class Missing(Exception):
    pass


def folder():
    return pathlib.Path(os.environ.get("NPVERIFY_ENGINES") or ENGINES / "bin")


def minor(profile):
    """`cilium@1.16.19` and `cilium@1.16` name one driver: cilium-1.16."""
    cni, _, version = profile.partition("@")
    return f"{cni}-{'.'.join(version.split('.')[:2])}"


def command(profile):
    if profile.partition("@")[0] == "kubernetes":
        return REFERENCE
    binary = folder() / minor(profile)
    if not binary.is_file():
        raise Missing(f"no driver {binary}; build it with: scripts/engine build {minor(profile).replace('-', ' ', 1) if profile.count('-') == 0 else profile}")
    return [str(binary)]


def built():
    """Profiles whose driver is there, without patch version, and the reference."""
    found = sorted(p.name for p in folder().glob("*-[0-9]*") if p.is_file()) if folder().is_dir() else []
    return [f"{cni}@{version}" for cni, _, version in (n.rpartition("-") for n in found) if cni != "apiserver"] + ["kubernetes"]


def ask(profile, worlds, masked=True):
    """One answer a world, None where the engine fell over it. Masked: ends that no packet ever asks are `?`."""
    worlds, answers = list(worlds), []
    while len(answers) < len(worlds):
        lines = "".join(json.dumps(w, separators=(",", ":")) + "\n" for w in worlds[len(answers):])
        done = subprocess.run(command(profile), input=lines, capture_output=True, text=True)
        answers += [json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")]
        if len(answers) < len(worlds):
            answers.append(None)
    if masked:
        for world, answer in zip(worlds, answers):
            if answer:
                answer["verdicts"] = W.mask(world, answer["engine"], answer["verdicts"])
    return answers
