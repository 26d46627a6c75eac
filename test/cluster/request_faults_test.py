#!/usr/bin/env python3
"""The agent's other requests through a proxy that loses, refuses and delays them: each result arrives, and no operation runs twice.

Usage: request_faults_test.py KUBEDIAG.
"""

import signal
import sys
import time
import unittest

import agent_case
from agent_case import PREFIX, condition
from cluster_case import ClusterCase, diagnosis
from fault_case import FaultCase, start_plane
from faults import Answer, Close, Cut, Drip, HalfOpen, Hold, Rule

GRACE = 30  # seconds that a Pod has to end


def setUpModule():
    start_plane()


def tearDownModule():
    ClusterCase.plane.stop()


class StatusCase(FaultCase):
    def status_fault(self, name, action, **options):
        """Does that to writes of the status of a Diagnosis; skip=1 spares the claim."""
        return self.proxy.add(Rule(action, method="PATCH", path=f"/diagnoses/{name}/status", **options))

    def codes(self, name):
        return [each.status for each in self.status_writes(name)]


class Claims(StatusCase):
    def test_a_claim_that_meets_another_write_is_made_anew(self):
        hold = Hold()
        self.status_fault("raced", hold)
        self.diagnose_traced("raced")
        self.eventually(lambda: self.status_writes("raced"), "the claim")
        self.kubectl("annotate", "diagnosis", "raced", "-n", self.namespace, "changed=meanwhile")
        hold.release()
        self.assert_succeeds_once("raced")
        self.assertEqual(self.codes("raced"), [409, 200, 200])

    def test_what_was_suspended_before_its_claim_is_not_run(self):
        hold = Hold()
        self.status_fault("suspended", hold)
        self.diagnose_traced("suspended")
        self.eventually(lambda: self.status_writes("suspended"), "the claim")
        self.kubectl("patch", "diagnosis", "suspended", "-n", self.namespace, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        hold.release()
        self.eventually(lambda: self.codes("suspended") == [409], "the claim is refused")
        self.diagnose_traced("next")
        self.assert_succeeds_once("next")
        self.assertEqual(self.trace("suspended"), [])
        self.assertEqual(self.status("suspended").get("phase", ""), "")

    def test_a_claim_whose_answer_is_lost_is_found_out(self):
        for name, action in (("conflict", Answer(409)), ("error", Answer(500)), ("silence", Cut())):
            with self.subTest(name):
                self.status_fault(name, action, forward=True)
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                # The result's: the claim did land, and was not made again.
                self.assertEqual(self.codes(name).count(200), 1)

    def test_a_claim_that_is_refused_is_tried_again(self):
        for name, answer in (("conflict", Answer(409)), ("error", Answer(500)), ("away", Answer(503)),
                             ("throttled", Answer(429, retry_after=1))):
            with self.subTest(name):
                self.status_fault(name, answer, times=5)
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.assertEqual(len(self.status_writes(name)), 7)


class Results(StatusCase):
    def test_a_result_that_is_refused_is_written_later(self):
        for name, answer in (("conflict", Answer(409)), ("error", Answer(500)), ("away", Answer(503)), ("closed", Close())):
            with self.subTest(name):
                rule = self.status_fault(name, answer, skip=1, times=5)
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.assertEqual(rule.acted, 5)

    def test_a_result_whose_answer_is_lost_is_found_out(self):
        for name, action in (("conflict", Answer(409)), ("error", Answer(500)), ("silence", Cut()), ("half", Cut(100))):
            with self.subTest(name):
                known = self.ended()
                rule = self.status_fault(name, action, skip=1, forward=True)
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.eventually(lambda: self.ended() > known, "the agent knows")  # noqa: B023
                self.assertEqual(rule.acted, 1)
                # It did land: if the HTTP library sends it again, on its own account, its version is refused.
                self.assertIn(self.codes(name)[2:], ([], [409]))

    def ended(self):
        """Diagnoses that the agent knows to have succeeded."""
        name = 'kubediag_diagnoses_total{phase="Succeeded",reason="Succeeded"} '
        return next((float(line[len(name):]) for line in self.agent.probe("/metrics")[1].splitlines() if line.startswith(name)), 0)

    def test_retry_after_is_waited_for(self):
        self.status_fault("throttled", Answer(429, retry_after=3), skip=1, times=2)
        self.diagnose_traced("throttled")
        self.assert_succeeds_once("throttled")
        _, first, second, third = (each.time for each in self.status_writes("throttled"))
        self.assertGreaterEqual(second - first, 3)
        self.assertGreaterEqual(third - second, 3)

    def test_a_result_that_meets_another_write_converges(self):
        hold = Hold()
        self.status_fault("raced", hold, skip=1)
        self.diagnose_traced("raced")
        self.eventually(lambda: len(self.status_writes("raced")) == 2, "the result")
        self.kubectl("annotate", "diagnosis", "raced", "-n", self.namespace, "changed=meanwhile")
        hold.release()
        self.assert_succeeds_once("raced")
        self.assertEqual(self.codes("raced"), [200, 409, 200])
        self.assertEqual(self.get("diagnosis", "raced", "-n", self.namespace)["metadata"]["annotations"]["changed"], "meanwhile")

    def test_a_write_that_hangs_is_given_up_and_made_again(self):
        rule = self.status_fault("hung", HalfOpen(), skip=1)
        self.diagnose_traced("hung")
        self.eventually(lambda: rule.acted, "the result hangs")
        self.diagnose_traced("beside")
        self.assert_succeeds_once("beside")  # others do not wait
        self.assertEqual(self.status("hung")["phase"], "Running")
        self.assert_succeeds_once("hung")


class Kills(StatusCase):
    """SIGKILL around a status write, and what the next agent makes of it."""

    def kill(self):
        self.agent.end(signal.SIGKILL)
        self.agent = self.start()

    def run_folder(self, name):
        return self.plane.folder / f"data-{self.namespace}/runs" / self.get("diagnosis", name, "-n", self.namespace)["metadata"]["uid"]

    def test_before_the_claim(self):
        self.status_fault("killed", Hold())
        self.diagnose_traced("killed")
        self.eventually(lambda: self.status_writes("killed"), "the claim")
        self.kill()
        self.assert_succeeds_once("killed")

    def test_between_the_claim_and_its_answer(self):
        self.status_fault("killed", HalfOpen(), forward=True)
        self.diagnose_traced("killed")
        self.await_phase("killed", "Running")
        journal = self.run_folder("killed") / "journal"
        self.eventually(lambda: journal.exists() and journal.stat().st_size, "the journal")
        self.kill()
        self.assert_succeeds_once("killed")

    def test_before_the_result(self):
        self.status_fault("killed", Hold(), skip=1)
        self.diagnose_traced("killed")
        self.eventually(lambda: len(self.status_writes("killed")) == 2, "the result")
        self.kill()
        self.assert_succeeds_once("killed")

    def test_between_the_result_and_its_answer(self):
        self.status_fault("killed", HalfOpen(), skip=1, forward=True)
        self.diagnose_traced("killed")
        written = self.await_phase("killed", "Succeeded")
        self.kill()
        self.diagnose_traced("next")
        self.assert_succeeds_once("next")
        self.assertEqual(self.assert_succeeds_once("killed"), written)

    def test_a_server_that_hangs_does_not_keep_the_agent_from_ending(self):
        rule = self.status_fault("hung", HalfOpen(), skip=1)
        self.proxy.add(Rule(HalfOpen(), path="/events", times=None))
        self.diagnose_traced("hung")
        self.eventually(lambda: rule.acted, "the result hangs")
        began = time.monotonic()
        self.assertEqual(self.agent.end(), 0)
        self.assertLess(time.monotonic() - began, GRACE / 2)
        self.proxy.clear()
        self.agent = self.start()
        self.assert_succeeds_once("hung")


class Rewinds(StatusCase):
    def test_a_store_that_was_set_back_makes_nothing_run_twice(self):
        self.diagnose_traced("rewound")
        ended = self.assert_succeeds_once("rewound")
        for restarted in (False, True):
            with self.subTest(restarted=restarted):
                if restarted:
                    self.agent.end(signal.SIGKILL)
                self.kubectl("patch", "diagnosis", "rewound", "-n", self.namespace, "--subresource=status", "--type=merge", "-p",
                             '{"status":null}')
                if restarted:
                    self.agent = self.start()
                again = self.assert_succeeds_once("rewound")
                self.assertEqual(again["operationResults"], ended["operationResults"])


class Pages(StatusCase):
    def test_the_end_of_a_page_is_told_when_the_server_is_back(self):
        self.apply(diagnosis("page", self.namespace, operationSet="go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server, PREFIX + "expiration_seconds": "5",
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"}))
        self.assertEqual(condition(self.await_phase("page", "Succeeded", "Failed"), "Serving")["status"], "True")
        rule = self.proxy.add(Rule(Answer(503), path="/diagnoses/page", times=None))
        self.eventually(lambda: rule.acted >= 3, "it is tried")
        self.assertEqual(condition(self.status("page"), "Serving")["status"], "True")
        self.proxy.clear()
        self.eventually(lambda: condition(self.status("page"), "Serving")["status"] == "False", "it is told")
        self.assertEqual(condition(self.status("page"), "Serving")["reason"], "Expired")


class Outages(StatusCase):
    def test_a_result_of_a_time_without_api_server_is_written_when_it_is_back(self):
        self.diagnose_traced("outlived", "gated")
        self.await_running("outlived")
        self.plane.end("kube-apiserver")
        gone = time.monotonic()
        self.proxy.clear()
        self.open_gate("outlived")
        self.eventually(lambda: len(self.status_writes("outlived")) >= 3, "the result has been tried")
        requests = len(self.proxy.seen())
        away = time.monotonic() - gone
        print(f"{requests} requests in {away:.1f} s without an API server")
        self.assertLess(requests, 10 + 5 * away)
        self.plane.restart_apiserver()
        back = time.monotonic()
        self.assert_succeeds_once("outlived", ("ran", "went on"))
        print(f"result visible {time.monotonic() - back:.1f} s after the API server was back")
        self.diagnose_traced("later")
        self.assert_succeeds_once("later")

    def test_a_restart_of_the_api_server_ends_no_operation(self):
        self.diagnose_traced("outlived", "gated")
        self.await_running("outlived")
        self.plane.end("kube-apiserver")
        self.plane.restart_apiserver()
        self.open_gate("outlived")
        self.assert_succeeds_once("outlived", ("ran", "went on"))

    def test_a_deletion_is_noticed_after_a_restart(self):
        self.diagnose_traced("victim", "gated")
        self.await_running("victim")
        self.watch_fault(Cut(0), '"type":"DELETED".*"name":"victim"')
        watching = Hold()
        self.proxy.add(Rule(watching, method="WATCH"))
        self.kubectl("delete", "diagnosis", "victim", "-n", self.namespace)
        self.plane.end("kube-apiserver")
        self.plane.restart_apiserver()
        watching.release()
        self.eventually(lambda: self.trace("victim") == ["ran", "cancelled"], "the run has ended")

    def test_slow_and_failing_reads_are_tried_again(self):
        for name, action, times in (("error", Answer(500), 2), ("throttled", Answer(429, retry_after=2), 1), ("cut", Cut(20), 2),
                                    ("drip", Drip(50, 0.01), 1), ("gone", Close(), 2)):
            with self.subTest(name):
                rule = self.proxy.add(Rule(action, method="GET", path="/operationsets/", times=times))
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.assertEqual(rule.acted, times)
        refused = [each for each in self.proxy.seen("GET", "/operationsets/") if each.status == 429]
        after = next(each for each in self.proxy.seen("GET", "/operationsets/") if each.time > refused[0].time)
        self.assertGreaterEqual(after.time - refused[0].time, 2)

    def test_a_read_that_hangs_keeps_no_other_diagnosis_waiting(self):
        rule = self.proxy.add(Rule(HalfOpen(), method="GET", path="/operationsets/"))
        self.diagnose_traced("hung")
        self.eventually(lambda: rule.acted, "the read hangs")
        self.diagnose_traced("beside")
        self.assert_succeeds_once("beside")
        self.assertEqual(self.trace("hung"), [])
        self.assert_succeeds_once("hung")


class Identity(StatusCase):
    """A token in a file, as in a Pod."""

    def kubeconfig(self):
        self.token_file = self.plane.folder / f"{self.namespace}.token"
        self.write_token()
        return self.plane.kubeconfig_of("agent", {"tokenFile": str(self.token_file)}, self.proxy.url)

    def write_token(self):
        """A token of its own each time; the one before."""
        before = self.token_file.read_text() if self.token_file.exists() else ""
        new = self.token_file.with_suffix(".new")
        new.write_text(agent_case.token_of(self.plane))
        new.rename(self.token_file)
        return before

    def test_a_token_that_is_refused_is_read_anew(self):
        old = self.write_token()
        self.assertNotEqual(old, self.token_file.read_text())
        refused = self.proxy.add(Rule(Answer(401), header=("Authorization", old[-40:]), times=None))
        self.diagnose_traced("rotated")
        self.assert_succeeds_once("rotated")
        self.assertEqual(refused.acted, 1)
        self.watch_fault(Cut(0), '"name":"watched"')
        self.diagnose_traced("watched")
        self.assert_succeeds_once("watched")
        self.assertEqual(refused.acted, 1)

    def test_a_server_that_refuses_a_token_for_a_moment_loses_nothing(self):
        # Both tries of one request; the file still has the same token.
        for name, method, path in (("set", "GET", "/operationsets/"), ("claim", "PATCH", "/diagnoses/claim/status")):
            with self.subTest(name):
                self.proxy.add(Rule(Answer(401), method=method, path=path, times=3))
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
        self.status_fault("result", Answer(401), skip=1, times=3)
        self.diagnose_traced("result")
        self.assert_succeeds_once("result")


class Secrets(StatusCase):
    SECRET = "/namespaces/kubediag/secrets/apiserver-profiler-sa-token"

    def fetch(self, name):
        self.apply(diagnosis(name, self.namespace, operationSet="go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server,
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"}))
        return self.await_phase(name, "Succeeded", "Failed")

    def test_failures_that_pass_are_waited_for(self):
        for name, answer in (("error", Answer(500)), ("away", Answer(503)), ("closed", Close()), ("refused", Answer(401))):
            with self.subTest(name):
                rule = self.proxy.add(Rule(answer, method="GET", path=self.SECRET, times=2))
                status = self.fetch(name)
                self.assertEqual(status["phase"], "Succeeded", status)
                self.assertEqual(rule.acted, 2)

    def test_refusals_are_told(self):
        for name, answer, reason in (("forbidden", Answer(403), "SecretNotPermitted"), ("missing", Answer(404), "SecretNotFound")):
            with self.subTest(name):
                self.proxy.add(Rule(answer, method="GET", path=self.SECRET))
                status = self.fetch(name)
                self.assertEqual((status["phase"], status["operations"][0]["reason"]), ("Failed", reason))
                self.assertEqual(condition(status, "Finished")["status"], "True")


class Events(StatusCase):
    """Events are never in the way."""

    def test_whatever_becomes_of_them(self):
        # The last one keeps all further ones back for a minute.
        for name, action in (("error", Answer(500)), ("forbidden", Answer(403)), ("silence", HalfOpen()), ("closed", Close()),
                             ("throttled", Answer(429, retry_after=60))):
            with self.subTest(name):
                self.proxy.clear()
                rule = self.proxy.add(Rule(action, method="POST", path="/events", times=None))
                self.diagnose_traced(name)
                self.assert_succeeds_once(name)
                self.eventually(lambda: rule.acted, "an Event is tried")  # noqa: B023
                self.assertEqual([each.status for each in self.proxy.seen("POST", "/events") if each.status == 201], [])


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
