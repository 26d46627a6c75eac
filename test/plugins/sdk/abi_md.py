#!/usr/bin/env python3
"""Does what ABI.md says, as a stranger would: writes its files, builds them by its own lines, runs its test.

abi_md.py ABI_MD PREFIX [OUTPUT]   PREFIX has include/kubediag; OUTPUT gets the page's uptime.so and uptime.yaml
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

page, prefix = Path(sys.argv[1]).read_text(), Path(sys.argv[2]).resolve()


def block(section, language):
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", page, flags=re.M | re.S).group(1)
    return re.search(rf"```{language}\n(.*?)```", text, flags=re.S).group(1)


def run(folder, script):
    environment = {**os.environ, "PREFIX": str(prefix)}
    result = subprocess.run(["bash", "-eu", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{script}\nexit status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    (folder / "uptime.cpp").write_text(block(r"A module in C\+\+", "cpp"))
    (folder / "uptime.c").write_text(block("A module in plain C", "c"))
    (folder / "test.cpp").write_text(block("Testing", "cpp"))
    lines = block("Building", "sh")
    symbol_map = lines[: lines.index("\n") + 1]
    cpp_line = re.search(r"^g\+\+.*?\n.*?\n", lines, flags=re.M).group(0)
    c_line = re.search(r"^cc .*?\n.*?\n", lines, flags=re.M).group(0)
    nm_line = re.search(r"^nm .*$", lines, flags=re.M).group(0)
    for line in (c_line, cpp_line):
        symbols = run(folder, symbol_map + line.replace("-O2", "-O2 -Wall -Wextra -Werror") + nm_line)
        assert symbols.split()[2:] == ["kubediag_operation_module_v1"], symbols
    run(folder, 'g++ -std=c++17 -Wall -Wextra -Werror -pthread -I "$PREFIX/include" uptime.cpp test.cpp -o test && ./test')
    if len(sys.argv) > 3:
        shutil.copy(folder / "uptime.so", sys.argv[3])
        (Path(sys.argv[3]) / "uptime.yaml").write_text(block("Running", "yaml"))
print("ABI.md does what it says")
