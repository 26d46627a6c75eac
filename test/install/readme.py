#!/usr/bin/env python3
"""readme.py BUILD_TREE README...: does what "Write an operation" of each README says, as a stranger would.

Writes hello/hello.cpp and hello/CMakeLists.txt with exactly the text of the page, in a folder of its own that has build/release (a
link to BUILD_TREE) and is the home directory, and runs the page's commands there. They must print hello's greeting.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def only(pattern, text, what):
    found = re.findall(pattern, text, flags=re.S | re.M)
    if len(found) != 1:
        raise SystemExit(f"{what}: there are {len(found)}, not one")
    return found[0]


def follow(page, build_tree):
    text = Path(page).read_text(encoding="utf-8")
    # The section that has the class, whatever its heading is called in the page's language.
    sections = [part for part in re.split(r"^## ", text, flags=re.M) if "KUBEDIAG_OPERATION(" in part]
    if len(sections) != 1:
        raise SystemExit(f"{page}: {len(sections)} sections write an operation")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "build").mkdir()
        (folder / "build" / "release").symlink_to(Path(build_tree).resolve())
        (folder / "hello").mkdir()
        (folder / "hello" / "hello.cpp").write_text(only(r"```cpp\n(.*?)```", sections[0], f"{page}: C++ blocks"))
        (folder / "hello" / "CMakeLists.txt").write_text(only(r"```cmake\n(.*?)```", sections[0], f"{page}: CMake blocks"))
        commands = only(r"```bash\n(.*?)```", sections[0], f"{page}: command blocks")
        # Root's data root would be outside the folder.
        environment = {**os.environ, "HOME": name, "CXXFLAGS": "-Wall -Wextra -Wpedantic -Werror"}
        commands = commands.rstrip("\n") + f" --data-root {name}/data\n"
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment,
                                capture_output=True, text=True)
        if result.returncode != 0 or "hello.greeting: Hello, Ada" not in result.stdout:
            raise SystemExit(f"{page}: exit status {result.returncode}\n{result.stdout[-4000:]}{result.stderr[-4000:]}")


for readme in sys.argv[2:]:
    follow(readme, sys.argv[1])
    print(f"{readme} does what it says")
