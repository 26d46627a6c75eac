"""What tests of faults share: an agent whose API server is a fault proxy, and operations that leave a trace of each run."""

import agent_case
from agent_case import AgentCase, operation, operation_set
from cluster_case import GROUP, ClusterCase, diagnosis
from fault_proxy import FaultProxy
from faults import Rule

LIST = r"/diagnoses\?limit="

# They append a line to the file that the Diagnosis names; `gated` goes on once another file exists.
TRACED = 'echo ran >> "$1"; echo done'
GATED = ('trap \'echo cancelled >> "$1"; exit 9\' TERM; echo ran >> "$1"; while [ ! -e "$2" ]; do sleep 0.02; done; '
         'echo went on >> "$1"')


def start_plane(components=("policies",)):
    agent_case.start_plane((), components)
    objects = [operation_set("traced"), operation_set("gated")]
    for name, script in (("traced", TRACED), ("gated", GATED)):
        objects.append(operation(name, script))
        objects[-1]["spec"]["processor"]["scriptRunner"]["argKeys"] = ["trace", "gate"]
    try:
        ClusterCase.plane.kubectl("apply", "-f", "-", text=agent_case.cluster_case.as_list(objects))
    except BaseException:
        ClusterCase.plane.stop()
        raise


def start_proxy(plane):
    return FaultProxy(plane.server, plane.authority.certificate,
                      *plane.authority.issue("fault-proxy", addresses=("IP:127.0.0.1",))).start()


class FaultCase(AgentCase):
    flags = ()

    def setUp(self):
        self.proxy = start_proxy(self.plane)
        self.addCleanup(self.proxy.stop)
        super().setUp()

    def start(self, *flags):
        """An agent that has listed once and watches: it asks for nothing more."""
        watches, lists = len(self.watches()), len(self.proxy.seen("GET", LIST))
        agent = super().start(*self.flags, *flags)
        answered = lambda seen: [each.status for each in seen].count(200)  # noqa: E731
        self.eventually(lambda: answered(self.watches()[watches:]), "it watches")
        self.eventually(lambda: answered(self.proxy.seen("GET", LIST)[lists:]) == 1, "it has listed")
        self.lists_at_start = len(self.proxy.seen("GET", LIST))
        return agent

    def kubeconfig(self):
        return self.plane.token_user("agent", agent_case.token_of(self.plane), self.proxy.url)

    def watches(self):
        return self.proxy.seen("WATCH", "/diagnoses")

    def lists(self):
        """Those since the agent's start."""
        return self.proxy.seen("GET", LIST)[self.lists_at_start:]

    def status_writes(self, name):
        return self.proxy.seen("PATCH", f"/diagnoses/{name}/status")

    def file(self, name, kind):
        return self.plane.folder / f"{self.namespace}-{name}.{kind}"

    def diagnose_traced(self, name, operation_set_name="traced", **parameters):
        self.apply(diagnosis(name, self.namespace, operationSet=operation_set_name, parameters={
            "trace": str(self.file(name, "trace")), "gate": str(self.file(name, "gate")), **parameters}))

    def open_gate(self, name):
        self.file(name, "gate").touch()

    def trace(self, name):
        path = self.file(name, "trace")
        return path.read_text().splitlines() if path.exists() else []

    def await_running(self, name):
        self.await_phase(name, "Running")
        self.eventually(lambda: self.trace(name), f"the operation of {name} runs")

    def assert_succeeds_once(self, name, trace=("ran",)):
        status = self.await_phase(name, "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertEqual(self.trace(name), list(trace))
        self.assertEqual([each["attempts"] for each in status["operations"]], [1])
        return status

    def restarts(self, reason):
        """Watches and lists of the agent that ended for that reason."""
        name = f'kubediag_watch_restarts_total{{reason="{reason}",resource="diagnoses"}} '
        return next((int(float(line[len(name):])) for line in self.agent.probe("/metrics")[1].splitlines() if line.startswith(name)), 0)

    def watch_fault(self, action, line, **options):
        """Does that to the watch at the first event with such a line."""
        return self.proxy.add(Rule(action, method="WATCH", line=line, **options))


__all__ = ["FaultCase", "GROUP", "LIST", "start_plane", "start_proxy"]
