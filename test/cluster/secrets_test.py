#!/usr/bin/env python3
"""Which Secrets an agent uses on a cluster without the policies: its own rule holds, and only the spec names one.

Every request of the agent passes a proxy, so that a Secret that was read is seen. Usage: secrets_test.py KUBEDIAG.
"""

import json
import sys
import unittest

import agent_case
from agent_case import PREFIX, condition, operation_set
from cluster_case import GROUP, ClusterCase, diagnosis
from fault_case import FaultCase, start_plane

NAME, NAMESPACE = (f"{PREFIX}tls.secret_reference.{part}" for part in ("name", "namespace"))
TOKEN = "apiserver-profiler-sa-token"
LABEL = "diagnosis.kubediag.org/allow-diagnoses"
# An operation whose results are named as if they were parameters that name another Secret.
SWAP = """
def handler(context):
    return {"%s": context["swap.name"], "%s": context["swap.namespace"]}
""" % (NAME, NAMESPACE)


def setUpModule():
    start_plane(components=())
    swap = {"apiVersion": f"{GROUP}/v1", "kind": "Operation", "metadata": {"name": "swap"},
            "spec": {"processor": {"timeoutSeconds": 60, "function": {"runtime": "python3", "codeSource": {"function.py": SWAP}}}}}
    try:
        ClusterCase.plane.kubectl("apply", "-f", "-", text=agent_case.cluster_case.as_list(
            [swap, operation_set("swapped", "swap", "go-profiler"), operation_set("patched", "gated", "go-profiler")]))
    except BaseException:
        ClusterCase.plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


class SecretCase(FaultCase):
    def token(self):
        """The data of the Secret that the controller manager fills."""
        def filled():
            data = self.get("-n", "kubediag", "secret", TOKEN).get("data", {})
            return data if "token" in data and "ca.crt" in data else None
        return self.eventually(filled, "the token Secret is filled")

    def make_secret(self, name, namespace, **labels):
        """The same bytes under another name. The agent may read it as far as RBAC goes."""
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace, "labels": labels},
                    "data": self.token()})
        if namespace != "kubediag":
            self.kubectl("-n", namespace, "create", "rolebinding", "kubediag-agent-secrets", "--clusterrole=kubediag-agent-secrets",
                         "--serviceaccount=kubediag:kubediag-agent")

    def use(self, name, operation_set_name="go-profiler", secret=None, **parameters):
        named = {} if secret is None else {NAMESPACE: secret[0], NAME: secret[1]}
        self.diagnose_traced(name, operation_set_name, **{PREFIX + "type": "Heap", PREFIX + "source": self.plane.server},
                             **named, **parameters)

    def end_of(self, name):
        status = self.await_phase(name, "Succeeded", "Failed")
        return status["phase"], status["operations"][-1].get("reason", "")

    def reads(self, name=""):
        return self.proxy.seen("GET", f"/secrets/{name}")


class OwnRule(SecretCase):
    checked_by_admission = False

    def test_one_labelled_for_use_is_used(self):
        self.token()
        self.use("labelled", secret=("kubediag", TOKEN))
        self.assertEqual(self.end_of("labelled"), ("Succeeded", ""))

    def test_one_of_another_namespace_without_the_label_is_refused(self):
        self.make_secret("unlabelled", "kubediag")
        self.make_secret("labelled-false", "kubediag", **{LABEL: "false"})
        for name in ("unlabelled", "labelled-false"):
            with self.subTest(name):
                self.use(name, secret=("kubediag", name))
                self.assertEqual(self.end_of(name), ("Failed", "SecretNotPermitted"))
                status = self.status(name)
                self.assertIn(LABEL, status["operations"][0]["message"])
                self.assertEqual(condition(status, "Finished")["reason"], "SecretNotPermitted")
        self.kubectl("-n", "kubediag", "label", "secret", "unlabelled", f"{LABEL}=true")
        self.use("now-labelled", secret=("kubediag", "unlabelled"))
        self.assertEqual(self.end_of("now-labelled"), ("Succeeded", ""))

    def test_one_of_its_own_namespace_is_used(self):
        self.make_secret("mine", self.namespace)
        self.use("own", secret=(self.namespace, "mine"))
        self.assertEqual(self.end_of("own"), ("Succeeded", ""))

    def test_one_of_a_third_namespace_is_refused(self):
        other = f"{self.namespace}-x"[-60:].strip("-")
        self.kubectl("create", "namespace", other)
        self.addCleanup(self.plane.kubectl, "delete", "namespace", other, "--wait=false")
        self.make_secret("theirs", other)
        self.use("third", secret=(other, "theirs"))
        self.assertEqual(self.end_of("third"), ("Failed", "SecretNotPermitted"))


class Swaps:
    """Only the spec names a Secret, whoever has checked it."""

    def setUp(self):
        super().setUp()
        self.other = f"other-{self.namespace}"[:60].strip("-")
        self.make_secret(self.other, "kubediag")
        self.swap = {"swap.namespace": "kubediag", "swap.name": self.other}

    def test_a_result_does_not_swap_it(self):
        self.use("swapped", "swapped", secret=("kubediag", TOKEN), **self.swap)
        self.assertEqual(self.end_of("swapped"), ("Succeeded", ""))
        self.assertEqual(self.status("swapped")["operationResults"][NAME], self.other)  # it did try
        self.assertEqual(self.reads(self.other), [])
        self.assertTrue(self.reads(TOKEN))

    def test_a_result_does_not_name_one(self):
        self.use("swapped", "swapped", **self.swap)
        self.assertEqual(self.end_of("swapped"), ("Failed", "MissingParameter"))
        self.assertEqual(self.reads(), [])

    def test_a_status_patched_before_the_run_does_not_swap_it(self):
        self.apply(diagnosis("held", self.namespace, suspend=True, parameters={
            PREFIX + "type": "Heap", PREFIX + "source": self.plane.server, NAMESPACE: "kubediag", NAME: TOKEN}))
        self.patch_status("held", phase="Pending")
        self.kubectl("-n", self.namespace, "patch", "diagnosis", "held", "--type=merge", "-p", '{"spec":{"suspend":false}}')
        self.assertEqual(self.end_of("held"), ("Succeeded", ""))
        self.assertEqual(self.reads(self.other), [])
        self.assertTrue(self.reads(TOKEN))

    def test_a_status_patched_during_the_run_does_not_swap_it(self):
        self.use("patched", "patched", secret=("kubediag", TOKEN))
        self.await_running("patched")
        self.patch_status("patched")
        self.open_gate("patched")
        self.assertEqual(self.end_of("patched"), ("Succeeded", ""))
        self.assertEqual(self.reads(self.other), [])
        self.assertTrue(self.reads(TOKEN))

    def patch_status(self, name, **more):
        self.kubectl("-n", self.namespace, "patch", "diagnosis", name, "--subresource=status", "--type=merge", "-p",
                     json.dumps({"status": {"operationResults": {NAMESPACE: "kubediag", NAME: self.other}, **more}}))


class SwapsUnderTheOwnRule(Swaps, SecretCase):
    checked_by_admission = False


class SwapsCheckedByAdmission(Swaps, SecretCase):
    prefix = "admitted_"


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
