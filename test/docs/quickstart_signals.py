#!/usr/bin/env python3
"""quickstart_signals.py SOURCE BUILD: ./quickstart ends, and all it has started, when it is sent TERM, or Ctrl-C is pressed.

Runs the script of SOURCE in a folder in which `build/release` is BUILD, nothing needs to be installed and building does nothing.
"""
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds; nothing here takes ten

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def stub(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def members(group):
    """Processes of a group that live."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


def await_text(child, text):
    seen, end = b"", time.monotonic() + PATIENCE
    while text not in seen:
        if not select.select([child.stdout], [], [], max(0, end - time.monotonic()))[0]:
            raise SystemExit(f"waited in vain for {text}:\n{seen.decode(errors='replace')}")
        data = os.read(child.stdout.fileno(), 65536)
        if not data:
            raise SystemExit(f"ended before {text}:\n{seen.decode(errors='replace')}")
        seen += data


def check(what, send):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for entry in ("quickstart", "manifests", "plugins"):
            (folder / entry).symlink_to(source / entry)
        # The script goes to its own folder: a copy, not a link, must be there.
        (folder / "quickstart").unlink()
        (folder / "quickstart").write_bytes((source / "quickstart").read_bytes())
        (folder / "quickstart").chmod(0o755)
        stub(folder / "tools" / "install-packages")
        stub(folder / "stubs" / "cmake")
        (folder / "build").mkdir()
        (folder / "build" / "release").symlink_to(build)
        child = subprocess.Popen(["./quickstart"], cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL,
                                 env=dict(os.environ, PATH=f"{folder}/stubs:{os.environ['PATH']}"),
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            await_text(child, b"Ctrl-C ends it.")
            send(child)
            status = child.wait(PATIENCE)
            if status != 0:
                raise SystemExit(f"{what}: exit status {status}")
            if left := members(child.pid):
                raise SystemExit(f"{what}: left running: {left}")
        except subprocess.TimeoutExpired:
            raise SystemExit(f"{what}: did not end") from None
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    print(f"{what}: ended")


check("TERM to the script alone", lambda child: child.send_signal(signal.SIGTERM))
check("Ctrl-C", lambda child: os.killpg(child.pid, signal.SIGINT))
