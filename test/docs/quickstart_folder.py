"""A folder in which ./quickstart runs as it is, but nothing needs to be installed and building does nothing."""

import os
import pathlib
import select
import shutil
import time

PATIENCE = 60  # seconds; nothing here takes ten


def make(folder, source, build):
    """`build/release` is `build`. The environment to run ./quickstart in."""
    for entry in ("manifests", "plugins", "test"):
        (folder / entry).symlink_to(source / entry)
    # A script goes to its own folder: copies, not links, must be there.
    shutil.copy(source / "quickstart", folder)
    shutil.copytree(source / "tools", folder / "tools")
    stub(folder / "tools" / "install-packages")
    stub(folder / "stubs" / "cmake")
    (folder / "build").mkdir()
    (folder / "build" / "release").symlink_to(build)
    return dict(os.environ, PATH=f"{folder}/stubs:{os.environ['PATH']}")


def stub(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def await_text(child, text, patience=PATIENCE):
    """What `child` has printed until `text` was in it."""
    seen, end = b"", time.monotonic() + patience
    while text not in seen:
        if not select.select([child.stdout], [], [], max(0, end - time.monotonic()))[0]:
            raise SystemExit(f"waited in vain for {text}:\n{seen.decode(errors='replace')}")
        data = os.read(child.stdout.fileno(), 65536)
        if not data:
            raise SystemExit(f"ended before {text}:\n{seen.decode(errors='replace')}")
        seen += data
    return seen.decode(errors="replace")


def living(matches):
    """Process ids for which matches(folder in /proc) is true, of those that live."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z" and matches(process):
                found.append(process.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def members(group):
    """Processes of a process group that live."""
    return living(lambda process: int((process / "stat").read_text().rpartition(")")[2].split()[2]) == group)
