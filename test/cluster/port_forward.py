#!/usr/bin/env python3
"""port_forward.py KUBECTL ARGUMENT...: `kubectl port-forward` for a plane without kubelets. Checks as the API server would that the
user may do it and that the Pod is there, then forwards bytes from a local port to the same port of this machine, as a kubelet does
for a Pod of the host's network. Says what kubectl says.

STAND_IN_PIDS names a folder where it leaves a file named after its process; STAND_IN_CUT ends each answer after so many bytes.
"""

import os
import pathlib
import socket
import subprocess
import sys
import threading


def pump(source, target, most=None):
    """Copies until the end, or until `most` bytes have passed."""
    passed = 0
    try:
        while most is None or passed < most:
            data = source.recv(65536 if most is None else min(65536, most - passed))
            if not data:
                break
            target.sendall(data)
            passed += len(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def forward(client, port, cut):
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        up = threading.Thread(target=pump, args=(client, server), daemon=True)
        up.start()
        pump(server, client, cut)


def main():
    kubectl, *arguments = sys.argv[1:]
    options = [each for each in arguments if each.startswith(("--kubeconfig=", "--context=", "--namespace="))]
    pod, ports = (each for each in arguments if not each.startswith("--") and each != "port-forward")
    if subprocess.run([kubectl, "auth", "can-i", "-q", "create", "pods/portforward", *options]).returncode:
        sys.exit("error: you may not create pods/portforward")
    if subprocess.run([kubectl, "get", pod, *options], stdout=subprocess.DEVNULL).returncode:
        sys.exit(1)
    local, remote = ports.split(":")
    listener = socket.create_server(("127.0.0.1", int(local or 0)))
    if folder := os.environ.get("STAND_IN_PIDS"):
        (pathlib.Path(folder) / str(os.getpid())).touch()
    cut = os.environ.get("STAND_IN_CUT")
    print(f"Forwarding from 127.0.0.1:{listener.getsockname()[1]} -> {remote}", flush=True)
    while True:
        client, _ = listener.accept()
        print(f"Handling connection for {listener.getsockname()[1]}", flush=True)
        threading.Thread(target=forward, args=(client, int(remote), cut and int(cut)), daemon=True).start()


if __name__ == "__main__":
    main()
