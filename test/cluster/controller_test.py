#!/usr/bin/env python3
"""`kubediag controller` on a real control plane, with the rights of its manifests and the policies in force.

Usage: controller_test.py KUBEDIAG.
"""

import json
import signal
import sys
import time
import unittest

import controller_case
from cluster_case import ClusterCase, diagnosis
from controller_case import CYCLE, SET, ControllerCase, ago, condition, of_pod, operation_set, pod


def setUpModule():
    controller_case.start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


class OperationSets(ControllerCase):
    def test_status_tells_paths_or_the_positions_at_fault(self):
        self.lead()
        self.apply(operation_set("good", SET), operation_set("cyclic", CYCLE))
        self.assertEqual(self.ready("good")["status"], "True")
        good = self.get("opset", "good")["status"]
        self.assertTrue(good["ready"])
        self.assertEqual([[node["operation"] for node in path] for path in good["paths"]], [["hello"]])
        fault = self.ready("cyclic")
        self.assertEqual((fault["status"], fault["reason"]), ("False", "GraphInvalid"))
        self.assertIn("cycle: 1 -> 2 -> 1", fault["message"])
        self.assertFalse(self.get("opset", "cyclic")["status"]["ready"])
        self.kubectl("wait", "--for=condition=Ready", "--timeout=10s", "opset/good")

        self.apply(operation_set("cyclic", SET))
        self.assertEqual(self.ready("cyclic")["status"], "True")
        self.apply(operation_set("cyclic", CYCLE))
        self.assertEqual(self.ready("cyclic")["status"], "False")
        self.assertNotIn("paths", self.get("opset", "cyclic")["status"])

    def test_its_own_writes_are_no_news(self):
        controller = self.lead()
        self.apply(*(operation_set(f"quiet-{i}", SET) for i in range(5)))
        for i in range(5):
            self.ready(f"quiet-{i}")
        before = [self.get("opset", f"quiet-{i}")["metadata"]["resourceVersion"] for i in range(5)]
        writes = controller.metric('kubediag_api_requests_total{code="200",verb="patch"}')
        # The news of the five writes has been heard once that of a later one was acted upon.
        self.apply(operation_set("quiet-last", SET))
        self.ready("quiet-last")
        self.assertEqual([self.get("opset", f"quiet-{i}")["metadata"]["resourceVersion"] for i in range(5)], before)
        self.assertEqual(controller.metric('kubediag_api_requests_total{code="200",verb="patch"}'), writes + 1)
        self.assertGreaterEqual(controller.metric('kubediag_operation_sets{ready="true"}'), 6)


class Assignment(ControllerCase):
    def test_node_of_a_running_pod(self):
        controller = self.lead()
        self.apply(pod("placed", "node-7"))
        self.apply(of_pod("by-pod", "placed"), command="create")
        self.eventually(lambda: self.get("diag", "by-pod")["spec"].get("nodeName"), "a node")
        found = self.get("diag", "by-pod")
        self.assertEqual(found["spec"]["nodeName"], "node-7")
        self.assertEqual(found["status"]["phase"], "Pending")
        self.assertIn("startTime", found["status"])
        self.assertEqual(controller.metric("kubediag_diagnoses_assigned_total"), 1)
        self.eventually(lambda: "NodeAssigned" in self.events_of("by-pod"), "an Event")

    def test_pod_that_is_scheduled_later(self):
        self.lead()
        self.apply(of_pod("early", "late"), command="create")
        self.eventually(lambda: self.status_of("early").get("phase") == "Pending", "it waits")
        self.apply(pod("late"))
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "late", "namespace": "default"},
                   "target": {"apiVersion": "v1", "kind": "Node", "name": "node-8"}}
        self.kubectl("create", "--raw", "/api/v1/namespaces/default/pods/late/binding", "-f", "-", text=json.dumps(binding))
        self.eventually(lambda: self.get("diag", "early")["spec"].get("nodeName") == "node-8", "the node")

    def test_pod_that_never_comes(self):
        self.lead()
        self.apply(pod("unscheduled"))
        self.apply(of_pod("no-pod", "nobody"), of_pod("no-node", "unscheduled"), command="create")
        for name, reason in (("no-pod", "PodNotFound"), ("no-node", "PodNotScheduled")):
            self.kubectl("wait", "--for=condition=Finished", "--timeout=60s", f"diag/{name}")
            status = self.status_of(name)
            self.assertEqual((status["phase"], condition(status, "Finished")["reason"]), ("Failed", reason))
            self.assertIn("within 30 s", status["message"])


class Loss(ControllerCase):
    def test_node_that_is_deleted(self):
        controller = self.lead()
        self.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "doomed"}})
        self.apply(diagnosis("on-doomed", nodeName="doomed"), command="create")
        gets = lambda: controller.metric('kubediag_api_requests_total{code="200",verb="get"}')  # noqa: E731
        asked = gets()
        self.write_status("on-doomed", {"phase": "Running", "startTime": ago(seconds=1), "operations": [
            {"id": 1, "operation": "hello", "phase": "Running"}]})
        self.eventually(lambda: gets() > asked, "its node is seen")
        self.kubectl("delete", "node", "doomed")
        self.kubectl("wait", "--for=condition=Finished", "--timeout=60s", "diag/on-doomed")
        status = self.status_of("on-doomed")
        self.assertEqual((status["phase"], condition(status, "Finished")["reason"]), ("Failed", "NodeLost"))
        self.assertEqual(status["message"], "node doomed is gone")
        self.assertEqual(status["operations"][0]["reason"], "NodeLost")
        self.assertEqual(controller.metric("kubediag_node_lost_total"), 1)


class Collection(ControllerCase):
    def test_by_age_and_number_and_never_what_serves_runs_or_is_young(self):
        serving = [{"type": "Serving", "status": "True", "lastTransitionTime": ago(hours=5), "reason": "Serving", "message": ""}]
        ended = {"phase": "Succeeded"}
        objects = {
            "aged": {**ended, "completionTime": ago(hours=5)},
            "serving": {**ended, "completionTime": ago(hours=5), "conditions": serving},
            "running": {"phase": "Running", "startTime": ago(hours=5)},
            "first": {**ended, "completionTime": ago(minutes=50)},
            "second": {**ended, "completionTime": ago(minutes=40)},
            "third": {**ended, "completionTime": ago(minutes=30)},
        }
        self.apply(*(diagnosis(name, nodeName="crowded") for name in objects), command="create")
        for name, status in objects.items():
            self.write_status(name, status)
        names = lambda: {each["metadata"]["name"] for each in self.get("diag")["items"]} & set(objects)  # noqa: E731
        controller = self.lead("--diagnosis-ttl", "1h", "--minimum-diagnosis-ttl-duration", "4s",
                               "--maximum-diagnoses-per-node", "2")
        # Of the node's finished ones `serving` counts, too, and stays.
        self.eventually(lambda: not names() & {"aged", "first", "second"}, "the old ones are gone")
        self.assertEqual(controller.metric('kubediag_collected_total{cause="ttl"}'), 1)
        self.assertEqual(controller.metric('kubediag_collected_total{cause="count"}'), 2)
        # With one more that has just ended there are three again, and the oldest that may go does.
        self.apply(diagnosis("fresh", nodeName="crowded"), command="create")
        self.write_status("fresh", {**ended, "completionTime": ago(seconds=0)})
        self.eventually(lambda: "third" not in names(), "the oldest one is gone")
        self.assertEqual(names(), {"serving", "running"})
        self.assertEqual(self.status_of("fresh")["phase"], "Succeeded")


class Election(ControllerCase):
    def test_another_takes_over_from_a_leader_that_is_killed(self):
        first = self.lead()
        second = self.start()
        self.assertEqual(second.fetch("/readyz"), "OK")  # who stands by is ready
        self.assertEqual(second.fetch("/healthz"), "OK")
        self.assertFalse(second.leads())
        self.assertEqual(first.end(signal.SIGKILL), -signal.SIGKILL)
        self.apply(operation_set("after-kill", SET))
        killed = time.monotonic()
        self.assertEqual(self.ready("after-kill")["status"], "True")
        took = time.monotonic() - killed
        print(f"taken over from a killed leader after {took:.1f} s")
        self.assertLess(took, 30)  # 15 s lease, 2.0 to 4.4 s between looks, a list
        self.assertTrue(second.leads())

    def test_another_takes_over_at_once_from_a_leader_that_ends(self):
        first = self.lead()
        second = self.start()
        self.assertEqual(first.end(), 0)
        ended = time.monotonic()
        self.eventually(second.leads, "it leads")
        took = time.monotonic() - ended
        print(f"taken over from an ended leader after {took:.1f} s")
        self.assertLess(took, 12)  # the lease was given back
        self.assertIsNotNone(first.said("the controller ends"))

    def test_leader_that_was_stopped_for_long_writes_nothing_more(self):
        first = self.lead()
        second = self.start()
        writes = first.metric('kubediag_api_requests_total{code="200",verb="patch"}')
        first.process.send_signal(signal.SIGSTOP)
        try:
            self.eventually(second.leads, "the other one leads")
            self.apply(operation_set("after-stop", SET))
            self.assertEqual(self.ready("after-stop")["status"], "True")
        finally:
            first.process.send_signal(signal.SIGCONT)
        self.eventually(lambda: first.said("no longer leading"), "the first one knows")
        self.assertFalse(first.leads())
        # Renewals of the lease are no requests of this client's.
        self.assertEqual(first.metric('kubediag_api_requests_total{code="200",verb="patch"}'), writes)
        self.assertTrue(second.leads())

    def test_only_the_leader_writes(self):
        leader = self.lead()
        others = [self.start() for _ in range(2)]
        self.apply(*(operation_set(f"elected-{i}", SET) for i in range(10)))
        for i in range(10):
            self.ready(f"elected-{i}")
        self.assertGreaterEqual(leader.metric('kubediag_api_requests_total{code="200",verb="patch"}'), 10)
        for other in others:
            self.assertEqual(other.metric('kubediag_api_requests_total{code="200",verb="patch"}'), 0)
            self.assertEqual(other.metric("kubediag_leader"), 0)


if __name__ == "__main__":
    controller_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
