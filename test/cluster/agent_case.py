"""What tests of `kubediag agent` share: the process, with the rights of its manifests and a token bound to its node, and a plane for it."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

import cluster_case
from cluster_case import GROUP, ClusterCase, diagnosis

KUBEDIAG = None  # the program; whoever has a main sets it
NODE = "node-1"
PREFIX = "param.diagnoser.runtime.go_profiler."
ENDPOINT = "diagnoser.runtime.go_profiler.result.endpoint"


def start_plane(scripts, components=("policies",)):
    """A plane with these components in force, the sample operations, and a set of one script for each of (name, script)."""
    plane = ClusterCase.plane = cluster_case.plane_module.Plane()
    try:
        plane.start()
        plane.kubectl("apply", "--server-side", "-k", cluster_case.overlay(plane, "here", *components))
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        plane.kubectl("apply", "-k", cluster_case.MANIFESTS / "operations")
        plane.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}))
        for name, script in scripts:
            plane.kubectl("apply", "-f", "-", text=cluster_case.as_list([operation(name, script), operation_set(name)]))
    except BaseException:
        plane.stop()
        raise


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


def token_of(plane, node=NODE):
    """A token of the agents' ServiceAccount, bound to the node."""
    return plane.kubectl("-n", "kubediag", "create", "token", "kubediag-agent", "--duration=24h", "--bound-object-kind", "Node",
                         "--bound-object-name", node).stdout.strip()


class Agent:
    """One process of the agent, under the ServiceAccount of the manifests, its token bound to the node."""

    def __init__(self, plane, data_root, *flags, kubeconfig=None, node=NODE, environment=None, command=(), checked_by_admission=True):
        data_root.mkdir(exist_ok=True)
        kubeconfig = kubeconfig or plane.token_user(f"agent-{node}", token_of(plane, node))
        self.log = data_root.parent / f"{data_root.name}.log"
        self.log_begin = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as stderr:
            self.process = subprocess.Popen(
                [*command, KUBEDIAG, "agent", "--node-name", node, "--kubeconfig", kubeconfig, "--data-root", data_root,
                 "--log-format", "json", "--probe-address", "127.0.0.1", "--metrics-port", "0", "--viewer-address", "127.0.0.1",
                 "--viewer-ports", "0", "--allow-source-cidr", "127.0.0.0/8",
                 *(["--secrets-checked-by-admission"] if checked_by_admission else []), *flags],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, env={**os.environ, **(environment or {})})

    def has_begun(self):
        """It has said something; before, it may not even have reached its main()."""
        return self.log.stat().st_size > self.log_begin

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
    checked_by_admission = True  # the agent is told that policies have checked who may use which Secret
    prefix = ""  # of the namespace, where the same test is made in several ways

    def setUp(self):
        self.namespace = re.sub(r"[^a-z0-9]+", "-", self.prefix + self.id().split(".")[-1])[:50].strip("-")
        self.kubectl("create", "namespace", self.namespace)
        self.agents = []
        self.agent = self.start()

    def tearDown(self):
        for agent in self.agents:
            agent.end(signal.SIGKILL)
        self.plane.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def kubeconfig(self):
        """The agent's; None makes it one."""

    def start(self, *flags):
        agent = Agent(self.plane, self.plane.folder / f"data-{self.namespace}", *flags, kubeconfig=self.kubeconfig(),
                      checked_by_admission=self.checked_by_admission)
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
