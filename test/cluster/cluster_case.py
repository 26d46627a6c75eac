"""What the tests of manifests share: a plane, kubectl without warnings, overlays."""

import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/cluster/plane"))
import plane as plane_module  # noqa: E402

MANIFESTS = ROOT / "manifests"
TIMEOUT = 60
GROUP = "diagnosis.kubediag.org"


class ClusterCase(unittest.TestCase):
    """Tests that share one plane: setUpModule sets ClusterCase.plane."""

    plane = None
    maxDiff = None

    def need_mounts(self, unshare=("unshare", "--mount")):
        """Skips the test, with the reason, where no mount namespace can be had: in a chroot, for one."""
        probe = subprocess.run([*unshare, "true"], capture_output=True, text=True)
        if probe.returncode != 0:
            self.skipTest(f"no mount namespace can be had here: {probe.stderr.strip()}")

    def kubectl(self, *arguments, **options):
        """Runs kubectl as the administrator, or with kubeconfig=; a warning fails the test, as an error does."""
        done = self.plane.kubectl(*arguments, **options)
        self.assertNotIn("Warning", done.stderr, f"kubectl {' '.join(map(str, arguments))}")
        return done.stdout

    def refused(self, *arguments, **options):
        """What kubectl says when the API server refuses."""
        done = self.plane.kubectl(*arguments, check=False, **options)
        self.assertNotEqual(done.returncode, 0, f"kubectl {' '.join(map(str, arguments))} was not refused: {done.stdout}")
        return done.stderr

    def apply(self, *objects, command="apply", output="name", **options):
        return self.kubectl(command, "-o", output, "-f", "-", text=as_list(objects), **options)

    def refused_apply(self, *objects, command="apply", **options):
        return self.refused(command, "-f", "-", text=as_list(objects), **options)

    def get(self, *arguments):
        return self.plane.get(*arguments)

    def eventually(self, check, what):
        """Waits until `check` returns something true, and returns it."""
        end = time.monotonic() + TIMEOUT
        while True:
            result = check()
            if result:
                return result
            self.assertLess(time.monotonic(), end, f"not within {TIMEOUT} s: {what}")
            time.sleep(0.1)


def as_list(objects):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


def read_yaml(path):
    """The objects of a file."""
    with open(path) as file:
        if path.suffix == ".json":
            return [json.load(file)]
        return [each for each in yaml.safe_load_all(file) if each]


def published_objects(file):
    """The objects of a file as people write them: without what a server had filled in when they were read."""
    for document in read_yaml(file):
        for each in document.get("items", [document]):
            for key in ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"):
                each["metadata"].pop(key, None)
            yield each


def overlay(plane, name, *components, resources=("",)):
    """A folder to be applied with -k: the base with components."""
    folder = plane.folder / name
    folder.mkdir(exist_ok=True)
    relative = lambda path: os.path.relpath(MANIFESTS / path, folder)  # noqa: E731
    (folder / "kustomization.yaml").write_text(json.dumps({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [relative(each) for each in resources],
        "components": [relative(f"components/{each}") for each in components]}))
    return folder


def render(plane, folder):
    """The objects that `kubectl apply -k` would apply."""
    return [each for each in yaml.safe_load_all(plane.kubectl("kustomize", folder).stdout) if each]


def diagnosis(name, namespace="default", **spec):
    return {"apiVersion": f"{GROUP}/v1", "kind": "Diagnosis", "metadata": {"name": name, "namespace": namespace},
            "spec": {"operationSet": "go-profiler", "nodeName": "node-1", **spec}}
