#!/usr/bin/env python3
"""Compares npverify with the verdicts of the CNIs' own policy engines, profile by profile.

    scripts/conformance                          the sample kept here (what ctest runs)
    scripts/conformance --all                    the larger collection beside the repository, every world
    scripts/conformance --data DIR --set np-core --engine cilium@1.16.19 --features

A collection is folders with worlds.jsonl.xz and ENGINE@VERSION.jsonl.xz, line for line; the profile has the engine's name, except that
kubernetes@spec and cyclonus@… are compared with the profile `kubernetes`. An expected `?` is left out. Of the folder `real` only worlds
count whose policies are all NetworkPolicies. For every profile: ends compared, agreed, unknown, wrong; the features of worlds where
something is unknown or wrong; the reasons of unknown ends; the first wrong flows. Bulk goes through `eval --worlds`; a few worlds of each
set are asked again as manifests and CSV, and both ways must say the same.

Exit: 0 nothing wrong, 1 something wrong or more unknown than --max-unknown, 2 the collection cannot be read.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import functools
import importlib.util
import itertools
import json
import lzma
import os
import pathlib
import random
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import worlds as W  # noqa: E402
from truth.verifier import ROOT, WORDS, Failed, Verifier  # noqa: E402

BESIDE = ROOT.parent / "shared" / "conformance"
DEFAULT_SETS = ("np-core", "np-full", "np-wild", "real", "published")
REFERENCE = HERE.parent / "engines" / "reference" / "evaluate.py"


# Sets with flows that an engine has no notion of: nodes' own traffic, ICMP, pods that have ended.
NOT_COVERED = {("np-wild", "cyclonus")}


def profile_of(engine):
    return "kubernetes" if engine.startswith(("kubernetes@", "cyclonus@")) else engine


@dataclasses.dataclass
class Tally:
    compared: int = 0
    agreed: int = 0
    unknown: int = 0
    wrong: int = 0
    explained: int = 0

    def add(self, other):
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@dataclasses.dataclass
class Result:
    """What one engine's answers on one set came to."""
    set: str
    engine: str
    worlds: int = 0
    total: Tally = dataclasses.field(default_factory=Tally)
    features: dict = dataclasses.field(default_factory=dict)
    reasons: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    wrong: list = dataclasses.field(default_factory=list)        # (world, flow, side, expected, got, reason)
    failure: str = ""
    seconds: float = 0.0


# ---------------------------------------------------------------------------------------------------------------------------- comparing
@functools.lru_cache(maxsize=4)
def outline(path):
    """Of each world: id, features, flows."""
    return [(w["id"], w.get("features") or [w["id"]], w["flows"]) for w in W.read_lines(path)]


def differing(expected, got):
    """Number of flow, side, expected and given verdict of each end that the engine answers and npverify does not answer alike."""
    for n, (e, g) in enumerate(zip(expected, got)):
        if e != g:
            for side in (0, 1):
                if e[side] != "?" and e[side] != g[side]:
                    yield n, side, e[side], g[side]


def compare(task):
    """One engine on one set. Runs in a process of its own."""
    set_name, worlds_path, answers_path, binary = task
    engine = answers_path.name.removesuffix(".jsonl.xz")
    result, verifier, started = Result(set_name, engine), Verifier(binary), time.monotonic()
    known, troubled = outline(worlds_path), []
    try:
        answers = verifier.eval_lines(worlds_path, profile_of(engine))
        wanted = {id for id, *_ in known}
        expected_lines = (a for a in W.read_lines(answers_path) if a["id"] in wanted)
        for row, ((id, features, flows), expected) in enumerate(zip(known, expected_lines)):
            got = next(answers, None)
            if got is None or got["id"] != id or expected["id"] != id or len(got["verdicts"]) != len(flows):
                raise ValueError(f"answer {row} is not that of world {id}")
            result.worlds += 1
            tally, ends = Tally(), expected["verdicts"]
            tally.compared = sum((e[0] != "?") + (e[1] != "?") for e in ends)
            bad = list(differing(ends, got["verdicts"]))
            tally.unknown = sum(g == "?" for *_, g in bad)
            tally.wrong = len(bad) - tally.unknown
            tally.agreed = tally.compared - len(bad)
            if bad:
                troubled.append((row, bad, tally))
            result.total.add(tally)
            for feature in features:
                result.features.setdefault(feature, Tally()).add(tally)
        for _ in answers:                      # lets npverify finish, so that its exit code is seen
            pass
        look_closer(result, verifier, worlds_path, engine, known, troubled)
    except (Failed, ValueError, KeyError, json.JSONDecodeError) as error:
        result.failure = str(error)
    result.seconds = time.monotonic() - started
    return result


def look_closer(result, verifier, worlds_path, engine, known, troubled, most=60):
    """Reasons of unknown and wrong ends, from the worlds that have any; cyclonus's two known readings are taken out."""
    if not troubled:
        return
    rows = {row: (bad, tally) for row, bad, tally in troubled}
    worlds = {row: world for row, world in enumerate(W.read_lines(worlds_path)) if row in rows}
    if engine.startswith("cyclonus@"):
        for row, (bad, tally) in list(rows.items()):
            explained = as_cyclonus(worlds[row], [x for x in bad if x[3] != "?"])
            for t in [result.total, *(result.features[f] for f in known[row][1])]:
                t.wrong -= len(explained)
                t.explained += len(explained)
            rows[row] = ([x for x in bad if x not in explained], tally)
        rows = {row: x for row, x in rows.items() if x[0]}
    chosen = list(rows)[:most]
    reasons = dict(zip(chosen, verifier.eval_worlds([worlds[row] for row in chosen], profile_of(engine), reasons=True))) if chosen else {}
    for row in chosen:
        id, _, flows = known[row]
        said = reasons[row].get("reasons") if row in reasons else None
        for n, side, expected, got in rows[row][0]:
            reason = said[n][side] if said else ""
            if got == "?":
                result.reasons[reason] += 1
            elif len(result.wrong) < 40:
                result.wrong.append((id, flows[n], W.SIDES[side], expected, got, reason))


def as_cyclonus(world, bad):
    """Those of the differing ends that the reference evaluator decides as cyclonus does once it reads NotIn and empty values its way."""
    spec = importlib.util.spec_from_file_location("evaluate", REFERENCE)
    evaluate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(evaluate)
    evaluate.READING.update(evaluate.CYCLONUS)
    verdicts = evaluate.answer(world)["verdicts"]
    return [x for x in bad if verdicts[x[0]][x[1]] == x[2]]


# ------------------------------------------------------------------------------------------------------------------- the other way to ask
def csv_agrees(task):
    """One world asked as manifests and CSV: the differences to `eval --worlds`, in words."""
    world, profile, binary = task
    verifier = Verifier(binary)
    with tempfile.TemporaryDirectory() as folder:
        manifests, flows = pathlib.Path(folder, "world.json"), pathlib.Path(folder, "flows.csv")
        manifests.write_text(W.as_list(world))
        flows.write_text(W.flows_csv(world))
        try:
            bulk = verifier.eval_worlds([world], profile)[0]["verdicts"]
            rows = verifier.eval_csv(manifests, flows, profile, world.get("options") or {})
        except Failed as failed:
            return [f"{world['id']} {profile}: {failed}"]
    if len(rows) != len(bulk):
        return [f"{world['id']} {profile}: {len(rows)} rows of CSV for {len(bulk)} flows"]
    found = []
    for flow, row, pair in zip(world["flows"], rows, bulk):
        ends = [WORDS.get(row[side], row[side]) for side in W.SIDES]
        verdict = "deny" if "deny" in ends else "unknown" if "?" in ends else "allow"
        if ends != pair or row["verdict"] != verdict:
            found.append(f"{world['id']} {profile} {flow}: CSV says {row['egress']}, {row['ingress']}, {row['verdict']}; eval --worlds says {pair}")
    return found


# --------------------------------------------------------------------------------------------------------------------------------- output
def percent(part, whole):
    return f"{100 * part / whole:.3f}%" if whole else "-"


def show(results, with_features):
    print(f"{'set':10} {'engine':30} {'worlds':>6} {'compared':>9} {'agreed':>9} {'unknown':>8} {'':>8} {'wrong':>7} {'s':>6}")
    for r in results:
        t = r.total
        note = f"  {t.explained} explained by its reading of NotIn and empty values" if t.explained else ""
        print(f"{r.set:10} {r.engine:30} {r.worlds:6} {t.compared:9} {t.agreed:9} {t.unknown:8} {percent(t.unknown, t.compared):>8} {t.wrong:7} {r.seconds:6.1f}{note}")
        if r.failure:
            print(f"    failed: {r.failure}")
        for reason, n in r.reasons.most_common(8):
            print(f"    unknown {n:6}  {reason or '(no reason given)'}")
        bad = sorted(((f, t) for f, t in r.features.items() if t.wrong or t.unknown), key=lambda x: (-x[1].wrong, -x[1].unknown))
        for feature, t in bad[:None if with_features else 6]:
            print(f"    {feature:45} compared {t.compared:8} unknown {t.unknown:7} wrong {t.wrong:7}")
        for id, flow, side, expected, got, reason in r.wrong[:5]:
            print(f"    wrong  {id} {' '.join(map(str, flow))} {side}: engine {expected}, npverify {got} ({reason})")
    if with_features:
        total = collections.defaultdict(Tally)
        for r in results:
            for feature, t in r.features.items():
                total[feature].add(t)
        print(f"\n{'feature, all engines':45} {'compared':>10} {'agreed':>10} {'unknown':>8} {'wrong':>8}")
        for feature, t in sorted(total.items()):
            print(f"{feature:45} {t.compared:10} {t.agreed:10} {t.unknown:8} {t.wrong:8}")


def as_json(results):
    return [{**dataclasses.asdict(r), "reasons": dict(r.reasons)} for r in results]


def collection(options):
    if options.data:
        return options.data
    if not options.all:
        return HERE
    return pathlib.Path(os.environ.get("NPVERIFY_CONFORMANCE") or BESIDE)


def unpacked(path, into, most=0):
    """The worlds that count, as plain lines: one copy for all engines."""
    with lzma.open(path) as packed, open(into, "wb") as plain:
        plain.writelines(line for line in itertools.islice(packed, most or None) if W.only_network_policies(json.loads(line)))
    return into


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, help="folder of a collection")
    parser.add_argument("--all", action="store_true", help="the larger collection ($NPVERIFY_CONFORMANCE, ../shared/conformance) instead of the sample")
    parser.add_argument("--set", action="append", default=[], help="only this folder (repeatable)")
    parser.add_argument("--engine", action="append", default=[], help="only engines whose name starts so (repeatable)")
    parser.add_argument("--worlds", type=int, default=0, help="only the first N worlds of each set")
    parser.add_argument("--csv-worlds", type=int, default=3, help="worlds of each set that are asked as manifests and CSV too")
    parser.add_argument("--seed", type=int, default=1, help="which worlds these are")
    parser.add_argument("--max-unknown", type=float, default=0.5, help="per cent of unknown ends that is still accepted")
    parser.add_argument("--features", action="store_true", help="every feature, not the worst alone")
    parser.add_argument("--json", type=pathlib.Path, help="write the results there too")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--npverify", help="the binary; else $NPVERIFY, else build/release/bin/npverify")
    options = parser.parse_args()

    Verifier(options.npverify)
    data = collection(options)
    sets = [s for s in options.set or DEFAULT_SETS if (data / s / "worlds.jsonl.xz").is_file()]
    if not sets:
        print(f"no worlds in {data}", file=sys.stderr)
        return 2
    print(f"worlds of {data}")
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        tasks, again, rng = [], [], random.Random(options.seed)
        for name in sets:
            plain = unpacked(data / name / "worlds.jsonl.xz", pathlib.Path(scratch, f"{name}.jsonl"), options.worlds)
            engines = [p for p in sorted((data / name).glob("*@*.jsonl.xz")) if (name, p.name.partition("@")[0]) not in NOT_COVERED
                       and (not options.engine or p.name.startswith(tuple(options.engine)))]
            tasks += [(name, plain, p, options.npverify) for p in engines]
            counted = list(W.read_lines(plain))
            for world in rng.sample(counted, min(options.csv_worlds, len(counted))) if engines else []:
                again.append((world, profile_of(rng.choice(engines).name.removesuffix(".jsonl.xz")), options.npverify))
        results = list(pool.map(compare, tasks))
        disagreements = [line for lines in pool.map(csv_agrees, again) for line in lines]
    show(results, options.features)
    if options.json:
        options.json.write_text(json.dumps(as_json(results), indent=1))
    print(f"\nasked again as CSV: {len(again)} worlds, {len(disagreements)} disagreements")
    for line in disagreements[:10]:
        print("   ", line)

    total = Tally()
    for r in results:
        total.add(r.total)
    failed = [r for r in results if r.failure]
    print(f"total: compared {total.compared}, agreed {total.agreed}, unknown {total.unknown} ({percent(total.unknown, total.compared)}), "
          f"explained {total.explained}, wrong {total.wrong}; runs that failed: {len(failed)}")
    over = [r for r in results if r.total.compared and 100 * r.total.unknown / r.total.compared > options.max_unknown]
    for r in over:
        print(f"more than {options.max_unknown}% unknown: {r.set} {r.engine}")
    return 1 if total.wrong or failed or disagreements or over or not total.compared else 0


if __name__ == "__main__":
    sys.exit(main())
