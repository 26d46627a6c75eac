#!/usr/bin/env python3
"""What kubectl tells of a Diagnosis: one that succeeded, one that failed, one that took its second path.

Usage: story_test.py KUBEDIAG. With KUBEDIAG_SHOW set it prints what kubectl has printed, for a look at it.
"""

import os
import re
import sys
import unittest

import agent_case
import controller_case
from agent_case import PREFIX, AgentCase, operation_set
from cluster_case import ClusterCase

COLUMNS = ["NAME", "OPERATIONSET", "NODENAME", "PODNAMESPACE", "PODNAME", "PODCONTAINER", "PHASE", "AGE"]


def setUpModule():
    agent_case.start_plane((("collect", "echo collected"), ("diagnose", "echo the disk is full >&2; exit 3")))


def tearDownModule():
    ClusterCase.plane.stop()


class Story(AgentCase):
    def told(self, *arguments):
        """What kubectl prints in the Diagnosis' namespace."""
        text = self.kubectl("-n", self.namespace, *arguments)
        if os.environ.get("KUBEDIAG_SHOW"):
            print(f"\n$ kubectl {' '.join(arguments)}\n{text}", file=sys.stderr)
        return text

    def row(self, name, *flags):
        """The cells of its row by column."""
        head, line = self.told("get", "diag", name, *flags).splitlines()
        starts = [match.start() for match in re.finditer(r"\S+", head)] + [None]
        return {head[start:end].strip(): line[start:end].strip() for start, end in zip(starts, starts[1:])}

    def finished(self, name):
        self.assertEqual(self.told("wait", "--for=condition=Finished", "--timeout=60s", f"diag/{name}").strip(),
                         f"diagnosis.diagnosis.kubediag.org/{name} condition met")

    def described(self, name):
        """Its description, once its last Event is in it."""
        return self.eventually(
            lambda: (lambda text: re.search(r"Diagnosis(Succeeded|Failed) ", text) and text)(self.told("describe", "diag", name)),
            f"the end of {name} is among its Events")

    def assert_in_order(self, text, *patterns):
        at = 0
        for pattern in patterns:
            found = re.compile(pattern, re.M).search(text, at)
            self.assertIsNotNone(found, f"{pattern!r} is not there, or not after what is to come before it:\n{text}")
            at = found.end()

    def events(self, text):
        """Type, reason and message of the Events of a description, as they stand there."""
        lines = text[text.index("Events:"):].splitlines()[3:]
        return [tuple(re.split(r" {2,}", line.strip(), maxsplit=4)[each] for each in (0, 1, 4)) for line in lines]

    def test_of_one_that_succeeded(self):
        self.diagnose("heap", "go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server,
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"})
        self.finished("heap")
        row = self.row("heap")
        self.assertEqual(list(row), COLUMNS)
        self.assertEqual({key: row[key] for key in COLUMNS[:-1]},
                         {"NAME": "heap", "OPERATIONSET": "go-profiler", "NODENAME": "node-1", "PODNAMESPACE": "", "PODNAME": "",
                          "PODCONTAINER": "", "PHASE": "Succeeded"})
        sentence = rf"Heap of {re.escape(self.plane.server)}: inuse_space [\d.]+[kM]B; most in \S+ "
        wide = self.row("heap", "-o", "wide")
        self.assertEqual(list(wide), [*COLUMNS, "MESSAGE"])
        self.assertRegex(wide["MESSAGE"], sentence)
        text = self.described("heap")
        self.assert_in_order(text, r"^Name: +heap$", r"^Spec:$", r"Operation Set: +go-profiler$", r"^Status:$", r"Conditions:$",
                             r"Message: +Diagnosis is accepted by agent on node node-1$", r"Reason: +DiagnosisAccepted$",
                             r"Type: +Accepted$")
        for condition in ("Complete", "Finished", "Serving"):
            self.assertRegex(text, rf"(?m)Status: +True\n +Type: +{condition}$")
        self.assert_in_order(text, rf"^  Message: +{sentence}", r"^  Operations:$", r"Id: +1$", rf"Message: +{sentence}",
                             r"Operation: +go-profiler$", r"Phase: +Succeeded$", r"^  Phase: +Succeeded$", r"^Events:$")
        events = self.events(text)
        self.assertEqual([each[:2] for each in events], [("Normal", "OperationSucceeded"), ("Normal", "DiagnosisSucceeded")])
        self.assertRegex(events[0][2], r"^go-profiler finished in \d+ ms$")
        self.assertNotRegex(text[text.index("Events:"):], r"[0-9a-f]{32}")  # whoever reads Events may not read statuses

    def test_of_one_that_failed(self):
        self.apply(operation_set("disk", "collect", "diagnose"))
        self.diagnose("disk")
        self.finished("disk")
        why = r"script diagnose ended with exit status 3: the disk is full"
        self.assertEqual(self.row("disk")["PHASE"], "Failed")
        self.assertRegex(self.row("disk", "-o", "wide")["MESSAGE"], rf"^operation 2 diagnose: {why}$")
        text = self.described("disk")
        self.assertRegex(text, r"(?m)Reason: +ScriptFailed\n +Status: +True\n +Type: +Finished$")
        self.assert_in_order(text, r"^  Failed Paths:$", rf"^  Message: +operation 2 diagnose: {why}$", r"^  Operations:$",
                             r"Id: +1$", r"Operation: +collect$", r"Phase: +Succeeded$", r"Id: +2$", why,
                             r"Operation: +diagnose$", r"Phase: +Failed$", r"Reason: +ScriptFailed$", r"^  Phase: +Failed$")
        self.assertEqual([each[:2] for each in self.events(text)],
                         [("Normal", "OperationSucceeded"), ("Warning", "OperationFailed"), ("Warning", "DiagnosisFailed")])
        for kind, _, message in self.events(text)[1:]:
            self.assertRegex(message, why, kind)

    def test_of_one_whose_secret_is_not_filled_yet(self):
        self.kubectl("-n", "kubediag", "create", "secret", "generic", "half", "--from-literal=ca.crt=x")
        self.diagnose("half", "go-profiler", parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server,
            PREFIX + "tls.secret_reference.namespace": "kubediag", PREFIX + "tls.secret_reference.name": "half"})
        self.finished("half")
        message = self.row("half", "-o", "wide")["MESSAGE"]
        self.assertIn("Secret kubediag/half has no key token: it may not be filled yet", message)
        self.assertRegex(self.described("half"), r"(?m)Reason: +SecretIncomplete\n +Status: +True\n +Type: +Finished$")

    def test_of_one_that_waits(self):
        self.diagnose("early", "later")
        self.eventually(lambda: self.row("early")["PHASE"] == "Pending", "it says that it waits")
        self.assertRegex(self.told("describe", "diag", "early"),
                         r"(?m)Message: +waits on node node-1: .*later.*\n +Reason: +Queued\n +Status: +True\n +Type: +Queued$")

    def test_of_one_that_took_its_second_path(self):
        paths = operation_set("paths", "diagnose", "collect")
        paths["spec"]["adjacencyList"][0]["to"] = [1, 2]
        paths["spec"]["adjacencyList"][1]["to"] = []
        self.apply(paths)
        self.diagnose("paths")
        self.finished("paths")
        self.assertEqual(self.row("paths")["PHASE"], "Succeeded")
        text = self.described("paths")
        self.assert_in_order(text, r"^  Failed Paths:$", r"operation:diagnose", r"^  Message: +paths succeeded by path 2$",
                             r"^  Operations:$", r"Phase: +Failed$", r"Phase: +Succeeded$", r"^  Succeeded Path:$", r"Operation: +collect$")
        self.assertEqual([each[1] for each in self.events(text)], ["OperationFailed", "OperationSucceeded", "DiagnosisSucceeded"])

    def test_of_an_operation_set_with_a_cycle(self):
        controller = controller_case.Controller(self.plane, self.plane.folder / "controller.log")
        self.addCleanup(controller.end)
        paths = operation_set("cycle", "collect", "diagnose")
        paths["spec"]["adjacencyList"][2]["to"] = [1]
        self.apply(paths)
        self.eventually(lambda: "cycle: 1 -> 2 -> 1" in self.told("get", "opset", "cycle", "-o", "wide"),
                        "the controller says what is wrong")


if __name__ == "__main__":
    controller_case.KUBEDIAG = agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
