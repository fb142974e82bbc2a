#!/usr/bin/env python3
"""Builds, runs and extends the programs around the CNIs' own policy engines (README.md).

    scripts/engine list
    scripts/engine build all | NAME [VERSION...]
    scripts/engine run NAME VERSION [flags of the driver] < worlds.jsonl
    scripts/engine [measure] NAME VERSION [--module QUERY] [--data DIR] [--against NAME@VERSION]
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import casefile, engines  # noqa: E402
from truth import worlds as W  # noqa: E402

MODULES = {"calico": "github.com/projectcalico/calico", "cilium": "github.com/cilium/cilium", "kube-network-policies": "sigs.k8s.io/kube-network-policies",
           "cyclonus": "github.com/mattfenwick/cyclonus", "apiserver": "k8s.io/kubernetes"}
CASES = HERE.parent / "cases" / "semantics"
SAMPLE = HERE.parent / "conformance"


def order(version):
    return tuple(map(int, version.split(".")))


def versions(name):
    return sorted((p.name for p in (HERE / name).iterdir() if re.fullmatch(r"\d+\.\d+", p.name)), key=order)


def sources():
    return {name: versions(name) for name in MODULES}


# ----------------------------------------------------------------------------------------------------------------------------- building
def tags(name, version):
    """Calico's shared code grows with its versions: files for 3.27 and later are tagged, and a version has all tags up to its own."""
    if name != "calico":
        return []
    return ["-tags", ",".join(f"calico_{v.replace('.', '_')}" for v in versions("calico") if (3, 27) <= order(v) <= order(version))]


def build(name, version):
    out = engines.folder() / f"{name}-{version}"
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["go", "build", "-trimpath", "-ldflags", "-s -w", *tags(name, version), "-o", str(out), "."], cwd=HERE / name / version)
    print(f"{'built' if done.returncode == 0 else 'not built:'} {out}", file=sys.stderr)
    return done.returncode == 0


def build_all(arguments):
    if arguments == ["all"]:
        wanted = [(name, version) for name, all_versions in sources().items() for version in all_versions]
    else:
        name, *some = arguments
        wanted = [(name, version) for version in some or versions(name)]
    return 0 if all([build(*pair) for pair in wanted]) else 1


# ---------------------------------------------------------------------------------------------------------------------------- measuring
def go(*arguments, cwd):
    return subprocess.run(["go", *arguments], cwd=cwd, capture_output=True, text=True)


def new_module(name, version, query):
    """A folder for the version, made from the newest one, with the engine's module at what `query` names. True if it is complete."""
    folder = HERE / name / version
    if not folder.is_dir():
        newest = versions(name)[-1]
        shutil.copytree(HERE / name / newest, folder)
        path = folder / "go.mod"
        path.write_text(path.read_text().replace(f"npverify/engines/{name}/{newest}", f"npverify/engines/{name}/{version}"))
    found = go("mod", "download", "-json", f"{MODULES[name]}@{query}", cwd=folder)
    if found.returncode:
        print(f"Go has no {MODULES[name]}@{query}:\n{found.stderr or found.stdout}", file=sys.stderr)
        return False
    module = json.loads(found.stdout)
    take_over_replaces(folder, name, module)
    for step in (["get", f"{MODULES[name]}@{module['Version']}"], ["mod", "tidy"]):
        done = go(*step, cwd=folder)
        if done.returncode:
            print(f"go {' '.join(step)} in {folder}:\n{done.stderr[-3000:]}", file=sys.stderr)
            return False
    engine = f"{name}@{re.sub('^v', '', module['Version'])}" if re.fullmatch(r"v\d+\.\d+\.\d+", module["Version"]) else f"{name}@{version}.0"
    main = folder / "main.go"
    main.write_text(re.sub(rf'"{name}@\d+\.\d+\.\d+"', f'"{engine}"', main.read_text()))
    return True


def take_over_replaces(folder, name, module):
    """Calico's own replaces that name a version; its nested modules follow it."""
    if name != "calico":
        return
    text = pathlib.Path(module["GoMod"]).read_text()
    edits = [f"{a}={b}@{v}" for a, b, v in re.findall(r"^\s*(?:replace\s+)?(\S+)(?: \S+)? => ([^.\s]\S*) (v\S+)", text, re.M)]
    edits += [f"{MODULES[name]}={MODULES[name]}@{module['Version']}"]
    edits += [f"{a}={a}@{module['Version']}" for a in re.findall(rf"^\s*(?:replace\s+)?({MODULES[name]}/\S+) => \./", text, re.M)]
    go("mod", "edit", *(f"-replace={e}" for e in edits), cwd=folder)


def parted(world, old, new):
    return [(n, side, o[side], v[side]) for n, (o, v) in enumerate(zip(old, new)) for side in (0, 1) if o[side] != v[side] and "?" not in (o[side], v[side])]


def replay_worlds(data, old, new):
    """Worlds of a collection put to both drivers: what changed, by feature of the world."""
    ends, worlds, examples = collections.Counter(), collections.Counter(), {}
    total = 0
    for folder in sorted(p.parent for p in data.glob("np-*/worlds.jsonl.xz")):
        batch = list(W.read_lines(folder / "worlds.jsonl.xz"))
        for world, a, b in zip(batch, engines.ask(old, batch), engines.ask(new, batch)):
            total += 1
            changes = parted(world, a["verdicts"], b["verdicts"]) if a and b else []
            for feature in world.get("features", []) if changes else []:
                worlds[feature] += 1
                ends[feature] += len(changes)
            if changes:
                examples.setdefault(changes[0][1:], (world["id"], world["flows"][changes[0][0]]))
                worlds["(all)"] += 1
                ends["(all)"] += len(changes)
    print(f"\n{total} worlds replayed: {worlds['(all)']} with a change, {ends['(all)']} ends")
    for feature, n in sorted(worlds.items(), key=lambda x: -x[1])[:20]:
        print(f"    {feature:45} worlds {n:6} ends {ends[feature]:7}")
    for (side, was, now), (id, flow) in examples.items():
        print(f"    {W.SIDES[side]} {was} became {now}: {id} {flow}")
    return worlds["(all)"]


def replay_cases(name, old, new):
    """Cases put to both drivers; prints those that changed and a draft of what encodings/ would say."""
    cases = list(casefile.read_all(CASES))
    batch = [world for _, _, world in cases]
    changed, kept = collections.defaultdict(list), set()
    for (case, axis, world), a, b in zip(cases, engines.ask(old, batch), engines.ask(new, batch)):
        changes = parted(world, a["verdicts"], b["verdicts"])
        if changes:
            changed[axis].append((case, world, changes))
        else:
            kept.add(axis)
    print(f"\n{len(cases)} cases replayed: {sum(map(len, changed.values()))} changed")
    for axis, found in changed.items():
        for case, world, changes in found:
            for n, side, was, now in changes:
                print(f"    {axis or '(no axis)':24} {case}: {','.join(map(str, world['flows'][n]))} {W.SIDES[side]} {was} became {now}")
    draft(name, new, changed, sorted(kept - set(changed) - {""}))


def draft(name, new, changed, same):
    _, _, version = new.partition("@")
    upper = ".".join([version.split(".")[0], str(int(version.split(".")[1]) + 1)])
    engine = subprocess.run(engines.command(new), input=json.dumps({"id": "x", "objects": [], "flows": []}) + "\n", capture_output=True, text=True).stdout
    release = (json.loads(engine)["engine"] if engine else new).partition("@")[2]
    print(f"\n# draft for encodings/cni/{name}.yaml; release {release}\naxes:")
    for axis, found in changed.items():
        if axis:
            print(f"  {axis}:\n    - versions: \">={version} <{upper}\"\n      rule: \"\"          # which rule says this? encodings/axes.yaml lists those of the axis\n"
                  f"      confidence: measured\n      evidence:")
            for case, world, changes in found:
                n, side, was, now = changes[0]
                print(f"        - measured: \"{release}, case {case}: {W.SIDES[side]} {was} became {now}\"")
    print(f"# unchanged in every case: widen the last range to <{upper}: {', '.join(same)}")


def measure(arguments):
    parser = argparse.ArgumentParser(prog="scripts/engine measure")
    parser.add_argument("name", choices=MODULES)
    parser.add_argument("version", help="minor version, such as 1.21")
    parser.add_argument("--module", help="what Go is asked for; default vVERSION, the newest patch")
    parser.add_argument("--data", type=pathlib.Path, default=SAMPLE, help="collection of worlds to replay")
    parser.add_argument("--against", help="profile to compare with; default the newest version below")
    options = parser.parse_args(arguments)
    older = [v for v in versions(options.name) if order(v) < order(options.version)]
    against = options.against or f"{options.name}@{older[-1]}"
    fresh = not (HERE / options.name / options.version / "go.sum").is_file() or options.module
    if fresh and not new_module(options.name, options.version, options.module or f"v{options.version}"):
        return 1
    for profile in (against, f"{options.name}@{options.version}"):
        name, _, version = profile.partition("@")
        if not (engines.folder() / engines.minor(profile)).is_file() and not build(name, ".".join(version.split(".")[:2])):
            print(f"mend {HERE / name / version / 'main.go'} and run this again", file=sys.stderr)
            return 1
    print(f"{options.name}@{options.version} against {against}")
    replay_worlds(options.data, against, f"{options.name}@{options.version}")
    replay_cases(options.name, against, f"{options.name}@{options.version}")
    return 0


def list_engines():
    for name, all_versions in sources().items():
        print(f"{name:24}", " ".join(v + ("*" if (engines.folder() / f"{name}-{v}").is_file() else "") for v in all_versions))
    print("* built")
    return 0


def main():
    command, *arguments = sys.argv[1:] or ["--help"]
    if command == "list":
        return list_engines()
    if command == "build" and arguments:
        return build_all(arguments)
    if command == "run" and len(arguments) >= 2:
        name, version, *flags = arguments
        binary = engines.command(f"{name}@{version}")
        os.execv(binary[0], [*binary, *flags])
    if command == "measure" and arguments:
        return measure(arguments)
    if command in MODULES and arguments:
        return measure([command, *arguments])
    print(__doc__)
    return 0 if command in ("-h", "--help") else 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except engines.Missing as missing:
        sys.exit(str(missing))
