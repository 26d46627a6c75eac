#!/usr/bin/env python3
"""The policies component on a real control plane: what restricted users, the controller and agents are refused."""

import json
import ssl
import time
import unittest
import urllib.error
import urllib.request

import cluster_case
from cluster_case import GROUP, ROOT, ClusterCase, diagnosis

CONTROLLER = "system:serviceaccount:kubediag:kubediag-controller"
PROFILER = "param.diagnoser.runtime.go_profiler"
MAX_SECRETS = 8


def rule(group, resource, verbs, *names):
    return {"apiGroups": [group], "resources": [resource], "verbs": verbs, **({"resourceNames": list(names)} if names else {})}


def role(namespace, name, user, *rules):
    return [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name, "namespace": namespace},
             "rules": list(rules)},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name, "namespace": namespace},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
             "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]}]


def secret_parameters(name, namespace=None, prefix=f"{PROFILER}.tls.secret_reference"):
    return {f"{prefix}.name": name, **({f"{prefix}.namespace": namespace} if namespace is not None else {})}


def pod(name, node=None):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "kubediag"},
            "spec": {"containers": [{"name": "main", "image": "none"}], "serviceAccountName": "kubediag-agent",
                     **({"nodeName": node} if node else {})}}


def setUpModule():
    plane = ClusterCase.plane = cluster_case.plane_module.Plane(controllers=["validatingadmissionpolicy-status-controller"])
    try:
        plane.start()
        for folder in (cluster_case.overlay(plane, "policies", "policies"), ROOT / "manifests/operations"):
            done = plane.kubectl("apply", "--server-side", "-k", folder)
            assert not done.stderr, done.stderr
        prepare(plane)
    except BaseException:
        plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


def prepare(plane):
    diagnoses = ["get", "list", "create", "update", "patch", "delete"]
    use = rule(GROUP, "operationsets", ["use"], "go-profiler")
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("team", "others")]
    objects += [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}} for name in ("node-1", "node-2")]
    # alice owns what her Diagnoses use; bob may write Diagnoses and use the set; carol may only write Diagnoses.
    objects += role("team", "alice", "alice", rule(GROUP, "diagnoses", diagnoses), use, rule("", "pods", ["get"], "web-0"),
                    rule("", "secrets", ["get"], "mine", *(f"mine-{i}" for i in range(MAX_SECRETS + 1))))
    objects += role("team", "bob", "bob", rule(GROUP, "diagnoses", diagnoses), use)
    objects += role("team", "carol", "carol", rule(GROUP, "diagnoses", diagnoses))
    # An agent's account with every right of RBAC, so that only the policy stands in its way.
    objects += [{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "agent-may-all"},
                 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
                 "subjects": [{"kind": "ServiceAccount", "name": "kubediag-agent", "namespace": "kubediag"}]}]
    objects += [pod("agent-on-node-1", "node-1"), pod("agent-on-node-2", "node-2")]
    plane.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    ClusterCase.alice, ClusterCase.bob, ClusterCase.carol = (plane.user(name) for name in ("alice", "bob", "carol"))
    # A policy is enforced a moment after it was applied.
    end = time.monotonic() + cluster_case.TIMEOUT
    while True:
        probe = diagnosis("probe", "team", operationSet="unusable")
        done = plane.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(probe), kubeconfig=ClusterCase.alice, check=False)
        if "may not use operationset unusable" in done.stderr:
            return
        if time.monotonic() > end:
            raise AssertionError(f"the policies are not enforced: {done.stderr}")
        time.sleep(0.1)


class PolicyCase(ClusterCase):
    def account(self, name, *arguments):
        """A kubeconfig with a token of a ServiceAccount of namespace kubediag."""
        token = self.kubectl("-n", "kubediag", "create", "token", name, *arguments).strip()
        return self.plane.token_user(name, token)

    def patch(self, name, patch, subresource=None, namespace="team", **options):
        arguments = ["--subresource", subresource] if subresource else []
        return self.kubectl("-n", namespace, "patch", "diag", name, "--type=merge", "-p", json.dumps(patch), *arguments, **options)

    def refused_patch(self, name, patch, subresource=None, namespace="team", **options):
        arguments = ["--subresource", subresource] if subresource else []
        return self.refused("-n", namespace, "patch", "diag", name, "--type=merge", "-p", json.dumps(patch), *arguments, **options)


class Types(PolicyCase):
    def test_the_policies_expressions_fit_the_types(self):
        for name in ("kubediag-diagnosis-author", "kubediag-agent-node"):
            status = self.eventually(lambda: self.get("validatingadmissionpolicy", name).get("status"), "the controller manager's check")
            self.assertEqual(status["typeChecking"].get("expressionWarnings", []), [])


class Secrets(PolicyCase):
    def test_of_the_author_may_be_named(self):
        self.apply(diagnosis("own-secret", "team", parameters=secret_parameters("mine", "team")), command="create", kubeconfig=self.alice)

    def test_of_others_may_not(self):
        for name, namespace in (("other", "team"), ("apiserver-profiler-sa-token", "kubediag"), ("mine", "others")):
            said = self.refused_apply(diagnosis("stolen", "team", parameters=secret_parameters(name, namespace)), command="create",
                                      kubeconfig=self.alice)
            self.assertIn(f'user "alice" may not get secret {namespace}/{name}', said)

    def test_without_a_namespace_are_those_of_default(self):
        for parameters in (secret_parameters("mine"), secret_parameters("mine", "")):
            said = self.refused_apply(diagnosis("stolen", "team", parameters=parameters), command="create", kubeconfig=self.alice)
            self.assertIn('user "alice" may not get secret default/mine', said)

    def test_of_any_operation_are_found_by_the_end_of_the_key(self):
        for prefix in ("param.other.secret_reference", "secret_reference", "x.y_secret_reference"):
            said = self.refused_apply(diagnosis("stolen", "team", parameters=secret_parameters("token", "kubediag", prefix)),
                                      command="create", kubeconfig=self.alice)
            self.assertIn("may not get secret kubediag/token", said)

    def test_are_not_named_by_an_empty_name_or_a_namespace_alone(self):
        self.apply(diagnosis("no-secret", "team", parameters={
            **secret_parameters("", "kubediag"), "param.other.secret_reference.namespace": "kubediag"}), command="create",
            kubeconfig=self.alice)

    def test_are_all_checked(self):
        def many(count, last="mine"):
            parameters = {}
            for i in range(count):
                parameters |= secret_parameters(f"mine-{i}" if i < count - 1 or last == "mine" else last, "team", f"key-{i}.secret_reference")
            return diagnosis("many", "team", parameters=parameters)
        self.apply(many(MAX_SECRETS), command="create", kubeconfig=self.alice)
        for count in range(1, MAX_SECRETS + 1):
            self.assertIn("may not get secret team/other", self.refused_apply(many(count, "other"), command="create", kubeconfig=self.alice))
        self.assertIn(f"a Diagnosis names at most {MAX_SECRETS} Secrets",
                      self.refused_apply(many(MAX_SECRETS + 1), command="create", kubeconfig=self.alice))

    def test_are_found_among_the_most_parameters(self):
        parameters = {f"key.{i}." + "x" * 60: "value" for i in range(4094)}
        self.apply(diagnosis("large", "team", parameters={**parameters, **secret_parameters("mine", "team")}), command="create",
                   kubeconfig=self.alice)
        said = self.refused_apply(diagnosis("large-stolen", "team", parameters={**parameters, **secret_parameters("other", "team")}),
                                  command="create", kubeconfig=self.alice)
        self.assertIn("may not get secret team/other", said)


class OperationSets(PolicyCase):
    def test_need_the_right_to_use_them(self):
        said = self.refused_apply(diagnosis("unusable", "team"), command="create", kubeconfig=self.carol)
        self.assertIn('user "carol" may not use operationset go-profiler', said)
        said = self.refused_apply(diagnosis("unusable", "team", operationSet="another"), command="create", kubeconfig=self.alice)
        self.assertIn('user "alice" may not use operationset another', said)
        self.apply(diagnosis("usable", "team"), command="create", kubeconfig=self.bob)

    def test_the_edit_role_may_use_all_of_them_in_its_namespace(self):
        self.kubectl("-n", "others", "create", "rolebinding", "dave", "--clusterrole=kubediag-edit", "--user=dave")
        dave = self.plane.user("dave")
        self.eventually(lambda: self.plane.kubectl("create", "-f", "-", text=json.dumps(diagnosis("daves", "others")), kubeconfig=dave,
                                                   check=False).returncode == 0, "dave may use go-profiler")
        self.refused_apply(diagnosis("daves", "team"), command="create", kubeconfig=dave)


class Pods(PolicyCase):
    def by_pod(self, name, namespace, pod_name):
        each = diagnosis(name, "team", podReference={"namespace": namespace, "name": pod_name})
        del each["spec"]["nodeName"]
        return each

    def test_need_the_right_to_get_them(self):
        self.apply(self.by_pod("own-pod", "team", "web-0"), command="create", kubeconfig=self.alice)
        for namespace, name in (("team", "web-1"), ("kube-system", "web-0")):
            said = self.refused_apply(self.by_pod("foreign-pod", namespace, name), command="create", kubeconfig=self.alice)
            self.assertIn(f'user "alice" may not get pod {namespace}/{name}', said)

    def test_the_controller_fills_in_their_node_and_changes_nothing_else(self):
        controller = self.account("kubediag-controller")
        secret = secret_parameters("mine", "team")
        assigned = self.by_pod("assigned", "team", "web-0")
        assigned["spec"]["parameters"] = secret
        self.apply(assigned, command="create", kubeconfig=self.alice)
        for patch in ({"nodeName": "node-1", "parameters": {"param.other": "value"}}, {"nodeName": "node-1", "timeoutSeconds": 5},
                      {"nodeName": "node-1", "operationSet": "another"}, {"nodeName": "node-1", "parameters": None},
                      {"nodeName": "node-1", "podReference": {"name": "web-1"}}, {"suspend": True}):
            self.assertIn(f'user "{CONTROLLER}" may not', self.refused_patch("assigned", {"spec": patch}, kubeconfig=controller))
        self.assertIn('user "bob" may not', self.refused_patch("assigned", {"spec": {"nodeName": "node-1"}}, kubeconfig=self.bob))
        self.patch("assigned", {"spec": {"nodeName": "node-1"}}, kubeconfig=controller)
        spec = self.get("-n", "team", "diag", "assigned")["spec"]
        self.assertEqual(spec, {**assigned["spec"], "nodeName": "node-1"})
        self.assertIn(f'user "{CONTROLLER}" may not', self.refused_patch("assigned", {"spec": {"nodeName": "node-2"}}, kubeconfig=controller))

    def test_the_controller_gives_no_node_to_a_diagnosis_without_pod(self):
        controller = self.account("kubediag-controller")
        self.apply(diagnosis("placed", "team", parameters=secret_parameters("mine", "team")), command="create", kubeconfig=self.alice)
        self.assertIn(f'user "{CONTROLLER}" may not', self.refused_patch("placed", {"spec": {"nodeName": "node-2"}}, kubeconfig=controller))


class Changes(PolicyCase):
    def test_make_their_author_answer_for_the_whole_spec(self):
        self.apply(diagnosis("changed", "team", parameters=secret_parameters("mine", "team")), command="create", kubeconfig=self.alice)
        for patch in ({"nodeName": "node-2"}, {"parameters": {f"{PROFILER}.source": "https://192.0.2.1"}}, {"suspend": True}):
            said = self.refused_patch("changed", {"spec": patch}, kubeconfig=self.bob)
            self.assertIn('user "bob" may not get secret team/mine', said)
        self.patch("changed", {"metadata": {"labels": {"seen-by": "bob"}}}, kubeconfig=self.bob)
        self.patch("changed", {"spec": {"nodeName": "node-2"}}, kubeconfig=self.alice)
        self.kubectl("-n", "team", "delete", "diag", "changed", kubeconfig=self.bob)

    def test_of_the_status_are_not_for_people(self):
        self.apply(diagnosis("status", "team"), command="create", kubeconfig=self.alice)
        said = self.refused_patch("status", {"status": {"phase": "Succeeded"}}, "status", kubeconfig=self.alice)
        self.assertIn("diagnoses/status", said)


class Agents(PolicyCase):
    def agent(self, node="node-1"):
        return self.account("kubediag-agent", "--bound-object-kind=Pod", f"--bound-object-name=agent-on-{node}")

    def node_agent(self, node="node-1"):
        return self.account("kubediag-agent", "--bound-object-kind=Node", f"--bound-object-name={node}")

    def setUp(self):
        self.apply(diagnosis("on-node-1", "team"), diagnosis("on-node-2", "team", nodeName="node-2"))
        self.status = {"status": {"phase": "Running", "message": self.id()}}

    def test_write_the_status_of_their_own_node(self):
        for agent in (self.agent(), self.node_agent()):
            self.patch("on-node-1", self.status, "status", kubeconfig=agent)
            self.patch("on-node-2", {"status": {"message": "seen"}}, "status", kubeconfig=self.agent("node-2"))
        self.assertEqual(self.get("-n", "team", "diag", "on-node-1")["status"]["message"], self.id())

    def test_do_not_write_the_status_of_another_node(self):
        for agent in (self.agent("node-2"), self.node_agent("node-2")):
            said = self.refused_patch("on-node-1", self.status, "status", kubeconfig=agent)
            self.assertIn('the agent of node "node-2" may not write a Diagnosis of node "node-1"', said)

    def test_do_not_take_a_diagnosis_without_node(self):
        unplaced = diagnosis("unplaced", "team", podReference={"namespace": "team", "name": "web-0"})
        del unplaced["spec"]["nodeName"]
        self.apply(unplaced)
        self.assertIn('of node ""', self.refused_patch("unplaced", self.status, "status", kubeconfig=self.agent()))

    def test_need_a_token_that_is_bound_to_a_node(self):
        said = self.refused_patch("on-node-1", self.status, "status", kubeconfig=self.account("kubediag-agent"))
        self.assertIn("the agent's token is not bound to a node", said)

    def test_write_nothing_but_the_status_whatever_rbac_grants(self):
        agent = self.agent()
        said = "an agent writes nothing of a Diagnosis but its status"
        self.assertIn(said, self.refused_patch("on-node-1", {"metadata": {"labels": {"a": "b"}}}, kubeconfig=agent))
        self.assertIn(said, self.refused_patch("on-node-2", {"spec": {"nodeName": "node-1"}}, kubeconfig=agent))
        self.assertIn(said, self.refused("-n", "team", "delete", "diag", "on-node-1", kubeconfig=agent))
        self.assertIn(said, self.refused_apply(diagnosis("made", "team"), command="create", kubeconfig=agent))

    def write_status(self, name, kubeconfig):
        """As the agent does it: a merge patch. The HTTP status."""
        user = json.loads(kubeconfig.read_text())["users"][0]["user"]
        request = urllib.request.Request(
            f"{self.plane.server}/apis/{GROUP}/v1/namespaces/team/diagnoses/{name}/status", json.dumps(self.status).encode(), method="PATCH",
            headers={"Authorization": f"Bearer {user['token']}", "Content-Type": "application/merge-patch+json"})
        trust = ssl.create_default_context(cafile=self.plane.authority.certificate)
        try:
            with urllib.request.urlopen(request, timeout=cluster_case.TIMEOUT, context=trust) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def test_are_the_only_ones_meant(self):
        self.patch("on-node-1", {"status": {"message": "by an administrator"}}, "status")

    def test_read_and_record_with_the_rights_of_the_manifests(self):
        self.kubectl("delete", "clusterrolebinding", "agent-may-all")
        try:
            agent = self.agent()
            self.eventually(lambda: self.plane.kubectl("get", "nodes", kubeconfig=agent, check=False).returncode != 0, "rights withdrawn")
            self.kubectl("get", "diag", "-A", "--field-selector=spec.nodeName=node-1", kubeconfig=agent)
            self.kubectl("get", "operationset", "go-profiler", kubeconfig=agent)
            self.kubectl("get", "operation", "go-profiler", kubeconfig=agent)
            self.kubectl("-n", "kubediag", "get", "secret", "apiserver-profiler-sa-token", kubeconfig=agent)
            self.assertEqual(self.write_status("on-node-1", agent), 200)  # kubectl would read the status by its own path first
            event = {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "on-node-1.1", "namespace": "team"},
                     "eventTime": "2030-01-01T00:00:00.000000Z", "action": "Run", "reason": "DiagnosisSucceeded", "type": "Normal",
                     "note": "finished", "reportingController": "kubediag-agent", "reportingInstance": "node-1",
                     "regarding": {"apiVersion": f"{GROUP}/v1", "kind": "Diagnosis", "name": "on-node-1", "namespace": "team",
                                   "uid": self.get("-n", "team", "diag", "on-node-1")["metadata"]["uid"]}}
            self.apply(event, command="create", kubeconfig=agent)
            self.assertEqual(self.write_status("on-node-2", agent), 403)
            self.assertIn("finished", self.kubectl("-n", "team", "describe", "diag", "on-node-1"))
            self.assertIn("forbidden", self.refused("-n", "team", "get", "secret", "mine", kubeconfig=agent))
            self.assertIn("forbidden", self.refused("-n", "kubediag", "get", "secrets", kubeconfig=agent))
        finally:
            self.kubectl("create", "clusterrolebinding", "agent-may-all", "--clusterrole=cluster-admin",
                         "--serviceaccount=kubediag:kubediag-agent")


if __name__ == "__main__":
    unittest.main(verbosity=2)
