#!/usr/bin/env python3
"""Every test that FAULTS.md names exists."""

import pathlib
import re
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def python_tests():
    for file in HERE.glob("*_test.py"):
        name = None
        for line in file.read_text().splitlines():
            if found := re.match(r"class (\w+)", line):
                name = found[1]
            elif name and (found := re.match(r"    def (test_\w+)", line)):
                yield f"{name}.{found[1]}"


def engine_tests():
    for file in (HERE.parent / "engine").rglob("*_test.cpp"):
        for suite, name in re.findall(r"^TEST\w*\((\w+),\s*(\w+)\)", file.read_text(), re.MULTILINE):
            yield f"{suite}.{name}"


class FaultList(unittest.TestCase):
    def test_names_are_of_tests(self):
        named = re.findall(r"`(\w+\.\w+)`", (HERE / "FAULTS.md").read_text())
        self.assertGreater(len(named), 50)
        named = [each for each in named if not each.endswith(".test") and each != "Suite.Test"]
        self.assertEqual(set(named) - set(python_tests()) - set(engine_tests()), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
