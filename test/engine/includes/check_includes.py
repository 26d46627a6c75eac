#!/usr/bin/env python3
"""Checks the #include lines of engine/ and plugins/ against the architecture.

Headers can cheat a linker; this cannot be cheated: a folder may include itself and what ALLOWED gives it, transitively,
and a heavy library only where OWNERS says. Usage: check_includes.py ROOT. Exit 1 with file:line for each violation.
"""

import pathlib
import re
import sys

# folder → folders whose headers it may include (their own allowances are added transitively)
ALLOWED = {
    "engine/core": [],
    "engine/process": ["engine/core"],
    "engine/metrics": ["engine/core"],
    "engine/api": ["engine/core"],
    "engine/graph": ["engine/api"],
    "engine/operation": ["engine/api", "plugins/sdk"],
    "engine/host": ["engine/operation", "engine/process"],
    "engine/catalog": ["engine/host", "engine/metrics"],
    "engine/store": ["engine/api"],
    "engine/diagnosis": ["engine/graph", "engine/catalog", "engine/store"],
    "engine/kubeconfig": ["engine/core", "engine/process"],
    "engine/kube": ["engine/store", "engine/kubeconfig", "engine/metrics"],
    "engine/http": ["engine/metrics"],
    "engine/agent": ["engine/diagnosis", "engine/kube", "engine/http"],
    "engine/controller": ["engine/graph", "engine/kube", "engine/http"],
    "engine/cli": ["engine/agent", "engine/controller"],
    "plugins/sdk": [],
    "plugins/fetch": ["plugins/sdk", "engine/core", "engine/process"],
    "plugins/exchange": ["plugins/sdk", "engine/core", "engine/process"],
    "plugins/http_server": ["plugins/fetch", "plugins/exchange"],
    "plugins/script_runner": ["plugins/exchange"],
    "plugins/function": ["plugins/exchange"],
    "plugins/go_profiler/profile": ["engine/core"],
    "plugins/go_profiler/report": ["plugins/go_profiler/profile"],
    "plugins/go_profiler/viewer": ["plugins/go_profiler/report", "engine/http"],
    "plugins/go_profiler/demo": ["engine/core"],
    "plugins/go_profiler/operation": ["plugins/go_profiler/viewer", "plugins/fetch", "plugins/exchange"],
}

# header prefix → the only folders that may include it
OWNERS = {
    "boost/dll": ["engine/operation"],
    "boost/graph": ["engine/graph"],
    "boost/beast": ["engine/http", "plugins/go_profiler/demo"],
    "boost/asio": ["engine/http", "plugins/go_profiler/demo"],
    "cpprest/": ["engine/kube"],
    "pplx/": ["engine/kube"],
    "curl/": ["plugins/fetch"],
    "yaml-cpp/": ["engine/api", "engine/kubeconfig"],
    "spdlog/": ["engine/core"],
    "CLI/": ["engine/cli", "plugins/go_profiler/demo"],
    "libdeflate.h": ["plugins/go_profiler/profile", "plugins/go_profiler/viewer"],
    "prometheus/": ["engine/metrics"],
    "spawn.h": ["engine/process"],
}

# header prefix → how the names of the only files begin that may include it: these keep a library replaceable
FILES = {
    "cpprest/": "engine/kube/cpprest_",
    "pplx/": "engine/kube/cpprest_",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')


def reachable(folder):
    seen, todo = set(), [folder]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(ALLOWED[current])
    return seen


def folder_of(path):
    """The longest folder of ALLOWED that holds `path`, or None."""
    candidates = [f for f in ALLOWED if path.startswith(f + "/")]
    return max(candidates, key=len) if candidates else None


def violations(root):
    for top in ("engine", "plugins"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp", ".c") or "/examples/" in path.as_posix():
                continue
            name = path.relative_to(root).as_posix()
            folder = folder_of(name)
            if folder is None:
                yield f"{name}:1: no folder of the architecture holds this file"
                continue
            may = reachable(folder)
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                quote, header = match.groups()
                if header.startswith("kubediag/"):
                    target = "plugins/sdk"
                elif quote == '"':
                    # Generated headers live in the build tree, in the folder of their target.
                    target = folder_of(header)
                    if target is None:
                        yield f"{name}:{number}: \"{header}\" is not rooted at the source tree"
                        continue
                else:
                    target = None
                if target is not None and target not in may:
                    yield f"{name}:{number}: {folder} may not include {header}"
                for prefix, owners in OWNERS.items():
                    if header.startswith(prefix) and folder not in owners:
                        yield f"{name}:{number}: only {', '.join(owners)} may include <{header}>"
                for prefix, files in FILES.items():
                    if header.startswith(prefix) and folder in OWNERS[prefix] and not name.startswith(files):
                        yield f"{name}:{number}: only {files}* may include <{header}>"


def main():
    root = pathlib.Path(sys.argv[1])
    for folder, allowed in ALLOWED.items():
        unknown = [a for a in allowed if a not in ALLOWED]
        assert not unknown, f"{folder} allows unknown folders {unknown}"
    found = list(violations(root))
    print("\n".join(found) if found else "every include follows the architecture")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
