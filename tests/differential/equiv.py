#!/usr/bin/env python3
"""Holds `npverify equiv` against the CNIs' own policy engines on random worlds.

    scripts/attack-equiv --worlds 50 --pair calico@3.28,cilium@1.16 --seed 7000
    scripts/attack-equiv --seconds 3600 --out /tmp/found

different   each witness, as written by --witness-dir, is put to both engines and to `npverify eval`: all must give the verdicts it claims.
equivalent  at least --flows random flows, in the world extended with fresh pods (labels and port names of the policies' vocabulary, fresh
            namespaces, ports beside every cut, addresses beside every block), are put to both engines: no flow may have two verdicts
            (egress and ingress together). Ends that an engine does not answer are left out, and so is what `equiv` leaves out of its
            domain: a pod to itself, and UDP 4789 from pods where Calico takes part.
--axes      for each axis on which the two profiles of a pair differ (as `cni diff` lists them): a case of tests/cases/semantics on which
            `equiv` blames that axis alone, its witness confirmed by both engines. An axis without one is a defect.
A disagreement is printed with the command that shows it and kept below --out. Without --pair: neighbouring versions and each CNI's newest against the
others and the API's words. Drivers: scripts/engine build.

Exit: 0 no disagreement, 1 disagreements, 2 no driver.
"""
import argparse
import collections
import csv
import itertools
import json
import pathlib
import shutil
import sys
import tempfile
import time

import worldstream
from truth import casefile, engines, manifests, probes
from truth import worlds as W
from truth.verifier import WORDS, Failed, Verifier, flags

PAIRS = ["calico@3.28,cilium@1.16", "calico@3.31,cilium@1.20", "kubernetes,calico@3.31", "kubernetes,cilium@1.20", "kubernetes,kube-network-policies@1.1",
         "calico@3.26,calico@3.28", "calico@3.29,calico@3.30", "calico@3.30,calico@3.31",
         *(f"cilium@1.{n},cilium@1.{n + 1}" for n in range(12, 20))]
CASES = pathlib.Path(__file__).resolve().parents[1] / "cases" / "semantics"
NOT_ASKED = {"pods.ended": "equiv asks for running pods", "datapath.sctp": "left out of equiv's domain, whatever policy says",
             "datapath.vxlan": "left out of equiv's domain, whatever policy says"}
A_ROUND = 2500                                       # flows of one extended world


def together(pair):
    """The verdict on a flow, None where an engine leaves an end open."""
    return None if "?" in pair else "deny" if "deny" in pair else "allow"


class Attack:
    def __init__(self, binary, out, flows):
        self.verifier, self.out, self.flows = Verifier(binary), out, flows
        self.outcomes, self.defects, self.asked = collections.Counter(), 0, collections.Counter()

    def world(self, world, left, right, seed):
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.manifest = self.folder / "world.yaml"
            self.manifest.write_text(manifests.dump_all(world["objects"]))
            self.command = ["equiv", "--left", left, "--right", right, *flags(world["options"]), "-f", str(self.manifest)]
            try:
                answer, _ = self.verifier.json(*self.command, "--witness-dir", self.folder / "witness")
            except Failed as failed:
                return self.defect(world, left, right, f"npverify failed: {failed}", {})
            verdict = answer["verdict"]
            self.outcomes[left, right, verdict] += 1
            if verdict == "different":
                self.confirm(world, left, right, answer)
            elif verdict == "equivalent":
                self.attack(world, left, right, seed)

    # ------------------------------------------------------------------------------------------------------------------------ different
    def confirm(self, world, left, right, answer):
        if not answer["findings"]:
            self.defect(world, left, right, "different without a finding", answer)
        for number, finding in enumerate(answer["findings"], 1):
            folder = self.folder / "witness" / str(number)
            try:
                objects = list(manifests.load_all((folder / "world.yaml").read_text()))
                with open(folder / "flow.csv") as file:
                    flows = [[r["source"], r["destination"], r["protocol"], int(r["port"])] for r in csv.DictReader(file)]
            except (OSError, manifests.Unreadable, KeyError) as error:
                self.defect(world, left, right, f"witness {number} cannot be read: {error}", finding)
                continue
            small = {"id": f"{world['id']}-witness-{number}", "objects": objects, "options": world["options"], "flows": flows}
            for side, profile in (("left", left), ("right", right)):
                claim = [WORDS[finding["witness"][side][d]] for d in W.SIDES]
                self.compare_claim(world, left, right, number, small, profile, claim, finding)

    def compare_claim(self, world, left, right, number, small, profile, claim, finding):
        engine = engines.ask(profile, [small])[0]
        ours = self.verifier.eval_worlds([small], profile)[0]
        self.asked["witness ends"] += 2
        self.asked["witness ends that the engine does not answer"] += (engine["verdicts"][0] if engine else []).count("?")
        for who, verdicts in ((f"engine {profile}", engine and engine["verdicts"]), (f"eval {profile}", ours["verdicts"])):
            if not verdicts or any(c != v != "?" for c, v in zip(claim, verdicts[0])):
                self.defect(world, left, right, f"witness {number} claims {claim} for {profile}, {who} says {verdicts and verdicts[0]}", finding, small)

    # ----------------------------------------------------------------------------------------------------------------------- equivalent
    def attack(self, world, left, right, seed):
        tried, round_number = 0, 0
        while tried < self.flows and round_number < 40:
            extended, outside, words, rng = probes.extended(world, f"{seed}/{round_number}")
            flows = probes.random_flows(extended, outside, words, rng, min(A_ROUND, self.flows - tried))
            if any(p.startswith("calico@") for p in (left, right)):
                flows = [f for f in flows if f[2:] != ["UDP", 4789]]
            extended["flows"] = flows
            answers = [engines.ask(profile, [extended])[0] for profile in (left, right)]
            round_number += 1
            if not all(answers):
                continue
            tried += len(flows)
            for flow, a, b in zip(flows, *(x["verdicts"] for x in answers)):
                x, y = together(a), together(b)
                if x and y and x != y:
                    self.defect(world, left, right, f"equivalent, but {flow} is {a} under {left} and {b} under {right}", {}, {**extended, "flows": [flow]})
                    return
        self.asked["attacking flows"] += tried

    # ------------------------------------------------------------------------------------------------------------------------------ axes
    def axes(self, left, right):
        """For each axis on which the profiles differ, a case whose witness blames it alone and which the engines confirm."""
        cases = list(casefile.read_all(CASES))
        options = {json.dumps(world["options"]): world["options"] for _, _, world in cases}
        differing = collections.defaultdict(list)        # axis -> the options with which the profiles differ on it
        for chosen in sorted(options.values(), key=len):
            answer, _ = self.verifier.json("cni", "diff", left, right, *flags(chosen), accept=(0, 1))
            for axis in answer["axes"]:
                differing[axis["axis"]].append(chosen)
        for axis in sorted(differing):
            if axis in NOT_ASKED:
                print(f"{left} {right} {axis:28} {NOT_ASKED[axis]}", flush=True)
                continue
            seen = [(name, *self.witnessed(axis, world, left, right)) for name, about, world in cases if about == axis]
            blamed = next((name for name, alone, _ in seen if alone), None)
            along = next((f"{name}, behind {', '.join(axes)}" for name, _, axes in seen if axes), None)
            unknown = all(self.gap(axis, left, right, chosen) for chosen in differing[axis])
            if blamed or along or unknown:
                print(f"{left} {right} {axis:28} {blamed or along or 'one of the two does not know'}", flush=True)
            else:
                self.command = ["cni", "diff", left, right, *flags(differing[axis][0])]
                self.defect({"id": axis, "objects": []}, left, right, f"no case shows the axis {axis}", {})

    def gap(self, axis, left, right, options):
        """Whether what the two say differently is that one of them leaves it open."""
        answer, _ = self.verifier.json("cni", "diff", left, right, *flags(options), accept=(0, 1))
        sides = [side for a in answer["axes"] if a["axis"] == axis for side in (a["left"], a["right"])]
        return any(side["gap"] or side["rule"].startswith("unspecified.") and side["rule"] != "unspecified.nothing" for side in sides)

    def witnessed(self, axis, world, left, right):
        """Whether a confirmed witness blames `axis` alone, and the axes that the first finding blames."""
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.manifest = self.folder / "world.yaml"
            self.manifest.write_text(manifests.dump_all(world["objects"]))
            self.command = ["equiv", "--left", left, "--right", right, *flags(world["options"]), "-f", str(self.manifest)]
            answer, _ = self.verifier.json(*self.command, "--witness-dir", self.folder / "witness")
            if answer["verdict"] == "different":
                self.confirm(world, left, right, answer)
            blamed = [f["cause"]["axes"] for f in answer["findings"]]
            return [axis] in blamed, blamed[0] if blamed else []

    # ------------------------------------------------------------------------------------------------------------------------ reporting
    def defect(self, world, left, right, text, finding, small=None):
        self.defects += 1
        print(f"\nDISAGREEMENT {world['id']} {left} {right}: {text}\n    npverify {' '.join(map(str, self.command))}", flush=True)
        if finding:
            print("    " + json.dumps({k: finding.get(k) for k in ("title", "cause", "witness")}), flush=True)
        if not self.out:
            for policy in W.policies_of(small or world):
                print("    ---\n    " + manifests.dump(policy).replace("\n", "\n    ").rstrip())
            return
        kept = self.out / f"{self.defects:04d}-{world['id']}-{left}-{right}"
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.manifest, kept / "world.yaml")
        (kept / "what.txt").write_text(f"{text}\nnpverify {' '.join(map(str, self.command[:-1]))} {kept / 'world.yaml'}\n{json.dumps(finding, indent=1)}\n")
        if small:
            (kept / "flow-world.yaml").write_text(manifests.dump_all(small["objects"]))
            (kept / "flow-world.jsonl").write_text(W.dump_line(small) + "\n")
            (kept / "flow.csv").write_text(W.flows_csv(small))
        print(f"    kept in {kept}", flush=True)

    def show(self):
        pairs = sorted({(a, b) for a, b, _ in self.outcomes})
        verdicts = ("equivalent", "different", "unknown", "vacuous")
        if not pairs:
            print(f"{dict(self.asked)}, disagreements {self.defects}")
            return
        print(f"\n{'left':28} {'right':28} " + " ".join(f"{v:>11}" for v in verdicts))
        for a, b in pairs:
            print(f"{a:28} {b:28} " + " ".join(f"{self.outcomes[a, b, v]:11}" for v in verdicts))
        print(f"{dict(self.asked)}, disagreements {self.defects}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", action="append", default=[], help="LEFT,RIGHT (repeatable)")
    parser.add_argument("--axes", action="store_true", help="a confirmed witness for each axis on which the pairs differ")
    parser.add_argument("--worlds", type=int, default=0, help="so many worlds, each with every pair; 0: no end")
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", default=[], choices=worldstream.KINDS)
    parser.add_argument("--flows", type=int, default=10000, help="flows that attack each `equivalent`")
    parser.add_argument("--out", type=pathlib.Path, help="folder for what is needed to see a disagreement again")
    parser.add_argument("--npverify")
    options = parser.parse_args()
    pairs = [p.split(",") for p in options.pair or PAIRS]
    try:
        for profile in {x for p in pairs for x in p}:
            engines.command(profile)
    except engines.Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    attack, started = Attack(options.npverify, options.out, options.flows), time.monotonic()
    if options.axes:
        for left, right in pairs:
            attack.axes(left, right)
        attack.show()
        return 1 if attack.defects else 0
    seed = options.seed or int(time.time()) * 1000
    print(f"seeds from {seed}", flush=True)
    stream = worldstream.worlds(options.kind or ["core", "full", "wild"], seed)
    try:
        for _, number, world in itertools.islice(stream, options.worlds or None):
            for left, right in pairs:
                attack.world(world, left, right, number)
                if options.seconds and time.monotonic() - started > options.seconds:
                    raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    attack.show()
    return 1 if attack.defects else 0


if __name__ == "__main__":
    sys.exit(main())
