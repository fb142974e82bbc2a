"""Case files (form: tests/cases/run.py): writes a world and what engines say about it as one, reads them back as worlds."""
import itertools
import re
import textwrap

from . import manifests

WORD = {"allow": "allow", "deny": "deny", "-": "unpoliced", "?": "unknown"}


def spans(profiles):
    """`cilium@1.12..1.16,calico@3.28`: profiles of one CNI with minor versions that follow each other in one word."""
    def place(profile):
        cni, _, version = profile.partition("@")
        return (cni, *map(int, version.split(".")[:2])) if version else (cni, 0, 0)

    out = []
    for (cni, major), group in itertools.groupby(sorted(map(place, profiles)), key=lambda p: p[:2]):
        minors = [p[2] for p in group]
        for _, run in itertools.groupby(enumerate(minors), key=lambda x: x[1] - x[0]):
            run = [n for _, n in run]
            name = f"{cni}@{major}.{run[0]}" if cni != "kubernetes" else cni
            out.append(name + (f"..{major}.{run[-1]}" if len(run) > 1 else ""))
    return ",".join(out)


def header(story, world, answers, extra=()):
    """answers: profile -> verdicts. Profiles that say the same share a RUN line; a profile that leaves an end open is left out."""
    lines = [f"# {line}" for paragraph in story.strip().split("\n") for line in textwrap.wrap(paragraph.strip(), 128)]
    options = "".join(f" --option {k}={v}" for k, v in sorted((world.get("options") or {}).items()))
    groups = {}
    for profile, verdicts in answers.items():
        if not any("?" in pair for pair in verdicts):
            groups.setdefault(tuple(map(tuple, verdicts)), []).append(profile)
    for verdicts, profiles in groups.items():
        lines.append(f"# RUN: eval --cni {spans(profiles)}{options}")
        lines += [f"# EXPECT: {','.join(map(str, flow))} -> {WORD[egress]},{WORD[ingress]}" for flow, (egress, ingress) in zip(world["flows"], verdicts)]
    return "\n".join([*lines, *(f"# {line}" for line in extra)]) + "\n"


def write(path, story, world, answers, extra=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header(story, world, answers, extra) + manifests.dump_all(world["objects"]))


def read_all(folder):
    """(name, axis, world) of every case: its flows are those of its EXPECT lines, its options those of its RUN lines."""
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text()
        lines = [line for line in text.splitlines() if line.startswith("# ")]
        axis = next((line[8:] for line in lines if line.startswith("# AXIS: ")), "")
        flows = list(dict.fromkeys(m[1] for m in (re.match(r"# EXPECT: (\S+) -> ", line) for line in lines) if m))
        options = dict(o.split("=", 1) for line in lines for o in re.findall(r"--option (\S+)", line))
        world_flows = [[a, b, c, int(d)] for a, b, c, d in (f.split(",") for f in flows)]
        yield path.stem, axis, {"id": path.stem, "objects": list(manifests.load_all(text)), "options": options, "flows": world_flows}
