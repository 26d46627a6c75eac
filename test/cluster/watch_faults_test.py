#!/usr/bin/env python3
"""The agent's watch and list through a proxy that cuts, stalls and rewrites them: no Diagnosis is lost, and none is run twice.

Usage: watch_faults_test.py KUBEDIAG.
"""

import itertools
import sys
import time
import unittest

import agent_case
from cluster_case import ClusterCase
from fault_case import LIST, FaultCase, start_plane
from faults import Answer, Close, Cut, Drip, HalfOpen, Hold, Rule


def setUpModule():
    start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


def of(name):
    """A line that tells of an object of that name."""
    return f'"name":"{name}"'


def deletion_of(name):
    return f'"type":"DELETED".*"name":"{name}"'


class Cuts(FaultCase):
    def test_a_cut_within_an_event_loses_nothing_and_doubles_nothing(self):
        for name, cut, skip in (("in-a-chunk", Cut(200), 0),
                                ("in-a-character", Cut("gr\u00fcn".encode()[:3], "BETWEEN"), 0),
                                ("after-a-byte", Cut(1, "LAST"), 0),
                                ("own-write", Cut(0), 1)):
            with self.subTest(name):
                rule = self.watch_fault(cut, of(name), skip=skip)
                self.diagnose_traced(name, note="gr\u00fcn")
                self.assert_succeeds_once(name)
                self.eventually(lambda: rule.acted, "the cut")
        self.assertEqual(self.lists(), [])  # each went on from the last version it knew

    def test_a_dripping_event_is_read(self):
        rule = self.watch_fault(Drip(100, 0.02), of("dripping"))
        self.diagnose_traced("dripping")
        self.assert_succeeds_once("dripping")
        self.assertEqual(rule.acted, 1)
        self.assertEqual(len(self.watches()), 1)

    def test_another_of_the_same_name_in_a_gap_is_another(self):
        self.diagnose_traced("twin", "gated")
        self.await_running("twin")
        listing = Hold()
        self.watch_fault(Cut(0), deletion_of("twin"))
        self.proxy.add(Rule(Answer(410), method="WATCH"), Rule(listing, method="GET", path=LIST))
        self.kubectl("delete", "diagnosis", "twin", "-n", self.namespace)
        self.eventually(lambda: self.lists(), "it lists anew")
        self.diagnose_traced("twin")
        listing.release()
        status = self.await_phase("twin", "Succeeded", "Failed")
        self.assertEqual([each["operation"] for each in status["operations"]], ["traced"])
        self.assertEqual(sorted(self.trace("twin")), ["cancelled", "ran", "ran"])  # one run of each


class Gone(FaultCase):
    """The server no longer knows our version: what was deleted meanwhile is found by listing."""

    def lose_the_deletion(self, *rules):
        """A running Diagnosis is deleted, which the agent can learn from a list alone."""
        self.diagnose_traced("victim", "gated")
        self.await_running("victim")
        self.proxy.add(*rules)
        self.kubectl("delete", "diagnosis", "victim", "-n", self.namespace)
        self.eventually(lambda: self.trace("victim") == ["ran", "cancelled"], "the run has ended")
        self.diagnose_traced("next")
        self.assert_succeeds_once("next")

    def test_410_as_status(self):
        self.lose_the_deletion(Rule(Cut(0), method="WATCH", line=deletion_of("victim")), Rule(Answer(410), method="WATCH"))
        self.assertEqual(len(self.lists()), 1)

    def test_410_in_the_stream(self):
        self.lose_the_deletion(Rule(Answer(410), method="WATCH", line=deletion_of("victim")))
        self.assertEqual(len(self.lists()), 1)
        self.assertEqual(self.restarts("expired"), 1)

    def test_410_of_lists_too_backs_off(self):
        self.lose_the_deletion(Rule(Answer(410), method="WATCH", line=deletion_of("victim")),
                               Rule(Answer(410), method="GET", path=LIST, times=3))
        times = [each.time for each in self.lists()]
        self.assertEqual(len(times), 4)
        for wait, (before, after) in zip((1.6, 3.2, 6.4), itertools.pairwise(times)):
            self.assertGreaterEqual(after - before, wait)


class Refusals(FaultCase):
    def test_errors_within_the_stream(self):
        for name, answer in (("internal", Answer(500)), ("throttled", Answer(429, retry_after=3))):
            with self.subTest(name):
                watches = len(self.watches())
                rule = self.watch_fault(answer, of(name))
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.assertEqual(rule.acted, 1)
                self.assertEqual(len(self.watches()), watches + 1)
        self.assertEqual(self.lists(), [])
        self.assertEqual((self.restarts("server_error"), self.restarts("throttled")), (1, 1))

    def test_retry_after_is_waited_for(self):
        self.watch_fault(Cut(0), of("late"))
        self.proxy.add(Rule(Answer(429, retry_after=4), method="WATCH"))
        self.diagnose_traced("late")
        self.assert_succeeds_once("late")
        refused, taken = self.watches()[1:]
        self.assertEqual(refused.status, 429)
        self.assertGreaterEqual(taken.time - refused.time, 4)

    def test_500_and_503_are_tried_again(self):
        self.watch_fault(Cut(0), of("late"))
        self.proxy.add(Rule(Answer(500), method="WATCH"), Rule(Answer(503), method="WATCH"))
        self.diagnose_traced("late")
        self.assert_succeeds_once("late")
        self.assertEqual([each.status for each in self.watches()], [200, 500, 503, 200])
        self.assertEqual(self.lists(), [])

    def test_a_server_that_closes_at_once_is_asked_ever_more_rarely(self):
        connections = len(self.proxy.seen("CONNECT"))
        self.watch_fault(Cut(0), of("late"))
        self.proxy.add(Rule(Close(), method="CONNECT", times=3))
        self.diagnose_traced("late")
        self.assert_succeeds_once("late")
        times = [each.time for each in self.proxy.seen("CONNECT")[connections:connections + 4]]
        for wait, (before, after) in zip((1.6, 3.2, 6.4), itertools.pairwise(times)):
            self.assertGreaterEqual(after - before, wait)


class Silence(FaultCase):
    """A peer that vanished without a word is found out by its silence."""

    flags = ("--watch-timeout", "4s")

    def test_half_open_watch(self):
        rule = self.watch_fault(HalfOpen(0), of("lost"))
        self.diagnose_traced("lost")
        self.assert_succeeds_once("lost")
        self.assertEqual(rule.acted, 1)
        self.assertEqual(self.restarts("silent"), 1)

    def test_half_open_within_an_event(self):
        self.watch_fault(HalfOpen(100), of("lost"))
        self.diagnose_traced("lost")
        self.assert_succeeds_once("lost")

    def test_a_server_that_accepts_and_hangs_keeps_no_other_request_waiting(self):
        self.diagnose_traced("under-way", "gated")
        self.await_running("under-way")
        hung = Rule(HalfOpen(), method="CONNECT")
        self.watch_fault(Cut(0), of("lost"))
        self.proxy.add(hung)
        self.diagnose_traced("lost")
        self.eventually(lambda: hung.acted, "the watch hangs")
        watches = len(self.watches())
        self.open_gate("under-way")
        self.assert_succeeds_once("under-way", ("ran", "went on"))
        self.assertEqual(len(self.watches()), watches)  # it still hangs
        self.assert_succeeds_once("lost")


class Quiet(FaultCase):
    flags = ("--watch-timeout", "10s")

    def test_quiet_watches_go_on_from_bookmarks(self):
        self.diagnose("elsewhere", "traced", nodeName="node-2")

        def elsewhere():
            self.kubectl("annotate", "--overwrite", "diagnosis", "elsewhere", "-n", self.namespace, f"at={time.monotonic()}")
            return len(self.watches()) >= 3
        self.eventually(elsewhere, "two watches have ended")
        versions = [int(each.target.split("resourceVersion=")[1].split("&")[0]) for each in self.watches()]
        self.assertLess(versions[0], versions[1])
        self.assertLess(versions[1], versions[2])
        self.assertEqual(self.lists(), [])


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
