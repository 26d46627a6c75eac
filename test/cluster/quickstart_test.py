#!/usr/bin/env python3
"""./quickstart --cluster on a real control plane: it prints a Diagnosis that has succeeded and a page of the live API server's heap,
stays until Ctrl-C, and leaves nothing behind.

Usage: quickstart_test.py BUILD.
"""

import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import cluster_case
import yaml

sys.path.insert(0, str(cluster_case.ROOT / "test/docs"))
import quickstart_folder  # noqa: E402

BUILD = None
PATIENCE = 300  # the control plane's start included
MARK = "KUBEDIAG_QUICKSTART_TEST"


class Quickstart(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="kubediag-quickstart-")
        self.addCleanup(temporary.cleanup)
        self.folder, self.scratch = pathlib.Path(temporary.name, "checkout"), pathlib.Path(temporary.name, "tmp")
        self.folder.mkdir()
        self.scratch.mkdir()
        self.mark = secrets.token_hex(8)
        self.environment = quickstart_folder.make(self.folder, cluster_case.ROOT, BUILD) | {
            MARK: self.mark, "TMPDIR": str(self.scratch), "HOME": str(self.scratch),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(pathlib.Path.home() / ".cache"))}
        self.addCleanup(self.kill_all)

    def ours(self):
        """What it has started and still lives; the environment is passed on to all of it."""
        mark = f"{MARK}={self.mark}".encode()
        return quickstart_folder.living(lambda process: mark in (process / "environ").read_bytes().split(b"\0"))

    def kill_all(self):
        for each in self.ours():
            os.kill(int(each), signal.SIGKILL)

    def assert_nothing_is_left(self):
        self.assertEqual(self.ours(), [])
        self.assertEqual(list(self.scratch.iterdir()), [])

    def start(self, *flags, **files):
        return subprocess.Popen(["./quickstart", "--cluster", *flags], cwd=self.folder, env=self.environment,
                                stdin=subprocess.DEVNULL, start_new_session=True, **files)

    def test_once(self):
        child = self.start("--once", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        output, errors = child.communicate(timeout=PATIENCE)
        self.assertEqual(child.returncode, 0, errors)
        diagnosis = yaml.safe_load(output)
        self.assertEqual((diagnosis["kind"], diagnosis["metadata"]["name"], diagnosis["status"]["phase"]),
                         ("Diagnosis", "go-profiler", "Succeeded"))
        source = diagnosis["spec"]["parameters"]["param.diagnoser.runtime.go_profiler.source"]
        self.assertRegex(errors, rf"http://127\.0\.0\.1:\d+/[0-9a-f]{{32}}/ answers 200; .*; Heap of {source}, [\d.]+ s old")
        self.assertTrue(errors.endswith("the page answers and holds the live API server's heap\n"), errors)
        self.assert_nothing_is_left()

    def ends(self, send):
        """Waits until its page is there, and looks what a signal does."""
        child = self.start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with child.stdout:
            seen = quickstart_folder.await_text(child, b"kubectl in another terminal: ", PATIENCE)
            url = re.search(r"Visit (http://127\.0\.0\.1:\d+/[0-9a-f]{32}/)\. Ctrl-C ends it\.", seen).group(1)
            with urllib.request.urlopen(url, timeout=30) as answer:
                self.assertEqual(answer.status, 200)
            send(child)
            rest = child.stdout.read().decode()
            self.assertEqual(child.wait(PATIENCE), 0, rest)
        self.assert_nothing_is_left()

    def test_ends_on_ctrl_c(self):
        self.ends(lambda child: os.killpg(child.pid, signal.SIGINT))

    def test_ends_on_term(self):
        self.ends(lambda child: child.send_signal(signal.SIGTERM))


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
