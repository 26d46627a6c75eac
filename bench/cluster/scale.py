"""Many agents on one API server, and many Diagnoses on one agent."""

import collections
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import processes  # noqa: E402
import yaml  # noqa: E402
from bench_plane import NAMESPACE, ROOT, BenchPlane, wait_until  # noqa: E402

MIB = 1 << 20
CROWD = "node-crowd"


def server_state(bench):
    pid = bench.plane.processes["kube-apiserver"].pid
    return processes.resident(pid), processes.processor_seconds(pid)


def traced(trace, node):
    return {"operationSet": "traced", "nodeName": node, "parameters": {"trace": str(trace)}}


def judge(found, trace, names):
    """(lost, run twice): none of either is what is wanted."""
    runs = collections.Counter(trace.read_text().split() if trace.exists() else [])
    succeeded = {each["metadata"]["name"] for each in found if each.get("status", {}).get("phase") == "Succeeded"}
    lost = [name for name in names if name not in succeeded or runs[name] == 0]
    return lost, [name for name, count in runs.items() if count > 1]


def fleet(programs, agents, diagnoses, rest):
    """Real agents, each a process with its own identity, data root, connections and watch."""
    nodes = [f"node-{number:03}" for number in range(agents)]
    figures, remarks = {}, {}
    with BenchPlane(programs, nodes) as bench:
        time.sleep(rest)
        memory, cpu = server_state(bench)
        time.sleep(rest)
        empty_cpu = (server_state(bench)[1] - cpu) / rest
        begun = time.monotonic()
        for node in nodes:
            bench.start_agent(node, ready=False)
        wait_until(lambda: all(agent.probe("/readyz")[0] == 200 for agent in bench.agents), "all agents are ready", 600, 1)
        started = time.monotonic() - begun
        time.sleep(rest)
        full_memory, cpu = server_state(bench)
        own = sum(processes.processor_seconds(agent.process.pid) for agent in bench.agents)
        time.sleep(rest)
        full_cpu = (server_state(bench)[1] - cpu) / rest
        own = (sum(processes.processor_seconds(agent.process.pid) for agent in bench.agents) - own) / rest / agents
        resident = sum(processes.resident(agent.process.pid) for agent in bench.agents) / agents
        share = sum(processes.proportional(agent.process.pid) for agent in bench.agents) / agents

        trace = bench.plane.folder / "trace"
        names = [f"fleet-{number:05}" for number in range(diagnoses)]
        cpu, begun = server_state(bench)[1], time.monotonic()
        bench.create([(name, traced(trace, nodes[number % agents])) for number, name in enumerate(names)])
        created = time.monotonic() - begun
        found = bench.await_ends(diagnoses, 1200, 2)
        took = time.monotonic() - begun
        lost, twice = judge(found, trace, names)
        figures.update(lost=len(lost), twice=len(twice), server_kib_per_agent=(full_memory - memory) / agents / 1024,
                       server_cpu_per_agent=(full_cpu - empty_cpu) / agents, agent_rss_mib=resident / MIB)
        remarks["fleet"] = (f"{agents} processes, ready in {started:.0f} s; {diagnoses} created in {created:.0f} s, ended after "
                            f"{took:.0f} s, API server {(server_state(bench)[1] - cpu) / diagnoses * 1000:.1f} ms CPU each")
        remarks["server"] = (f"API server {memory / MIB:.0f} → {full_memory / MIB:.0f} MiB, "
                             f"{empty_cpu * 100:.1f} → {full_cpu * 100:.1f} % of a core idle")
        remarks["agents"] = f"{share / MIB:.1f} MiB of its own, {own * 100:.3f} % of a core each"
    return figures, remarks


def manifest_limit():
    """The memory limit of the agent's container, bytes."""
    with open(ROOT / "manifests/base/agent/daemonset.yaml") as file:
        text = yaml.safe_load(file)["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
    return int(text.removesuffix("Mi")) * MIB


def crowd(programs, scripts, heaps, expiration):
    """Scripts and profiles at once on one node; its memory is watched, every process of it."""
    figures, remarks = {}, {}
    with BenchPlane(programs, (CROWD,)) as bench:
        agent = bench.start_agent(CROWD)
        idle = processes.resident(agent.process.pid)
        trace = bench.plane.folder / "trace"
        names = [f"crowd-{number:05}" for number in range(scripts)]
        begun = time.monotonic()
        bench.create([(name, traced(trace, CROWD)) for name in names] +
                     [(f"heap-{number:03}", {**bench.heap_spec(expiration), "nodeName": CROWD}) for number in range(heaps)])
        most = most_processes = 0
        asked = time.monotonic()

        def ended():
            nonlocal most, most_processes, asked
            tree = [agent.process.pid, *processes.descendants(agent.process.pid)]
            most, most_processes = max(most, sum(map(processes.resident, tree))), max(most_processes, len(tree))
            if time.monotonic() - asked < 1:
                return None
            asked = time.monotonic()
            found = bench.diagnoses()
            return found if all(each.get("status", {}).get("phase") in ("Succeeded", "Failed") for each in found) else None

        found = wait_until(ended, "all have ended", 900, 0.1)
        took = time.monotonic() - begun
        lost, twice = judge(found, trace, names)
        failed = [each["metadata"]["name"] for each in found if each["status"]["phase"] == "Failed"]
        wait_until(lambda: len(processes.descendants(agent.process.pid)) == 0, "its pages have ended", expiration + 60, 0.5)
        figures.update(lost=len(lost) + len(failed), twice=len(twice), most_mib=most / MIB, limit_mib=manifest_limit() / MIB,
                       after_mib=processes.resident(agent.process.pid) / MIB)
        remarks["crowd"] = (f"{scripts} scripts and {heaps} profiles ended after {took:.0f} s; at most {most_processes} processes; "
                            f"agent alone {idle / MIB:.1f} MiB before, {figures['after_mib']:.1f} after")
    return figures, remarks


__all__ = ["NAMESPACE", "crowd", "fleet"]
