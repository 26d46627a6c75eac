#!/usr/bin/env python3
"""Checks what the built programs and modules link and export. Usage: check_linkage.py BUILD_FOLDER. Exit 1 with a line each.

Only `kubediag` links cpprestsdk. Nothing exports a symbol of Boost: a program's would interpose those of a module that was
built with another Boost.
"""

import pathlib
import subprocess
import sys

FOLDERS = ("bin", "libexec/kubediag", "lib/kubediag/operations")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def violations(file):
    if file.name != "kubediag":
        for line in output("readelf", "--dynamic", "--wide", file):
            if "(NEEDED)" in line and "libcpprest" in line:
                yield f"{file.name} links cpprestsdk"
    exported = [line for line in output("nm", "--dynamic", "--defined-only", "--demangle", file) if " boost::" in line]
    if exported:
        yield f"{file.name} exports {len(exported)} symbols of Boost, such as {exported[0].split(maxsplit=2)[-1]}"


def main():
    build = pathlib.Path(sys.argv[1])
    files = [file for folder in FOLDERS for file in sorted((build / folder).glob("*")) if file.is_file() and not file.is_symlink()]
    files = [file for file in files if file.read_bytes()[:4] == b"\x7fELF"]
    if not any(file.name == "kubediag" for file in files):
        sys.exit(f"{build}: kubediag is not there")
    found = [line for file in files for line in violations(file)]
    print("\n".join(found) if found else f"{len(files)} programs and modules keep to themselves")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
