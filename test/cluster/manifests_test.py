#!/usr/bin/env python3
"""manifests_test.py PROGRAM: the manifests on a real control plane. PROGRAM prints objects with every field set."""

import base64
import copy
import json
import pathlib
import re
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import cluster_case
from cluster_case import GROUP, MANIFESTS, ROOT, ClusterCase, diagnosis, published_objects

EVERY_FIELD = None
PUBLISHED = ROOT / "test/engine/api/published"
BAD = pathlib.Path(__file__).resolve().parent / "manifests/bad"
installed = {}


def setUpModule():
    ClusterCase.plane = cluster_case.plane_module.Plane()
    try:
        ClusterCase.plane.start()
        for folder in ("manifests", "manifests/operations"):  # as the documentation says, one right after the other
            installed[folder] = ClusterCase.plane.kubectl("apply", "-k", ROOT / folder)
    except BaseException:
        ClusterCase.plane.stop()
        raise


def tearDownModule():
    ClusterCase.plane.stop()


def rules(schema, path=""):
    """The CEL rules of a schema with their paths."""
    if isinstance(schema, dict):
        for rule in schema.get("x-kubernetes-validations", ()):
            yield path, rule
        for key, value in schema.items():
            yield from rules(value, f"{path}/{key}")


class Installation(ClusterCase):
    def test_applies_without_a_warning(self):
        for folder, done in installed.items():
            self.assertEqual(done.stderr, "", folder)
            self.assertNotEqual(done.stdout, "", folder)

    def test_applies_again_and_changes_nothing(self):
        for folder in installed:
            versions = self.versions(folder)
            for line in self.kubectl("apply", "-k", ROOT / folder).splitlines():
                # kubectl takes a default that is spelt out (preserveUnknownFields) and a selector that it replaces for changes.
                self.assertRegex(line, r" unchanged$|^(customresourcedefinition|poddisruptionbudget)\S+ configured$")
            self.assertEqual(self.versions(folder), versions)

    def versions(self, folder):
        return self.kubectl("get", "-k", ROOT / folder, "-o", "custom-columns=KIND:kind,NAME:metadata.name,VERSION:metadata.resourceVersion")

    def test_definitions_are_established_and_structural(self):
        for plural in ("operations", "operationsets", "triggers", "diagnoses"):
            definition = self.get("crd", f"{plural}.{GROUP}")
            conditions = {each["type"]: each["status"] for each in definition["status"]["conditions"]}
            self.assertEqual(conditions, {"NamesAccepted": "True", "Established": "True"}, plural)
            self.assertFalse(definition["spec"].get("preserveUnknownFields"))

    def test_short_names_and_the_category_are_known(self):
        self.kubectl("get", "diag,opset", "-A")
        self.assertIn("go-profiler", self.kubectl("get", "kubediag", "-A"))

    def test_explain_describes_fields(self):
        self.assertIn("AllPaths", self.kubectl("explain", "opset.spec.strategy"))
        self.assertIn("Where it stands", self.kubectl("explain", "diag.status.checkpoint"))

    def test_images_have_the_version_of_the_project(self):
        version = re.search(r"project\(kubediag VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        for kind, name in (("daemonset", "kubediag-agent"), ("deployment", "kubediag-controller")):
            pod = self.get("-n", "kubediag", kind, name)["spec"]["template"]["spec"]
            self.assertEqual([each["image"] for each in pod["containers"]], [f"kubediag:{version}"])

    def test_the_agent_is_confined(self):
        pod = self.get("-n", "kubediag", "daemonset", "kubediag-agent")["spec"]["template"]["spec"]
        container, = pod["containers"]
        self.assertTrue(pod["hostNetwork"])
        self.assertFalse(pod.get("hostPID"))
        self.assertEqual(pod["dnsPolicy"], "ClusterFirstWithHostNet")
        self.assertEqual(pod["os"], {"name": "linux"})
        self.assertEqual(pod["tolerations"], [{"operator": "Exists"}])
        self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertEqual(container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                        "capabilities": {"drop": ["ALL"]}})
        self.assertEqual(container["resources"], {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "4608Mi"}})
        self.assertEqual({each["hostPath"]["path"] for each in pod["volumes"] if "hostPath" in each},
                         {"/var/lib/kubediag", "/var/lib/kubediag/operations"})

    def test_the_controller_would_pass_the_restricted_level(self):
        self.apply({"apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": "restricted", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
        deployment = self.get("-n", "kubediag", "deployment", "kubediag-controller")
        template = deployment["spec"]["template"]
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "controller", "namespace": "restricted"},
               "spec": template["spec"]}
        self.apply(pod, command="create")
        self.assertEqual(deployment["spec"]["replicas"], 2)
        agent = self.get("-n", "kubediag", "daemonset", "kubediag-agent")["spec"]["template"]["spec"]
        agent_pod = {**pod, "metadata": {"name": "agent", "namespace": "restricted"}, "spec": agent}
        self.assertIn("violates PodSecurity", self.refused_apply(agent_pod, command="create"))
        agent_pod["metadata"]["namespace"] = "kubediag"
        self.apply(agent_pod, command="create")

    def test_probes_name_ports_of_kubediag(self):
        for kind, name, number in (("daemonset", "kubediag-agent", 10355), ("deployment", "kubediag-controller", 10357)):
            container, = self.get("-n", "kubediag", kind, name)["spec"]["template"]["spec"]["containers"]
            port, = [each for each in container["ports"] if each["name"] == "metrics"]
            self.assertEqual(port["containerPort"], number)
            for probe in ("livenessProbe", "readinessProbe"):
                self.assertEqual(container[probe]["httpGet"]["port"], "metrics")


class Components(ClusterCase):
    def pod_of(self, component):
        folder = cluster_case.overlay(self.plane, f"with-{component}", component)
        rendered = {(each["kind"], each["metadata"]["name"]): each for each in cluster_case.render(self.plane, folder)}
        return rendered["DaemonSet", "kubediag-agent"]["spec"]["template"]["spec"]

    def test_policies_tell_the_agent(self):
        self.assertIn("--secrets-checked-by-admission", self.pod_of("policies")["containers"][0]["args"])

    def test_host_processes(self):
        pod = self.pod_of("host-processes")
        self.assertTrue(pod["hostPID"])
        self.assertEqual(pod["containers"][0]["securityContext"]["capabilities"], {"add": ["SYS_PTRACE"], "drop": ["ALL"]})

    def test_operation_user(self):
        container, = self.pod_of("operation-user")["containers"]
        self.assertIn("--operation-user=65534", container["args"])
        self.assertEqual(container["securityContext"]["capabilities"], {"add": ["SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE"], "drop": ["ALL"]})

    def test_two_that_need_other_capabilities_are_refused_together(self):
        for components in (("host-processes", "operation-user"), ("operation-user", "host-processes")):
            folder = cluster_case.overlay(self.plane, "-and-".join(components), *components)
            done = self.plane.kubectl("kustomize", folder, check=False)
            self.assertNotEqual(done.returncode, 0, components)
            self.assertIn("capabilities/add", done.stderr)

    def test_policies_name_the_accounts_of_another_namespace_as_the_page_says(self):
        page = re.search(r"^```yaml\n(namespace: diagnostics\n.*?)^```$", (ROOT / "docs/cluster.md").read_text(), re.M | re.S).group(1)
        folder = cluster_case.overlay(self.plane, "diagnostics", "policies")
        written = json.loads((folder / "kustomization.yaml").read_text())
        (folder / "kustomization.yaml").write_text(
            "".join(f"{key}: {json.dumps(value)}\n" for key, value in written.items()) + page)
        rendered = cluster_case.render(self.plane, folder)
        accounts = {f"system:serviceaccount:{each['metadata']['namespace']}:{each['metadata']['name']}"
                    for each in rendered if each["kind"] == "ServiceAccount"}
        named = {name for each in rendered if each["kind"] == "ValidatingAdmissionPolicy"
                 for condition in each["spec"]["matchConditions"]
                 for name in re.findall(r"system:serviceaccount:[\w:-]+", condition["expression"])}
        self.assertEqual(named, {f"system:serviceaccount:diagnostics:kubediag-{each}" for each in ("agent", "controller")})
        self.assertLessEqual(named, accounts)

    def test_each_one_applies(self):
        for name in ("podmonitors", "prometheusrules"):  # the operator's definitions, as far as kubectl needs them
            kind = {"podmonitors": "PodMonitor", "prometheusrules": "PrometheusRule"}[name]
            self.apply({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                        "metadata": {"name": f"{name}.monitoring.coreos.com"},
                        "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
                                 "names": {"plural": name, "singular": kind.lower(), "kind": kind},
                                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                                     "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}})
        self.kubectl("wait", "--for=condition=Established", "crd/podmonitors.monitoring.coreos.com",
                     "crd/prometheusrules.monitoring.coreos.com")
        for component in sorted(each.name for each in (MANIFESTS / "components").iterdir()):
            folder = cluster_case.overlay(self.plane, f"apply-{component}", component)
            self.eventually(lambda: "no matches for kind" not in self.plane.kubectl(
                "apply", "--dry-run=server", "-k", folder, check=False).stderr, "discovery")
            self.kubectl("apply", "--dry-run=server", "-k", folder)

    def test_monitors_select_pods_and_a_port_that_exist(self):
        folder = cluster_case.overlay(self.plane, "monitored", "monitoring")
        objects = cluster_case.render(self.plane, folder)
        pods = [each["spec"]["template"] for each in objects if each["kind"] in ("DaemonSet", "Deployment")]
        monitors = [each["spec"] for each in objects if each["kind"] == "PodMonitor"]
        self.assertEqual(len(monitors), 2)
        for monitor in monitors:
            wanted = monitor["selector"]["matchLabels"].items()
            pod, = [each for each in pods if wanted <= each["metadata"]["labels"].items()]
            ports = {each["name"] for each in pod["spec"]["containers"][0]["ports"]}
            self.assertLessEqual({each["port"] for each in monitor["podMetricsEndpoints"]}, ports)

    def test_alerts_ask_for_metrics_that_exist(self):
        source = "".join(file.read_text() for file in (ROOT / "engine").glob("*/*.cpp"))
        wanted = set(re.findall(r"kubediag_\w+", (MANIFESTS / "components/monitoring/alerts.yaml").read_text()))
        self.assertGreaterEqual(len(wanted), 3)
        self.assertEqual({each for each in wanted if f'"{each}"' not in source}, set())

    def test_roles_are_aggregated_by_the_component_only(self):
        def rules_of(role):
            return json.dumps(self.get("clusterrole", role)["rules"])
        for role in ("view", "edit", "admin"):
            self.assertNotIn(GROUP, rules_of(role))
        self.kubectl("apply", "-k", cluster_case.overlay(self.plane, "aggregated", "aggregated-roles"))
        try:
            for role in ("view", "edit", "admin"):
                self.eventually(lambda: GROUP in rules_of(role), f"aggregation into {role}")
            self.assertNotIn("diagnoses/status", rules_of("admin"))
        finally:
            self.kubectl("apply", "-k", ROOT / "manifests")
        for role in ("view", "edit", "admin"):
            self.eventually(lambda: GROUP not in rules_of(role), f"{role} without the component")


class Schemas(ClusterCase):
    def test_each_bad_object_is_refused_with_its_reason(self):
        files = sorted(BAD.glob("*.yaml"))
        self.assertGreater(len(files), 20)
        for file in files:
            with self.subTest(file.stem):
                expected = file.read_text().splitlines()[0].removeprefix("# refused: ")
                self.assertIn(expected, self.refused("create", "-f", file))

    def test_each_rule_has_a_bad_object(self):
        reasons = [file.read_text().splitlines()[0].removeprefix("# refused: ") for file in BAD.glob("*.yaml")]
        found = 0
        for definition in self.get("crd")["items"]:
            if definition["spec"]["group"] != GROUP:
                continue
            for path, rule in rules(definition["spec"]["versions"][0]["schema"]):
                if "oldSelf" in rule["rule"]:
                    continue  # of changes, which have tests of their own
                found += 1
                self.assertTrue(any(reason in rule["message"] for reason in reasons), f"{path}: {rule['message']}")
        self.assertGreaterEqual(found, 9)

    def test_the_node_stays_once_an_agent_has_begun(self):
        def move(node):
            return self.kubectl("patch", "diagnosis", "moves", "--type=merge", "-p", json.dumps({"spec": {"nodeName": node}}))

        def set_phase(phase):
            self.kubectl("patch", "diagnosis", "moves", "--subresource=status", "--type=merge", "-p",
                         json.dumps({"status": {"phase": phase}}))

        self.apply(diagnosis("moves", "default", operationSet="any", nodeName="node-1"))
        move("node-2")
        set_phase("Pending")
        move("node-3")
        for phase in ("Running", "Succeeded", "Failed"):
            set_phase(phase)
            self.assertIn("nodeName stays once an agent has begun", self.refused(
                "patch", "diagnosis", "moves", "--type=merge", "-p", '{"spec": {"nodeName": "node-4"}}'))
            self.kubectl("patch", "diagnosis", "moves", "--type=merge", "-p", '{"spec": {"suspend": true}}')
            self.kubectl("patch", "diagnosis", "moves", "--type=merge", "-p", '{"spec": {"suspend": false}}')

    def test_defaults_are_filled_in(self):
        self.apply({"apiVersion": f"{GROUP}/v1", "kind": "Operation", "metadata": {"name": "defaults"},
                    "spec": {"processor": {"httpServer": {"address": "192.0.2.7", "port": 9000}}}},
                   {"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": "defaults"},
                    "spec": {"adjacencyList": [{"to": [1]}, {"operation": "defaults"}]}})
        self.assertEqual(self.get("operation", "defaults")["spec"]["processor"]["httpServer"],
                         {"address": "192.0.2.7", "port": 9000, "path": "/", "scheme": "http"})
        self.assertEqual(self.get("opset", "defaults")["spec"]["strategy"], "FirstPath")

    def test_everything_that_the_engine_writes_is_kept(self):
        objects = json.loads(subprocess.run([EVERY_FIELD], check=True, stdout=subprocess.PIPE).stdout)["items"]
        self.assertEqual({each["kind"] for each in objects}, {"Operation", "OperationSet", "Diagnosis"})
        for each in objects:
            name = ["-n", each["metadata"].get("namespace", "default"), each["kind"].lower(), each["metadata"]["name"]]
            status = each.pop("status", None)
            self.apply(each, command="create")
            if status is not None:  # as the engine writes it
                self.kubectl("patch", *name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
            stored = self.get(*name)
            self.assertEqual(stored["spec"], each["spec"])
            self.assertEqual(stored.get("status"), status)

    def test_the_longest_list_and_the_most_parameters_are_taken_and_one_more_is_not(self):
        def operation_set(count):
            nodes = [{"to": list(range(1, count))}] + [{"operation": "a"}] * (count - 1)
            return {"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": "large"},
                    "spec": {"adjacencyList": nodes}}
        self.apply(operation_set(1000), command="create")
        # What costs the rule for self edges most: nodes that differ in nothing, or at their ends only.
        name = "a" * 253
        for size, edges in ((64, 64), (65, 64), (64, 65), (3, 1000)):
            equal = [{"operation": name, "to": [size - 1] * edges, "dependences": [1] * edges} for _ in range(size - 2)]
            self.apply({"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": f"equal-{size}-{edges}"},
                        "spec": {"adjacencyList": [{"to": [1]}, *equal, {"operation": name}]}}, command="create")
        self.assertIn("1000", self.refused_apply(operation_set(1001), command="create"))
        self.apply(diagnosis("large", parameters={f"key.{i}": "value" for i in range(4096)}), command="create")
        self.assertIn("4096", self.refused_apply(
            diagnosis("too-large", parameters={f"key.{i}": "value" for i in range(4097)}), command="create"))

    def test_a_dense_graph_stays_within_the_cost_of_its_rules(self):
        nodes = [{"operation": "a", "to": list(range(i + 1, 300))} for i in range(300)]
        del nodes[0]["operation"]
        self.apply({"apiVersion": f"{GROUP}/v1", "kind": "OperationSet", "metadata": {"name": "dense"},
                    "spec": {"adjacencyList": nodes}}, command="create")

    def test_kubediags_own_unset_times_can_be_written(self):
        self.apply(diagnosis("unset-times"))
        self.kubectl("patch", "diag", "unset-times", "--subresource=status", "--type=json", "-p", json.dumps(
            [{"op": "add", "path": "/status", "value": {"phase": "", "startTime": None, "conditions": [
                {"type": "Accepted", "status": "True", "lastTransitionTime": None}]}}]))
        self.assertEqual(self.get("diag", "unset-times")["status"]["phase"], "")


class Objects(ClusterCase):
    def test_samples_apply(self):
        self.kubectl("apply", "-f", MANIFESTS / "samples")
        for line in self.kubectl("apply", "-f", MANIFESTS / "samples").splitlines():
            self.assertTrue(line.endswith(" unchanged"), line)
        self.assertEqual(self.get("-n", "kubediag", "diag", "node-report")["spec"]["operationSet"], "node-report")

    def test_published_manifests_of_kubediag_apply(self):
        files = sorted(PUBLISHED.iterdir())
        self.assertGreater(len(files), 5)
        for file in files:
            for each in published_objects(file):
                with self.subTest(file.name, object=each["metadata"]["name"]):
                    if each["kind"] == "CommonEvent":  # of KubeDiag 0.3, not of ours
                        self.assertIn("no matches for kind", self.refused_apply(each))
                        continue
                    wanted = copy.deepcopy(each)
                    name = ["-n", each["metadata"].get("namespace", "default"), each["kind"].lower(), each["metadata"]["name"]]
                    self.apply(each)
                    stored = self.get(*name)
                    if each["apiVersion"].startswith(GROUP):
                        self.assert_holds(stored["spec"], wanted["spec"])
                    if "status" in wanted:
                        self.kubectl("patch", *name, "--subresource=status", "--type=merge", "-p",
                                     json.dumps({"status": wanted["status"]}))
                        self.assert_holds(self.get(*name)["status"], wanted["status"])

    def assert_holds(self, stored, wanted):
        """Nothing of `wanted` is lost or changed; defaults may have been added, and null is no value."""
        if isinstance(wanted, dict):
            for key, value in wanted.items():
                if value is not None:
                    self.assertIn(key, stored)
                    self.assert_holds(stored[key], value)
        elif isinstance(wanted, list):
            self.assertEqual(len(stored), len(wanted))
            for one, other in zip(stored, wanted):
                self.assert_holds(one, other)
        else:
            self.assertEqual(stored, wanted)

    def test_a_node_sees_its_own_diagnoses_only(self):
        self.apply(diagnosis("mine", nodeName="selected-node"), diagnosis("theirs", nodeName="another-node"))
        names = self.kubectl("get", "diag", "-A", "--field-selector=spec.nodeName=selected-node", "-o", "name")
        self.assertEqual(names.split(), [f"diagnosis.{GROUP}/mine"])

    def test_columns(self):
        self.apply(diagnosis("columns", "kube-public", podReference={"namespace": "shop", "name": "web-0", "container": "nginx"}))
        self.kubectl("-n", "kube-public", "patch", "diag", "columns", "--subresource=status", "--type=merge",
                     "-p", '{"status":{"phase":"Running","message":"on its way"}}')
        header, row = (line.split() for line in self.kubectl("-n", "kube-public", "get", "diag").splitlines())
        self.assertEqual(header, "NAME OPERATIONSET NODENAME PODNAMESPACE PODNAME PODCONTAINER PHASE AGE".split())
        self.assertEqual(row[:-1], "columns go-profiler node-1 shop web-0 nginx Running".split())
        header, row = self.kubectl("-n", "kube-public", "get", "diag", "-o", "wide").splitlines()
        self.assertEqual(header.split()[-2:], ["AGE", "MESSAGE"])
        self.assertTrue(row.endswith("on its way"), row)
        self.assertEqual(self.kubectl("get", "opset", "go-profiler").splitlines()[0].split(), ["NAME", "READY", "AGE"])
        self.assertEqual(self.kubectl("get", "operation", "go-profiler").splitlines()[0].split(), ["NAME", "AGE"])

    def test_wait_for_the_end(self):
        self.apply(diagnosis("awaited"))
        self.kubectl("patch", "diag", "awaited", "--subresource=status", "--type=merge", "-p",
                     '{"status":{"conditions":[{"type":"Finished","status":"True"}]}}')
        self.kubectl("wait", "--for=condition=Finished", "diag/awaited", "--timeout=10s")


class ApiserverProfiler(ClusterCase):
    def test_the_tutorials_objects_are_found(self):
        self.kubectl("get", "serviceaccount", "apiserver-profiler-sa", "-n", "kubediag")
        self.kubectl("get", "clusterrole", "apiserver-profiler-role")
        self.assertIn("ClusterRole/apiserver-profiler-role",
                      self.kubectl("get", "clusterrolebinding", "apiserver-profiler-rolebinding"))

    def test_the_tutorials_search_finds_one_secret_and_it_is_filled(self):
        found = subprocess.run(
            [str(self.plane.assets / "kubectl") + " get secret -n kubediag | grep apiserver-profiler-sa-token | awk '{print $1}'"],
            shell=True, check=True, stdout=subprocess.PIPE, text=True, env={"KUBECONFIG": str(self.plane.kubeconfig), "PATH": "/usr/bin:/bin"})
        self.assertEqual(found.stdout, "apiserver-profiler-sa-token\n")
        secret = self.filled_secret()
        self.assertEqual(secret["type"], "kubernetes.io/service-account-token")
        self.assertEqual(secret["metadata"]["labels"][f"{GROUP}/allow-diagnoses"], "true")

    def test_the_token_opens_profiles_and_nothing_else(self):
        token = base64.b64decode(self.filled_secret()["data"]["token"]).decode()
        trust = ssl.create_default_context(cadata=base64.b64decode(self.filled_secret()["data"]["ca.crt"]).decode())

        def status(path):
            request = urllib.request.Request(self.plane.server + path, headers={"Authorization": f"Bearer {token}"})
            try:
                with urllib.request.urlopen(request, timeout=60, context=trust) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code
        self.eventually(lambda: status("/debug/pprof/heap") == 200, "the token opens the heap")
        for path in ("/api/v1/namespaces/kubediag/secrets", "/api/v1/nodes", f"/apis/{GROUP}/v1/diagnoses", "/logs/"):
            self.assertEqual(status(path), 403, path)

    def filled_secret(self):
        def read():
            secret = self.get("-n", "kubediag", "secret", "apiserver-profiler-sa-token")
            return secret if secret.get("data", {}).keys() >= {"token", "ca.crt", "namespace"} else None
        return self.eventually(read, "the token controller fills the Secret")


if __name__ == "__main__":
    EVERY_FIELD = sys.argv.pop(1)
    unittest.main(verbosity=2)
