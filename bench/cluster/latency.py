"""How long a diagnosis takes beside a bare client that makes the same requests and as many fsyncs."""

import collections
import pathlib
import re
import signal
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import agent_case  # noqa: E402
from bench_plane import NAMESPACE, ROOT, BenchPlane, wait_until  # noqa: E402, F401
from cluster_case import diagnosis  # noqa: E402
from fault_case import start_proxy  # noqa: E402
from faults import Hold, Rule  # noqa: E402

AGENT, BARE = "node-agent", "node-bare"
SYNCS = "fsync,fdatasync,syncfs,sync_file_range,sync,msync"


def median(rows, key="visible"):
    return statistics.median(row[key] for row in rows)


def spread(rows, key="visible"):
    values = [row[key] for row in rows]
    return f"{statistics.median(values):.1f} ms ({min(values):.0f}-{max(values):.0f})"


def count_fsyncs(bench):
    """Of one diagnosis of the agent, its children's included."""
    log = bench.plane.folder / "syncs"
    # The tracer is no child of the agent, which would end it.
    agent = bench.start_agent("node-syncs", command=("strace", "-DDD", "-f", "-qq", "-e", f"trace={SYNCS}", "-e", "signal=none",
                                                     "-o", str(log)))
    before = len(log.read_text().splitlines())
    bench.time_diagnoses("each", "syncs", 1, bench.heap_spec(), "node-syncs")
    calls = [line for line in log.read_text().splitlines()[before:] if re.search(r"\b(fsync|fdatasync|syncfs|sync)\(", line)]
    bench.end_agent(agent)
    return len(calls)


class BareClient:
    def __init__(self, bench, fsyncs):
        plane = bench.plane
        kubeconfig = plane.token_user("bare", agent_case.token_of(plane, BARE))
        self.log = open(plane.folder / "bare.log", "wb")
        self.process = subprocess.Popen([bench.programs / "bench/kubediag-bare-client", kubeconfig, BARE, plane.folder / "data-bare",
                                         str(fsyncs)], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


def answers_before(bench):
    """Whether the page answers while the result is on its way: the write that would make it visible is held back."""
    plane = bench.plane
    proxy = start_proxy(plane)
    agent = bench.start_agent("node-page", kubeconfig=plane.token_user(
        "agent-page", agent_case.token_of(plane, "node-page"), proxy.url))
    try:
        hold = Hold()
        proxy.add(Rule(hold, method="PATCH", path="/diagnoses/held/status", skip=1))
        bench.create([("held", {**bench.heap_spec(), "nodeName": "node-page"})])
        writes = wait_until(lambda: (lambda seen: len(seen) == 2 and seen)(proxy.seen("PATCH", "/diagnoses/held/status")),
                            "the result is on its way")
        url = re.search(rb"http://[0-9.:]+/[0-9a-f]{32}/", writes[1].body).group().decode()
        answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url], capture_output=True, text=True).stdout
        visible = plane.get("diagnosis", "held", "-n", NAMESPACE)["status"]["phase"]
        hold.release()
        bench.await_ends(1, 60)
    finally:
        bench.end_agent(agent)
        proxy.stop()
    plane.kubectl("delete", "diagnosis", "held", "-n", NAMESPACE)
    return answer == "200" and visible == "Running"


def measure(programs, rounds, starts, burst):
    """Figures by name, and remarks."""
    figures, remarks = {}, {}
    with BenchPlane(programs, (AGENT, BARE, "node-syncs", "node-page")) as bench:
        fsyncs = count_fsyncs(bench)
        figures["page_before_result"] = answers_before(bench)
        firsts = []
        for number in range(starts):
            agent = bench.start_agent(AGENT)
            firsts += bench.time_diagnoses("each", f"first-{number}", 1, bench.heap_spec(), AGENT)
            bench.end_agent(agent)
        agent = bench.start_agent(AGENT)
        bare = BareClient(bench, fsyncs)
        try:
            bench.time_diagnoses("each", "warm", min(3, rounds), bench.heap_spec(), AGENT, BARE)
            rows = bench.time_diagnoses("each", "round", rounds, bench.heap_spec(), AGENT, BARE)
            of = collections.defaultdict(list)
            for row in rows:
                of[row["node"]].append(row)
            bursts = bench.time_diagnoses("burst", "burst", burst, bench.heap_spec(), AGENT)
            bare_bursts = bench.time_diagnoses("burst", "bare-burst", burst, bench.heap_spec(), BARE)
        finally:
            bare.end()
    floor = median(of[BARE])
    figures["fsyncs"] = fsyncs
    figures["agent_ms"], figures["bare_ms"] = median(of[AGENT]), floor
    figures["ratio"] = figures["agent_ms"] / floor
    figures["first_ms"] = median(firsts)
    figures["first_ratio"] = figures["first_ms"] / floor
    figures["burst_last_ms"] = max(row["since_begun"] for row in bursts)
    figures["burst_median_ms"] = median(bursts, "since_begun")
    figures["bare_burst_last_ms"] = max(row["since_begun"] for row in bare_bursts)
    figures["page_ms"] = median(of[AGENT], "page")
    figures["page_tries"] = max(row["tries"] for row in of[AGENT])
    remarks["ratio"] = f"agent {spread(of[AGENT])}, bare {spread(of[BARE])}, {fsyncs} fsyncs each, {rounds} rounds"
    remarks["first"] = f"{spread(firsts)}, {starts} starts"
    remarks["burst"] = (f"of {burst}: median {figures['burst_median_ms']:.0f} ms, a bare client one after another "
                        f"{figures['bare_burst_last_ms']:.0f} ms")
    remarks["page"] = (f"held back, the result was not visible and the page answered; asked when it was, it answered at the first of "
                       f"at most {figures['page_tries']} tries, {figures['page_ms']:.1f} ms later")
    return figures, remarks
