#!/usr/bin/env python3
"""run_on_plane.py PROGRAM…: runs a test program against a control plane of its own with our definitions installed.

A line "PLANE kill", "PLANE restart" or "PLANE kubectl ARGUMENTS" on the program's standard output is done, and answered with
"done" on its standard input. The exit status is the program's.
"""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "test/cluster/plane"))
import plane  # noqa: E402


def do(running, command):
    if command == ["kill"]:
        running.end("kube-apiserver")
    elif command == ["restart"]:
        running.restart_apiserver()
    elif command[0] == "kubectl":
        running.kubectl(*command[1:])
    else:
        raise plane.PlaneError(f"unknown command {command}")


def main():
    with plane.Plane() as running:
        running.kubectl("apply", "-k", ROOT / "manifests/base/crds")
        running.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
        program = subprocess.Popen(sys.argv[1:], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            for line in program.stdout:
                if not line.startswith("PLANE "):
                    print(line, end="", flush=True)
                    continue
                do(running, line.split()[1:])
                program.stdin.write("done\n")
                program.stdin.flush()
            return program.wait()
        finally:
            program.kill()


if __name__ == "__main__":
    sys.exit(main())
