#!/usr/bin/env python3
"""The image, each container of the manifests run from it on a real control plane.

Usage: image_test.py LAYOUT. LAYOUT is the OCI layout that image/build leaves; root is needed.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import agent_case
import cluster_case
from agent_case import ENDPOINT, NODE, PREFIX, condition
from cluster_case import ClusterCase, diagnosis
from container import Container, Network, unpack

LAYOUT = None
MAX_COMPRESSED_BYTES = 60_000_000


def setUpModule():
    if os.geteuid() != 0:
        raise unittest.SkipTest("running containers needs root")
    ClusterCase.work = pathlib.Path(tempfile.mkdtemp(prefix="kubediag-image-"))
    ClusterCase.work.chmod(0o755)
    ClusterCase.config, ClusterCase.compressed = unpack(LAYOUT, ClusterCase.work / "image")
    agent_case.start_plane((("who", "id -u; grep -E '^Cap(Eff|Prm)' /proc/self/status; touch /x 2>&1 || true"),))


def tearDownModule():
    if ClusterCase.plane:
        ClusterCase.plane.stop()
        shutil.rmtree(ClusterCase.work)


def output_of(status):
    """What the one script of a Diagnosis printed."""
    text, = [value for key, value in status["operationResults"].items() if key.endswith(".output")]
    return text


class ImageCase(ClusterCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        self.folder.chmod(0o755)
        self.network = Network(self.folder, self.plane.port)
        self.containers = []

    def tearDown(self):
        for container in self.containers:
            container.end(signal.SIGKILL)
        self.network.close()

    def run_pod(self, kind, name, account, *components):
        """The container of a workload of the rendered manifests, once its probes answer."""
        self.need_mounts()
        overlay = cluster_case.overlay(self.plane, "-".join(("image", *components)), *components)
        workload, = [each for each in cluster_case.render(self.plane, overlay)
                     if (each["kind"], each["metadata"]["name"]) == (kind, name)]
        pod = workload["spec"]["template"]["spec"]
        container = Container(self.folder / name, self.work / "image", self.config, self.network, pod,
                              {"spec.nodeName": NODE, "status.hostIP": "10.0.0.1"}, (account, self.plane.authority.certificate))
        self.containers.append(container)
        described, = pod["containers"]
        ports = {each["name"]: each["containerPort"] for each in described["ports"]}
        for probe in ("livenessProbe", "readinessProbe"):
            get = described[probe]["httpGet"]
            url = f"http://127.0.0.1:{ports[get['port']]}{get['path']}"
            self.eventually(lambda: self.network.get(url)[0] == 200 or self.assertIsNone(container.process.poll(), container.log.read_text()),
                            f"{probe} of {name} answers")
        return container


class ImageTest(ImageCase):
    def test_is_small(self):
        self.assertLessEqual(self.compressed, MAX_COMPRESSED_BYTES)

    def test_runs_as_nobody_in_particular_unless_told_otherwise(self):
        self.assertEqual(self.config["User"], "65532:65532")
        self.assertEqual(self.config["Entrypoint"], ["/usr/bin/kubediag"])

    def test_programs_find_their_libraries(self):
        image = self.work / "image"
        programs = [each for each in (*image.glob("usr/bin/kubediag*"), *image.glob("usr/libexec/kubediag/*"),
                                      *image.glob("usr/lib/kubediag/operations/*.so"))]
        self.assertGreaterEqual(len(programs), 7, programs)
        for each in programs:
            done = subprocess.run(["chroot", image, "ldd", f"/{each.relative_to(image)}"], stdout=subprocess.PIPE, text=True)
            self.assertNotIn("not found", done.stdout, each)

    def test_has_all_operations(self):
        self.need_mounts()
        image = self.work / "image"
        done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-euc",
                               f'mount -t proc proc "{image}/proc"; mount --rbind /dev "{image}/dev"; '
                               f'exec chroot "{image}" setpriv --reuid 65532 --clear-groups "$@"',
                               "sh", "env", "HOME=/tmp", "kubediag", "operations"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("function", "go-profiler", "http-server", "script-runner"):
            self.assertIn(name, done.stdout)


class AgentTest(ImageCase):
    def finished(self, name):
        return self.eventually(
            lambda: (lambda status: status.get("phase") in ("Succeeded", "Failed") and status)(self.get("diagnosis", name).get("status", {})),
            f"{name} ends")

    def run_agent(self, *components):
        return self.run_pod("DaemonSet", "kubediag-agent", agent_case.token_of(self.plane), *components)

    def profile(self, name):
        self.apply(diagnosis(name, parameters={
            PREFIX + "type": "Heap", PREFIX + "source": "https://10.0.0.1",
            PREFIX + "tls.secret_reference.namespace": "kubediag",
            PREFIX + "tls.secret_reference.name": "apiserver-profiler-sa-token"}))
        status = self.finished(name)
        self.assertEqual(status["phase"], "Succeeded", status)
        url = status["operationResults"][ENDPOINT].split()[1].rstrip(",")
        self.assertEqual(self.network.get(url)[0], 200)
        return url

    def test_runs_the_tutorial(self):
        agent = self.run_agent("policies")
        self.assertRegex(self.profile("pod"), r"^http://10\.0\.0\.1:39\d\d\d/")
        self.assertEqual(agent.end(), 0, agent.log.read_text())

    def test_runs_scripts_without_capabilities_on_a_read_only_root(self):
        self.run_agent("policies")
        self.apply(diagnosis("who", operationSet="who"))
        status = self.finished("who")
        self.assertEqual(status["phase"], "Succeeded", status)
        said = output_of(status)
        self.assertRegex(said, r"^0\n")
        self.assertRegex(said, r"CapPrm:\t0+\n")
        self.assertRegex(said, r"CapEff:\t0+\n")
        self.assertIn("Read-only file system", said)

    def test_runs_operations_as_another_user(self):
        self.run_agent("policies", "operation-user")
        self.apply(diagnosis("who-else", operationSet="who"))
        status = self.finished("who-else")
        self.assertEqual(status["phase"], "Succeeded", status)
        self.assertRegex(output_of(status), r"^65534\n")
        self.profile("pod-other-user")

    def test_takes_a_module_dropped_on_the_node(self):
        agent = self.run_agent("policies")
        folder = agent.folder / "host/var/lib/kubediag/operations"
        shutil.copy(self.work / "image/usr/lib/kubediag/operations/go_profiler.so", folder / "dropped.so")
        self.eventually(lambda: "dropped.so" in agent.log.read_text(), "the agent says that it found it")


class ControllerTest(ImageCase):
    def test_assigns_nodes_as_its_own_user(self):
        token = self.plane.kubectl("-n", "kubediag", "create", "token", "kubediag-controller").stdout.strip()
        controller = self.run_pod("Deployment", "kubediag-controller", token)
        ready = lambda: condition(self.get("operationset", "who").get("status", {}), "Ready").get("status") == "True"  # noqa: E731
        self.eventually(ready, "the OperationSet is ready")
        self.assertEqual(controller.end(), 0, controller.log.read_text())


if __name__ == "__main__":
    LAYOUT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
