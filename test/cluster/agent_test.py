#!/usr/bin/env python3
"""`kubediag agent` on a real control plane, with the rights of its manifests, a token bound to its node, and the policies in force.

Usage: agent_test.py KUBEDIAG.
"""

import re
import signal
import sys
import unittest

import agent_case
from agent_case import NODE, Agent, AgentCase, condition, operation_set
from cluster_case import ROOT, ClusterCase


def metric(text, name):
    """The value of a series without labels; 0 if there is none."""
    return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " ")), 0)


def setUpModule():
    agent_case.start_plane((("short", "echo done"), ("failing", "echo no >&2; exit 3"), ("long", "exec sleep 600")))


def tearDownModule():
    ClusterCase.plane.stop()


class Runs(AgentCase):
    def test_profiles_the_api_server_and_serves_the_page(self):
        url = self.profile("heap")
        self.assertEqual(self.answers(url), 200)
        events = self.eventually(lambda: [each["reason"] for each in self.get("events", "-n", self.namespace)["items"]],
                                 "events are recorded")
        self.assertTrue(set(events) <= {"OperationSucceeded", "DiagnosisSucceeded"}, events)

    def test_says_why_an_operation_failed(self):
        self.diagnose("failing")
        status = self.await_phase("failing", "Failed")
        self.assertEqual(status["operations"][0]["reason"], "ScriptFailed")
        self.assertEqual(condition(status, "Finished")["status"], "True")

    def test_waits_for_an_operation_set_that_comes_later(self):
        self.diagnose("early", "late")
        self.eventually(lambda: condition(self.status("early"), "Queued").get("status") == "True", "it says that it waits")
        self.assertIn("late", condition(self.status("early"), "Queued")["message"])
        self.apply(operation_set("late", "short"))
        status = self.await_phase("early", "Succeeded")
        self.assertEqual(condition(status, "Queued")["status"], "False")

    def test_queues_beyond_the_limit_of_the_node(self):
        for number in range(5):
            self.diagnose(f"long-{number}", "long")
        self.eventually(lambda: sum(condition(self.status(f"long-{n}"), "Queued").get("status") == "True" for n in range(5)) == 1,
                        "one of five waits")
        for number in range(5):
            self.kubectl("delete", "diagnosis", f"long-{number}", "-n", self.namespace)
        self.diagnose("short")
        self.await_phase("short", "Succeeded")  # their places are free again

    def fill(self):
        """Every worker of the agent is at a run that takes long."""
        for number in range(4):
            self.diagnose(f"long-{number}", "long")
        for number in range(4):
            self.await_phase(f"long-{number}", "Running")

    def test_the_time_of_a_diagnosis_ends_its_wait(self):
        self.fill()
        self.diagnose("brief", "short", timeoutSeconds=3)
        status = self.await_phase("brief", "Failed", "Succeeded")
        self.assertEqual(condition(status, "Finished")["reason"], "DeadlineExceeded")
        self.assertNotEqual(condition(status, "Queued").get("status"), "True")
        self.assertEqual({self.status(f"long-{number}")["phase"] for number in range(4)}, {"Running"})

    def test_one_that_is_suspended_while_it_waits_says_so(self):
        self.fill()
        self.diagnose("short")
        self.eventually(lambda: condition(self.status("short"), "Queued").get("status") == "True", "it waits")
        self.kubectl("patch", "diagnosis", "short", "-n", self.namespace, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        self.eventually(lambda: condition(self.status("short"), "Queued").get("reason") == "Suspended", "it says that it is suspended")
        self.assertEqual(condition(self.status("short"), "Queued")["status"], "False")

    def test_suspending_ends_a_run(self):
        self.diagnose("long")
        self.await_phase("long", "Running")
        self.kubectl("patch", "diagnosis", "long", "-n", self.namespace, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        status = self.await_phase("long", "Failed")
        self.assertEqual(condition(status, "Finished")["reason"], "Suspended")

    def test_deleting_ends_the_page(self):
        url = self.profile("heap")
        self.kubectl("delete", "diagnosis", "heap", "-n", self.namespace)
        self.eventually(lambda: self.answers(url) is None, "the page is gone")

    def test_never_gives_the_result_to_another_of_the_same_name(self):
        self.diagnose("twin", "long")
        self.await_phase("twin", "Running")
        self.kubectl("delete", "diagnosis", "twin", "-n", self.namespace)
        self.diagnose("twin", "short")
        status = self.await_phase("twin", "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertEqual([each["operation"] for each in status["operations"]], ["short"])


class Restarts(AgentCase):
    def test_serves_pages_again_on_their_port(self):
        url = self.profile("heap")
        self.assertEqual(self.agent.end(signal.SIGTERM), 0)
        self.assertIsNone(self.answers(url))
        self.start()
        self.eventually(lambda: self.answers(url) == 200, "the page is back")

    def test_serves_pages_again_after_a_kill(self):
        url = self.profile("heap")
        self.agent.end(signal.SIGKILL)
        self.start()
        self.eventually(lambda: self.answers(url) == 200, "the page is back")

    def test_fails_what_may_not_be_repeated(self):
        self.diagnose("long")
        self.await_phase("long", "Running")
        self.agent.end(signal.SIGKILL)
        self.start()
        status = self.await_phase("long", "Failed")
        self.assertEqual(condition(status, "Finished")["reason"], "Interrupted")

    def test_takes_what_came_while_it_was_away(self):
        self.agent.end()
        self.diagnose("short")
        self.start()
        self.await_phase("short", "Succeeded")

    def test_a_second_agent_on_the_same_data_root_is_refused(self):
        second = Agent(self.plane, self.plane.folder / f"data-{self.namespace}")
        self.assertEqual(second.process.wait(60), 1)
        self.assertIn("another agent uses the data root", second.log.read_text())

    def test_survives_the_api_server(self):
        self.plane.end("kube-apiserver")
        self.plane.restart_apiserver()
        self.diagnose("short")
        self.await_phase("short", "Succeeded")


class Probes(AgentCase):
    def test_counts_what_it_does(self):
        self.diagnose("short")
        self.await_phase("short", "Succeeded")
        status, text = self.agent.probe("/metrics")
        self.assertEqual(status, 200)
        self.assertIn('kubediag_diagnoses_total{phase="Succeeded",reason="Succeeded"} 1', text)
        self.assertIn("kubediag_operation_seconds_count", text)
        self.assertIn('kubediag_operation_seconds_count{operation="script-runner",phase="Succeeded"} 1', text)
        for name in (self.namespace, '"short"', NODE):
            self.assertNotIn(name, text)  # no object's name is a label
        self.assertEqual(self.agent.probe("/healthz"), (200, "OK"))

    def test_says_how_much_it_keeps(self):
        self.diagnose("short")
        self.await_phase("short", "Succeeded")
        self.agent.end()
        self.agent = self.start()
        bytes_kept = self.eventually(lambda: metric(self.agent.probe("/metrics")[1], "kubediag_data_bytes"), "the data root was measured")
        folder = self.plane.folder / f"data-{self.namespace}/runs"
        self.assertGreaterEqual(bytes_kept, sum(each.stat().st_size for each in folder.rglob("journal")))

    def test_every_metric_is_documented(self):
        self.diagnose("short")
        self.await_phase("short", "Succeeded")
        names = set(re.findall(r"^# TYPE (kubediag_\w+)", self.agent.probe("/metrics")[1], re.MULTILINE))
        self.assertLessEqual({f"kubediag_{each}" for each in ("diagnoses_total", "operation_seconds", "queue_length", "viewers",
                                                              "data_bytes", "watch_restarts_total")}, names)
        page = (ROOT / "docs/cluster.md").read_text()
        self.assertEqual([each for each in sorted(names) if each not in page and each.replace("kubediag_catalog", "…") not in page], [])


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
