#!/usr/bin/env python3
"""What run_blocks.py is for: a block that does not work for the reader fails the test."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import run_blocks

BACKGROUND = "<!-- docs-test: background -->\n"


def block(commands, mark=""):
    return f"{mark}```bash\n{commands}\n```\n"


class RunBlocksTest(unittest.TestCase):
    def run_text(self, text):
        """Number of failed blocks, and what was printed."""
        with tempfile.TemporaryDirectory() as folder:
            source, build = pathlib.Path(folder, "source"), pathlib.Path(folder, "build")
            (build / "bin").mkdir(parents=True)
            source.mkdir()
            (source / "page.md").write_text(text)
            server = build / "bin" / "server"
            server.write_text("#!/bin/sh\necho address\nexec sleep 300\n")
            server.chmod(0o755)
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                failed = run_blocks.run_document(source, build, source / "page.md")
            return failed, output.getvalue()

    def assert_fails(self, text, reason):
        failed, output = self.run_text(text)
        self.assertEqual(failed, 1, output)
        self.assertIn(reason, output)

    def test_blocks_of_a_document_share_a_folder(self):
        self.assertEqual(self.run_text(block("echo one > file") + block('test "$(cat file)" = one'))[0], 0)

    def test_a_failing_command_fails(self):
        self.assert_fails(block("echo why\nfalse\ntrue"), "exit status 1\nwhy")

    def test_a_background_block_goes_on(self):
        self.assertEqual(self.run_text(block("build/release/bin/server | tee address", BACKGROUND)
                                       + block('test "$(cat address)" = address'))[0], 0)

    def test_a_background_program_that_is_not_built_is_named(self):
        self.assert_fails(block("build/release/bin/no-server | tee address", BACKGROUND),
                          "build/release/bin/no-server is not there: build the target no-server")

    def test_a_background_program_that_is_not_there_fails(self):
        failed, output = self.run_text(block("no-such-program | tee address", BACKGROUND))
        self.assertGreater(failed, 0)
        self.assertIn("no-such-program: command not found", output)

    def test_a_background_program_that_ends_fails(self):
        until_dead = "until grep -q '^State:.Z' /proc/$(cat pid)/status; do :; done"
        self.assert_fails(block("echo $$ > pid; echo address; echo why >&2; exit 3", BACKGROUND) + block(until_dead),
                          "ended by itself, exit status 3\nwhy")

    def test_an_unknown_comment_and_a_block_without_a_language_fail(self):
        self.assert_fails(block("true", "<!-- docs-test: later -->\n"), "is not understood")
        self.assert_fails("```\ntrue\n```\n", "without a language")

    def test_what_is_not_built_is_named_and_nothing_is_run(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "page.md").write_text(block("true"))
            command = [sys.executable, run_blocks.__file__, folder, folder, "--needs", "kubediag=/no/such/kubediag", "page.md"]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(ended.returncode, 1)
            self.assertIn("kubediag is not built, /no/such/kubediag is missing: cmake --build", ended.stdout)
            self.assertNotIn("page.md", ended.stdout)


if __name__ == "__main__":
    unittest.main()
