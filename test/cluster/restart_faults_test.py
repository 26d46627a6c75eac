#!/usr/bin/env python3
"""The agent killed or ended at each point of a run, and objects that change under a run: what may be repeated is, all else is told.

Usage: restart_faults_test.py KUBEDIAG.
"""

import signal
import sys
import time
import unittest

import agent_case
from agent_case import condition, operation, operation_set
from cluster_case import ClusterCase
from fault_case import GATED, FaultCase, start_plane

GRACE = 30  # seconds that a Pod has to end


def traced_operation(name, script, **spec):
    made = operation(name, script)
    made["spec"]["processor"]["scriptRunner"]["argKeys"] = ["trace", "gate"]
    made["spec"].update(spec)
    return made


def setUpModule():
    start_plane()
    ClusterCase.plane.kubectl("apply", "-f", "-", text=agent_case.cluster_case.as_list([
        traced_operation("gated-again", GATED, repeatable=True), operation_set("gated-again"),
        operation_set("chain", "traced", "gated-again")]))


def tearDownModule():
    ClusterCase.plane.stop()


class Kills(FaultCase):
    """SIGKILL while an operation runs; that it is ended with its agent, the trace may tell."""

    def kill(self):
        self.agent.end(signal.SIGKILL)
        self.agent = self.start()

    def runs(self, name):
        return self.trace(name).count("ran")

    def test_an_operation_that_may_not_be_repeated_is_interrupted_and_never_runs_again(self):
        self.diagnose_traced("once", "gated")
        self.await_running("once")
        self.kill()
        status = self.await_phase("once", "Failed", "Succeeded")
        self.assertEqual((status["phase"], condition(status, "Finished")["reason"]), ("Failed", "Interrupted"))
        self.assertEqual(self.runs("once"), 1)

    def test_a_repeatable_operation_runs_again(self):
        self.diagnose_traced("again", "gated-again")
        self.await_running("again")
        self.kill()
        self.eventually(lambda: self.runs("again") == 2, "it runs again")
        self.open_gate("again")
        status = self.await_phase("again", "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertEqual(status["operations"][0]["attempts"], 2)

    def test_what_had_finished_before_is_kept(self):
        self.diagnose_traced("chain", "chain")
        self.eventually(lambda: self.trace("chain") == ["ran", "ran"], "the second operation runs")
        self.kill()
        self.eventually(lambda: self.runs("chain") == 3, "it runs again")
        self.open_gate("chain")
        status = self.await_phase("chain", "Succeeded", "Failed")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertEqual([each["attempts"] for each in status["operations"]], [1, 2])

    def test_with_many_under_way_and_waiting_each_has_its_end(self):
        names = [f"many-{number}" for number in range(12)]
        for name in names:
            self.diagnose_traced(name, "gated")
        running = self.eventually(lambda: (lambda found: len(found) == 4 and found)([n for n in names if self.trace(n)]), "four run")
        for name in names:
            self.open_gate(name) if name not in running else None
        self.kill()
        for name in names:
            status = self.await_phase(name, "Succeeded", "Failed")
            if name in running:
                self.assertEqual(condition(status, "Finished")["reason"], "Interrupted")
                self.assertEqual(self.runs(name), 1)
            else:
                self.assertEqual((status["phase"], self.trace(name)), ("Succeeded", ["ran", "went on"]))


class Ends(FaultCase):
    """SIGTERM while an operation runs."""

    def end(self):
        began = time.monotonic()
        self.assertEqual(self.agent.end(), 0)
        self.assertLess(time.monotonic() - began, GRACE)
        self.agent = self.start()

    def test_an_operation_is_ended_within_grace_and_the_status_says_so(self):
        self.diagnose_traced("ended", "gated")
        self.await_running("ended")
        self.end()
        status = self.await_phase("ended", "Failed", "Succeeded")
        self.assertEqual((status["phase"], condition(status, "Finished")["reason"]), ("Failed", "Interrupted"))
        self.assertEqual(self.trace("ended"), ["ran", "cancelled"])

    def test_a_repeatable_operation_is_gone_on_with(self):
        self.diagnose_traced("resumed", "gated-again")
        self.await_running("resumed")
        self.end()
        self.eventually(lambda: self.trace("resumed") == ["ran", "cancelled", "ran"], "it runs again")
        self.open_gate("resumed")
        self.assertEqual(self.await_phase("resumed", "Succeeded", "Failed")["phase"], "Succeeded")


class Edits(FaultCase):
    """The set and the operations of a run change under it."""

    def set_up(self, name, script=GATED):
        self.apply(traced_operation(name, script), operation_set(name))
        self.addCleanup(self.plane.kubectl, "delete", "--ignore-not-found", f"operationset/{name}", f"operation/{name}")
        self.diagnose_traced(name, name)
        self.await_running(name)

    def test_a_run_goes_on_with_the_set_it_began_with(self):
        self.set_up("edited")
        self.apply(operation_set("edited", "traced", "traced"))
        self.open_gate("edited")
        status = self.assert_succeeds_once("edited", ("ran", "went on"))
        self.assertEqual([each["operation"] for each in status["operations"]], ["edited"])

    def test_a_set_that_changed_while_the_agent_was_away_ends_the_run(self):
        self.set_up("edited-away")
        self.agent.end(signal.SIGKILL)
        self.apply(operation_set("edited-away", "traced", "traced"))
        self.agent = self.start()
        status = self.await_phase("edited-away", "Failed", "Succeeded")
        self.assertEqual(condition(status, "Finished")["reason"], "OperationSetChanged")
        self.assertEqual(self.trace("edited-away").count("ran"), 1)

    def test_an_operation_that_is_deleted_meanwhile_is_finished(self):
        self.set_up("deleted")
        self.kubectl("delete", "operation", "deleted")
        self.open_gate("deleted")
        self.assert_succeeds_once("deleted", ("ran", "went on"))

    def test_an_operation_that_is_not_there_is_named(self):
        self.apply(operation_set("nowhere", "never-made"))
        self.addCleanup(self.plane.kubectl, "delete", "operationset", "nowhere")
        self.diagnose_traced("nowhere", "nowhere")
        status = self.await_phase("nowhere", "Failed", "Succeeded")
        self.assertEqual(status["operations"][0]["reason"], "OperationNotFound")
        self.assertIn("never-made", status["message"])


class Crowds(FaultCase):
    def test_a_crowd_of_one_namespace_does_not_keep_another_waiting(self):
        crowd = [f"crowd-{number:02}" for number in range(60)]
        objects = []
        for name in crowd:
            objects.append(agent_case.diagnosis(name, self.namespace, operationSet="gated", parameters={
                "trace": str(self.file(name, "trace")), "gate": str(self.file("crowd", "gate"))}))
        self.apply(*objects, command="create")
        self.eventually(lambda: sum(bool(self.trace(name)) for name in crowd) == 4, "four run, not more")
        other = f"{self.namespace}-b"[-60:].strip("-")
        self.kubectl("create", "namespace", other)
        self.addCleanup(self.plane.kubectl, "delete", "namespace", other, "--wait=false")
        trace = self.file("single", "trace")
        self.apply(agent_case.diagnosis("single", other, operationSet="traced", parameters={"trace": str(trace), "gate": "none"}))
        ran_before = sum(bool(self.trace(name)) for name in crowd)
        self.assertEqual(ran_before, 4)
        self.file("crowd", "gate").touch()
        self.eventually(trace.exists, "the other namespace's runs")
        self.assertLess(sum(bool(self.trace(name)) for name in crowd), 60, "it ran before the crowd was through")
        for name in crowd:
            self.assert_succeeds_once(name, ("ran", "went on"))


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
