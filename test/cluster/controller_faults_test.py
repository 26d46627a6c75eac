#!/usr/bin/env python3
"""The controller through a proxy that cuts, stalls and rewrites what it asks and hears: what it decides is written once and true.

Usage: controller_faults_test.py KUBEDIAG.
"""

import sys
import unittest

import controller_case
from cluster_case import ClusterCase
from controller_case import CYCLE, SET, ControllerCase, of_pod, operation_set, pod
from fault_case import start_proxy
from faults import Answer, Close, Cut, HalfOpen, Rule

SETS = r"/operationsets\b"
LEASE = "/leases/kubediag-controller"


def setUpModule():
    controller_case.start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


class FaultCase(ControllerCase):
    def setUp(self):
        self.proxy = start_proxy(self.plane)
        self.addCleanup(self.proxy.stop)

    def server(self):
        return self.proxy.url

    def lead(self, *flags):
        running = super().lead(*flags)
        self.eventually(lambda: {each.target.split("?")[0] for each in self.proxy.seen("WATCH") if each.status == 200} ==
                        {f"/apis/{controller_case.GROUP}/v1/{kind}" for kind in ("operationsets", "diagnoses")}, "it watches")
        return running

    def lists(self):
        return self.proxy.seen("GET", SETS + r"\?limit=")


class Watches(FaultCase):
    def test_a_cut_loses_nothing(self):
        self.lead()
        for name, cut in (("cut-in-a-chunk", Cut(100)), ("cut-between", Cut(100, "BETWEEN")), ("cut-at-last", Cut(1, "LAST"))):
            with self.subTest(name):
                rule = self.proxy.add(Rule(cut, method="WATCH", path=SETS, line=f'"name":"{name}"'))
                self.apply(operation_set(name, SET))
                self.assertEqual(self.ready(name)["status"], "True")
                self.assertEqual(rule.acted, 1)
        self.assertEqual(len(self.lists()), 1)

    def test_410_is_listed_anew(self):
        self.lead()
        self.apply(operation_set("edited", SET))
        self.ready("edited")
        self.proxy.add(Rule(Answer(410), method="WATCH", path=SETS, line='"type":"MODIFIED".*"name":"edited"'),
                       Rule(Answer(410), method="GET", path=SETS + r"\?limit="))
        self.apply(operation_set("edited", CYCLE))
        self.assertEqual(self.ready("edited")["status"], "False")
        self.assertEqual([each.status for each in self.lists()], [200, 410, 200])

    def test_half_open_watch(self):
        self.lead("--watch-timeout", "4s")
        rule = self.proxy.add(Rule(HalfOpen(0), method="WATCH", path=SETS, line='"name":"unheard"'))
        self.apply(operation_set("unheard", SET))
        self.assertEqual(self.ready("unheard")["status"], "True")
        self.assertEqual(rule.acted, 1)


class Writes(FaultCase):
    def test_readiness_converges(self):
        self.lead()
        for name, answer in (("conflict", Answer(409)), ("error", Answer(500)), ("away", Answer(503)),
                             ("throttled", Answer(429, retry_after=1)), ("closed", Close())):
            with self.subTest(name):
                rule = self.proxy.add(Rule(answer, method="PATCH|PUT", path=f"/operationsets/{name}/status", times=3))
                self.apply(operation_set(name, SET))
                self.assertEqual(self.ready(name)["status"], "True")
                self.assertEqual(rule.acted, 3)

    def test_a_node_is_assigned_in_spite_of_failures(self):
        self.lead()
        self.apply(pod("placed", "node-7"))
        for name, answer, forward in (("conflict", Answer(409), False), ("error", Answer(500), False), ("lost", Cut(), True),
                                      ("landed", Answer(409), True)):
            with self.subTest(name):
                rule = self.proxy.add(Rule(answer, method="PATCH|PUT", path=f"/diagnoses/{name}", forward=forward))
                self.apply(of_pod(name, "placed"), command="create")
                self.eventually(lambda: self.get("diag", name)["spec"].get("nodeName") == "node-7", "the node")  # noqa: B023
                self.eventually(lambda: self.status_of(name).get("phase") == "Pending", "its phase")  # noqa: B023
                self.assertEqual(rule.acted, 1)


class Leases(FaultCase):
    def test_failures_that_pass_do_not_end_a_term(self):
        controller = self.lead()
        refused = [self.proxy.add(Rule(answer, method="PUT|PATCH", path=LEASE))
                   for answer in (Answer(500), Answer(409), Answer(429, retry_after=1), Close())]
        self.eventually(lambda: all(each.acted for each in refused), "renewals fail")
        writes = len(self.proxy.seen("PUT|PATCH", LEASE))
        self.eventually(lambda: any(each.status == 200 for each in self.proxy.seen("PUT|PATCH", LEASE)[writes:]), "one succeeds")
        self.assertIsNone(controller.said("no longer leading"))
        self.assertTrue(controller.leads())

    def test_a_leader_whose_renewals_hang_stops_before_another_takes_over(self):
        first = self.lead()
        other = controller_case.Controller(self.plane, self.plane.folder / f"{self.id()}-other.log")
        self.addCleanup(other.end)
        self.proxy.add(Rule(HalfOpen(), path=LEASE, times=None))
        self.eventually(lambda: first.said("no longer leading"), "it knows")
        self.assertFalse(first.leads())
        self.eventually(other.leads, "the other one leads")
        writes = len(self.proxy.seen("PATCH|PUT|POST", SETS))
        self.apply(operation_set("by-the-other", SET))
        self.assertEqual(self.ready("by-the-other")["status"], "True")
        self.assertEqual(len(self.proxy.seen("PATCH|PUT|POST", SETS)), writes)

    def test_an_outage_is_survived_and_not_hammered(self):
        controller = self.lead()
        connections = len(self.proxy.seen("CONNECT"))
        self.proxy.add(Rule(Close(), method="CONNECT", times=None))
        self.proxy.add(Rule(Close(), times=None))
        self.eventually(lambda: controller.said("no longer leading"), "the term ends")
        times = [each.time for each in self.proxy.seen("CONNECT")[connections:]]
        print(f"{len(times)} connections in {times[-1] - times[0]:.1f} s")
        self.assertLess(len(times), 10 + 3 * (times[-1] - times[0]))
        self.proxy.clear()
        self.eventually(controller.leads, "it leads again")
        self.apply(operation_set("afterwards", SET))
        self.assertEqual(self.ready("afterwards")["status"], "True")


if __name__ == "__main__":
    controller_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
