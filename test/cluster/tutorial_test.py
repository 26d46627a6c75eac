#!/usr/bin/env python3
"""docs/tutorial.md and docs/tutorial.zh-CN.md on a real control plane: every block is run as it is written, in order, and the page
is opened in a browser in each of the ways they tell; its numbers are those of the profile that the agent has downloaded.

Usage: tutorial_test.py BUILD UI_MODULES. BUILD has kubediag and viewer_demo, UI_MODULES what the browser's tests need.
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

import agent_case
import cluster_case
import controller_case
from agent_case import ENDPOINT, NODE
from cluster_case import ROOT, ClusterCase
from kubelet import Kubelet

sys.path.insert(0, str(ROOT / "test/docs"))
import run_blocks  # noqa: E402

BUILD = UI_MODULES = None
SAVE = re.compile(r"save (\S+)")
PAGE_SECONDS = 300


def node_address():
    """An address of this machine that others could reach it at; loopback if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation's; nothing is sent
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


class Agent:
    """The agent as the DaemonSet starts it, but for its ports and that it may fetch from loopback, where the plane is."""

    def __init__(self, plane, address):
        self.data_root = plane.folder / "data"
        self.log = plane.folder / "agent.log"
        with open(self.log, "wb") as stderr:
            self.process = subprocess.Popen(
                [BUILD / "bin/kubediag", "agent", "--node-name", NODE, "--viewer-host", address, "--data-root", self.data_root,
                 "--kubeconfig", plane.token_user("agent", agent_case.token_of(plane)), "--probe-address", "127.0.0.1",
                 "--metrics-port", "0", "--viewer-ports", "0", "--allow-source-cidr", "127.0.0.0/8"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)

    def end(self):
        self.process.terminate()
        self.process.wait(60)


class Tutorial(ClusterCase):
    def setUp(self):
        self.plane = ClusterCase.plane = cluster_case.plane_module.Plane(controllers=("daemonset-controller",))
        self.addCleanup(self.plane.stop)
        self.plane.start()
        self.outputs = []

    def install(self, *folders):
        """What the reader has already: the manifests are applied, agent and controller run."""
        for folder in folders:
            self.kubectl("apply", "-k", cluster_case.MANIFESTS / folder)
            self.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        self.address = node_address()
        kubelet = Kubelet(self.plane, NODE, self.address)
        self.addCleanup(kubelet.close)
        pods = self.eventually(lambda: self.get("-n", "kubediag", "pods", "-l", "app.kubernetes.io/component=agent")["items"],
                               "the DaemonSet has a Pod")
        kubelet.run("kubediag", pods[0]["metadata"]["name"])
        controller = controller_case.Controller(self.plane, self.plane.folder / "controller.log")
        self.addCleanup(controller.end)
        self.agent = Agent(self.plane, self.address)
        self.addCleanup(self.agent.end)

    def read(self, page):
        """Does what the page says; block by block, what came of it is kept."""
        path = ROOT / "docs" / page
        folder = tempfile.TemporaryDirectory(prefix="kubediag-tutorial-")
        self.addCleanup(folder.cleanup)
        reader = run_blocks.Reader(ROOT, BUILD, pathlib.Path(folder.name))
        reader.environment |= {"KUBECONFIG": str(self.plane.kubeconfig), "PATH": f"{self.plane.assets}:{reader.environment['PATH']}"}
        text = path.read_text()
        try:
            for block in run_blocks.BLOCK.finditer(text):
                language, mark, commands = block.group("language"), block.group("mark") or "", block.group("text")
                line = text.count("\n", 0, block.start("language")) + 1
                save = SAVE.fullmatch(mark)
                if save:
                    (reader.folder / save.group(1)).write_text(commands)
                elif language == "sh":
                    if "kubectl delete diag" in commands:
                        self.look()  # before it is gone
                    with self.subTest(f"{page}:{line}"):
                        output = run_blocks.run_block(reader, mark, commands)
                        self.assertNotIn("Warning", output)
                        self.outputs.append((commands, output))
                else:
                    self.assertIn(language, ("text", "yaml"), f"{page}:{line}")
                    self.assertEqual(mark, "", f"{page}:{line}")
        finally:
            reader.leave()
        self.assertEqual(self.get("diag")["items"], [])

    def output_of(self, command):
        found = [output for commands, output in self.outputs if command in commands]
        self.assertTrue(found, f"no block with {command} has run")
        return found[-1]

    def look(self):
        """Compares what the reader sees at the end with the cluster, and opens the page."""
        self.assertTrue(self.output_of("auth can-i").endswith("yes\n"))
        self.assertIn("\napiserver-profiler-sa-token\n", self.output_of("awk"))
        self.assertIn(self.plane.server, self.output_of("awk"))
        status = self.get("diag", "go-profiler")["status"]
        self.assertEqual(status["phase"], "Succeeded", status)
        sentence = status["operationResults"][ENDPOINT]
        self.assertIn(sentence, self.output_of('endpoint}{"'))
        url = re.match(r"Visit (http://[\d.]+:\d+/[0-9a-f]{32}/), this server will expire in 7200 seconds\.$", sentence).group(1)
        self.assertTrue(url.startswith(f"http://{self.address}:"), url)
        secret = url.split("/")[3]

        forwarded = re.search(r"Forwarding from (127\.0\.0\.1:\d+) -> \d+", self.output_of("port-forward")).group(1)
        proxied = re.search(r"Starting to serve on (127\.0\.0\.1:\d+)", self.output_of("kubectl proxy")).group(1)
        urls = [url, f"http://{forwarded}/{secret}/"]
        if self.address != "127.0.0.1":  # to which an API server passes nothing on
            urls.append(f"http://{proxied}{self.output_of('/proxy').strip()}")
        profile = self.agent.data_root / status["operationResults"][ENDPOINT.replace("endpoint", "file")]
        done = subprocess.run(["node", ROOT / "test/ui/served_page.mjs", "--modules", UI_MODULES, "--demo", BUILD / "test/viewer_demo",
                               "--profile", profile, *urls], capture_output=True, text=True, timeout=PAGE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), len(urls), done.stdout)
        print(done.stdout, end="", file=sys.stderr)

    def test_english(self):
        self.install("")
        self.read("tutorial.md")

    def test_chinese(self):
        """In a cluster that has the account and the set already."""
        self.install("", "operations")
        self.read("tutorial.zh-CN.md")


class Languages(unittest.TestCase):
    def test_both_languages_tell_the_same(self):
        told = [[(block.group("mark"), block.group("language"), block.group("text"))
                 for block in run_blocks.BLOCK.finditer((ROOT / "docs" / page).read_text())]
                for page in ("tutorial.md", "tutorial.zh-CN.md")]
        self.assertEqual(told[0], told[1])


if __name__ == "__main__":
    UI_MODULES = pathlib.Path(sys.argv.pop(2)).resolve()
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    controller_case.KUBEDIAG = BUILD / "bin/kubediag"
    unittest.main(verbosity=2)
