#!/usr/bin/env python3
"""Every profile against what the published suites expect of a flow: it passes, or the axis that makes the difference is written here.

    tests/conformance/published/check.py --npverify BINARY

A difference that is not in PARTED fails, and so does an entry of PARTED that no longer holds, or whose axis no longer tells the profile from the API's words.
"""
import argparse
import pathlib
import sys

import suites

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from truth.verifier import Verifier  # noqa: E402

# Cilium minors in which a case fails, by axis.
PARTED = {
    "ip-blocks.peers": (range(12, 21), ["e2e-40", "e2e-41", "e2e-42"]),
    "policy.types": (range(12, 21), ["calico-05"]),
    "ports.range": (range(12, 16), ["calico-18", "calico-19", "cilium-06"]),
    "ports.absent": (range(12, 13), ["calico-03", "calico-04", "calico-08", "cilium-10", "e2e-34"]),
    "policy.sctp": (range(12, 13), ["e2e-45", "e2e-52"]),
}


def expected_to_part(profile):
    cni, _, version = profile.partition("@")
    return {case: axis for axis, (minors, cases) in PARTED.items() for case in cases if cni == "cilium" and int(version.split(".")[1]) in minors}


def parts(verifier, profile):
    worlds = [world for world, _ in suites.WORLDS]
    return {world["id"] for (world, expected), answer in zip(suites.WORLDS, verifier.eval_worlds(worlds, profile), strict=True)
            if ["?" not in pair and "deny" not in pair for pair in answer["verdicts"]] != expected}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    verifier = Verifier(parser.parse_args().npverify)
    cnis = verifier.json("cni", "list")[0]["cnis"]
    profiles = [f"{c['cni']}@{release}" if release else c["cni"] for c in cnis for release in c["releases"] or [""]]
    problems = 0
    for profile in profiles:
        wanted, found = expected_to_part(profile), parts(verifier, profile)
        for case in sorted(found ^ wanted.keys()):
            problems += 1
            print(f"{profile} {case}: {'parts from the suite, and no axis is written for it' if case in found else 'no longer parts from the suite'}")
        differing = {axis["axis"] for axis in verifier.json("cni", "diff", "kubernetes", profile, accept=(0, 1))[0]["axes"]} if wanted else set()
        for axis in sorted(set(wanted.values()) - differing):
            problems += 1
            print(f"{profile}: {axis} is blamed and reads as the API's words do")
    print(f"{len(suites.WORLDS)} cases, {sum(len(e) for _, e in suites.WORLDS)} flows, {len(profiles)} profiles, {problems} problems")
    return 1 if problems or not profiles else 0


if __name__ == "__main__":
    sys.exit(main())
