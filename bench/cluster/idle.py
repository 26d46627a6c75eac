"""What an agent and a page cost while nothing happens, and what a diagnosis costs the API server."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import processes  # noqa: E402
from audit import Audit  # noqa: E402
from bench_plane import BenchPlane, wait_until  # noqa: E402

NODE = "node-idle"
MIB = 1 << 20
USER_AGENT = "kubediag-"  # of the agent and of what it starts


def rest(agent, audit, seconds):
    """RSS at the end, CPU as a share of a core, requests by kind, over so many seconds of nothing."""
    place, cpu, begun = audit.now(), processes.processor_seconds(agent.process.pid), time.monotonic()
    time.sleep(seconds)
    share = (processes.processor_seconds(agent.process.pid) - cpu) / (time.monotonic() - begun)
    return processes.resident(agent.process.pid) / MIB, share, audit.since(place, USER_AGENT)


def pages(agent):
    return [pid for pid in processes.descendants(agent.process.pid) if processes.name(pid).startswith("kubediag-opera")]


def open_watches(plane):
    """As the API server counts them; the garbage collector has some, too."""
    return sum(int(line.rsplit(" ", 1)[1]) for line in plane.kubectl("get", "--raw", "/metrics").stdout.splitlines()
               if line.startswith("apiserver_longrunning_requests{") and 'verb="WATCH"' in line)


def measure(programs, seconds, diagnoses):
    audit = Audit()
    figures, remarks = {}, {}
    try:
        with BenchPlane(programs, (NODE,), audit.flags) as bench:
            watches = open_watches(bench.plane)
            agent = bench.start_agent(NODE)
            time.sleep(2)  # what a start leaves to be done
            figures["watches"] = open_watches(bench.plane) - watches
            resident, share, requests = rest(agent, audit, seconds)
            figures["agent_rss_mib"], figures["agent_cpu"] = resident, share
            figures["other_requests"] = sum(count for kind, count in requests.items() if kind != "watch diagnoses")
            remarks["idle"] = f"{seconds} s; requests: {dict(requests) or 'none'}; {processes.threads(agent.process.pid)} threads"

            place = audit.now()
            bench.time_diagnoses("each", "counted", diagnoses, bench.heap_spec(), NODE)
            time.sleep(3)  # Events come later
            counted = audit.since(place, USER_AGENT)
            figures["requests"] = sum(count for kind, count in counted.items() if not kind.startswith("watch")) / diagnoses
            remarks["requests"] = ", ".join(f"{kind} {count / diagnoses:g}" for kind, count in sorted(counted.items()))

            bench.create([("page", {**bench.heap_spec(), "nodeName": NODE})])
            bench.await_ends(1, 60)
            page = wait_until(lambda: pages(agent), "a page is served")[0]
            time.sleep(2)
            figures["page_rss_mib"] = processes.resident(page) / MIB
            remarks["page"] = f"{processes.proportional(page) / MIB:.1f} MiB of its own; {processes.threads(page)} threads"
            bench.plane.kubectl("delete", "diagnoses", "--all", "-n", "measured")
            wait_until(lambda: not pages(agent), "the page has ended")
            used, share, _ = rest(agent, audit, min(seconds, 30))
            figures["agent_rss_used_mib"] = used
            remarks["agent_rss"] = f"{used:.1f} MiB after {diagnoses + 1} diagnoses"
    finally:
        audit.close()
    return figures, remarks
