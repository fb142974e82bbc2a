#!/usr/bin/env python3
"""--shard I/N and merge: any N gives the answer of one run.

    tests/shards/run.py --npverify BINARY [--worlds 8] [--seed 41000]

Random clusters of several namespaces (three worlds of ../engines/generate side by side); equiv of two CNIs, diff against a copy with some policies
changed, taken away and added, prove of random invariants; N from 1 to 5. The merged answer has the verdict, the exit code and the limits of one
run; prove's is the same to the last byte but for `mergedFrom`. For equiv and diff: the same causes, in the same order, under the same ids, but
where docs/shards.md says that they may differ: such merges are counted, and may be one in ten. A part says `part`, never that something is proved,
and never exits 0. Then the ways in which a merge must refuse.

Exit: 0 all hold, 1 not.
"""
import argparse
import copy
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "support"), str(HERE.parent / "differential")]
import jsonschema  # noqa: E402
import worldstream  # noqa: E402
from truth import manifests  # noqa: E402
from truth.verifier import Verifier  # noqa: E402

PAIRS = (("calico@3.28", "cilium@1.16"), ("kubernetes", "cilium@1.20"), ("cilium@1.14", "cilium@1.19"), ("calico@3.28", "calico@3.28"))
CNIS = ("kubernetes", "calico@3.31", "cilium@1.16")
SHARED = ("gaps", "approximations", "notModelled", "datapath", "assumptions", "partial", "profilesChosen", "universe", "left", "right", "profiles", "command", "npverify")


def moved(world, place):
    """The namespaces and policies of a world, under names of their own."""
    for one in world["objects"]:
        one = copy.deepcopy(one)
        if one["kind"] == "Namespace":
            one["metadata"]["name"] += f"-{place}"
            one["metadata"].setdefault("labels", {}).pop("kubernetes.io/metadata.name", None)
            yield one
        elif one["kind"] == "NetworkPolicy":
            one["metadata"]["namespace"] += f"-{place}"
            yield one
        elif one["kind"] == "Node" and place == 0:
            yield one


def cluster(seed):
    stream = worldstream.worlds(["core", "full", "wild"], seed)
    return [one for place in range(3) for one in moved(next(stream)[2], place)]


def edited(rng, objects):
    """Some policies lost, some with the rules of another, one new."""
    policies = [one for one in objects if one["kind"] == "NetworkPolicy"]
    out = []
    for one in objects:
        if one["kind"] == "NetworkPolicy" and rng.random() < 0.4:
            if rng.random() < 0.4:
                continue
            one = {**one, "spec": copy.deepcopy(rng.choice(policies)["spec"])}
        out.append(one)
    new = copy.deepcopy(rng.choice(policies))
    new["metadata"]["name"] = "fresh"
    return out + [new]


def specification(rng, objects):
    names = sorted({one["metadata"]["namespace"] for one in objects if one["kind"] == "NetworkPolicy"})
    invariants = []
    for number in range(rng.randint(1, 7)):
        ends = {side: {"namespaces": {"names": [rng.choice(names)]}} if rng.random() < 0.8 else {"namespaces": {"any": True}} for side in ("from", "to")}
        verb = rng.choice(("forbid", "require"))
        invariants.append({"id": f"i{number}", "title": f"invariant {number}", "severity": rng.choice(("critical", "high", "low")), verb: {**ends, "ports": [f"TCP/{rng.choice((80, 443, 8080))}"]}})
    return {"apiVersion": "npverify.io/v1alpha1", "kind": "InvariantSet", "metadata": {"name": "random"}, "spec": {"invariants": invariants}}


class Property:
    def __init__(self, binary, folder):
        self.verifier, self.folder = Verifier(binary), pathlib.Path(folder)
        self.problems, self.asked, self.compared, self.other_causes = [], 0, 0, 0

    def say(self, where, text):
        self.problems.append(f"{where}: {text}")
        print(self.problems[-1], flush=True)

    def holds(self, where, *command):
        whole, code = self.verifier.json(*command, "-q")
        for of in range(1, 6):
            files = []
            for index in range(1, of + 1):
                part, part_code = self.verifier.json(*command, "-q", "--shard", f"{index}/{of}")
                files.append(self.folder / f"part-{index}.json")
                files[-1].write_text(json.dumps(part))
                if part_code == 0 or part["verdict"] in ("proved", "equivalent", "same"):
                    self.say(where, f"part {index}/{of} says {part['verdict']} and exits {part_code}")
                if (part["shard"]["index"], part["shard"]["of"]) != (index, of):
                    self.say(where, f"part {index}/{of} calls itself {part['shard']}")
            random.Random(of).shuffle(files)
            merged, merged_code = self.verifier.json("merge", *files)
            self.asked += 1
            if of == 3:
                schema = json.loads((ROOT / f"docs/schema/{'prove' if merged['command'] == 'prove' else 'comparison'}.schema.json").read_text())
                for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(merged):
                    self.say(where, f"the schema refuses the merged answer: {error.json_path}: {error.message}")
            self.compare(f"{where}, N = {of}: {' '.join(map(str, command))}", whole, code, merged, merged_code, of)

    def compare(self, where, whole, code, merged, merged_code, of):
        if (whole["verdict"], code) != (merged["verdict"], merged_code):
            return self.say(where, f"one run: {whole['verdict']} exit {code}; merged: {merged['verdict']} exit {merged_code}")
        if merged.pop("mergedFrom") != of or "shard" in merged:
            self.say(where, "mergedFrom is wrong, or shard was left")
        for name in SHARED:
            if whole.get(name) != merged.get(name):
                self.say(where, f"{name} differs: {whole.get(name)} and {merged.get(name)}")
        if whole["command"] == "prove":
            if whole != merged:
                self.say(where, f"the merged answer differs: {json.dumps(whole)[:1500]} and {json.dumps(merged)[:1500]}")
            return
        causes = [[(f.get("change"), f["cause"]["axes"], f["cause"]["changed"], f["id"]) for f in answer["findings"]] for answer in (whole, merged)]
        self.compared += 1
        if causes[0] != causes[1]:
            self.other_causes += 1
            print(f"{where}: other causes: {causes[0]} and {causes[1]}")
            if of == 1:
                self.say(where, "one part is the whole, and names other causes")
        if bool(whole.get("reason")) != bool(merged.get("reason")):
            self.say(where, f"reason: {whole.get('reason')} and {merged.get('reason')}")


def ask_everything(prop, seed, folder):
    rng = random.Random(seed)
    objects = cluster(seed)
    before, after, spec = (folder / name for name in ("before.yaml", "after.yaml", "spec.yaml"))
    before.write_text(manifests.dump_all(objects))
    after.write_text(manifests.dump_all(edited(rng, objects)))
    spec.write_text(manifests.dump(specification(rng, objects)))
    left, right = PAIRS[seed % len(PAIRS)]
    cni = CNIS[seed % len(CNIS)]
    prop.holds(f"equiv {seed}", "equiv", "--left", left, "--right", right, "-f", before)
    prop.holds(f"diff {seed}", "diff", "--cni", cni, before, after)
    prop.holds(f"diff {seed}, three findings", "diff", "--cni", cni, "--max-findings", "3", before, after)
    prop.holds(f"prove {seed}", "prove", "--cni", cni, "-f", before, spec, *(["--fail-on", "high"] if seed % 2 else []))


class Refusals:
    """What must end with exit 2 and a sentence that tells why."""

    def __init__(self, prop):
        self.verifier, self.folder, self.say, self.asked = prop.verifier, prop.folder, prop.say, 0

    def part(self, name, *command, shard, change=None):
        answer, _ = self.verifier.json(*command, "-q", "--shard", shard)
        if change:
            change(answer)
        file = self.folder / f"{name}.json"
        file.write_text(json.dumps(answer, indent=1))
        return file

    def refused(self, where, words, *command, environment=()):
        self.asked += 1
        done = subprocess.run([self.verifier.binary, *map(str, command)], capture_output=True, text=True, timeout=600, env=self.environment(environment))
        missing = [word for word in words if word not in done.stderr]
        if done.returncode != 2 or missing or done.stdout:
            self.say(where, f"exit {done.returncode}, expected 2 and {words}: {done.stderr}{done.stdout[:300]}")

    @staticmethod
    def environment(more):
        """Ours, but for the variables of a runner of parallel jobs."""
        return {name: value for name, value in os.environ.items() if not name.startswith(("CI_NODE", "CIRCLE_NODE", "JOB_COMPLETION"))} | dict(more)

    def merges(self):
        equiv = ["equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "-f", ROOT / "examples/outage"]
        one, two, three = (self.part(f"good-{i}", *equiv, shard=f"{i}/3") for i in (1, 2, 3))
        refuse = self.refused
        refuse("a missing part", ["1 of 3 shards is missing: 2"], "merge", one, three)
        refuse("two missing parts", ["2 of 3 shards are missing: 1, 3"], "merge", two)
        refuse("a double part", ["shard 2 of 3 stands twice", "good-2.json"], "merge", one, two, two, three)
        refuse("double and missing", ["shard 1 of 3 stands twice", "missing: 3"], "merge", one, one, two)
        refuse("another number of parts", ["shards 2 and 3"], "merge", one, self.part("of-2", *equiv, shard="2/2"), three)
        other = [*equiv[:4], "cilium@1.17", *equiv[5:]]
        refuse("another profile", ["other.json", "good-1.json", "different runs: profiles", "cilium@1.17"], "merge", one, self.part("other", *other, shard="2/3"), three)
        refuse("another universe", ["question universe declared"], "merge", one, self.part("universe", *equiv, "--universe", "declared", shard="2/3"), three)
        refuse("other manifests", ["different runs: manifests"], "merge", one, self.part("fixed", *equiv[:-1], ROOT / "examples/outage-fixed", shard="2/3"), three)
        refuse("other limits", ["different runs: items 7 and 20"], "merge", one, self.part("limits", *equiv, "--max-findings", "7", shard="2/3"), three)
        refuse("another version", ["npverify 9.9.9 and"], "merge", one, self.part("version", *equiv, shard="2/3", change=lambda a: a.update(npverify="9.9.9")), three)
        diff = ["diff", "--cni", "kubernetes", ROOT / "examples/outage", ROOT / "examples/outage-fixed"]
        refuse("another command", ["command diff and equiv"], "merge", one, self.part("diff", *diff, shard="2/3"), three)
        refuse("a whole answer", ["whole.json: is a whole answer"], "merge", one, self.whole("whole", *equiv), three)
        refuse("an answer of list", ["has no shards"], "merge", self.whole("list", "list", "--cni", "kubernetes", "-f", ROOT / "examples/outage"))
        refuse("several problems at once", ["whole.json: is a whole", "list.json: is an answer of 'list'"], "merge", self.folder / "whole.json", self.folder / "list.json")
        refuse("no such file", ["cannot read", "no-such.json", "gone.json"], "merge", self.folder / "no-such.json", self.folder / "gone.json")
        half = self.folder / "half.json"
        half.write_text(one.read_text()[:400])
        refuse("a truncated answer", ["half.json:", "no JSON, or not all of it"], "merge", half, two, three)
        refuse("no JSON", ["run.py:1:1: no JSON"], "merge", HERE / "run.py")
        refuse("JSON of something else", ["is no answer of npverify"], "merge", ROOT / "docs/schema/prove.schema.json")
        empty = self.folder / "empty"
        empty.mkdir()
        refuse("an empty folder", ["holds no *.json"], "merge", empty)
        for field, value in (("of", 0), ("index", 4), ("index", "1"), ("inputs", []), ("items", -1), ("exitCode", "0")):
            refuse(f"shard.{field} {value}", [f"shard.{field}"], "merge", self.part("field", *equiv, shard="1/3", change=lambda a, f=field, v=value: a["shard"].update({f: v})), two, three)
        for field, value in (("findings", {}), ("gaps", "none"), ("gaps", [1]), ("counts", None), ("partial", "no"), ("findings", [{"id": "x"}])):
            refuse(f"{field} {value}", [field], "merge", self.part("field", *equiv, shard="1/3", change=lambda a, f=field, v=value: a.update({f: v})), two, three)
        prove = ["prove", "--cni", "cilium@1.16", "-f", ROOT / "examples/outage", ROOT / "tests/golden/input/invariants.yaml"]
        refuse("an invariant lost", ["invariants, found"], "merge", self.part("lost", *prove, shard="1/1", change=lambda a: a["results"].pop()))
        refuse("another day", ["different runs: day 2026-01-01 and 2026-01-02"], "merge", self.part("day-1", *prove, "--as-of", "2026-01-02", shard="1/2"), self.part("day-2", *prove, "--as-of", "2026-01-01", shard="2/2"))

    def whole(self, name, *command):
        file = self.folder / f"{name}.json"
        file.write_text(self.verifier.run(*command, "--format", "json").stdout)
        return file

    def options(self):
        equiv = ["equiv", "--left", "calico@3.28", "--right", "cilium@1.16", "-f", ROOT / "examples/outage", "--shard"]
        for text in ("0/3", "4/3", "1/0", "x/3", "1/", "1", "-1/3", "1/3/5", "auto/x"):
            self.refused(f"--shard {text}", [f"--shard {text}"], *equiv, text, environment={"CI_NODE_INDEX": "1"}.items() if text == "auto/x" else ())
        self.refused("auto without a runner", ["none of CI_NODE_INDEX"], *equiv, "auto")
        self.refused("auto without a number", ["JOB_COMPLETIONS is not", "auto/N"], *equiv, "auto", environment={"JOB_COMPLETION_INDEX": "0"}.items())
        self.refused("auto with two runners", ["both CI_NODE_INDEX and JOB_COMPLETION_INDEX"], *equiv, "auto/2", environment={"JOB_COMPLETION_INDEX": "0", "CI_NODE_INDEX": "1"}.items())
        self.refused("auto with two numbers", ["CI_NODE_TOTAL is 4"], *equiv, "auto/2", environment={"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}.items())
        self.refused("auto out of range", ["shard 3 of 2"], *equiv, "auto", environment={"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "2"}.items())
        for environment, text, wanted in (({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}, "auto", (2, 3)), ({"CI_NODE_TOTAL": "1"}, "auto", (1, 1)), ({"CIRCLE_NODE_INDEX": "1", "CIRCLE_NODE_TOTAL": "3"}, "auto", (2, 3)),
                                          ({"JOB_COMPLETION_INDEX": "0"}, "auto/3", (1, 3)), ({"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "3"}, "auto", (3, 3)), ({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}, None, None)):
            done = subprocess.run([self.verifier.binary, *map(str, equiv[:-1]), *(["--shard", text] if text else []), "--format", "json"], capture_output=True, text=True, env=self.environment(environment))
            shard = json.loads(done.stdout).get("shard")
            if (shard and (shard["index"], shard["of"])) != wanted or (text is None) != ("does the whole work" in done.stderr):
                self.say(f"{environment} --shard {text}", f"{shard}, expected {wanted}; {done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify", required=True)
    parser.add_argument("--worlds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=41000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prop = Property(options.npverify, folder)
        refusals = Refusals(prop)
        refusals.merges()
        refusals.options()
        for seed in range(options.seed, options.seed + options.worlds):
            ask_everything(prop, seed, pathlib.Path(folder))
    print(f"{refusals.asked} refusals, {prop.asked} merges, {prop.other_causes} with other causes, {len(prop.problems)} problems")
    return 1 if prop.problems or prop.asked == 0 or 10 * prop.other_causes > prop.compared else 0


if __name__ == "__main__":
    sys.exit(main())
