"""What tests of `kubediag controller` share: the process, with the rights of its manifests, a plane for it, and objects."""

import datetime
import json
import os
import signal
import subprocess
import urllib.request

import cluster_case
from cluster_case import GROUP, ClusterCase, diagnosis

KUBEDIAG = None  # the program; whoever has a main sets it
SET = [{"id": 0, "to": [1]}, {"id": 1, "operation": "hello"}]
CYCLE = [{"id": 0, "to": [1]}, {"id": 1, "operation": "a", "to": [2]}, {"id": 2, "operation": "b", "to": [1]}]


def start_plane():
    plane = ClusterCase.plane = cluster_case.plane_module.Plane()
    try:
        plane.start()
        plane.kubectl("apply", "--server-side", "-k", cluster_case.overlay(plane, "policies", "policies"))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
    except BaseException:
        plane.stop()
        raise


def operation_set(name, adjacency_list):
    return {"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": name},
            "spec": {"adjacencyList": adjacency_list}}


def pod(name, node=None):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"containers": [{"name": "main", "image": "none"}], **({"nodeName": node} if node else {})}}


def of_pod(name, pod_name):
    made = diagnosis(name, podReference={"namespace": "default", "name": pod_name})
    del made["spec"]["nodeName"]
    return made


def ago(**duration):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**duration)).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(status, kind):
    return next((each for each in status.get("conditions", []) if each["type"] == kind), None)


class Controller:
    """One process of the controller, under the ServiceAccount of the manifests."""

    def __init__(self, plane, log, *flags, server=None, token=None, environment=None):
        self.token = token or plane.kubectl("-n", "kubediag", "create", "token", "kubediag-controller", "--duration=24h").stdout.strip()
        self.log = log
        with open(log, "wb") as stderr:
            self.process = subprocess.Popen(
                [KUBEDIAG, "controller", "--kubeconfig", plane.token_user("controller", self.token, server), "--log-format", "json",
                 "--probe-address", "127.0.0.1", "--metrics-port", "0", *flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, env={**os.environ, **(environment or {})})

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.endswith("}")]

    def said(self, message):
        return next((line for line in self.lines() if line["message"] == message), None)

    def fetch(self, path):
        started = self.said("the controller runs")
        with urllib.request.urlopen(f"http://127.0.0.1:{started['probes']}{path}", timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The value of a series, as it is written before its value; 0 if there is none."""
        return next((float(line.rsplit(" ", 1)[1]) for line in self.fetch("/metrics").splitlines()
                     if line.startswith(name + " ")), 0)

    def leads(self):
        return bool(self.said("the controller runs")) and self.metric("kubediag_leader") == 1

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


class ControllerCase(ClusterCase):
    def server(self):
        """Where it finds the API server; None: at the plane's own address."""

    def start(self, *flags):
        """A controller that runs until the test ends; it need not lead yet."""
        self.count = getattr(self, "count", 0) + 1
        running = Controller(self.plane, self.plane.folder / f"{self.id()}-{self.count}.log", *flags, server=self.server())
        self.addCleanup(running.end)
        self.eventually(lambda: running.said("the controller runs"), "the controller runs")
        return running

    def lead(self, *flags):
        """The only controller."""
        running = self.start(*flags)
        self.eventually(running.leads, "it leads")
        return running

    def status_of(self, name):
        return self.get("diag", name).get("status", {})

    def ready(self, name):
        """Condition Ready of a set, once it speaks of the set's present generation."""
        def check():
            found = self.get("opset", name)
            status = found.get("status", {})
            if status.get("observedGeneration") != found["metadata"]["generation"]:
                return None
            return condition(status, "Ready")
        return self.eventually(check, f"condition Ready of {name}")

    def write_status(self, name, status):
        self.kubectl("patch", "diag", name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))

    def events_of(self, name):
        return [each["reason"] for each in self.get("events.events.k8s.io")["items"] if each["regarding"]["name"] == name]
