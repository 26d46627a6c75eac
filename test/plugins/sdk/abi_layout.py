#!/usr/bin/env python3
"""Compares the layout of <kubediag/abi.h> with the recorded one.

abi_layout.py HEADER LOCK [--cc COMPILER] [--update]

Every member of every struct (type, offset, size), every constant and every function type is in the lock file. Exit
status 0: equal; 1: something that modules out there rely on was changed, moved or removed; 3: only additions, which
--update records; 4: this machine has another data model than the one recorded (LP64).
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHANGED, ADDED, OTHER_MACHINE = 1, 3, 4


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def one_line(text):
    return re.sub(r"\s*([*,()])\s*", r"\1", " ".join(text.split()))


def structs(text):
    """(name, [(member, type)]) in the order of the header."""
    for match in re.finditer(r"typedef struct (\w+) \{(.*?)\n?\} (\w+);", text, flags=re.S):
        members = []
        for declaration in match.group(2).split(";"):
            declaration = one_line(declaration)
            if not declaration:
                continue
            pointer = re.search(r"\(\*(\w+)\)", declaration)
            name = pointer.group(1) if pointer else re.search(r"(\w+)$", declaration).group(1)
            kind = declaration.replace("(*%s)" % name, "(*)") if pointer else declaration[: -len(name)].strip()
            members.append((name, kind))
        yield match.group(1), members


def constants(text):
    for body in re.findall(r"enum \{(.*?)\}", text, flags=re.S):
        yield from re.findall(r"(\w+)\s*=", body)
    logical = text.replace("\\\n", " ")
    yield from re.findall(r"^#define (KUBEDIAG_\w+)[ \t]+(?=[\w(])(?!__)", logical, flags=re.M)


def functions(text):
    text = re.sub(r"^#.*?(?<!\\)$", "", text, flags=re.S | re.M)
    for match in re.finditer(r"typedef ([^;{]*?\(\*(\w+)\)\([^;]*\));", text):
        yield match.group(2), one_line(match.group(1))
    for match in re.finditer(r"KUBEDIAG_EXPORT ([^;]*?(\w+)\([^;]*\));", text):
        yield match.group(2), one_line(match.group(1))
    for match in re.finditer(r"typedef (\w+) (\w+);", text):
        yield match.group(2), match.group(1)


def program(text):
    """A C program that prints what only the compiler knows."""
    lines = ["#include <kubediag/abi.h>", "#include <stdio.h>", "int main(void) {"]
    for struct, members in structs(text):
        lines.append(f'printf("struct {struct} size %zu\\n", sizeof({struct}));')
        for member, kind in members:
            lines.append(
                f'printf("member {struct}.{member} offset %zu size %zu type {kind}\\n", '
                f"offsetof({struct}, {member}), sizeof((({struct}*)0)->{member}));"
            )
    for name in constants(text):
        lines.append(f'printf("constant {name} %lld\\n", (long long)({name}));')
    for name, kind in functions(text):
        lines.append(f'printf("function {name} type {kind}\\n");')
    return "\n".join(lines + ['printf("pointer %zu\\n", sizeof(void*));', "return 0;", "}", ""])


def layout(header, compiler):
    text = without_comments(header.read_text())
    with tempfile.TemporaryDirectory() as folder:
        include = Path(folder) / "kubediag"
        include.mkdir()
        (include / "abi.h").write_text(header.read_text())
        source = Path(folder) / "layout.c"
        source.write_text(program(text))
        binary = Path(folder) / "layout"
        subprocess.run([compiler, "-std=c11", "-I", folder, source, "-o", binary], check=True)
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout.splitlines()


def grows(name, recorded):
    """Whether the struct may grow: it begins with its own size."""
    return any(line.startswith(f"member {name}.struct_size offset 0 ") for line in recorded)


# May differ by design: they say which version or how many bits there are.
COUNTERS = ("constant KUBEDIAG_ABI_MINOR ", "constant KUBEDIAG_FEATURES_KNOWN ")


def compare(recorded, current):
    """(changes that break modules, additions)"""
    def key(line):
        return " ".join(line.split()[:2])

    now = {key(line): line for line in current}
    before = {key(line): line for line in recorded}
    broken, added = [], []
    for name, line in before.items():
        if now.get(name) == line:
            continue
        if name not in now:
            broken.append(f"removed: {line}")
        elif line.startswith("struct ") and grows(line.split()[1], recorded):
            if int(now[name].split()[-1]) < int(line.split()[-1]):
                broken.append(f"shrunk: {line} -> {now[name]}")
            else:
                added.append(f"grown: {line} -> {now[name]}")
        elif line.startswith(COUNTERS):
            added.append(f"raised: {line} -> {now[name]}")
        else:
            broken.append(f"changed: {line} -> {now[name]}")
    ends = {}
    for line in recorded:
        if line.startswith("member "):
            struct = line.split()[1].split(".")[0]
            ends[struct] = max(ends.get(struct, 0), int(line.split()[3]) + int(line.split()[5]))
    for name, line in now.items():
        if name in before:
            continue
        if line.startswith("member "):
            struct = line.split()[1].split(".")[0]
            if struct in ends and not grows(struct, recorded):
                broken.append(f"{struct} is frozen: {line}")
                continue
            if int(line.split()[3]) < ends.get(struct, 0):
                broken.append(f"not at the end: {line}")
                continue
        added.append(f"new: {line}")
    return broken + padded(current), added


def padded(current):
    """Tables with padding at their end: a member appended there would not raise struct_size."""
    sizes, ends = {}, {}
    for line in current:
        words = line.split()
        if words[0] == "struct":
            sizes[words[1]] = int(words[3])
        if words[0] == "member":
            ends[words[1].split(".")[0]] = int(words[3]) + int(words[5])
    return [
        f"padding at the end of {name}: {size} > {ends[name]}; append a reserved member"
        for name, size in sizes.items()
        if ends[name] != size
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("header", type=Path)
    parser.add_argument("lock", type=Path)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    current = layout(options.header, options.cc)
    recorded = options.lock.read_text().splitlines() if options.lock.exists() else []
    if recorded and recorded[-1] != current[-1]:
        print(f"the lock records {recorded[-1]}, this machine has {current[-1]}")
        return OTHER_MACHINE
    broken, added = compare(recorded, current)
    for line in broken:
        print(line)
    if broken:
        print(f"{options.header.name} breaks modules that were built with it: take the change back")
        return CHANGED
    if added and options.update:
        options.lock.write_text("\n".join(current) + "\n")
        return 0
    for line in added:
        print(line)
    if added:
        print(f"update the lock: {Path(__file__).name} {options.header.name} {options.lock.name} --update")
        return ADDED
    return 0


if __name__ == "__main__":
    sys.exit(main())
