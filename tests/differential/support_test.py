#!/usr/bin/env python3
"""Tests of what the comparisons stand on: the generators' seeds, manifests written and read, shrinking, probes, case headers."""
import random
import unittest

import worldstream
from truth import casefile, manifests, probes, shrink
from truth import worlds as W


class Manifests(unittest.TestCase):
    def test_what_is_written_is_read(self):
        for kind in worldstream.KINDS:
            for seed in range(1, 30):
                world = worldstream.generate.World("np", kind, seed).build()
                self.assertEqual(world["objects"], list(manifests.load_all(manifests.dump_all(world["objects"]))), f"{kind} {seed}")

    def test_texts_that_look_like_something_else_are_quoted(self):
        for text in ("yes", "null", "1e3", "010", "0x1F", "2001-01-01", "12:30", "", " a", "a: b", "a #b", "- a", "*", "1.5"):
            self.assertEqual([{"a": text}], list(manifests.load_all(manifests.dump({"a": text}))), text)

    def test_kubectl_style(self):
        text = ("# a comment\napiVersion: v1\nkind: List\nitems:\n- kind: Pod   # one\n  metadata:\n    name: 'it''s'\n    labels: {}\n  spec:\n    containers:\n"
                "    - ports:\n      - containerPort: 80\n      name: main\n- kind: Pod\n  metadata: {name: b,\n    labels: {a: \"x # y\"}}\n")
        first, second = manifests.load_all(text)
        self.assertEqual("it's", first["metadata"]["name"])
        self.assertEqual([{"ports": [{"containerPort": 80}], "name": "main"}], first["spec"]["containers"])
        self.assertEqual({"a": "x # y"}, second["metadata"]["labels"])

    def test_what_is_not_read_is_refused(self):
        for text in ("a: &x 1\n", "a: *x\n", "a: |\n  b\n", "a: !secret b\n"):
            with self.assertRaises(manifests.Unreadable, msg=text):
                list(manifests.load_all(text))


class Worlds(unittest.TestCase):
    def test_a_seed_is_a_world(self):
        for kind in worldstream.KINDS:
            self.assertEqual(worldstream.generate.World("np", kind, 7).build(), worldstream.generate.World("np", kind, 7).build())

    def test_masked_are_only_flows_that_no_packet_asks(self):
        world = next(w for _, _, w in worldstream.worlds(["wild"], 1) if any(f[0].startswith("node:") for f in w["flows"]))
        masked = W.mask([["allow", "deny"]] * len(world["flows"]), W.hidden(world, "calico@3.31.0"))
        where = W.places(world)
        for (source, destination, *_), pair in zip(world["flows"], masked):
            a, b = where.get(source, W.Place()), where.get(destination, W.Place())
            same_end = source == destination or a.address and a.address == b.address
            self.assertEqual(pair[0] == "?", bool(same_end))
            self.assertEqual(pair[1] == "?", bool(same_end or a.host and a.node == b.node))

    def test_shrinking_keeps_what_is_wrong(self):
        _, _, world = next(worldstream.worlds(["core"], 11))
        world["flows"] = world["flows"][:1]

        def still_wrong(many):
            return [any(o["kind"] == "NetworkPolicy" for o in w["objects"]) for w in many]

        small = shrink.shrink(world, still_wrong)
        self.assertEqual(1, len(W.policies_of(small)))
        self.assertLessEqual(len(W.pods_of(small)), 2)

    def test_probes_are_new_and_sound(self):
        for _, _, world in (next(worldstream.worlds([kind], seed)) for kind in ("core", "full", "wild") for seed in (1, 50)):
            extended, outside, words, rng = probes.extended(world, 1)
            addresses = [a["ip"] for p in W.pods_of(extended).values() for a in p["status"]["podIPs"] if p["status"]["phase"] == "Running" and not p["spec"].get("hostNetwork")]
            self.assertEqual(len(addresses), len(set(addresses)))
            flows = probes.random_flows(extended, outside, words, rng, 500)
            self.assertTrue(flows and all(f[0] != f[1] and 1 <= f[3] <= 65535 for f in flows))
            self.assertFalse({end[3:] for end in outside} & set(addresses))


class CaseFiles(unittest.TestCase):
    def test_profiles_share_a_line(self):
        self.assertEqual("calico@3.28,cilium@1.12..1.14,cilium@1.16,kubernetes", casefile.spans(["cilium@1.16", "kubernetes", "cilium@1.13.18", "cilium@1.12", "cilium@1.14", "calico@3.28"]))

    def test_open_ends_leave_a_profile_out(self):
        text = casefile.header("Why.", {"flows": [["a/b", "c/d", "TCP", 80]]}, {"calico@3.28": [["?", "deny"]], "cilium@1.16": [["allow", "-"]]})
        self.assertEqual("# Why.\n# RUN: eval --cni cilium@1.16\n# EXPECT: a/b,c/d,TCP,80 -> allow,unpoliced\n", text)


class Reference(unittest.TestCase):
    def test_cyclonus_reads_two_things_its_own_way(self):
        evaluate, before = worldstream.evaluate, dict(worldstream.evaluate.READING)
        negative = {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}
        self.assertTrue(evaluate.selects(negative, {}))
        self.assertFalse(evaluate.selects({"matchLabels": {"a": ""}}, {}))
        try:
            evaluate.READING.update(evaluate.CYCLONUS)
            self.assertFalse(evaluate.selects(negative, {}))
            self.assertTrue(evaluate.selects({"matchLabels": {"a": ""}}, {}))
        finally:
            evaluate.READING.update(before)


if __name__ == "__main__":
    random.seed(1)
    unittest.main()
