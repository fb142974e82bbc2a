#!/usr/bin/env python3
"""One value of one axis, changed in a copy of encodings/: eval, equiv and the pages of `cni` say the other thing, by the same program.

    tests/semantics/change.py --npverify BINARY

The value is Cilium's answer to policy.types. As it stands, a section of rules isolates although policyTypes does not list it.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from truth.verifier import Verifier  # noqa: E402

CASE = ROOT / "tests" / "cases" / "semantics" / "policy-types-ingress-rules.yaml"
FLOW = "source,destination,protocol,port\nshop/b,shop/a,TCP,80\n"
WAS, BECOMES = "types.rules-isolate-too", "types.as-listed"


class OneValue(unittest.TestCase):
    binary = None

    @classmethod
    def setUpClass(cls):
        cls.verifier, cls.scratch = Verifier(cls.binary), tempfile.TemporaryDirectory()
        cls.changed = pathlib.Path(cls.scratch.name, "encodings")
        shutil.copytree(ROOT / "encodings", cls.changed)
        cilium = cls.changed / "cni" / "cilium.yaml"
        text = cilium.read_text()
        assert text.count(f"rule: {WAS}") == 1
        cilium.write_text(text.replace(f"rule: {WAS}", f"rule: {BECOMES}"))
        cls.flow = pathlib.Path(cls.scratch.name, "flow.csv")
        cls.flow.write_text(FLOW)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def both(self, *arguments, accept=(0, 1, 3)):
        """The program's output under the encodings as they are and as they were changed."""
        return [self.verifier.run(*arguments, "--encodings", folder, accept=accept).stdout for folder in (ROOT / "encodings", self.changed)]

    def test_eval(self):
        before, after = self.both("eval", "--cni", "cilium@1.20", "-f", CASE, "--flows", self.flow, "--format", "csv")
        self.assertIn("shop/b,shop/a,TCP,80,allow,deny,deny", before)
        self.assertIn("shop/b,shop/a,TCP,80,allow,allow,allow", after)

    def test_equiv(self):
        results = []
        for folder in (ROOT / "encodings", self.changed):
            answer, code = self.verifier.equiv("calico@3.31", "cilium@1.20", "-f", CASE, "--encodings", folder)
            results.append((answer["verdict"], code, [f["cause"]["axes"] for f in answer["findings"]]))
        self.assertEqual(("different", 1, [["policy.types"]]), results[0])
        self.assertEqual(("equivalent", 0, []), results[1])

    def test_pages(self):
        for page in (("cni", "show", "cilium@1.20"), ("cni", "explain", "policy.types")):
            before, after = self.both(*page)
            self.assertIn(WAS, before)
            self.assertNotIn(WAS, after)
            self.assertIn(BECOMES, after)
        before, after = self.both("cni", "diff", "calico@3.31", "cilium@1.20")
        self.assertIn("policy.types", before)
        self.assertNotIn("policy.types", after)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npverify")
    OneValue.binary = parser.parse_args().npverify
    unittest.main(argv=[sys.argv[0]])
