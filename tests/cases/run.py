#!/usr/bin/env python3
"""Runs case files: a comment header with questions and answers, then the manifests they are asked of.

    tests/cases/run.py [FILE or FOLDER...] [--thorough] [--npverify BINARY]

    # Why the case exists, in a sentence or two.
    # AXIS: ports.range                              the axis it is about, if it is about one (scripts/engine measure reads it)
    # RUN: eval --cni cilium@1.12..1.16,calico@3.28 --option cilium.policy-cidr-match-mode=nodes
    # EXPECT: shop/a,ip:203.0.113.7,TCP,80 -> allow,unpoliced
    # RUN: equiv --left cilium@1.15 --right cilium@1.16
    # EXPECT: different
    # EXPECT-WITNESS: port 81..90
    # EXPECT-BLAME: axis ports.end-port; policy shop/p ingress[0].ports[0]

Answers follow their question. `A..B` stands for all minor versions between. A witness expectation holds if one finding satisfies it: `port A..B`,
`protocol TCP`, `source END`, `destination END` (END as in flows, or its beginning). So does a blame: `axis ID`, `policy NAMESPACE/NAME FIELD`.

Each case is multiplied: documents in another order and label values renamed change no verdict; each profile is equivalent to itself; each
witness, written out and read again, gets from `eval` the verdicts it claims; and where a solver is installed, the dumped queries get their
answer again. --thorough asks the multiplied questions of every profile of a RUN line, not of its first alone.
"""
import argparse
import concurrent.futures
import copy
import csv
import dataclasses
import json
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import manifests, worlds as W  # noqa: E402
from truth.verifier import Failed, Verifier  # noqa: E402


@dataclasses.dataclass
class Question:
    command: str
    options: dict                                    # flag -> list of values
    expect: list = dataclasses.field(default_factory=list)
    witness: list = dataclasses.field(default_factory=list)
    blame: list = dataclasses.field(default_factory=list)

    def one(self, flag):
        return self.options[flag][0]

    def passed_on(self, *without):
        """The flags as they came, but for some."""
        return [part for flag, values in self.options.items() if flag not in without for value in values for part in (flag, value)]


def read_case(path):
    """The questions of a case's header."""
    questions = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        match = re.match(r"# (RUN|EXPECT|EXPECT-WITNESS|EXPECT-BLAME): *(.*)", line)
        if not match:
            continue
        word, text = match.groups()
        if word == "RUN":
            command, *words = shlex.split(text)
            options = {}
            for flag, value in zip(words[::2], words[1::2], strict=True):
                options.setdefault(flag, []).append(value)
            questions.append(Question(command, options))
        else:
            {"EXPECT": questions[-1].expect, "EXPECT-WITNESS": questions[-1].witness, "EXPECT-BLAME": questions[-1].blame}[word].append(text)
    return questions


def profiles(text):
    """`cilium@1.12..1.14,calico@3.28` as a list of profiles."""
    out = []
    for part in text.split(","):
        match = re.fullmatch(r"(.+@\d+)\.(\d+)\.\.\d+\.(\d+)", part)
        out += [f"{match[1]}.{n}" for n in range(int(match[2]), int(match[3]) + 1)] if match else [part]
    return out


# ------------------------------------------------------------------------------------------------------------------- the same world again
def shuffled(objects, rng):
    objects = copy.deepcopy(objects)
    rng.shuffle(objects)
    return objects


def relabelled(objects):
    """Every label value another one, one to one. Values that Kubernetes itself gives stay."""
    def value(key, text):
        return text if not text or key.startswith("kubernetes.io/") or "io.kubernetes" in key or "io.cilium" in key or "projectcalico.org" in key or len(text) > 60 else f"{text[:-1]}{'q7' if text[-1] != 'q' else 'z7'}{text[-1]}"

    def walk(node):
        if isinstance(node, list):
            return [walk(x) for x in node]
        if not isinstance(node, dict):
            return node
        if "key" in node and "operator" in node:
            return {**node, **({"values": [value(node["key"], v) for v in node["values"]]} if node.get("values") else {})}
        return {k: {n: value(n, str(v)) for n, v in x.items()} if k in ("labels", "matchLabels") and isinstance(x, dict) else walk(x) for k, x in node.items()}

    return walk(copy.deepcopy(objects))


# ------------------------------------------------------------------------------------------------------------------------------ the asking
class Case:
    def __init__(self, path, verifier, thorough):
        self.path, self.verifier, self.thorough = path, verifier, thorough
        self.wrong, self.checks = [], 0
        self.objects = list(manifests.load_all(path.read_text()))

    def check(self, condition, text):
        self.checks += 1
        if not condition:
            self.wrong.append(text)

    def chosen(self, names):
        return names if self.thorough else names[:1]

    def run(self, folder):
        questions = read_case(self.path)
        self.check(questions, "no RUN line")
        for number, question in enumerate(questions):
            self.check(question.expect, f"RUN line {number + 1} has no EXPECT")
            try:
                if question.command == "eval":
                    self.evaluate(question, folder)
                elif question.command == "equiv":
                    self.compare(question, pathlib.Path(folder, f"w{number}"))
                else:
                    self.check(False, f"unknown question {question.command!r}")
            except Failed as failed:
                self.check(False, str(failed))
        self.equivalent_to_itself(questions, folder)

    # concrete flows
    def evaluate(self, question, folder):
        flows, wanted = [], []
        for text in question.expect:
            flow, _, verdict = text.partition(" -> ")
            flows.append(flow)
            wanted.append(verdict.replace(" ", ""))
        flow_file = pathlib.Path(folder, "flows.csv")
        flow_file.write_text("source,destination,protocol,port\n" + "".join(f + "\n" for f in flows))
        names = profiles(question.one("--cni"))
        rest = question.passed_on("--cni")
        for name in names:
            self.same_verdicts(name, rest, self.path, flow_file, flows, wanted, "")
        rng = random.Random(self.path.name)
        for what, objects in (("in another order", shuffled(self.objects, rng)), ("label values renamed", relabelled(self.objects))):
            other = pathlib.Path(folder, "again.yaml")
            other.write_text(manifests.dump_all(objects))
            for name in self.chosen(names):
                self.same_verdicts(name, rest, other, flow_file, flows, wanted, f" ({what})")

    def same_verdicts(self, name, rest, path, flow_file, flows, wanted, what):
        done = self.verifier.run("eval", "--cni", name, *rest, "-f", path, "--flows", flow_file, "--format", "csv", accept=(0, 3))
        rows = done.stdout.splitlines()[1:]
        self.check(len(rows) == len(flows), f"{name}{what}: {len(rows)} answers to {len(flows)} flows")
        for flow, row, want in zip(flows, rows, wanted):
            got = ",".join(row.split(",")[4:6])
            self.check(got == want, f"{name}{what}: {flow} -> {got}, expected {want}; {','.join(row.split(',')[7:])}")

    # questions
    def compare(self, question, witness_dir):
        left, right = question.one("--left"), question.one("--right")
        answer, _ = self.verifier.equiv(left, right, *question.passed_on("--left", "--right"), "-f", self.path, "--witness-dir", witness_dir)
        what = f"equiv {left} {right}"
        self.check(answer["verdict"] == question.expect[0], f"{what}: {answer['verdict']}, expected {question.expect[0]}")
        for text in question.witness:
            self.check(any(witness_fits(f["witness"], text) for f in answer["findings"]), f"{what}: no witness with {text}")
        for text in question.blame:
            self.check(any(blame_fits(f["cause"], text) for f in answer["findings"]), f"{what}: no finding blames {text}")
        for number, finding in enumerate(answer["findings"], 1):
            self.replay(what, witness_dir / str(number), finding["witness"], {"left": left, "right": right}, question.passed_on("--left", "--right", "--universe", "--peers"))
        self.solve_again(question, what)

    def replay(self, what, folder, witness, sides, rest):
        self.check((folder / "world.yaml").is_file(), f"{what}: no {folder.name}/world.yaml")
        for side, profile in sides.items():
            base, _, extra = profile.partition("[")
            options = [part for o in filter(None, extra.rstrip("]").split(",")) for part in ("--option", f"{base.partition('@')[0]}.{o}")]
            done = self.verifier.run("eval", "--cni", base, *options, *rest, "-f", folder / "world.yaml", "--flows", folder / "flow.csv", "--format", "csv", accept=(0, 3))
            for row in csv.DictReader(done.stdout.splitlines()):
                claim = witness[side]
                self.check({k: row[k] for k in W.SIDES} == {k: claim[k] for k in W.SIDES},
                           f"{what}: witness {folder.name} says {claim} for {profile}, eval says {row['egress']}, {row['ingress']} ({row['reason']})")

    def solve_again(self, question, what):
        solver = shutil.which("z3") or shutil.which("cvc5")
        if not solver:
            return
        with tempfile.TemporaryDirectory() as dumped:
            self.verifier.run("equiv", *question.passed_on(), "-f", self.path, "--dump-smt2", dumped)
            for query in sorted(pathlib.Path(dumped).rglob("*.smt2")):
                status = re.search(r"\(set-info :status (sat|unsat)\)", query.read_text())
                if status:
                    said = subprocess.run([solver, str(query)], capture_output=True, text=True, timeout=120).stdout.split("\n")[0]
                    self.check(said == status[1], f"{what}: {query.name} was {status[1]}, {pathlib.Path(solver).name} says {said}")

    def equivalent_to_itself(self, questions, folder):
        asked = {}
        for question in questions:
            names = profiles(question.one("--cni")) if question.command == "eval" else [question.one("--left"), question.one("--right")]
            for name in self.chosen(names):
                asked[(name, *question.passed_on("--cni", "--left", "--right"))] = None
        for name, *rest in asked:
            try:
                answer, _ = self.verifier.equiv(name, name, *rest, "-f", self.path)
                self.check(answer["verdict"] in ("equivalent", "vacuous"), f"equiv {name} with itself: {answer['verdict']}")
            except Failed as failed:
                self.check(False, str(failed))


def end_text(end):
    return end.get("pod") or (f"node:{end['node']}" if end.get("node") and not end.get("ip") else f"ip:{end.get('ip')}")


def witness_fits(witness, text):
    what, _, value = text.partition(" ")
    if what == "port":
        low, _, high = value.partition("..")
        return int(low) <= witness["port"] <= int(high or low)
    if what == "protocol":
        return witness["protocol"] == value
    return end_text(witness[what]).startswith(value)


def blame_fits(cause, text):
    for part in re.split(r"; *", text):
        what, _, value = part.partition(" ")
        if what == "axis":
            if value not in cause["axes"]:
                return False
        else:
            name, _, field = value.partition(" ")
            if not any(f"{p.get('namespace', '')}/{p['name']}" == name and p.get("field", "").removeprefix("spec.").startswith(field) for p in cause["policies"]):
                return False
    return True


def run_case(task):
    path, binary, thorough = task
    with tempfile.TemporaryDirectory() as folder:
        try:
            case = Case(path, Verifier(binary), thorough)
            case.run(folder)
            return path, case.checks, case.wrong
        except (manifests.Unreadable, KeyError, ValueError, json.JSONDecodeError, subprocess.TimeoutExpired) as error:
            return path, 1, [f"{type(error).__name__}: {error}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=pathlib.Path, default=[HERE])
    parser.add_argument("--thorough", action="store_true")
    parser.add_argument("--npverify")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    files = sorted({f for p in options.paths for f in ([p] if p.is_file() else p.rglob("*.yaml"))})
    failed = checks = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, count, wrong in pool.map(run_case, [(f, options.npverify, options.thorough) for f in files]):
            checks += count
            failed += bool(wrong)
            for text in wrong:
                print(f"{path}: {text}")
    print(f"{len(files)} cases, {checks} checks, {failed} cases failed")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
