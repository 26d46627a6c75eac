#!/usr/bin/env python3
"""clang-tidy over the sources of a build tree, two at a time, remembering what was clean.

Usage: tidy.py BUILD_DIR [FILE...]. A file is checked again when it, a header of this tree that it includes, the
configuration or the compile command changed. Exit 1 if anything is reported.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "kubediag" / "tidy"
FOLDERS = ("engine", "plugins", "test", "bench")
FINDING = re.compile(r"^(\S+?):\d+:\d+: (?:error|warning): ", re.MULTILINE)
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)


def own_headers(path, roots, seen):
    """`path` and every header of this tree that it reaches."""
    if path in seen:
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        for root in roots:
            header = root / name.decode()
            if header.is_file():
                own_headers(header, roots, seen)


def key_of(entry):
    source = pathlib.Path(entry["file"])
    files = set()
    own_headers(source, [ROOT, ROOT / "plugins/sdk/include", source.parent], files)
    digest = hashlib.sha256()
    for folder in reversed(source.parents):
        if (folder / ".clang-tidy").is_file():
            digest.update((folder / ".clang-tidy").read_bytes())
    # Without the tree's own place, so that another clone of it finds what was clean.
    digest.update(entry["command"].replace(entry["directory"], "").replace(str(ROOT), "").encode())
    for path in sorted(files):
        name = os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else path.as_posix()
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()


def check(build, entry):
    stamp = CACHE / key_of(entry)
    if stamp.exists():
        return ""
    run = subprocess.run(
        ["clang-tidy", "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", entry["file"]],
        capture_output=True, text=True)
    # The analyzer also reports what it imagines inside libraries' headers, where nothing can be marked as argued away.
    ours = [path for path in FINDING.findall(run.stdout) if path.startswith(str(ROOT))]
    if run.returncode == 0 or (not ours and FINDING.search(run.stdout)):
        stamp.touch()
        return ""
    return run.stdout or run.stderr


def main():
    build, only = sys.argv[1], {str(pathlib.Path(f).resolve()) for f in sys.argv[2:]}
    entries = {}
    for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()):
        inside = entry["file"].startswith(tuple(f"{ROOT}/{folder}/" for folder in FOLDERS))
        if inside and entry["file"].endswith(".cpp") and (not only or entry["file"] in only):
            entries[entry["file"]] = entry
    CACHE.mkdir(parents=True, exist_ok=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(lambda e: check(build, e), entries.values()):
            if output:
                failed += 1
                print(output.rstrip())
    print(f"clang-tidy: {len(entries)} files, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
