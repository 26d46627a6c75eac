#!/usr/bin/env python3
"""The wall clock jumps by an hour, forth and back, under the agent and the controller: nothing ends, expires or is collected for that.

Usage: clock_faults_test.py KUBEDIAG. Needs Debian's libfaketime; only the wall clock is faked, the monotonic one goes on.
"""

import glob
import sys
import time
import unittest

import agent_case
import controller_case
from agent_case import AgentCase
from cluster_case import ClusterCase, diagnosis
from controller_case import CYCLE, SET, ControllerCase, condition, operation_set

GATED = 'while [ ! -e "$1" ]; do sleep 0.02; done; echo done'


def fake_clock_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise RuntimeError("libfaketime is missing: apt-get install libfaketime")
    return found[0]


def setUpModule():
    agent_case.start_plane((("short", "echo done"),))
    gated = agent_case.operation("gated", GATED)
    gated["spec"]["processor"]["scriptRunner"]["argKeys"] = ["gate"]
    ClusterCase.plane.kubectl("apply", "-f", "-", text=agent_case.cluster_case.as_list(
        [gated, agent_case.operation_set("gated")]))


def tearDownModule():
    ClusterCase.plane.stop()


class WallClock:
    """Of one process: hours ahead of the machine's. It begins two hours ahead, so that certificates hold an hour earlier, too."""

    def __init__(self, path):
        self.path = path
        self.environment = {"LD_PRELOAD": fake_clock_library(), "FAKETIME_TIMESTAMP_FILE": str(path), "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        self.set(2)

    def set(self, hours):
        new = self.path.with_suffix(".new")
        new.write_text(f"+{hours}h\n")
        new.rename(self.path)


class AgentClock(AgentCase):
    def start(self, *flags):
        self.clock = WallClock(self.plane.folder / f"{self.namespace}.clock")
        agent = agent_case.Agent(self.plane, self.plane.folder / f"data-{self.namespace}", *flags, environment=self.clock.environment)
        self.agents.append(agent)
        self.eventually(lambda: agent.probe("/readyz")[0] == 200, "the agent is ready")
        return agent

    def test_runs_pages_and_watches_go_on(self):
        gate = self.plane.folder / f"{self.namespace}.gate"
        self.diagnose("under-way", "gated", parameters={"gate": str(gate)}, timeoutSeconds=1800)
        self.await_phase("under-way", "Running")
        page = self.profile("heap")
        for number, hours in enumerate((3, 1)):
            self.clock.set(hours)
            time.sleep(3)
            self.diagnose(f"after-{number}", "short")
            self.await_phase(f"after-{number}", "Succeeded")
            self.assertEqual(self.status("under-way")["phase"], "Running")
            self.assertEqual(self.answers(page), 200)
        gate.touch()
        self.assertEqual(self.await_phase("under-way", "Succeeded", "Failed")["phase"], "Succeeded")
        # What says that the clock was faked at all: the times of the status are an hour apart from the machine's.
        started = self.status("after-1")["completionTime"]
        ahead = time.mktime(time.strptime(started, "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(time.gmtime())
        self.assertGreater(ahead, 3000)
        self.assertLess(ahead, 4200)


class ControllerClock(ControllerCase):
    def test_nothing_is_lost_or_collected_and_the_leader_stays(self):
        clock = WallClock(self.plane.folder / "controller.clock")
        log = self.plane.folder / "clocked-controller.log"
        controller = controller_case.Controller(self.plane, log, "--diagnosis-ttl", "30m", environment=clock.environment)
        self.addCleanup(controller.end)
        self.eventually(controller.leads, "it leads")
        self.apply(*(diagnosis(name) for name in ("running", "ended")), command="create")
        self.write_status("running", {"phase": "Running"})
        self.write_status("ended", {"phase": "Succeeded", "completionTime": controller_case.ago(seconds=0)})
        for number, hours in enumerate((3, 1)):
            clock.set(hours)
            time.sleep(20)  # longer than a lease
            self.apply(operation_set(f"clocked-{number}", CYCLE if number else SET))
            self.assertEqual(self.ready(f"clocked-{number}")["status"], "False" if number else "True")
            self.assertTrue(controller.leads())
        self.assertIsNone(controller.said("no longer leading"))
        self.assertEqual(self.status_of("running")["phase"], "Running")
        self.assertEqual(self.status_of("ended")["phase"], "Succeeded")
        self.assertIsNone(condition(self.status_of("running"), "Finished"))


if __name__ == "__main__":
    agent_case.KUBEDIAG = controller_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
