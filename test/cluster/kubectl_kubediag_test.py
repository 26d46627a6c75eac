#!/usr/bin/env python3
"""`kubectl kubediag …`, executed by the plane's own kubectl, with a controller and an agent at work.

Ports are forwarded by the real kubectl port-forward, through the API server, to what stands for the node's kubelet (kubelet.py).
--direct goes to the page's own address without it.

Usage: kubectl_kubediag_test.py KUBEDIAG.
"""

import gzip
import hashlib
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest
import urllib.request

import yaml

import agent_case
import cluster_case
import controller_case
from agent_case import ENDPOINT, NODE, PREFIX, AgentCase, operation, operation_set
from cluster_case import ROOT, TIMEOUT, ClusterCase
from kubelet import Kubelet

SECRET = "kubediag/apiserver-profiler-sa-token"
CAPABILITY = "0" * 32
CONTROLLER = KUBELET = None


def setUpModule():
    global CONTROLLER, KUBELET
    agent_case.start_plane((("short", "echo done"), ("failing", "echo no >&2; exit 3"), ("long", "exec sleep 600")))
    plane = ClusterCase.plane
    try:
        plane.kubectl("apply", "-f", "-", text=cluster_case.as_list(
            [operation("lonely", "echo alone"), operation_set("runs-lonely", "lonely")]))
        plane.kubectl("delete", "node", NODE)
        KUBELET = Kubelet(plane, NODE)
        make_agent_pod(plane)
        make_programs(plane)
        CONTROLLER = controller_case.Controller(plane, plane.folder / "controller.log")
    except BaseException:
        plane.stop()
        raise


def tearDownModule():
    CONTROLLER.end(signal.SIGKILL)
    KUBELET.close()
    ClusterCase.plane.stop()


def make_agent_pod(plane):
    """The Pod that a DaemonSet would have made for the node."""
    plane.kubectl("apply", "-f", "-", text=json.dumps({
        "apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "kubediag-agent-x", "namespace": "kubediag",
            "labels": {"app.kubernetes.io/name": "kubediag", "app.kubernetes.io/component": "agent"}},
        "spec": {"hostNetwork": True, "containers": [{"name": "agent", "image": "kubediag"}]}}))
    KUBELET.run("kubediag", "kubediag-agent-x")


def make_programs(plane):
    """A folder with kubectl, which notes its process in the folder PIDS names, and a browser that only notes what it is to show."""
    folder = plane.folder / "bin"
    folder.mkdir()
    write_program(folder / "kubectl", f'[ -z "$PIDS" ] || : > "$PIDS/$$"\nexec {plane.assets}/kubectl "$@"')
    write_program(folder / "xdg-open", f'echo "$1" > {plane.folder}/opened.new && mv {plane.folder}/opened.new {plane.folder}/opened')


def write_program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


class FalsePage(http.server.BaseHTTPRequestHandler):
    """A page whose profile is `data`, of which only `sent` bytes come."""

    data, sent = b"", 0

    def do_GET(self):  # noqa: N802
        profile = self.path.endswith("/profile.pb.gz")
        body, sent = (self.data, self.sent) if profile else (b"page", 4)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent])
        self.close_connection = True

    def log_message(self, *_):
        pass


class KubectlCase(AgentCase):
    def setUp(self):
        super().setUp()
        self.work = self.plane.folder / f"work-{self.namespace}"
        self.pids = self.work / "pids"
        self.pids.mkdir(parents=True)

    def start_plugin(self, *arguments, kubeconfig=None):
        path = f"{self.plane.folder / 'bin'}:{pathlib.Path(agent_case.KUBEDIAG).parent}:/usr/bin:/bin"
        return subprocess.Popen(
            [self.plane.assets / "kubectl", "kubediag", *map(str, arguments), "-n", self.namespace],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.work,
            env={"PATH": path, "HOME": str(self.plane.folder), "LANG": "C.UTF-8", "PIDS": str(self.pids),
                 "KUBECONFIG": str(kubeconfig or self.plane.kubeconfig)})

    def plugin(self, *arguments, status=0, **options):
        """Its completed process, with that exit status."""
        process = self.start_plugin(*arguments, **options)
        try:
            output, error = process.communicate(timeout=2 * TIMEOUT)
        finally:
            process.kill()
        self.assertEqual(process.returncode, status, f"{arguments}\n{output}{error}")
        return subprocess.CompletedProcess(arguments, status, output, error)

    def run_set(self, *arguments, **options):
        """The name of the Diagnosis that `run` has made."""
        output = self.plugin("run", *arguments, **options).stdout
        self.assertRegex(output, r"^diagnosis\.diagnosis\.kubediag\.org/\S+ created\n")
        return output.split()[0].split("/")[1]

    def run_profile(self, *arguments, **options):
        return self.run_set("go-profiler", "--node", NODE, "--source", self.plane.server, "--secret", SECRET, "--wait",
                            *arguments, **options)

    def endpoint(self, name):
        return self.status(name)["operationResults"][ENDPOINT].split()[1].rstrip(",")

    def user(self, name, *bindings):
        """A kubeconfig of a user with (namespace, cluster role) bindings."""
        for number, (namespace, role) in enumerate(bindings):
            binding = f"{self.namespace}-{name}-{number}"
            self.kubectl("-n", namespace, "create", "rolebinding", binding, f"--clusterrole={role}", f"--user={name}")
            self.addCleanup(self.plane.kubectl, "-n", namespace, "delete", "rolebinding", binding, check=False)
        return self.plane.user(name)

    def assert_no_child_is_left(self, count):
        forwards = [int(each.name) for each in self.pids.iterdir()]
        self.assertEqual(len(forwards), count)
        for each in forwards:
            with self.assertRaises(ProcessLookupError, msg="a port-forward is left"):
                os.kill(each, 0)


class Run(KubectlCase):
    def test_profiles_the_api_server_and_waits(self):
        done = self.plugin("run", "go-profiler", "--node", NODE, "--source", self.plane.server, "--secret", SECRET, "--type", "heap",
                           "--expiration", "600", "--wait")
        first, second = done.stdout.splitlines()
        name = first.split()[0].split("/")[1]
        self.assertRegex(name, r"^go-profiler-[a-z0-9]{5}$")
        self.assertEqual(second, f"diagnosis.diagnosis.kubediag.org/{name} succeeded")
        self.assertIn(f"go-profiler  {self.namespace}/{name} on {NODE}\n", done.stderr)
        self.assertRegex(done.stderr, r"\n  ok +1 go-profiler .*Heap of .*inuse_space")
        self.assertTrue(done.stderr.endswith(f"\nSucceeded. Its page: kubectl kubediag open {name} -n {self.namespace}\n"), done.stderr)
        self.assertEqual(self.get("diag", name, "-n", self.namespace)["spec"], {
            "operationSet": "go-profiler", "nodeName": NODE, "parameters": {
                PREFIX + "source": self.plane.server, PREFIX + "type": "Heap", PREFIX + "expiration_seconds": "600",
                PREFIX + "tls.secret_reference.namespace": "kubediag",
                PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"}})

    def test_returns_once_it_is_made(self):
        name = self.run_set("long", "--node", NODE, "--name", "mine", "--param", "a=b=c", "--deadline", "10m")
        self.assertEqual(name, "mine")
        self.assertEqual(self.get("diag", "mine", "-n", self.namespace)["spec"], {
            "operationSet": "long", "nodeName": NODE, "parameters": {"a": "b=c"}, "timeoutSeconds": 600})
        self.assertIn('"mine" already exists', self.plugin("run", "long", "--node", NODE, "--name", "mine", status=1).stderr)

    def test_tells_of_a_failure(self):
        done = self.plugin("run", "failing", "--node", NODE, "--wait", status=1)
        self.assertRegex(done.stdout, r" created\n\S+ failed\n$")
        self.assertIn("\n  failed  1 failing", done.stderr)
        self.assertRegex(done.stderr, r"\nFailed: .*exit status 3")

    def test_finds_the_set_of_an_operation(self):
        name = self.run_set("lonely", "--node", NODE, "--wait")
        self.assertEqual(self.get("diag", name, "-n", self.namespace)["spec"]["operationSet"], "runs-lonely")

    def test_prints_one_object_in_the_form_wanted(self):
        made = json.loads(self.plugin("run", "short", "--node", NODE, "--wait", "-o", "json").stdout)
        self.assertEqual(made["status"]["phase"], "Succeeded")
        self.assertEqual(made["metadata"]["namespace"], self.namespace)
        dry = yaml.safe_load(self.plugin("run", "short", "--node", NODE, "--name", "dry", "--dry-run").stdout)
        self.assertEqual(dry["spec"], {"operationSet": "short", "nodeName": NODE})
        self.apply(dry)  # it is a manifest

    def test_runs_on_the_node_of_a_pod(self):
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "cart-0", "namespace": self.namespace},
                    "spec": {"nodeName": NODE, "containers": [{"name": "main", "image": "none"}]}})
        name = self.run_set("short", "--pod", "cart-0", "--container", "main", "--wait")
        spec = self.get("diag", name, "-n", self.namespace)["spec"]
        self.assertEqual(spec["nodeName"], NODE)
        self.assertEqual(spec["podReference"], {"namespace": self.namespace, "name": "cart-0", "container": "main"})

    def test_refuses_what_cannot_run(self):
        error = self.plugin("run", "go-profilr", "--node", NODE, status=1).stderr
        self.assertIn("there is no OperationSet go-profilr", error)
        self.assertIn("did you mean go-profiler?", error)
        self.assertIn('nodes "nowhere" not found', self.plugin("run", "short", "--node", "nowhere", status=1).stderr)
        self.apply(operation_set("round", "short"))
        self.addCleanup(self.kubectl, "delete", "opset", "round")
        cycle = [{"id": 0, "to": [1]}, {"id": 1, "operation": "short", "to": [2]}, {"id": 2, "operation": "short", "to": [1]}]
        self.kubectl("patch", "opset", "round", "--type=merge", "-p", json.dumps({"spec": {"adjacencyList": cycle}}))

        def refused():
            _, said = self.start_plugin("run", "round", "--node", NODE, "--dry-run").communicate(timeout=TIMEOUT)
            return "cannot be run" in said and said
        self.assertIn("cycle: 1 -> 2 -> 1", self.eventually(refused, "the controller has looked at the set"))

    def test_bad_usage_ends_with_2(self):
        for arguments in (["run"], ["run", "short"], ["run", "short", "--node", "a", "--pod", "b"], ["run", "short", "--node", "A"],
                          ["run", "short", "--node", "a", "--param", "x"], ["run", "short", "--node", "a", "--deadline", "0"],
                          ["run", "short", "--node", "a", "--timeout", "soon"], ["run", "short", "--node", "a", "-o", "xml"],
                          ["wait"], ["wait", "UPPER"], ["open"], ["fetch", "x", "--port", "99999"], ["nothing"]):
            done = self.plugin(*arguments, status=2)
            self.assertTrue(done.stderr.startswith("kubediag: "), (arguments, done.stderr))
            self.assertEqual(done.stdout, "")


class Wait(KubectlCase):
    def test_ends_as_the_diagnosis_ended(self):
        good, bad = self.run_set("short", "--node", NODE), self.run_set("failing", "--node", NODE)
        self.assertEqual(self.plugin("wait", good).stdout, f"diagnosis.diagnosis.kubediag.org/{good} succeeded\n")
        self.assertEqual(self.plugin("wait", bad, status=1).stdout, f"diagnosis.diagnosis.kubediag.org/{bad} failed\n")
        self.assertEqual(self.plugin("wait", good).stderr.count("Succeeded"), 1)  # at once, too

    def test_ends_when_time_is_up_or_somebody_asks(self):
        name = self.run_set("long", "--node", NODE)
        self.await_phase(name, "Running")
        self.assertIn("has not ended in time; it is Running", self.plugin("wait", name, "--timeout", "1s", status=1).stderr)
        waiting = self.start_plugin("wait", name)
        self.assertTrue(waiting.stderr.readline().startswith("long  "))
        waiting.send_signal(signal.SIGINT)
        _, error = waiting.communicate(timeout=TIMEOUT)
        self.assertIn("goes on without us; it is Running", error)
        self.assertEqual(waiting.returncode, 1)
        self.assertEqual(self.status(name)["phase"], "Running")

    def test_tells_of_a_deletion(self):
        name = self.run_set("long", "--node", NODE)
        self.await_phase(name, "Running")
        waiting = self.start_plugin("wait", name)
        waiting.stderr.readline()
        self.kubectl("delete", "diag", name, "-n", self.namespace)
        _, error = waiting.communicate(timeout=TIMEOUT)
        self.assertIn("was deleted", error)
        self.assertEqual(waiting.returncode, 1)

    def test_outlives_an_api_server(self):
        name = self.run_set("long", "--node", NODE)
        self.await_phase(name, "Running")
        waiting = self.start_plugin("wait", name)
        waiting.stderr.readline()
        self.plane.end("kube-apiserver")
        self.plane.restart_apiserver()
        self.kubectl("patch", "diag", name, "-n", self.namespace, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        output, error = waiting.communicate(timeout=2 * TIMEOUT)
        self.assertTrue(output.endswith(" failed\n"), error)
        self.assertIn("\nFailed: ", error)
        self.assertEqual(error.count("nothing is heard of the API server, it is tried again: "), 1, error)


class Page(KubectlCase):
    def open_page(self, *arguments, **options):
        opening = self.start_plugin("open", *arguments, **options)
        self.addCleanup(opening.kill)
        url = opening.stdout.readline().strip()
        if not url:
            self.fail(opening.communicate(timeout=TIMEOUT)[1])
        return opening, url

    def end(self, opening):
        opening.send_signal(signal.SIGINT)
        _, error = opening.communicate(timeout=TIMEOUT)
        self.assertEqual(opening.returncode, 0, error)
        return error

    def test_opens_through_a_forwarded_port(self):
        name = self.run_profile()
        endpoint = self.endpoint(name)
        opening, url = self.open_page(name)
        self.assertRegex(url, r"^http://127\.0\.0\.1:\d+/[0-9a-f]{32}/$")
        self.assertEqual(url.rsplit(":", 1)[1].split("/", 1)[1], endpoint.rsplit(":", 1)[1].split("/", 1)[1])
        self.assertNotEqual(url, endpoint)
        with urllib.request.urlopen(url, timeout=TIMEOUT) as page, urllib.request.urlopen(endpoint, timeout=TIMEOUT) as own:
            self.assertEqual(page.read(), own.read())
        with urllib.request.urlopen(url.replace("127.0.0.1", "localhost") + "data/meta", timeout=TIMEOUT) as meta:
            self.assertEqual(meta.status, 200)
        opened = self.plane.folder / "opened"
        self.eventually(opened.exists, "the browser is started")
        self.assertEqual(opened.read_text(), url + "\n")
        opened.unlink()
        self.end(opening)
        self.assertIsNone(self.answers(url))
        self.assert_no_child_is_left(1)

    def test_says_where_it_is_and_opens_no_browser(self):
        name = self.run_profile()
        opening, url = self.open_page(name, "--no-browser")
        self.assertEqual(self.answers(url), 200)
        self.end(opening)
        self.assertFalse((self.plane.folder / "opened").exists())
        self.assertEqual(self.plugin("open", name, "--no-browser", "--direct").stdout, self.endpoint(name) + "\n")

    def test_ends_when_the_forwarding_does(self):
        opening, url = self.open_page(self.run_profile(), "--no-browser")
        forward, = self.pids.iterdir()
        os.kill(int(forward.name), signal.SIGKILL)
        _, error = opening.communicate(timeout=TIMEOUT)
        self.assertEqual(opening.returncode, 1)
        self.assertIn("kubectl port-forward ended with signal 9", error)

    def test_fetches_the_profile_whole(self):
        name = self.run_profile()
        status = self.status(name)["operationResults"]
        wanted = status["diagnoser.runtime.go_profiler.result.sha256"]
        file = self.plugin("fetch", name).stdout.strip()
        self.assertEqual(file, f"{self.namespace}.{name}.Heap.prof")
        for arguments, path in (([], file), (["--direct", "-o", "direct.pb.gz"], "direct.pb.gz"), (["-o", "pids/.."], file)):
            (self.work / path).unlink(missing_ok=True)
            self.plugin("fetch", name, *arguments)
            data = (self.work / path).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), wanted)
        self.assertIn(b"inuse_space", gzip.decompress(data))
        self.assertEqual({each.name for each in self.work.iterdir()}, {"pids", file, "direct.pb.gz"})
        self.assert_no_child_is_left(3)

    def test_keeps_nothing_but_the_whole_profile(self):
        name = self.run_profile()
        (self.work / "heap").write_text("an older one")
        status = self.status(name)["operationResults"]
        with urllib.request.urlopen(self.endpoint(name) + "profile.pb.gz", timeout=TIMEOUT) as answer:
            FalsePage.data = answer.read()
        self.assertEqual(str(len(FalsePage.data)), status["diagnoser.runtime.go_profiler.result.size"])
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FalsePage)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        sentence = f"Visit http://127.0.0.1:{server.server_port}/{CAPABILITY}/, this server will expire in 7200 seconds."
        self.kubectl("patch", "diag", name, "-n", self.namespace, "--subresource=status", "--type=merge", "-p",
                     json.dumps({"status": {"operationResults": {ENDPOINT: sentence}}}))
        for sent, said in ((len(FalsePage.data) - 1, "cut off"), (0, "cut off")):
            FalsePage.sent = sent
            self.assertIn(said, self.plugin("fetch", name, "-o", "heap", "--direct", status=1).stderr)
        whole = FalsePage.data
        FalsePage.data, FalsePage.sent = whole[:-1], len(whole)
        self.assertIn("what came is not the profile", self.plugin("fetch", name, "-o", "heap", "--direct", status=1).stderr)
        self.assertEqual((self.work / "heap").read_text(), "an older one")
        self.assertEqual({each.name for each in self.work.iterdir()}, {"pids", "heap"})
        FalsePage.data = whole
        self.plugin("fetch", name, "-o", "heap", "--direct")
        self.assertEqual((self.work / "heap").read_bytes(), whole)

    def test_says_why_there_is_no_page(self):
        self.assertIn("none of its operations serves one", self.plugin("open", self.run_set("short", "--node", NODE, "--wait"), status=1).stderr)
        name = self.run_set("long", "--node", NODE)
        self.assertIn(f"has not ended; kubectl kubediag wait {name}", self.plugin("fetch", name, status=1).stderr)
        failed = self.plugin("run", "failing", "--node", NODE, "--wait", "--name", "failed", status=1)
        self.assertIn("has no page. Failed: ", self.plugin("open", "failed", status=1).stderr, failed.stderr)

    def test_says_that_a_page_has_expired(self):
        name = self.run_profile("--expiration", "1")
        endpoint = self.endpoint(name)
        self.eventually(lambda: self.answers(endpoint) is None, "the page has expired")

        def told():
            opening = self.start_plugin("open", name, "--no-browser", "--direct")
            _, error = opening.communicate(timeout=TIMEOUT)
            self.assertEqual(opening.returncode, 1)
            return "has expired" in error
        self.eventually(told, "the status says so")

    def test_says_that_no_agent_is_there(self):
        name = self.run_profile()
        self.plane.kubectl("-n", "kubediag", "delete", "pod", "kubediag-agent-x", "--grace-period=0", "--force")
        self.addCleanup(make_agent_pod, self.plane)
        error = self.plugin("open", name, status=1).stderr
        self.assertIn(f"no Pod of the agent on node {NODE} in namespace kubediag", error)


class Refusals(KubectlCase):
    def test_names_a_diagnosis_that_is_not_there(self):
        for command in ("wait", "open", "fetch"):
            error = self.plugin(command, "nothing", status=1).stderr
            self.assertIn('"nothing" not found; kubectl get diagnoses lists', error)

    def test_names_the_role_that_is_missing(self):
        ann = self.user("ann")
        error = self.plugin("run", "short", "--node", NODE, status=1, kubeconfig=ann).stderr
        self.assertIn('User "ann" cannot create resource "diagnoses"', error)
        self.assertIn("ClusterRole kubediag-edit gives that right", error)
        error = self.plugin("wait", "x", status=1, kubeconfig=ann).stderr
        self.assertIn("ClusterRole kubediag-view gives that right", error)

    def test_passes_on_what_a_policy_refuses(self):
        ben = self.user("ben", (self.namespace, "kubediag-edit"))
        self.run_set("short", "--node", NODE, "--wait", kubeconfig=ben)
        error = self.plugin("run", "go-profiler", "--node", NODE, "--source", self.plane.server, "--secret", SECRET, status=1,
                            kubeconfig=ben).stderr
        self.assertIn(f'refused by the cluster\'s policy: user "ben" may not get secret {SECRET}', error)

    def test_says_which_rights_forwarding_needs(self):
        name = self.run_profile()
        cat = self.user("cat", (self.namespace, "kubediag-view"))
        error = self.plugin("open", name, status=1, kubeconfig=cat).stderr
        self.assertIn('cannot list resource "pods" in API group "" in the namespace "kubediag"', error)
        self.assertEqual(self.plugin("open", name, "--direct", "--no-browser", kubeconfig=cat).stdout, self.endpoint(name) + "\n")
        dan = self.user("dan", (self.namespace, "kubediag-view"), ("kubediag", "view"))
        error = self.plugin("open", name, status=1, kubeconfig=dan).stderr
        self.assertIn('User "dan" cannot create resource "pods/portforward"', error)
        self.assertIn("kubediag: kubectl port-forward ended with exit status 1", error)

    def test_says_that_an_api_server_does_not_answer(self):
        nobody = self.plane.kubeconfig_of("nobody", {}, "https://127.0.0.1:1")
        error = self.plugin("wait", "x", status=1, kubeconfig=nobody).stderr
        self.assertIn("the API server of context plane", error)
        missing = self.plugin("wait", "x", "--kubeconfig", "/no/such/file", status=1).stderr
        self.assertIn("/no/such/file", missing)
        self.assertIn("other", self.plugin("wait", "x", "--context", "other", status=1).stderr)


class WithoutKubeDiag(unittest.TestCase):
    def test_says_that_it_is_not_installed(self):
        with cluster_case.plane_module.Plane(controller_manager=False) as plane:
            for arguments in (["wait", "x"], ["run", "go-profiler", "--node", NODE]):
                done = subprocess.run([plane.assets / "kubectl", "kubediag", *arguments], capture_output=True, text=True, env={
                    "PATH": f"{pathlib.Path(agent_case.KUBEDIAG).parent}:/usr/bin:/bin", "HOME": str(plane.folder),
                    "KUBECONFIG": str(plane.kubeconfig)})
                self.assertEqual(done.returncode, 1)
                self.assertIn("install KubeDiag there first: kubectl apply -k manifests", done.stderr)


class Help(KubectlCase):
    def test_kubectl_finds_and_completes_it(self):
        def kubectl(*arguments):
            return subprocess.run([self.plane.assets / "kubectl", *arguments], capture_output=True, text=True, env={
                "PATH": f"{pathlib.Path(agent_case.KUBEDIAG).parent}:/usr/bin:/bin", "HOME": str(self.plane.folder),
                "KUBECONFIG": str(self.plane.kubeconfig)}).stdout
        self.assertIn("kubectl-kubediag", kubectl("plugin", "list"))
        self.assertTrue(kubectl("__complete", "kubediag", "f").startswith("fetch\tGet the profile"))
        self.assertIn("--source\t", kubectl("__complete", "kubediag", "run", "x", "--so"))
        self.assertIn("Usage: kubectl kubediag run [OPTIONS] OPERATIONSET", kubectl("kubediag", "run", "--help"))

    def test_every_command_of_the_page(self):
        page = (ROOT / "docs/cluster.md").read_text()
        block, = re.search(r"^## kubectl kubediag$(.*?)^## ", page, re.M | re.S).group(1).split("```text\n")[1:]
        commands = block.split("```")[0].replace("\\\n", " ").strip().splitlines()
        self.assertEqual([each.split()[2] for each in commands], ["run", "wait", "open", "fetch"])
        for command in commands:
            words = command.replace("https://10.0.2.15:6443", self.plane.server).split()
            if words[2] == "open":
                opening = self.start_plugin(*words[2:])
                self.assertTrue(opening.stdout.readline().startswith("http://127.0.0.1:"))
                opening.send_signal(signal.SIGINT)
                self.assertEqual(opening.wait(TIMEOUT), 0)
                opening.communicate()
            else:
                self.plugin(*words[2:])


if __name__ == "__main__":
    agent_case.KUBEDIAG = controller_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
