#!/usr/bin/env python3
"""What the roles of the manifests grant and, as much, what they do not, asked of a real API server."""

import unittest

import cluster_case
from cluster_case import GROUP, ROOT, ClusterCase


def setUpModule():
    ClusterCase.plane = cluster_case.plane_module.Plane(controller_manager=False)
    try:
        ClusterCase.plane.start()
        ClusterCase.plane.kubectl("apply", "-k", ROOT / "manifests")
    except BaseException:
        ClusterCase.plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


class Rights(ClusterCase):
    def may(self, user, *questions):
        """Whether the user may: an answer for each (verb, resource.group[/subresource][:name], namespace or None for all)."""
        reviews = []
        for verb, resource, namespace in questions:
            resource, _, name = resource.partition(":")
            resource, _, subresource = resource.partition("/")
            resource, _, group = resource.partition(".")
            reviews.append({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                            "spec": {"user": user, "resourceAttributes": {
                                "verb": verb, "group": group, "resource": resource, "subresource": subresource, "name": name,
                                "namespace": namespace or ""}}})
        answers = self.apply(*reviews, command="create", output="jsonpath={.status.allowed}{' '}").split()
        return [each == "true" for each in answers]

    def assert_rights(self, user, allowed, denied):
        answers = self.may(user, *allowed, *denied)
        for question, answer in zip(allowed + denied, answers, strict=True):
            self.assertEqual(answer, question in allowed, f"{user}: {question}")

    def test_of_agents(self):
        diagnoses = f"diagnoses.{GROUP}"
        self.assert_rights("system:serviceaccount:kubediag:kubediag-agent", [
            ("get", diagnoses, None), ("list", diagnoses, None), ("watch", diagnoses, None),
            ("patch", f"{diagnoses}/status", None), ("get", f"operations.{GROUP}", None), ("get", f"operationsets.{GROUP}", None),
            ("create", "events.events.k8s.io", None), ("patch", "events.events.k8s.io", None), ("get", "secrets", "kubediag"),
        ], [
            ("get", "secrets", "default"), ("get", "secrets", "kube-system"), ("list", "secrets", "kubediag"),
            ("watch", "secrets", "kubediag"), ("patch", "secrets", "kubediag"),
            ("create", diagnoses, None), ("patch", diagnoses, None), ("update", diagnoses, None), ("delete", diagnoses, None),
            ("update", f"{diagnoses}/status", None), ("list", f"operations.{GROUP}", None), ("patch", f"operations.{GROUP}", None),
            ("patch", f"operationsets.{GROUP}", None), ("patch", f"operationsets.{GROUP}/status", None),
            ("get", "pods", None), ("get", "nodes", None), ("patch", "nodes", None), ("get", "configmaps", "kubediag"),
            ("create", "pods", "kubediag"), ("create", "serviceaccounts/token", "kubediag"), ("delete", "events.events.k8s.io", None),
        ])

    def test_of_the_controller(self):
        diagnoses, sets = f"diagnoses.{GROUP}", f"operationsets.{GROUP}"
        self.assert_rights("system:serviceaccount:kubediag:kubediag-controller", [
            *((verb, diagnoses, None) for verb in ("get", "list", "watch", "patch", "delete")),
            ("patch", f"{diagnoses}/status", None), ("list", sets, None), ("watch", sets, None), ("patch", f"{sets}/status", None),
            ("get", "pods", None), ("get", "nodes", None),
            ("create", "leases.coordination.k8s.io", "kubediag"),
            ("get", "leases.coordination.k8s.io:kubediag-controller", "kubediag"),
            ("update", "leases.coordination.k8s.io:kubediag-controller", "kubediag"),
            ("create", "events.events.k8s.io", None),
        ], [
            ("get", "secrets", "kubediag"), ("create", diagnoses, None), ("patch", sets, None), ("list", "pods", None),
            ("list", "nodes", None), ("watch", "nodes", None), ("patch", "nodes", None), ("delete", "pods", None),
            ("create", "leases.coordination.k8s.io", "kube-system"),
            ("get", "leases.coordination.k8s.io:another", "kubediag"), ("delete", sets, None),
        ])

    def test_of_people(self):
        self.kubectl("create", "namespace", "team")
        for user, role in (("viewer", "kubediag-view"), ("editor", "kubediag-edit")):
            self.kubectl("-n", "team", "create", "rolebinding", user, f"--clusterrole={role}", f"--user={user}")
        self.kubectl("create", "clusterrolebinding", "kubediag-boss", "--clusterrole=kubediag-admin", "--user=boss")
        diagnoses = f"diagnoses.{GROUP}"
        status = [(verb, f"{diagnoses}/status", "team") for verb in ("update", "patch")]
        self.assert_rights("viewer", [("list", diagnoses, "team")], [
            ("list", diagnoses, "default"), ("create", diagnoses, "team"), ("use", f"operationsets.{GROUP}", "team"), *status])
        self.assert_rights("editor", [("create", diagnoses, "team"), ("delete", diagnoses, "team"), ("use", f"operationsets.{GROUP}", "team")],
                           [("create", diagnoses, "default"), ("create", f"operations.{GROUP}", None),
                            ("create", f"operationsets.{GROUP}", None), *status])
        self.assert_rights("boss", [("create", f"operations.{GROUP}", None), ("patch", f"operationsets.{GROUP}", None)],
                           [("patch", f"operationsets.{GROUP}/status", None), ("get", "secrets", "kubediag"), *status])

    def test_no_role_for_people_writes_a_status(self):
        for role in ("kubediag-view", "kubediag-edit", "kubediag-admin"):
            for rule in self.get("clusterrole", role)["rules"]:
                self.assertFalse([each for each in rule["resources"] if "/" in each or "*" in each], role)

    def test_a_role_binding_opens_a_namespaces_secrets_to_the_agents(self):
        agent = "system:serviceaccount:kubediag:kubediag-agent"
        self.kubectl("create", "namespace", "opened")
        self.assertEqual(self.may(agent, ("get", "secrets", "opened")), [False])
        self.kubectl("-n", "opened", "create", "rolebinding", "kubediag-agent-secrets", "--clusterrole=kubediag-agent-secrets",
                     "--serviceaccount=kubediag:kubediag-agent")
        self.eventually(lambda: self.may(agent, ("get", "secrets", "opened")) == [True], "the right is granted")


if __name__ == "__main__":
    unittest.main(verbosity=2)
