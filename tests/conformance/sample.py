#!/usr/bin/env python3
"""Makes the kept sample out of a larger collection: few worlds, every feature, the flows on which engines part.

    sample.py COLLECTION [--out DIR] [--worlds np-core=160 np-full=150 np-wild=110 real=4] [--flows 240]

Worlds are picked greedily: the next one has the features that are rarest among those picked so far, and, of equals, the most distinct
answers. Of a world with many flows those stay on which engines differ, up to half, and an even share of the others.
"""
import argparse
import collections
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from truth import worlds as W  # noqa: E402


def pick_worlds(worlds, variety, count):
    """Indices, in the order of the collection."""
    candidates = [i for i, w in enumerate(worlds) if W.only_network_policies(w)]
    if not any(worlds[i].get("features") for i in candidates):
        return sorted(sorted(candidates, key=lambda i: len(worlds[i]["flows"]) * len(worlds[i]["objects"]))[:count])
    have, picked = collections.Counter(), []
    while candidates and len(picked) < count:
        best = max(candidates, key=lambda i: (sum(1 / (1 + have[f]) ** 2 for f in worlds[i]["features"]), variety[i]))
        candidates.remove(best)
        picked.append(best)
        have.update(worlds[best]["features"])
    return sorted(picked)


def pick_flows(answers, total, limit):
    if total <= limit:
        return range(total)
    parted = [n for n in range(total) if len({tuple(a[n]) for a in answers}) > 1]
    parted = parted[:: max(1, -(-len(parted) * 2 // limit))]
    rest = [n for n in range(total) if n not in set(parted)]
    room = limit - len(parted)
    return sorted(parted + [rest[i * len(rest) // room] for i in range(room)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--worlds", nargs="+", default=["np-core=160", "np-full=150", "np-wild=110", "real=4"])
    parser.add_argument("--flows", type=int, default=240)
    options = parser.parse_args()
    for name, count in (part.split("=") for part in options.worlds):
        folder = options.collection / name
        worlds = list(W.read_lines(folder / "worlds.jsonl.xz"))
        engines = {p.name.removesuffix(".jsonl.xz"): list(W.read_lines(p)) for p in sorted(folder.glob("*@*.jsonl.xz"))}
        variety = [len({W.dump_line(rows[i]["verdicts"]) for rows in engines.values()}) for i in range(len(worlds))]
        picked = pick_worlds(worlds, variety, int(count))
        flows = {i: pick_flows([rows[i]["verdicts"] for rows in engines.values()], len(worlds[i]["flows"]), options.flows) for i in picked}
        W.write_lines(options.out / name / "worlds.jsonl.xz", ({**worlds[i], "flows": [worlds[i]["flows"][n] for n in flows[i]]} for i in picked))
        for engine, rows in engines.items():
            W.write_lines(options.out / name / f"{engine}.jsonl.xz",
                          ({"id": rows[i]["id"], "engine": engine, "verdicts": [rows[i]["verdicts"][n] for n in flows[i]]} for i in picked))
        print(f"{name}: {len(picked)} worlds, {sum(len(f) for f in flows.values())} flows, {len(engines)} engines, "
              f"features {len({f for i in picked for f in worlds[i].get('features', ())})}")


if __name__ == "__main__":
    main()
