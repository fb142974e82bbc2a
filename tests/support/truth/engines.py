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


def answers(profile, worlds, lines=None):
    """One answer a world as the driver gives it, None where the engine fell over it. `lines`: the worlds as they are written, if the caller has them."""
    worlds, out = list(worlds), []
    while len(out) < len(worlds):
        text = lines if lines and not out else W.dump_lines(worlds[len(out):])
        done = subprocess.run(command(profile), input=text, capture_output=True, text=True)
        out += [json.loads(line) for line in done.stdout.splitlines() if line.endswith("}")]
        if len(out) < len(worlds):
            out.append(None)
    return out


def ask(profile, worlds, masked=True):
    """The same, masked: ends that no packet ever asks are `?`."""
    worlds = list(worlds)
    out = answers(profile, worlds)
    if masked:
        for world, answer in zip(worlds, out):
            if answer:
                answer["verdicts"] = W.mask(answer["verdicts"], W.hidden(world, answer["engine"]))
    return out
