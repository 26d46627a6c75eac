"""Runs a container of a Pod template from an unpacked image, as a kubelet would have it run: command, environment, user, capabilities,
read-only root, mounts. Needs root. No seccomp filter and no memory limit: they are the container runtime's.

Each container has a network namespace of its own, so that the manifests' fixed ports disturb nobody; in there 10.0.0.1:443 is the
plane's API server.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading

ACCOUNT = "run/secrets/kubernetes.io/serviceaccount"  # /var/run is a link to /run

# In the container's network namespace: listens as the API server's Service and passes each connection to a socket file.
RELAY = """
import socket, sys, threading
def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
def serve(client):
    with client, socket.socket(socket.AF_UNIX) as server:
        server.connect(sys.argv[1])
        back = threading.Thread(target=copy, args=(client, server), daemon=True)
        back.start()
        copy(server, client)
        back.join()
listener = socket.create_server(("10.0.0.1", 443))
print("listening", flush=True)
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
"""


def unpack(layout, folder):
    """The root file system of the image in an OCI layout, and its configuration. No layer of ours deletes anything."""
    blob = lambda digest: layout / "blobs" / digest.replace(":", "/")  # noqa: E731
    index = json.loads((layout / "index.json").read_text())
    manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
    folder.mkdir()
    for layer in manifest["layers"]:
        subprocess.run(["tar", "--extract", "--gzip", "--file", blob(layer["digest"]), "--directory", folder,
                        "--numeric-owner", "--same-owner", "--exclude=dev/*"], check=True)
    return json.loads(blob(manifest["config"]["digest"]).read_text())["config"], sum(each["size"] for each in manifest["layers"])


class Network:
    """A network namespace, held open by a process that waits."""

    def __init__(self, folder, apiserver_port):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && ip address add 10.0.0.1/32 dev lo && echo up && read wait"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "up\n", "no network namespace"
        self.prefix = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]
        path = folder / "apiserver.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        self.port = apiserver_port
        threading.Thread(target=self._accept, daemon=True).start()
        self.relay = subprocess.Popen([*self.prefix, sys.executable, "-c", RELAY, path], stdout=subprocess.PIPE, text=True)
        assert self.relay.stdout.readline() == "listening\n", "no relay"

    def get(self, url):
        """Status and body of a GET from within; (None, reason) without an answer."""
        done = subprocess.run([*self.prefix, "curl", "--silent", "--show-error", "--max-time", "10", "--write-out", "\n%{http_code}", url],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            return None, done.stderr
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def close(self):
        self.listener.close()
        for process in (self.relay, self.holder):
            process.kill()
            process.wait()
            process.stdout.close()
        self.holder.stdin.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                return
            with server:
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server)
                back.join()

    @staticmethod
    def _copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Container:
    """One container. `fields` are the values of the downward API, `account` (token, CA file) its ServiceAccount's."""

    def __init__(self, folder, image_root, config, network, pod, fields, account):
        self.folder, self.network = folder, network
        folder.mkdir()
        container, = pod["containers"]
        environment = dict(each.split("=", 1) for each in config["Env"])
        environment |= {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
        for each in container.get("env", []):
            environment[each["name"]] = each.get("value") or fields[each["valueFrom"]["fieldRef"]["fieldPath"]]
        command = container.get("command") or config["Entrypoint"]
        arguments = container.get("args") or config.get("Cmd", [])
        for name, value in environment.items():
            arguments = [each.replace(f"$({name})", value) for each in arguments]
        security = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
        user = security.get("runAsUser", config["User"].split(":")[0])
        group = security.get("runAsGroup", config["User"].split(":")[-1])
        self.log = folder / "log"
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [*network.prefix, "unshare", "--mount", "--pid", "--fork", "--kill-child", "--uts", "sh", "-euc",
                 self._mounts(image_root, pod, container, security, account) +
                 f'exec chroot "{folder}/root" setpriv --reuid {user} --regid {group} --clear-groups '
                 f'{self._capabilities(security, int(user))} '
                 f'{"--no-new-privs " if not security.get("allowPrivilegeEscalation", True) else ""}"$@"', "sh", *command, *arguments],
                env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)

    def _mounts(self, image_root, pod, container, security, account):
        root = self.folder / "root"
        lines = [f'mkdir "{root}"', f'mount --bind "{image_root}" "{root}"', f'mount -t proc proc "{root}/proc"',
                 f'mount --rbind /dev "{root}/dev"']
        volumes = {each["name"]: each for each in pod.get("volumes", [])}
        tmpfs = []
        for mount in sorted(container.get("volumeMounts", []), key=lambda each: each["mountPath"]):
            target, volume = f'{root}{mount["mountPath"]}', volumes[mount["name"]]
            if "hostPath" in volume:
                source = self.folder / "host" / volume["hostPath"]["path"].lstrip("/")
                source.mkdir(parents=True, exist_ok=True)
                lines += [f'mount --bind "{source}" "{target}"']
                if mount.get("readOnly"):
                    lines += [f'mount -o remount,bind,ro "{target}"']
            else:
                tmpfs.append(target)
        secrets = self.folder / "account"
        secrets.mkdir()
        token, authority = account
        (secrets / "token").write_text(token)
        (secrets / "token").chmod(0o644)
        shutil.copy(authority, secrets / "ca.crt")
        (secrets / "namespace").write_text("kubediag")
        # The kubelet makes the folder in a layer of the container's own; the image's is not written to.
        lines += [f'mount -t tmpfs tmpfs "{root}/run"', f'mkdir -p "{root}/{ACCOUNT}"',
                  f'mount --bind "{secrets}" "{root}/{ACCOUNT}"', f'mount -o remount,bind,ro "{root}/{ACCOUNT}"']
        lines += [f'mount -t tmpfs -o mode=1777 tmpfs "{each}"' for each in tmpfs]
        if security.get("readOnlyRootFilesystem"):
            lines += [f'mount -o remount,bind,ro "{root}"']
        return "; ".join(lines) + "; "

    @staticmethod
    def _capabilities(security, user):
        capabilities = security.get("capabilities", {})
        assert capabilities.get("drop") == ["ALL"], "a container that keeps the runtime's capabilities"
        added = "".join(f",+{each.lower()}" for each in capabilities.get("add", []))
        # As container runtimes have it: of root the bounding set is what it holds, of others nothing is held.
        return f"--bounding-set=-all{added} --inh-caps=-all"

    def lines(self):
        """The lines of its log, decoded."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def end(self, number=signal.SIGTERM):
        """Its exit status after a signal to its first process."""
        if self.process.poll() is None:
            children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            for child in children:
                os.kill(int(child), number)
        return self.process.wait(60)
