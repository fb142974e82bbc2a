"""check.py finds what it is there to find: each breach is planted in a small tree."""
import pathlib
import tempfile
import unittest

import check


class Structure(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        (self.root / "include/npverify").mkdir(parents=True)
        for room in check.ROOMS:
            (self.root / "src" / room).mkdir(parents=True)
            self.write(f"src/{room}/CMakeLists.txt", f"# {room}: a sentence that says enough of it.\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        (self.root / path).write_text(text)

    def messages(self):
        return [message for _, _, message in check.breaches(self.root)]

    def test_a_sound_tree_has_none(self):
        self.write("src/smt/z3.cpp", '#include <z3++.h>\n#include <vector>\n#include "logic/expression.h"\n')
        self.assertEqual(self.messages(), [])

    def test_an_include_against_the_flow(self):
        self.write("src/logic/x.cpp", '#include "smt/solver.h"\n')
        self.assertIn("room logic may not include smt/solver.h", self.messages()[0])

    def test_the_solver_outside_its_room(self):
        self.write("src/verify/x.cpp", "#include <z3++.h>\n")
        self.assertEqual(self.messages(), ["<z3++.h> belongs to smt alone"])

    def test_the_command_line_past_the_library(self):
        self.write("src/cli/x.cpp", '#include "verify/question.h"\n')
        self.assertIn("room cli may not include", self.messages()[0])

    def test_a_room_without_its_sentence(self):
        self.write("src/reach/CMakeLists.txt", "npverify_room(reach)\n")
        self.assertIn("# reach: ", self.messages()[0])

    def test_a_room_outside_the_order(self):
        (self.root / "src/utils").mkdir()
        self.assertIn("room utils has no place", self.messages()[0])

    def test_a_public_header_that_shows_the_inside(self):
        self.write("include/npverify/x.h", '#include "verify/question.h"\n')
        self.assertIn("a public header includes only", self.messages()[0])


if __name__ == "__main__":
    unittest.main()
