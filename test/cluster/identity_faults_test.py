#!/usr/bin/env python3
"""Tokens, client certificates and authorities that end while the agent runs: it goes on within a minute of their replacement.

Usage: identity_faults_test.py KUBEDIAG.
"""

import datetime
import json
import sys
import time
import unittest

import agent_case
from agent_case import NODE, AgentCase
from cluster_case import ClusterCase, plane_module

RECOVERY = 60  # seconds
FLAGS = ("--watch-timeout", "4s")  # so that the watch, too, needs what has been replaced


def setUpModule():
    agent_case.start_plane((("short", "echo done"),))


def tearDownModule():
    ClusterCase.plane.stop()


def replace(path, content):
    """As kubelet does: the path never names half a file."""
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.rename(path)


class IdentityCase(AgentCase):
    def start(self, *flags):
        return super().start(*FLAGS, *flags)

    def kubeconfig_with(self, name, user, **cluster):
        path = self.plane.kubeconfig_of(name, user)
        configuration = json.loads(path.read_text())
        if cluster:
            configuration["clusters"][0]["cluster"] = {"server": self.plane.server, **cluster}
        path.write_text(json.dumps(configuration))
        return path

    def restarts(self):
        """Of the watch, as often as it failed: not those that ended as they should."""
        return sum(float(line.split()[-1]) for line in self.agent.probe("/metrics")[1].splitlines()
                   if line.startswith("kubediag_watch_restarts_total{") and 'reason="ended"' not in line)

    def assert_works(self, name):
        self.diagnose(name, "short")
        self.await_phase(name, "Succeeded")

    def assert_recovers(self, name, replace_it):
        """What is made while the identity is no good is run once it has been replaced."""
        failures = self.restarts()
        self.diagnose(name, "short")
        self.eventually(lambda: self.restarts() > failures + 1, "the watch has failed twice since")
        self.assertEqual(self.status(name).get("phase", ""), "")
        replace_it()
        replaced = time.monotonic()
        self.await_phase(name, "Succeeded")
        took = time.monotonic() - replaced
        print(f"{self.id().split('.')[-1]}: recovered after {took:.1f} s")
        self.assertLess(took, RECOVERY)
        self.assertIsNone(self.agent.process.poll())


class Tokens(IdentityCase):
    def kubeconfig(self):
        self.token_file = self.plane.folder / f"{self.namespace}.token"
        replace(self.token_file, self.token_of_pod("agent-1"))
        return self.plane.kubeconfig_of("agent", {"tokenFile": str(self.token_file)})

    def token_of_pod(self, name):
        """Bound to a Pod of the node, as the kubelet asks for it."""
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "kubediag"},
                    "spec": {"serviceAccountName": "kubediag-agent", "nodeName": NODE, "hostNetwork": True,
                             "securityContext": {"runAsNonRoot": False},
                             "containers": [{"name": "agent", "image": "none"}]}})
        return self.kubectl("-n", "kubediag", "create", "token", "kubediag-agent", "--bound-object-kind", "Pod",
                            "--bound-object-name", name).strip().encode()

    def test_a_token_whose_pod_is_gone_is_replaced(self):
        self.assert_works("before")
        self.plane.kubectl("-n", "kubediag", "delete", "pod", "agent-1", "--force", "--grace-period=0")
        old = self.plane.token_user("old", self.token_file.read_text())
        self.eventually(lambda: "Unauthorized" in self.plane.kubectl("get", "diagnoses", kubeconfig=old, check=False).stderr or
                        "logged in" in self.plane.kubectl("get", "diagnoses", kubeconfig=old, check=False).stderr, "it is refused")
        self.assert_recovers("after", lambda: replace(self.token_file, self.token_of_pod("agent-2")))
        self.assert_works("later")


class ClientCertificates(IdentityCase):
    VALID = 25  # seconds

    def kubeconfig(self):
        folder = self.plane.folder / self.namespace
        folder.mkdir()
        self.certificate, self.key = folder / "client.crt", folder / "client.key"
        self.issue(self.VALID)
        return self.kubeconfig_with("certified", {"client-certificate": str(self.certificate), "client-key": str(self.key)})

    def issue(self, seconds):
        """An administrator's certificate that lasts so long: rights are not what is tested."""
        authority, folder = self.plane.authority, self.certificate.parent
        (folder / "index.txt").write_text("")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index.txt\nrand_serial=yes\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n"
            "x509_extensions=e\n[p]\ncommonName=supplied\norganizationName=optional\n[e]\nextendedKeyUsage=clientAuth\n" %
            (folder, folder))
        request, key, certificate = folder / "new.csr", folder / "issued.key", folder / "issued.crt"
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = lambda moment: moment.strftime("%Y%m%d%H%M%SZ")  # noqa: E731
        authority._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                           "-out", request, "-subj", "/O=system:masters/CN=certified")
        authority._openssl("ca", "-batch", "-notext", "-config", folder / "ca.cnf", "-cert", authority.certificate, "-keyfile",
                           authority.key, "-in", request, "-out", certificate, "-startdate", stamp(now - datetime.timedelta(seconds=5)),
                           "-enddate", stamp(now + datetime.timedelta(seconds=seconds)))
        replace(self.key, key.read_bytes())
        replace(self.certificate, certificate.read_bytes())
        self.expires = time.monotonic() + seconds

    def test_a_certificate_that_expires_is_replaced(self):
        self.assert_works("before")
        time.sleep(max(self.expires - time.monotonic(), 0) + 2)
        self.assert_recovers("after", lambda: self.issue(3600))
        self.assert_works("later")


class Authorities(IdentityCase):
    """Last: the plane has another authority from then on."""

    def kubeconfig(self):
        self.authority_file = self.plane.folder / f"{self.namespace}-ca.crt"
        replace(self.authority_file, self.plane.authority.certificate.read_bytes())
        return self.kubeconfig_with("agent-ca", {"token": agent_case.token_of(self.plane)},
                                    **{"certificate-authority": str(self.authority_file)})

    def test_the_authority_is_replaced_by_another(self):
        self.assert_works("before")
        plane = self.plane
        folder = plane.folder / "other-pki"
        folder.mkdir()
        other = plane_module.Authority(folder)
        both = plane.authority.certificate.read_bytes() + other.certificate.read_bytes()
        plane.authority.certificate.write_bytes(both)  # clients of both are known
        plane.server_key, plane.server_certificate = other.issue("kube-apiserver", addresses=("IP:127.0.0.1", "DNS:localhost"))
        plane.kubeconfig = plane.user("admin-of-both", ("system:masters",))
        plane.end("kube-apiserver")
        plane.restart_apiserver()
        self.assert_recovers("after", lambda: replace(self.authority_file, other.certificate.read_bytes()))
        self.assert_works("later")


def load_tests(loader, _, __):
    return unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in (Tokens, ClientCertificates, Authorities))


if __name__ == "__main__":
    agent_case.KUBEDIAG = sys.argv.pop(1)
    unittest.main(verbosity=2)
