#!/usr/bin/env python3
"""A data root that is full, or whose disk fails: diagnoses fail with the reason, the agent lives, and no half file is left.

Usage: storage_faults_test.py KUBEDIAG FAILING_FSYNC.
"""

import os
import pathlib
import sys
import unittest

import agent_case
from agent_case import PREFIX, AgentCase, condition
from cluster_case import ClusterCase

FAILING_FSYNC = None
SIZE_MIB = 512
INODES = 4000
MOUNT = f'mount -t tmpfs -o size={SIZE_MIB}m,nr_inodes={INODES} none "$0" && exec "$@"'


def setUpModule():
    agent_case.start_plane((("short", "echo done"),))


def tearDownModule():
    ClusterCase.plane.stop()


# A file system of its own, in a mount namespace of its own.
UNSHARE = ("unshare", "-m") if os.getuid() == 0 else ("unshare", "-rm")


class StorageCase(AgentCase):
    def setUp(self):
        self.need_mounts(UNSHARE)
        super().setUp()

    def start(self, *flags):
        data_root = self.plane.folder / f"data-{self.namespace}"
        self.broken = self.plane.folder / f"{self.namespace}.broken"
        agent = agent_case.Agent(
            self.plane, data_root, *flags, command=(*UNSHARE, "sh", "-c", MOUNT, data_root),
            environment={"LD_PRELOAD": FAILING_FSYNC, "KUBEDIAG_FAILING_FSYNC": str(self.broken)})
        self.agents.append(agent)
        self.eventually(lambda: agent.probe("/readyz")[0] == 200, "the agent is ready")
        self.root = pathlib.Path(f"/proc/{agent.process.pid}/root{data_root}")
        return agent

    def fill(self, left=0):
        """Takes all room of the file system but so many bytes."""
        room = os.statvfs(self.root)
        with open(self.root / "filler", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left)

    def files(self):
        return {str(each.relative_to(self.root)) for each in self.root.rglob("*") if each.is_file()} - {"filler"}

    def assert_works(self, name):
        self.diagnose(name, "short")
        self.assertEqual(self.await_phase(name, "Succeeded", "Failed")["phase"], "Succeeded")

    def assert_fails(self, name, *reasons):
        """It fails for one of these reasons, says so, and the agent lives on."""
        status = self.await_phase(name, "Failed", "Succeeded")
        self.assertEqual(status["phase"], "Failed", status)
        self.assertIn(condition(status, "Finished")["reason"], reasons, status)
        self.assertTrue(status["message"])
        self.assertIsNone(self.agent.process.poll())
        self.assertEqual(self.agent.probe("/healthz")[0], 200)
        return status


class Full(StorageCase):
    def test_without_room_for_a_journal(self):
        self.assert_works("before")
        self.fill()
        before = self.files()
        self.diagnose("full", "short")
        print(self.assert_fails("full", "JournalUnavailable")["message"])
        self.assertEqual({each for each in self.files() - before if "tmp" in each or each.endswith("journal")}, set())
        (self.root / "filler").unlink()
        self.assert_works("after")

    def test_without_room_for_a_profile(self):
        self.assert_works("before")
        self.fill(64 << 10)  # a journal fits
        self.diagnose("full", "go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server,
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"})
        status = self.await_phase("full", "Failed", "Succeeded")
        self.assertEqual(status["phase"], "Failed", status)
        print(status["message"])
        self.assertIn("No space left on device", status["message"])
        self.assertEqual([each for each in self.files() if "profilers/" in each], [])
        (self.root / "filler").unlink()
        self.profile("after")

    def test_without_inodes(self):
        self.assert_works("before")
        many = self.root / "many"
        many.mkdir()
        try:
            for number in range(INODES):
                (many / str(number)).touch()
        except OSError:
            pass
        self.diagnose("full", "short")
        # No run can be begun: it says so, and begins once that is possible.
        waiting = self.eventually(
            lambda: (lambda status: (status.get("phase") == "Failed" or condition(status, "Queued").get("status") == "True") and
                     status)(self.status("full")), "it is told")
        print(waiting.get("message") or condition(waiting, "Queued")["message"])
        self.assertIn("No space left on device", str(waiting))
        for each in many.iterdir():
            each.unlink()
        self.assert_works("after")
        self.await_phase("full", "Succeeded", "Failed")


class Broken(StorageCase):
    def test_syncs_that_fail(self):
        self.assert_works("before")
        self.broken.touch()
        self.diagnose("broken", "short")
        print(self.assert_fails("broken", "JournalUnavailable")["message"])
        self.broken.unlink()
        self.assert_works("after")


if __name__ == "__main__":
    agent_case.KUBEDIAG, FAILING_FSYNC = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main(verbosity=2)
