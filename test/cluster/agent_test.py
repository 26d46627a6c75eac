#!/usr/bin/env python3
"""`kubediag agent` on a real control plane, with the rights of its manifests, a token bound to its node, and the policies in force.

Usage: agent_test.py KUBEDIAG.
"""

import json
import re
import signal
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import cluster_case
from cluster_case import GROUP, ClusterCase, diagnosis

KUBEDIAG = None  # the program
NODE = "node-1"
PREFIX = "param.diagnoser.runtime.go_profiler."
ENDPOINT = "diagnoser.runtime.go_profiler.result.endpoint"


def setUpModule():
    plane = ClusterCase.plane = cluster_case.plane_module.Plane()
    try:
        plane.start()
        plane.kubectl("apply", "--server-side", "-k", cluster_case.overlay(plane, "policies", "policies"))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        plane.kubectl("apply", "-k", cluster_case.MANIFESTS / "operations")
        plane.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}))
        for name, script in (("short", "echo done"), ("failing", "echo no >&2; exit 3"), ("long", "exec sleep 600")):
            plane.kubectl("apply", "-f", "-", text=cluster_case.as_list([operation(name, script), operation_set(name)]))
    except BaseException:
        plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


def operation(name, script):
    return {"apiVersion": f"{GROUP}/v1", "kind": "Operation", "metadata": {"name": name},
            "spec": {"processor": {"timeoutSeconds": 900, "scriptRunner": {"script": script, "operationResultKey": name}}}}


def operation_set(name, *operations):
    nodes = [{"id": 0, "to": [1]}]
    for position, each in enumerate(operations or (name,), 1):
        nodes.append({"id": position, "operation": each, "to": [position + 1] if position < len(operations or (name,)) else []})
    return {"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": name}, "spec": {"adjacencyList": nodes}}


def condition(status, kind):
    return next((each for each in status.get("conditions", []) if each["type"] == kind), {})


class Agent:
    """One process of the agent, under the ServiceAccount of the manifests, its token bound to the node."""

    def __init__(self, plane, data_root, *flags):
        token = plane.kubectl("-n", "kubediag", "create", "token", "kubediag-agent", "--bound-object-kind", "Node",
                              "--bound-object-name", NODE).stdout.strip()
        data_root.mkdir(exist_ok=True)
        self.log = data_root.parent / f"{data_root.name}.log"
        with open(self.log, "ab") as stderr:
            self.process = subprocess.Popen(
                [KUBEDIAG, "agent", "--node-name", NODE, "--kubeconfig", plane.token_user("agent", token),
                 "--data-root", data_root, "--log-format", "json", "--probe-address", "127.0.0.1", "--metrics-port", "0",
                 "--viewer-address", "127.0.0.1", "--viewer-ports", "0", "--allow-source-cidr", "127.0.0.0/8",
                 "--secrets-checked-by-admission", *flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)

    def said(self, message):
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]
        return next((line for line in reversed(lines) if line["message"] == message), None)

    def probe(self, path):
        line = self.said("the agent runs")
        if line is None:
            return None, ""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{line['probes']}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return None, ""

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)


class AgentCase(ClusterCase):
    def setUp(self):
        self.namespace = re.sub(r"[^a-z0-9]+", "-", self.id().split(".")[-1])[:50].strip("-")
        self.kubectl("create", "namespace", self.namespace)
        self.agents = []
        self.agent = self.start()

    def tearDown(self):
        for agent in self.agents:
            agent.end(signal.SIGKILL)
        self.plane.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def start(self, *flags):
        agent = Agent(self.plane, self.plane.folder / f"data-{self.namespace}", *flags)
        self.agents.append(agent)
        self.eventually(lambda: agent.probe("/readyz")[0] == 200, "the agent is ready")
        return agent

    def diagnose(self, name, operation_set_name=None, **spec):
        self.apply(diagnosis(name, self.namespace, operationSet=operation_set_name or name, **spec))

    def status(self, name):
        return self.get("diagnosis", name, "-n", self.namespace).get("status", {})

    def await_phase(self, name, *phases):
        return self.eventually(lambda: (lambda s: s.get("phase") in phases and s)(self.status(name)), f"{name} is {phases}")

    def profile(self, name):
        self.diagnose(name, "go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server,
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"})
        status = self.await_phase(name, "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        sentence = status["operationResults"][ENDPOINT]
        self.assertRegex(sentence, r"^Visit http://127\.0\.0\.1:\d+/[0-9a-f]{32}/, this server will expire in 7200 seconds\.$")
        return sentence.split()[1].rstrip(",")

    def answers(self, url):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status
        except OSError:
            return None


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
        self.assertNotIn(self.namespace, text)  # no object's name is a label
        self.assertEqual(self.agent.probe("/healthz"), (200, "OK"))


if __name__ == "__main__":
    KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
