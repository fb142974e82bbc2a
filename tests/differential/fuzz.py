#!/usr/bin/env python3
"""Random worlds, the CNIs' own policy engines against npverify.

    scripts/fuzz-engines --seconds 600 --cases /tmp/found                  worlds never seen, every profile whose driver is built
    scripts/fuzz-engines --engine cilium@1.16 --engine kubernetes --seed 5000
    scripts/fuzz-engines --fresh 20000 --seed-from 1000000                 so many worlds a profile, then the counts

Worlds come from tests/engines/generate (--kind core, full, wild, agent; see there), those left out that an API server would refuse. Without --seed the
first seed is taken from the clock and printed. A verdict end on which engine and npverify differ is shrunk to the smallest world in which
they still differ so, and written to --cases as a case file with the engine's verdict. Unknown ends are counted by reason. A world is left out for a
release that lacks a value of its options (encodings/cni tells): no agent of that release starts with it.

Exit: 0 no difference, 1 differences, 2 no driver.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import itertools
import json
import pathlib
import re
import sys
import time

import yaml

import worldstream
from truth import casefile, engines, shrink
from truth import worlds as W
from truth.verifier import Failed, Verifier

SIDES = ("egress", "ingress")
BATCH = 120
ENCODINGS = pathlib.Path(__file__).resolve().parents[2] / "encodings" / "cni"


@dataclasses.dataclass
class Count:
    worlds: int = 0
    compared: int = 0
    unknown: int = 0
    wrong: int = 0
    engine_seconds: float = 0
    npverify_seconds: float = 0
    reasons: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    by_kind: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    left_out: int = 0


def holds(versions, release):
    """Is the release, such as (1, 16), in a range such as ">=1.15 <1.21"? An empty one holds every release."""
    order = {">=": lambda a, b: a >= b, "<": lambda a, b: a < b}
    return all(order[sign](release, tuple(map(int, limit.split(".")[:2]))) for sign, limit in re.findall(r"(>=|<)([0-9.]+)", versions or ""))


@functools.cache
def values_of(profile):
    """The values that a release has of each option that is told: {option: values}."""
    cni, _, version = profile.partition("@")
    file = ENCODINGS / f"{cni}.yaml"
    told = yaml.safe_load(file.read_text()).get("options") or {} if file.is_file() else {}
    release = tuple(map(int, version.split(".")[:2])) if version else ()
    return {f"{cni}.{name}": {value for value, versions in option["values"].items() if holds(versions, release)}
            for name, option in told.items() if option.get("values") and holds(option.get("versions"), release)}


def starts(profile, world):
    known = values_of(profile)
    return all(value in known[name] for name, value in (world.get("options") or {}).items() if name in known)


class Batch:
    """Worlds as every profile is asked them: written once, and what no packet asks looked up once for all versions of a CNI."""

    def __init__(self, made):
        self.kinds, self.seeds, self.worlds = (list(x) for x in zip(*made))
        self.lines = W.dump_lines(self.worlds)
        self.ends = {cni: [W.hidden(w, f"{cni}@") for w in self.worlds] for cni in ("calico", "cilium", "kube-network-policies", "cyclonus", "kubernetes")}

    def hidden(self, profile):
        return self.ends[profile.partition("@")[0]]


def npverify(verifier, profile, worlds, reasons=False, lines=None):
    """Answers to worlds; where npverify falls over one of them, that one has an error instead of verdicts."""
    try:
        answers = verifier.eval_worlds(worlds, profile, reasons=reasons, lines=lines)
        if len(answers) == len(worlds):
            return answers
        error = f"{len(answers)} answers to {len(worlds)} worlds"
    except (Failed, json.JSONDecodeError) as failed:
        error = str(failed)
    if len(worlds) == 1:
        return [{"id": worlds[0]["id"], "error": error}]
    half = len(worlds) // 2
    return npverify(verifier, profile, worlds[:half], reasons) + npverify(verifier, profile, worlds[half:], reasons)


def differences(world, engine, ours):
    """(flow number, side, engine's verdict, npverify's) of each end that the engine answers otherwise."""
    if "error" in ours:
        return [(None, None, "an answer", ours["error"])]
    if engine["verdicts"] == ours["verdicts"]:
        return []
    return [(n, side, e[side], g[side]) for n, (e, g) in enumerate(zip(engine["verdicts"], ours["verdicts"]))
            for side in (0, 1) if e[side] != "?" and e[side] != g[side]]


class Comparison:
    def __init__(self, binary, cases, most_cases):
        self.verifier, self.cases, self.most_cases = Verifier(binary), cases, most_cases
        self.counts = collections.defaultdict(Count)
        self.written = collections.Counter()

    def batch(self, profile, batch):
        count, started = self.counts[profile], time.monotonic()
        theirs = engines.answers(profile, batch.worlds, batch.lines)
        between = time.monotonic()
        all_ours = npverify(self.verifier, profile, batch.worlds, lines=batch.lines)
        count.engine_seconds += between - started
        count.npverify_seconds += time.monotonic() - between
        for kind, world, ends, engine, ours in zip(batch.kinds, batch.worlds, batch.hidden(profile), theirs, all_ours):
            if engine is not None:
                engine["verdicts"] = W.mask(engine["verdicts"], ends)
            if not starts(profile, world):
                count.left_out += 1
                continue
            if engine is None:
                print(f"{profile}: the engine fell over {world['id']}", flush=True)
                continue
            count.worlds += 1
            count.by_kind[kind] += 1
            flat = list(itertools.chain.from_iterable(engine["verdicts"]))
            count.compared += len(flat) - flat.count("?")
            found = differences(world, engine, ours)
            unknown = [x for x in found if x[3] == "?"]
            wrong = [x for x in found if x[3] != "?"]
            count.unknown += len(unknown)
            count.wrong += len(wrong)
            if unknown and sum(count.reasons.values()) < 2000:
                self.note_reasons(profile, world, unknown, count)
            if wrong:
                self.report(profile, world, wrong[0], len(wrong))

    def note_reasons(self, profile, world, unknown, count):
        said = npverify(self.verifier, profile, [world], reasons=True)[0].get("reasons")
        for n, side, *_ in unknown:
            count.reasons[said[n][side] if said else ""] += 1

    def report(self, profile, world, difference, ends):
        n, side, expected, got = difference
        print(f"{profile} {world['id']}: {ends} ends differ; {world['flows'][n] if n is not None else ''} {SIDES[side] if side is not None else ''} engine {expected}, npverify {got}", flush=True)
        if not self.cases or self.written[profile] >= self.most_cases:
            return
        self.written[profile] += 1
        small = self.small(profile, world, difference)
        answer = engines.ask(profile, [small])[0]
        path = self.cases / f"{profile.replace('@', '-')}-{world['id']}.yaml"
        story = f"Found in {world['id']}, made small: at {SIDES[side] if side is not None else 'all'} the engine says {expected}, npverify said {got.splitlines()[0]}."
        casefile.write(path, story, small, {profile: answer["verdicts"]})
        print(f"    {path}", flush=True)

    def small(self, profile, world, difference):
        n, side, expected, got = difference
        if n is None:
            return shrink.shrink(world, lambda many: ["error" in npverify(self.verifier, profile, [w])[0] for w in many])
        one = {"id": world["id"], "objects": world["objects"], "options": world["options"], "flows": [world["flows"][n]]}

        def still_wrong(many):
            return [bool(e) and "verdicts" in o and e["verdicts"][0][side] == expected and o["verdicts"][0][side] == got
                    for e, o in zip(engines.ask(profile, many), npverify(self.verifier, profile, many))]

        return shrink.shrink(one, still_wrong)

    def show(self):
        print(f"\n{'profile':30} {'worlds':>7} {'compared':>11} {'unknown':>8} {'wrong':>7} {'s engine':>9} {'npverify':>9}  worlds by kind")
        for profile, c in sorted(self.counts.items()):
            print(f"{profile:30} {c.worlds:7} {c.compared:11} {c.unknown:8} {c.wrong:7} {c.engine_seconds:9.1f} {c.npverify_seconds:9.1f}  {dict(c.by_kind)}{f', {c.left_out} left out' if c.left_out else ''}")
            for reason, n in c.reasons.most_common(6):
                print(f"    unknown {n:6}  {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long; 0: go on until interrupted")
    parser.add_argument("--fresh", type=int, default=0, help="so many worlds a profile, then stop")
    parser.add_argument("--engine", action="append", default=[], help="profile (repeatable); default: every driver that is built")
    parser.add_argument("--seed", "--seed-from", type=int, default=0)
    parser.add_argument("--kind", action="append", default=[], choices=worldstream.KINDS)
    parser.add_argument("--option", action="append", default=[], metavar="CNI.NAME=VALUE", help="in every world, whatever it would have chosen (repeatable)")
    parser.add_argument("--cases", type=pathlib.Path, help="folder for shrunk differences")
    parser.add_argument("--most-cases", type=int, default=5, help="cases a profile")
    parser.add_argument("--npverify")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    profiles = options.engine or [p for p in engines.built() if not p.startswith("cyclonus@")]
    try:
        for profile in profiles:
            engines.command(profile)
    except engines.Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    seed = options.seed or int(time.time()) * 1000
    kinds = options.kind or list(worldstream.KINDS)
    print(f"seeds from {seed}, worlds {', '.join(kinds)}, profiles {', '.join(profiles)}", flush=True)
    comparison, started, done = Comparison(options.npverify, options.cases, options.most_cases), time.monotonic(), 0
    stream = worldstream.worlds(kinds, seed, dict(one.split("=", 1) for one in options.option))
    last, ahead = seed, concurrent.futures.ThreadPoolExecutor(1)      # the next batch is made while this one is asked

    def make(left):
        return Batch(list(itertools.islice(stream, min(BATCH, left) if options.fresh else BATCH)))

    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            following = ahead.submit(make, options.fresh)
            while not (options.fresh and done >= options.fresh) and not (options.seconds and time.monotonic() - started > options.seconds):
                batch = following.result()
                done, last = done + len(batch.worlds), batch.seeds[-1]
                if not options.fresh or done < options.fresh:
                    following = ahead.submit(make, options.fresh - done)
                list(pool.map(lambda profile: comparison.batch(profile, batch), profiles))
    except KeyboardInterrupt:
        pass
    comparison.show()
    wrong = sum(c.wrong for c in comparison.counts.values())
    print(f"seeds {seed}..{last}, {done} worlds a profile, {wrong} ends differ, {time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
