#!/usr/bin/env python3
"""The checker finds what it is for: an upward include, a heavy library in the wrong folder, an unrooted header."""

import pathlib
import tempfile
import unittest

import check_includes


class CheckIncludesTest(unittest.TestCase):
    def check(self, name, line):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "engine").mkdir()
            (root / "plugins").mkdir()
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(line + "\n")
            return list(check_includes.violations(root))

    def test_downward_include_passes(self):
        self.assertEqual(self.check("engine/diagnosis/x.cpp", '#include "engine/core/status.h"'), [])

    def test_upward_include_is_named(self):
        self.assertEqual(
            self.check("engine/core/x.h", '#include "engine/api/objects.h"'),
            ["engine/core/x.h:1: engine/core may not include engine/api/objects.h"],
        )

    def test_heavy_library_in_the_wrong_folder_is_named(self):
        self.assertEqual(
            self.check("engine/cli/x.cpp", "#include <boost/dll/shared_library.hpp>"),
            ["engine/cli/x.cpp:1: only engine/operation may include <boost/dll/shared_library.hpp>"],
        )

    def test_library_behind_one_door_is_named(self):
        self.assertEqual(self.check("engine/kube/cpprest_x.h", "#include <cpprest/http_client.h>"), [])
        self.assertEqual(
            self.check("engine/kube/x.cpp", "#include <cpprest/http_client.h>"),
            ["engine/kube/x.cpp:1: only engine/kube/cpprest_* may include <cpprest/http_client.h>"],
        )

    def test_plugin_may_not_reach_into_the_executor(self):
        self.assertEqual(len(self.check("plugins/function/x.cpp", '#include "engine/diagnosis/executor.h"')), 1)

    def test_unrooted_include_is_named(self):
        self.assertEqual(len(self.check("engine/core/x.cpp", '#include "status.h"')), 1)

    def test_unknown_folder_is_named(self):
        self.assertEqual(len(self.check("engine/misc/x.cpp", "")), 1)


if __name__ == "__main__":
    unittest.main()
