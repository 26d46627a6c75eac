"""A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager as plain processes.

    with Plane() as plane:
        plane.kubectl("apply", "-k", "manifests")

Everything lives in one temporary folder and ends with the `with` block; several planes run side by side. No kubelet and no
scheduler: a test makes the Node objects it needs. Certificates are made on the spot by openssl.
"""

import base64
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CONTROLLERS = ("serviceaccount-token-controller", "serviceaccount-controller", "namespace-controller",
               "garbage-collector-controller", "clusterrole-aggregation-controller")
START_SECONDS = 120  # on a machine that builds something else at the same time


class PlaneError(Exception):
    pass


def assets():
    """The folder of the programs; builds them if it must."""
    done = subprocess.run([HERE / "build"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise PlaneError("the control plane's programs could not be built")
    return pathlib.Path(done.stdout.strip())


def free_ports(count):
    """Ports nobody listens on now. Another process may be quicker: whoever starts a server tries again then."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.certificate = folder / "ca.key", folder / "ca.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7",
                      "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=kubediag-test-ca",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, organisations=(), addresses=()):
        """Key and certificate of a client or, with addresses, of a server: two paths."""
        key, request, certificate = (self.folder / f"{name.replace(':', '_')}.{end}" for end in ("key", "csr", "crt"))
        subject = "".join(f"/O={each}" for each in organisations) + f"/CN={name}"
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                      "-out", request, "-subj", subject)
        extensions = self.folder / f"{key.stem}.ext"
        extensions.write_text("extendedKeyUsage=serverAuth,clientAuth\n" +
                              (f"subjectAltName={','.join(addresses)}\n" if addresses else ""))
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", "7",
                      "-set_serial", str(secrets.randbits(120)), "-extfile", extensions, "-out", certificate)
        return key, certificate

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            raise PlaneError(f"openssl {arguments[0]}: {done.stderr.strip()}")


class Plane:
    """One control plane. `server` is its URL, `kubeconfig` the path of the administrator's configuration."""

    def __init__(self, controllers=(), apiserver_flags=(), controller_manager=True):
        self.controllers = CONTROLLERS + tuple(controllers)
        self.apiserver_flags = tuple(apiserver_flags)
        self.with_controller_manager = controller_manager
        self.folder = None
        self.processes = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.assets = assets()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kubediag-plane-"))
        (self.folder / "pki").mkdir(mode=0o700)
        self.authority = Authority(self.folder / "pki")
        self.server_key, self.server_certificate = self.authority.issue(
            "kube-apiserver", addresses=("IP:127.0.0.1", "IP:10.0.0.1", "DNS:localhost", "DNS:kubernetes.default.svc"))
        self.account_key, self.account_certificate = self.authority.issue("service-accounts")
        self._start_etcd()
        self._start_apiserver()
        if self.with_controller_manager:
            self._start_controller_manager()

    def stop(self):
        """Ends every process and removes the folder."""
        for name in reversed(list(self.processes)):
            self.end(name, signal.SIGKILL if name == "etcd" else signal.SIGTERM)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    # Parts of the plane by name, for tests of faults: "etcd", "kube-apiserver", "kube-controller-manager".
    def end(self, name, number=signal.SIGKILL):
        process = self.processes.pop(name, None)
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # a server that drains its watches
            process.kill()
            process.wait()

    def restart_apiserver(self):
        """Starts it again on its port, after end()."""
        self._spawn("kube-apiserver", *self._apiserver_arguments())
        self._await_apiserver()

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def user(self, name, groups=(), server=None):
        """Path of a kubeconfig whose client certificate says `name` and `groups`."""
        key, certificate = self.authority.issue(name, groups)
        return self.kubeconfig_of(name, {"client-certificate-data": self._encoded(certificate),
                                       "client-key-data": self._encoded(key)}, server)

    def token_user(self, name, token, server=None):
        """Path of a kubeconfig with a bearer token."""
        return self.kubeconfig_of(name, {"token": token}, server)

    def kubeconfig_of(self, name, user, server=None):
        """Path of a kubeconfig with that entry under `user`; `server` if not this plane's, whose CA it is then signed by, too."""
        path = self.folder / f"{name.replace(':', '_')}-{secrets.token_hex(4)}.kubeconfig"
        configuration = {
            "apiVersion": "v1", "kind": "Config", "current-context": "plane",
            "clusters": [{"name": "plane", "cluster": {"server": server or self.server,
                                                       "certificate-authority-data": self._encoded(self.authority.certificate)}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": name}}],
        }
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(configuration, file)
        return path

    def kubectl(self, *arguments, kubeconfig=None, text=None, check=True):
        """Runs kubectl; its completed process. PlaneError with what it said if it failed, unless check=False."""
        done = subprocess.run([self.assets / "kubectl", "--kubeconfig", kubeconfig or self.kubeconfig, *map(str, arguments)],
                              input=text, capture_output=True, text=True, env={**os.environ, "HOME": str(self.folder)})
        if check and done.returncode:
            raise PlaneError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def get(self, *arguments):
        """`kubectl get … -o json`, decoded."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json").stdout)

    def _start_etcd(self):
        for attempt in range(3):
            client, = free_ports(1)
            self.etcd_url = f"http://127.0.0.1:{client}"
            self._spawn("etcd", "--data-dir", self.folder / "etcd", "--listen-client-urls", self.etcd_url,
                        "--advertise-client-urls", self.etcd_url, "--listen-peer-urls", "http://127.0.0.1:0",
                        "--unsafe-no-fsync", "--log-level", "warn")
            if self._answers("etcd", f"{self.etcd_url}/health"):
                return
        raise PlaneError("etcd did not start:\n" + self.log("etcd")[-2000:])

    def _start_apiserver(self):
        for attempt in range(3):
            self.port, = free_ports(1)
            self.server = f"https://127.0.0.1:{self.port}"
            self._spawn("kube-apiserver", *self._apiserver_arguments())
            self.kubeconfig = self.user("admin", ("system:masters",))
            if self._answers("kube-apiserver", f"{self.server}/readyz"):
                return
        raise PlaneError("kube-apiserver did not start:\n" + self.log("kube-apiserver")[-4000:])

    def _await_apiserver(self):
        if not self._answers("kube-apiserver", f"{self.server}/readyz"):
            raise PlaneError("kube-apiserver did not start again:\n" + self.log("kube-apiserver")[-4000:])

    def _apiserver_arguments(self):
        return (f"--etcd-servers={self.etcd_url}", "--bind-address=127.0.0.1", f"--secure-port={self.port}",
                "--advertise-address=127.0.0.1", f"--cert-dir={self.folder / 'pki'}",
                f"--tls-cert-file={self.server_certificate}", f"--tls-private-key-file={self.server_key}",
                f"--client-ca-file={self.authority.certificate}", "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.0.0.0/24", f"--service-account-issuer={self.server}/",
                f"--service-account-key-file={self.account_certificate}",
                f"--service-account-signing-key-file={self.account_key}", "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none", "--allow-privileged=true", *self.apiserver_flags)

    def _start_controller_manager(self):
        configuration = self.user("system:kube-controller-manager")
        self._spawn("kube-controller-manager", f"--kubeconfig={configuration}", f"--controllers={','.join(self.controllers)}",
                    f"--service-account-private-key-file={self.account_key}", f"--root-ca-file={self.authority.certificate}",
                    "--use-service-account-credentials=true", "--leader-elect=false", "--secure-port=0")

    def _spawn(self, name, *arguments):
        self.end(name)
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen([self.assets / name, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                                    stdout=log, stderr=log, cwd=self.folder, start_new_session=True)

    def _answers(self, name, url):
        """Waits until the server answers 200 (True) or its process ends, its port taken (False)."""
        context = ssl.create_default_context(cafile=self.authority.certificate)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.processes[name].poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=5, context=context) as answer:
                    if answer.status == 200:
                        return True
            except OSError:
                time.sleep(0.05)
        return False

    @staticmethod
    def _encoded(path):
        return base64.b64encode(path.read_bytes()).decode()
