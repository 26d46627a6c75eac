"""A plane with KubeDiag's manifests, the policies in force and nodes, for measurements; and the programs that measure."""

import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/cluster"))
import agent_case  # noqa: E402
import cluster_case  # noqa: E402

NAMESPACE = "measured"
HEAP = {agent_case.PREFIX + "type": "Heap", agent_case.PREFIX + "tls.secret_reference.namespace": "kubediag",
        agent_case.PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"}
TRACE = 'echo "$1" >> "$2"'  # one line a run, whole: shorter than a pipe's and a file's atomic write


class BenchPlane:
    """`with BenchPlane(nodes=…) as bench`; `bench.plane` is the plane."""

    def __init__(self, programs, nodes=(), apiserver_flags=()):
        self.programs = programs
        self.nodes = nodes
        self.plane = cluster_case.plane_module.Plane(apiserver_flags=apiserver_flags)
        self.agents = []
        agent_case.KUBEDIAG = programs / "bin/kubediag"

    def __enter__(self):
        plane = self.plane
        try:
            plane.start()
            plane.kubectl("apply", "--server-side", "-k", cluster_case.overlay(plane, "policies", "policies"))
            plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
            plane.kubectl("apply", "-k", cluster_case.MANIFESTS / "operations")
            plane.kubectl("create", "namespace", NAMESPACE)
            traced = agent_case.operation("traced", TRACE)
            traced["spec"]["processor"]["scriptRunner"]["argKeys"] = ["diagnosis.name", "trace"]
            objects = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}} for node in self.nodes]
            objects += [traced, agent_case.operation_set("traced")]
            plane.kubectl("create", "-f", "-", text=cluster_case.as_list(objects))
            wait_until(lambda: plane.get("secret", "apiserver-profiler-sa-token", "-n", "kubediag").get("data", {}).get("token"),
                       "the Secret is filled in")
        except BaseException:
            plane.stop()
            raise
        return self

    def __exit__(self, *_):
        for agent in self.agents:
            agent.end()
        self.plane.stop()

    def start_agent(self, node, *flags, ready=True, **options):
        agent = agent_case.Agent(self.plane, self.plane.folder / f"data-{node}", *flags, node=node, **options)
        self.agents.append(agent)
        if ready:
            wait_until(lambda: agent.probe("/readyz")[0] == 200, f"the agent of {node} is ready")
        return agent

    def end_agent(self, agent):
        self.agents.remove(agent)
        agent.end()

    def heap_spec(self, expiration=7200):
        """The spec of a Diagnosis of the API server's heap, without its node."""
        return {"operationSet": "go-profiler",
                "parameters": {**HEAP, agent_case.PREFIX + "source": self.plane.server,
                               agent_case.PREFIX + "expiration_seconds": str(expiration)}}

    def time_diagnoses(self, how, prefix, count, spec, *nodes):
        """What kubediag-diagnosis-timer prints; it fails unless every one has succeeded."""
        done = subprocess.run([self.programs / "bench/kubediag-diagnosis-timer", how, self.plane.kubeconfig, NAMESPACE, prefix,
                               str(count), json.dumps(spec), *nodes], stdout=subprocess.PIPE, text=True)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode:
            raise RuntimeError(f"not every diagnosis has succeeded: {[row for row in rows if row['phase'] != 'Succeeded']}")
        return rows

    def diagnoses(self):
        return self.plane.get("diagnoses", "-n", NAMESPACE)["items"]

    def create(self, specs):
        """Diagnoses of (name, spec)."""
        self.plane.kubectl("create", "--validate=false", "-f", "-", text=cluster_case.as_list(
            [{"apiVersion": f"{cluster_case.GROUP}/v1", "kind": "Diagnosis", "metadata": {"name": name, "namespace": NAMESPACE},
              "spec": spec} for name, spec in specs]))

    def await_ends(self, count, seconds, poll=0.5):
        """The Diagnoses, once so many have ended."""
        def ended():
            found = self.diagnoses()
            return found if sum(each.get("status", {}).get("phase") in ("Succeeded", "Failed") for each in found) >= count else None
        return wait_until(ended, f"{count} diagnoses have ended", seconds, poll)


def wait_until(check, what, seconds=120, poll=0.05):
    end = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(poll)
