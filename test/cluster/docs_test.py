#!/usr/bin/env python3
"""Runs every command of docs/cluster.md and docs/migrate.md on a real control plane, in order, as written."""

import base64
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.request

import cluster_case
from cluster_case import GROUP, ROOT, ClusterCase, diagnosis, published_objects

OLD = pathlib.Path(__file__).resolve().parent / "kubediag-0.3.1"
PUBLISHED = ROOT / "test/engine/api/published"


def blocks(page):
    """The commands of a page by section: (heading, text of the block)."""
    heading = ""
    for match in re.finditer(r"^#+ ([^\n]*)$|^```sh\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.M | re.S):
        if match.group(1):
            heading = match.group(1)
        else:
            yield heading, match.group(2)


class DocsCase(ClusterCase):
    def setUp(self):
        self.plane = ClusterCase.plane = cluster_case.plane_module.Plane()
        self.addCleanup(self.plane.stop)
        self.plane.start()
        self.folder = self.plane.folder / "checkout"
        self.folder.mkdir()
        shutil.copytree(ROOT / "manifests", self.folder / "manifests")

    def run_block(self, text):
        """Runs a block in a copy of the checkout; what it printed. Fails with the first command that fails or warns."""
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, capture_output=True, text=True, env={
            **os.environ, "KUBECONFIG": str(self.plane.kubeconfig), "PATH": f"{self.plane.assets}:{os.environ['PATH']}",
            "HOME": str(self.plane.folder)})
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        self.assertNotIn("Warning", done.stderr, text)
        return done.stdout

    def kinds(self):
        """The API objects of the cluster that bear the project's name, for a look at what is left."""
        found = self.kubectl("get", "crd,clusterrole,clusterrolebinding,validatingadmissionpolicy,validatingadmissionpolicybinding,"
                             "mutatingwebhookconfiguration,validatingwebhookconfiguration", "-o", "name")
        return {each for each in found.split() if "kubediag" in each or "profiler" in each or "webhook-configuration" in each}


class Cluster(DocsCase):
    def test_every_command_of_the_page(self):
        done = []
        for heading, block in blocks("cluster.md"):
            output = self.run_block(block)
            done.append(heading)
            if heading == "Install" and "get opset" in block:
                self.assertIn("operationset.diagnosis.kubediag.org/go-profiler", output)
            if heading == "Rights" and "can-i" in block:
                self.assertTrue(output.endswith("yes\n"), output)
            if heading == "Components":
                agent = self.get("-n", "kubediag", "daemonset", "kubediag-agent")["spec"]["template"]["spec"]["containers"][0]
                self.assertEqual(agent["image"], "registry.example.com/kubediag:" + version())
                self.assertIn("--secrets-checked-by-admission", agent["args"])
            if heading == "Upgrade":
                agent = self.get("-n", "kubediag", "daemonset", "kubediag-agent")["spec"]["template"]["spec"]["containers"][0]
                self.assertEqual(agent["image"], "kubediag:" + version())
        self.assertEqual(sorted(set(done)), ["Components", "Install", "Rights", "Uninstall", "Upgrade"])
        self.assertEqual(self.kinds(), set())
        self.eventually(lambda: self.plane.kubectl("get", "namespace", "kubediag", check=False).returncode, "the namespace is gone")


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def version():
    return re.search(r"project\(kubediag VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


class Migrate(DocsCase):
    def setUp(self):
        super().setUp()
        self.kubectl("apply", "-f", OLD / "definitions.yaml")
        self.kubectl("wait", "--for=condition=Established", "crd", "--all")
        for definition in self.get("crd")["items"]:
            self.make_as_if_born_as_v1beta1(definition["metadata"]["name"])
        self.eventually(lambda: self.plane.kubectl("apply", "-f", OLD / "install.yaml", check=False).returncode == 0, "installed")
        self.objects = []
        # The objects were made before the webhooks' server went away.
        webhooks = self.get("mutatingwebhookconfiguration,validatingwebhookconfiguration")["items"]
        self.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "--all")
        for file in sorted(PUBLISHED.glob("*.yaml")):
            for each in published_objects(file):
                if not each["apiVersion"].startswith(GROUP):
                    continue
                name = ["-n", each["metadata"].get("namespace", "default"), each["kind"].lower() + "." + GROUP, each["metadata"]["name"]]
                # Each release replaced the Operations of the one before.
                self.apply(copy.deepcopy(each))
                if "status" in each:
                    self.kubectl("patch", *name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": each["status"]}))
                self.objects.append(name)
        for each in webhooks:
            for key in ("creationTimestamp", "generation", "resourceVersion", "uid", "managedFields"):
                each["metadata"].pop(key, None)
            self.apply(each, command="create")
        self.before = {tuple(name): self.get(*name) for name in self.objects}
        self.assertGreater(len(self.before), 25)

    def make_as_if_born_as_v1beta1(self, name):
        """Sets preserveUnknownFields in etcd itself: API servers that could make such a definition are of 2021."""
        key = encoded(f"/registry/apiextensions.k8s.io/customresourcedefinitions/{name}")
        stored = json.loads(base64.b64decode(self.etcd("range", {"key": key})["kvs"][0]["value"]))
        stored["spec"]["preserveUnknownFields"] = True
        self.etcd("put", {"key": key, "value": encoded(json.dumps(stored))})
        self.eventually(lambda: self.get("crd", name)["spec"].get("preserveUnknownFields"), "the API server sees it")

    def etcd(self, call, body):
        with urllib.request.urlopen(f"{self.plane.etcd_url}/v3/kv/{call}", json.dumps(body).encode(),
                                    timeout=cluster_case.TIMEOUT) as answer:
            return json.load(answer)

    def test_every_command_of_the_page(self):
        self.eventually(lambda: "webhook" in self.plane.kubectl("annotate", "diagnoses", "go-profiler", "a=b", "--dry-run=server",
                                                                check=False).stderr, "the old webhooks, without a server, refuse writes")
        done = [heading for heading, block in blocks("migrate.md") if self.run_block(block) is not None]
        self.assertEqual(len(done), 4)
        self.assert_objects_read_the_same()
        self.assert_they_can_be_written()
        for plural in ("operations", "operationsets", "triggers", "diagnoses"):
            definition = self.get("crd", f"{plural}.{GROUP}")
            self.assertFalse(definition["spec"].get("preserveUnknownFields"))
            self.assertEqual([each for each in definition["status"]["conditions"] if each["type"] == "NonStructuralSchema"], [])
        self.assertEqual({each for each in self.kinds() if "kubediag-role" in each or "webhook" in each}, set())
        self.assertEqual(self.plane.kubectl("-n", "kubediag", "get", "serviceaccount", "kubediag", check=False).returncode, 1)
        for role in ("kubediag-view", "kubediag-edit"):
            labels = self.get("clusterrole", role)["metadata"]["labels"]
            self.assertFalse([each for each in labels if "aggregate" in each], role)
        agent = self.get("-n", "kubediag", "daemonset", "kubediag-agent")["spec"]
        self.assertEqual(agent["template"]["spec"]["serviceAccountName"], "kubediag-agent")
        self.assertFalse(agent["template"]["spec"].get("hostPID"))

    def assert_objects_read_the_same(self):
        ours = {("operation", "go-profiler")}  # what manifests/operations brings
        for name, old in self.before.items():
            new = self.get(*name)
            self.assertEqual(new["metadata"]["uid"], old["metadata"]["uid"], name)
            if (old["kind"].lower(), old["metadata"]["name"]) in ours:
                continue
            self.assertEqual(new.get("status"), old.get("status"), name)
            expected = copy.deepcopy(old["spec"])
            if old["kind"] == "OperationSet":
                expected["strategy"] = "FirstPath"
            server = expected.get("processor", {}).get("httpServer")
            if server is not None:
                server.setdefault("path", "/")
                server.setdefault("scheme", "http")
            self.assertEqual(new["spec"], expected, name)

    def assert_they_can_be_written(self):
        for name in self.before:
            self.kubectl(*name[:2], "annotate", *name[2:], "migrated=yes")
        self.kubectl("patch", "diag", "go-profiler", "--subresource=status", "--type=merge", "-p", '{"status":{"message":"read"}}')
        self.apply(diagnosis("new", nodeName="node-1", suspend=True))
        self.assertTrue(self.get("diag", "new")["spec"]["suspend"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
