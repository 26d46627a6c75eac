#!/usr/bin/env python3
"""The DaemonSet and the Deployment of the manifests, under the controllers that make Pods of them."""

import json
import unittest

import cluster_case
from cluster_case import ClusterCase

NODES = ("node-1", "node-2", "node-3")


def setUpModule():
    plane = ClusterCase.plane = cluster_case.plane_module.Plane(
        controllers=("daemonset-controller", "deployment-controller", "replicaset-controller"))
    try:
        plane.start()
        for name in NODES:
            plane.kubectl("create", "-f", "-", text=json.dumps({
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"kubernetes.io/os": "linux"}},
                # The sick one is the one to look at.
                "spec": {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}] if name == "node-3" else []}}))
        plane.kubectl("apply", "-k", cluster_case.overlay(plane, "all", "policies", "operation-user"))
    except BaseException:
        plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


class Workloads(ClusterCase):
    def pods(self, component):
        return self.get("pods", "-n", "kubediag", "-l", f"app.kubernetes.io/component={component}")["items"]

    def test_every_node_gets_an_agent(self):
        pods = self.eventually(lambda: (lambda found: len(found) == len(NODES) and found)(self.pods("agent")), "an agent for each node")
        wanted = [pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
                  ["matchFields"][0]["values"] for pod in pods]
        self.assertEqual(sorted(wanted), [[name] for name in NODES])

    def test_two_controllers(self):
        self.eventually(lambda: len(self.pods("controller")) == 2, "two controllers")

    def test_no_pod_was_refused(self):
        self.test_every_node_gets_an_agent()
        self.test_two_controllers()
        events = self.get("events", "-n", "kubediag")["items"]
        self.assertEqual([each["message"] for each in events if each["type"] != "Normal"], [])

    def test_the_namespace_is_of_the_level_that_the_agents_pods_need(self):
        level = self.get("namespace", "kubediag")["metadata"]["labels"]
        self.assertEqual(level.get("pod-security.kubernetes.io/enforce"), "privileged", level)


if __name__ == "__main__":
    unittest.main(verbosity=2)
