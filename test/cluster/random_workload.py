"""Diagnoses of every kind, and what may become of each: the truth that test/cluster/random_faults holds the engine to."""

import collections
import dataclasses
import time

import agent_case
from agent_case import PREFIX, condition, operation, operation_set
from cluster_case import diagnosis

NAMESPACE = "random"
POD = "placed"
NODES = ("node-1", "node-2")
EXPIRATION = 20  # seconds, of pages

# $1 is the Diagnosis' name, $2 the file of its traces, $3 how long it takes.
SCRIPTS = {
    "quick": 'echo quick >> "$2"; echo "$1"',
    "slow": 'echo slow >> "$2"; sleep "$3"; echo slow-ended >> "$2"; echo "$1"',
    "again": 'echo again >> "$2"; sleep "$3"; echo again-ended >> "$2"; echo "$1"',
    "failing": 'echo failing >> "$2"; echo "it cannot" >&2; exit 3',
}
SETS = {**{name: (name,) for name in SCRIPTS}, "chain": ("quick", "again"), "fallback": ("failing",)}
ONCE = ("quick", "slow", "failing")  # operations that may not be repeated
KINDS = ("quick",) * 4 + ("slow",) * 3 + ("again",) * 3 + ("chain",) * 3 + ("failing",) * 2 + ("pod",) * 2 + (
    "heap", "heap", "deleted", "suspended", "deadline")
WORTH_REPEATING = 4  # interruptions that an operation may see


def objects():
    made = []
    for name, script in SCRIPTS.items():
        made.append(operation(name, script))
        made[-1]["spec"]["processor"]["scriptRunner"]["argKeys"] = ["diagnosis.name", "trace", "seconds"]
        made[-1]["spec"]["repeatable"] = name not in ONCE
    made += [operation_set(name, *operations) for name, operations in SETS.items()]
    made.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": POD, "namespace": NAMESPACE},
                 "spec": {"nodeName": NODES[1], "containers": [{"name": "main", "image": "none"}]}})
    return made


@dataclasses.dataclass
class Case:
    """One Diagnosis and what is known of it besides."""
    name: str
    kind: str
    node: str
    trace: object            # path
    created: float           # monotonic, before the first try
    source: str = ""
    taken: bool = False      # by the API server
    interfered: float = 0    # when it was deleted or suspended, as its kind says

    def manifest(self):
        parameters = {"trace": str(self.trace), "seconds": "30" if self.kind == "deadline" else "2"}
        made = diagnosis(self.name, NAMESPACE, operationSet=self.kind, nodeName=self.node, parameters=parameters)
        if self.kind in ("deleted", "suspended", "deadline", "pod"):
            made["spec"]["operationSet"] = "quick" if self.kind == "pod" else "slow"
        if self.kind == "deadline":
            made["spec"]["timeoutSeconds"] = 5
        if self.kind == "pod":
            del made["spec"]["nodeName"]
            made["spec"]["podReference"] = {"namespace": NAMESPACE, "name": POD}
        if self.kind == "heap":
            made["spec"].update(operationSet="go-profiler", parameters={
                PREFIX + "type": "Heap", PREFIX + "source": self.source, PREFIX + "expiration_seconds": str(EXPIRATION),
                PREFIX + "tls.secret_reference.namespace": "kubediag",
                PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"})
        return made

    def runs(self):
        return collections.Counter(self.trace.read_text().split() if self.trace.exists() else [])

    def repetitions(self):
        runs = self.runs()
        return [f"{each} ran {runs[each]} times" for each in ONCE if runs[each] > 1]

    def lies(self, status, kills, server_faults):
        """What of its end is not true, or not allowed: sentences. `kills` and `server_faults` are those since it was made."""
        runs, found = self.runs(), self.repetitions()
        reason = condition(status, "Finished").get("reason", "")
        if status["phase"] == "Succeeded":
            found += self._of_success(status, runs)
        elif reason not in self._allowed_reasons(kills, server_faults):
            found.append(f"failed for {reason}: {status.get('message')}")
        if condition(status, "Finished").get("status") != "True":
            found.append("it has ended and is not Finished")
        return found

    def _of_success(self, status, runs):
        results = status.get("operationResults", {})
        if self.kind in ("failing", "deadline"):
            return ["it succeeded"]
        if self.kind == "heap":
            return [] if agent_case.ENDPOINT in results else ["no endpoint"]
        found = []
        operations = self.manifest()["spec"]["operationSet"]
        for each in SETS[operations]:
            if runs[each] == 0 or (each != "quick" and runs[each + "-ended"] == 0):
                found.append(f"{each} did not run to its end")
            if results.get(f"operation.{each}.output", "").strip() != self.name:
                found.append(f"the result of {each} is {results}")
        return found

    def _allowed_reasons(self, kills, server_faults):
        allowed = set()
        if self.kind == "failing":
            allowed.add("ScriptFailed")
        if self.kind == "deadline":
            allowed.add("DeadlineExceeded")
        if self.kind == "suspended" and self.interfered:
            allowed.add("Suspended")
        repeatable_only = self.kind in ("again", "heap")
        if kills > (WORTH_REPEATING if repeatable_only else 0):
            allowed.add("Interrupted")
        if self.kind == "heap" and server_faults:
            # The server that is profiled is the one that is tormented.
            allowed |= {"ConnectFailed", "TlsFailed", "Unauthorized", "Forbidden", "TooManyRequests", "ServerError", "HttpError",
                        "Timeout", "Truncated", "DeadlineExceeded"}
        return allowed


def new_case(random, number, folder, source):
    kind = random.choice(KINDS)
    name = f"{kind}-{number}"
    node = NODES[1] if kind == "pod" else random.choice(NODES)
    return Case(name, kind, node, folder / name, time.monotonic(), source)
