#!/usr/bin/env python3
"""The controller's memory with as many statuses, as large, as its rules let be: below the limit of its Pod. Prints the figures.

Usage: controller_memory_test.py KUBEDIAG.
"""

import concurrent.futures
import json
import re
import sys
import unittest
import urllib.error

import yaml

import controller_case
from cluster_case import GROUP, MANIFESTS, ClusterCase
from controller_case import ControllerCase, ago
from direct_api import Api

COUNT = 2000
BYTES = 64 * 1024  # of each status
MIB = 1 << 20


def setUpModule():
    controller_case.start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


def status():
    """A finished one, of everything that a status has some."""
    text = "a quick brown fox jumps over the lazy dog; " * 100
    path = [{"id": 1 + position, "operation": f"collect-something-{position}", "to": [position + 2]} for position in range(5)]
    operations = [{"id": 1 + number, "operation": f"collect-something-{number}", "phase": "Failed", "reason": "ScriptFailed",
                   "message": text[:2048], "startTime": ago(minutes=5), "completionTime": ago(minutes=5), "attempts": 1}
                  for number in range(6)]
    return {"phase": "Failed", "startTime": ago(minutes=5), "completionTime": ago(minutes=5), "message": text[:2048],
            "conditions": [{"type": "Finished", "status": "True", "reason": "ScriptFailed", "message": text[:1024],
                            "lastTransitionTime": ago(minutes=5)}],
            "operations": operations, "failedPaths": [path] * 48,
            "operationResults": {f"operation.collect_{number}.output": text[:4096] for number in range(8)}}


class Memory(ControllerCase):
    def test_of_a_large_cluster(self):
        api = Api(self.plane)
        body = status()
        size = len(json.dumps(body, separators=(",", ":")))
        self.assertGreater(size, BYTES * 0.9)

        def make(number):
            name = f"d-{number}"
            object_ = {"apiVersion": f"{GROUP}/v1", "kind": "Diagnosis", "metadata": {"name": name, "namespace": "default"},
                       "spec": {"operationSet": "set", "nodeName": f"node-{number % 100}"}}
            self.assertEqual(api.ask("POST", api.diagnoses_path("default"), object_)[0], 201)
            code, _ = api.ask("PATCH", api.diagnoses_path("default", name) + "/status", {"status": body}, "application/merge-patch+json")
            self.assertEqual(code, 200)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(COUNT)))
        controller = self.lead()
        self.eventually(lambda: self.has_read(controller), "it has read all of them")
        memory = self.memory(controller)
        print(f"{COUNT} statuses of {size} bytes, {COUNT * size / MIB:.0f} MiB as JSON: "
              f"{memory['VmRSS'] / MIB:.0f} MiB, at most {memory['VmHWM'] / MIB:.0f} MiB")
        self.assertLess(memory["VmHWM"], self.limit() * 0.8)

    @staticmethod
    def has_read(controller):
        try:
            return controller.fetch("/readyz") == "OK"
        except urllib.error.HTTPError:
            return False

    @staticmethod
    def memory(controller):
        with open(f"/proc/{controller.process.pid}/status") as file:
            return {key: int(value) * 1024 for key, value in re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", file.read(), re.MULTILINE)}

    @staticmethod
    def limit():
        with open(MANIFESTS / "base/controller/deployment.yaml") as file:
            deployment = next(each for each in yaml.safe_load_all(file) if each["kind"] == "Deployment")
        limit = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
        return int(limit.removesuffix("Mi")) * MIB


if __name__ == "__main__":
    controller_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
