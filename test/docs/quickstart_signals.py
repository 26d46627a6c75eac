#!/usr/bin/env python3
"""quickstart_signals.py SOURCE BUILD: ./quickstart ends, and all it has started, when it is sent TERM, or Ctrl-C is pressed.

Runs the script of SOURCE in a folder in which `build/release` is BUILD, nothing needs to be installed and building does nothing.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import quickstart_folder
from quickstart_folder import PATIENCE, await_text, members

source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def check(what, send):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        environment = quickstart_folder.make(folder, source, build)
        child = subprocess.Popen(["./quickstart"], cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL, env=environment,
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
