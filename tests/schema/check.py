#!/usr/bin/env python3
"""Holds what `--format json` prints to docs/schema/: a real validator, and no field that the schema does not describe.

    tests/schema/check.py --npverify BINARY
"""
import argparse
import json
import pathlib
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTIONS = [  # schema, expected exit code, arguments
    ("comparison", 1, "equiv --left calico@3.28 --right cilium@1.16 -f examples/outage"),
    ("comparison", 1, "equiv --left calico@3.28 --right cilium@1.16 -f examples/outage --universe declared"),
    ("comparison", 0, "equiv --left calico@3.28 --right cilium@1.16 -f examples/outage-fixed"),
    ("comparison", 0, "equiv --left cilium@1.16 --right cilium@1.16 -f examples/outage"),
    ("comparison", 1, "diff --cni kubernetes examples/outage examples/outage-fixed"),
    ("comparison", 0, "diff --cni calico@3.28 examples/outage examples/outage"),
    ("comparison", 3, "equiv --left calico@3.28 --right cilium@1.16 -f tests/golden/input/empty.yaml"),
    ("comparison", 1, "equiv --left cilium@1.15 --right cilium@1.16 -f tests/golden/input/range.yaml"),
    ("prove", 1, "prove -f examples/outage --cni cilium@1.16 tests/golden/input/invariants.yaml"),
    ("prove", 1, "prove --matrix tests/golden/input/mixed/matrix.yaml -f tests/golden/input/mixed/cluster.yaml tests/golden/input/mixed/specs.yaml"),
    ("explain", 1, "explain pay/payment svc:acct/account 443 -f examples/outage --matrix tests/golden/input/outage-matrix.yaml --path-setting proxy=iptables"),
    ("explain", 3, "explain shop/client svc:shop/byhand 80 -f tests/golden/input/explain.yaml --cni calico@3.28 --ratio"),
    ("explain", 0, "explain shop/client shop/web-0 8080 -f tests/golden/input/explain.yaml --cni calico@3.28 --path podIP"),
    ("explain", 3, "explain shop/client svc:shop/byhand 80 -f tests/golden/input/explain.yaml --cni calico@3.28"),
    ("explain", 1, "explain shop/client svc:shop/unnumbered 80 -f tests/golden/input/explain.yaml --cni calico@3.28 --path nodePort --path-setting proxy=iptables"),
    ("place", 0, "place shop/web -f tests/golden/input/placement.yaml --without gpu=true --pool zone=z"),
    ("place", 1, "place shop/nowhere -f tests/golden/input/placement-nowhere.yaml"),
    ("place", 3, "place pay/payment -f tests/golden/input/placement-no-node.yaml"),
    ("list", 0, "list -f examples/outage --cni cilium@1.16"),
    ("list", 0, "list -f examples/outage --cni calico@3.28 --count"),
    ("list", 3, "list -f examples/outage --cni kubernetes --protocols TCP,ICMP --peers pods,external"),
    ("list", 3, "list -f tests/golden/input/empty.yaml --cni kubernetes"),
    ("prove", 0, "prove -f examples/outage-fixed --cni cilium@1.16 tests/golden/input/invariants.yaml"),
    ("comparison", 3, "equiv --left calico@3.28 --right cilium@1.16 -f examples/outage-fixed --shard 1/3"),
    ("comparison", 1, "equiv --left calico@3.28 --right cilium@1.16 -f examples/outage --shard 1/1"),
    ("comparison", 3, "diff --cni calico@3.28 examples/outage examples/outage --shard 2/2"),
    ("prove", 3, "prove -f examples/outage-fixed --cni cilium@1.16 tests/golden/input/invariants.yaml --shard 1/2"),
    ("prove", 3, "prove -f examples/outage --cni cilium@1.16 tests/golden/input/invariants.yaml --shard 9/9"),
]


def closed(schema):
    """The schema, every object with properties closed to others."""
    if isinstance(schema, list):
        return [closed(x) for x in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        out.setdefault("additionalProperties", False)
    return out


def problems_of(schema_name, wanted, arguments, binary):
    schema = json.loads((ROOT / f"docs/schema/{schema_name}.schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    done = subprocess.run([binary, *arguments.split(), "--format", "json"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    if done.returncode != wanted:
        return [f"exit {done.returncode}, expected {wanted}: {done.stderr.strip()[-500:]}"]
    answer = json.loads(done.stdout)
    return [f"{error.json_path}: {error.message}" for error in validator(closed(schema)).iter_errors(answer)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--npverify", required=True)
    binary = str(pathlib.Path(parser.parse_args().npverify).resolve())
    failed = 0
    for question in QUESTIONS:
        for problem in problems_of(*question, binary):
            failed += 1
            print(f"{question[2]}: {problem}")
    print(f"{len(QUESTIONS)} answers, {failed} problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
