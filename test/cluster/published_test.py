#!/usr/bin/env python3
"""What users of KubeDiag 0.2 - 0.3.1 have: their Operations, OperationSets and Diagnoses run wherever the module they need exists.

Names of nodes and addresses of servers are those of the test; all else is as published. Usage: published_test.py KUBEDIAG.
"""

import copy
import http.server
import json
import sys
import threading
import unittest

import agent_case
from agent_case import ENDPOINT, NODE, PREFIX, AgentCase, condition, operation_set
from cluster_case import GROUP, MANIFESTS, ROOT, ClusterCase, published_objects, read_yaml

PUBLISHED = ROOT / "test/engine/api/published"
TOKEN = "apiserver-profiler-sa-token"
# Operations of KubeDiag's own agent that no module of ours has.
ABSENT = {"pod-list-collector", "pod-detail-collector", "container-collector", "process-collector", "docker-info-collector",
          "dockerd-goroutine-collector", "containerd-goroutine-collector", "mount-info-collector", "elasticsearch-collector",
          "statefulset-detail-collector", "node-cordon", "statefulset-stuck", "sonobuoy-result-diagnoser", "core-file-profiler",
          "subpath-remount-diagnoser", "subpath-remount-recover", "tcpdump-profiler", "command-executor"}


def setUpModule():
    agent_case.start_plane(())


def tearDownModule():
    ClusterCase.plane.stop()


class Doctor(http.server.BaseHTTPRequestHandler):
    """A server of one's own, as an Operation's httpServer names it."""

    asked = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, body))
        answer = json.dumps({"doctor.answer": "healthy"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Published(AgentCase):
    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Doctor)
        self.doctor = server.server_address[1]
        Doctor.asked.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def objects(self, name, kind):
        return [each for each in published_objects(PUBLISHED / name) if each["kind"] == kind]

    def here(self, each):
        """The object with the names and addresses of this test."""
        each = copy.deepcopy(each)
        processor = each["spec"].get("processor", {})
        if "externalIP" in processor:
            processor.update(externalIP="127.0.0.1", externalPort=self.doctor, scheme="http")
        if "address" in processor.get("httpServer", {}):
            processor["httpServer"].update(address="127.0.0.1", port=self.doctor)
        if each["kind"] == "Diagnosis":
            each["metadata"]["namespace"] = self.namespace
            each["spec"]["nodeName"] = NODE
        return each

    def run_alone(self, operation):
        """An Operation in a set of its own."""
        name = operation["metadata"]["name"]
        self.apply(self.here(operation), operation_set(f"only-{name}", name))
        self.diagnose(name, f"only-{name}", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server, PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": TOKEN, "param.collector.system.socket.port": "22",
            "param.collector.system.socket.state": "listening"})

    def assert_runs(self, file):
        operations = self.objects(file, "Operation")
        self.assertTrue(operations)
        for each in operations:
            self.run_alone(each)
        for each in operations:
            name = each["metadata"]["name"]
            with self.subTest(name):
                status = self.await_phase(name, "Succeeded", "Failed")
                outcome = status["operations"][0]
                if name in ABSENT:
                    self.assertEqual((outcome["phase"], outcome["reason"]), ("Failed", "OperationNotAvailable"), outcome)
                    self.assertEqual(condition(status, "Finished")["status"], "True")
                else:
                    self.assertEqual(outcome["attempts"], 1, outcome)
                    self.assertEqual(status["phase"], "Succeeded", outcome)
        return {each["metadata"]["name"]: self.status(each["metadata"]["name"]) for each in operations}

    def test_operations_of_0_2_0(self):
        ended = self.assert_runs("operations-0.2.0-flat.yaml")
        self.assertIn("Visit http://", ended["go-profiler"]["operationResults"][ENDPOINT])
        self.assertEqual(ended["disk-doctor"]["operationResults"], {"doctor.answer": "healthy"})
        self.assertEqual([path for path, _ in Doctor.asked], ["/examine"])
        self.assertEqual(Doctor.asked[0][1]["diagnosis.name"], "disk-doctor")

    def test_operations_of_0_3_1(self):
        ended = self.assert_runs("operations-0.3.1-http-server.yaml")
        self.assertIn("Visit http://", ended["go-profiler"]["operationResults"][ENDPOINT])
        self.assertEqual(sorted(path for path, _ in Doctor.asked), ["/", "/examine"])

    def test_scripts_and_functions_of_0_3_1(self):
        # The script wants a program that not every machine has; that it was run is what counts.
        operations = {each["metadata"]["name"]: each for each in self.objects("operations-0.3.1-script-function.yaml", "Operation")}
        for each in operations.values():
            self.run_alone(each)
        sockets = self.await_phase("list-sockets", "Succeeded", "Failed")
        self.assertEqual(sockets["operations"][0]["attempts"], 1)
        self.assertIn(sockets["operations"][0].get("reason", ""), ("", "ScriptFailed"))
        self.assertEqual(self.await_phase("fire-and-forget", "Succeeded", "Failed")["phase"], "Succeeded")
        counted = self.await_phase("count-keys", "Succeeded", "Failed")
        self.assertRegex(counted["operationResults"]["function.count_keys.count"], r"^\d+ keys$")

    def test_sets_and_diagnoses(self):
        for each in self.objects("operations-0.3.1-http-server.yaml", "Operation"):
            self.apply(self.here(each))
        for each in self.objects("operation-sets.yaml", "OperationSet"):
            self.apply(each)
        diagnoses = [self.here(each) for each in self.objects("diagnoses.yaml", "Diagnosis")]
        finished = {each["metadata"]["name"]: each["status"] for each in diagnoses if "status" in each}
        self.assertEqual(len(finished), 2)
        self.agent.end()  # what is finished was so before an agent of ours came
        for each in diagnoses:
            self.apply(each)
            if "status" in each:
                self.kubectl("patch", "diagnosis", each["metadata"]["name"], "-n", self.namespace, "--subresource=status",
                             "--type=merge", "-p", json.dumps({"status": each["status"]}))
        self.agent = self.start()
        for each in diagnoses:
            name = each["metadata"]["name"]
            with self.subTest(name):
                if name in finished:
                    continue
                status = self.await_phase(name, "Succeeded", "Failed")
                self.assertEqual(status["operations"][0]["reason"], "OperationNotAvailable", status)
                self.assertTrue(status["failedPaths"])
        for name, status in finished.items():
            now = self.status(name)
            for key, value in status.items():
                self.assertEqual(now[key], value, f"{name}: {key}")
            self.assertNotIn("claim", now)

    def test_the_tutorial(self):
        for each in published_objects(PUBLISHED / "tutorial-go-profiler.yaml"):
            if each["apiVersion"].startswith(GROUP):
                if each["kind"] == "Diagnosis":
                    each = self.here(each)
                    each["spec"]["parameters"].update({PREFIX + "source": self.plane.server,
                                                       PREFIX + "tls.secret_reference.name": TOKEN})
                self.apply(each)
        status = self.await_phase("go-profiler", "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertEqual(self.answers(status["operationResults"][ENDPOINT].split()[1].rstrip(",")), 200)


class Samples(AgentCase):
    def test_ours_run(self):
        names = []
        for file in sorted((MANIFESTS / "samples").glob("*.yaml")):
            for each in read_yaml(file):
                if each["kind"] == "Diagnosis":
                    each["metadata"]["namespace"] = self.namespace
                    each["spec"]["nodeName"] = NODE
                    if PREFIX + "source" in each["spec"].get("parameters", {}):
                        each["spec"]["parameters"][PREFIX + "source"] = self.plane.server
                    names.append(each["metadata"]["name"])
                self.apply(each)
        self.assertGreater(len(names), 3)
        for name in names:
            with self.subTest(name):
                status = self.await_phase(name, "Succeeded", "Failed")
                self.assertEqual(status["phase"], "Succeeded", status)


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
