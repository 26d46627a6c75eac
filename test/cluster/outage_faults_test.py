#!/usr/bin/env python3
"""An API server that is silent, or away, for longer than any single request is tried: what ran meanwhile is told once it is back.

Usage: outage_faults_test.py KUBEDIAG.
"""

import signal
import sys
import time
import unittest

import agent_case
import cluster_case
from cluster_case import ClusterCase
from fault_case import FaultCase, start_plane

OUTAGE = 75   # seconds; a status write is tried for 60
RECOVERY = 75  # seconds; back-off is 60 at most, and a machine that is busy takes its time


def setUpModule():
    cluster_case.TIMEOUT = RECOVERY
    start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


class LongOutages(FaultCase):
    flags = ("--watch-timeout", "20s")

    def go_through(self, begin, end):
        """A run that ends in the outage, one that goes on through it, and one that is made right after it."""
        for name in ("within", "through"):
            self.diagnose_traced(name, "gated")
            self.await_running(name)
        memory, descriptors = self.size()
        begin()
        requests = len(self.proxy.seen("CONNECT"))
        self.open_gate("within")
        time.sleep(OUTAGE)
        requests = len(self.proxy.seen("CONNECT")) - requests
        self.assertIsNone(self.agent.process.poll())
        self.assertEqual(self.agent.probe("/healthz")[0], 200)
        end()
        back = time.monotonic()
        self.diagnose_traced("after")
        self.assert_succeeds_once("after")
        self.assert_succeeds_once("within", ("ran", "went on"))
        took = time.monotonic() - back
        self.open_gate("through")
        self.assert_succeeds_once("through", ("ran", "went on"))
        later = self.size()
        print(f"{requests} connections in {OUTAGE} s of it; all is told {took:.1f} s after; "
              f"RSS {memory >> 20} -> {later[0] >> 20} MiB, {descriptors} -> {later[1]} descriptors")
        self.assertLess(took, RECOVERY)
        self.assertLess(requests, 10 + 2 * OUTAGE)
        self.assertLess(later[0], memory + (4 << 20))

    def size(self):
        pid = self.agent.process.pid
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * 4096, len(list(agent_case.os.scandir(f"/proc/{pid}/fd")))

    def test_an_api_server_that_is_away(self):
        def begin():
            self.plane.end("kube-apiserver")
        self.go_through(begin, self.plane.restart_apiserver)

    def test_an_api_server_that_is_silent(self):
        server = self.plane.processes["kube-apiserver"]
        self.addCleanup(server.send_signal, signal.SIGCONT)
        self.go_through(lambda: server.send_signal(signal.SIGSTOP), lambda: server.send_signal(signal.SIGCONT))


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
