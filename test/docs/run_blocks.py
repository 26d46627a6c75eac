#!/usr/bin/env python3
"""run_blocks.py SOURCE BUILD [--needs TARGET=FILE]... FILE...: runs the command blocks of documents, as they are written.

A command block is a ```bash or ```console block. All blocks of one document run one after the other in one temporary
folder that holds links to the source tree, `build/release` (a link to BUILD) and nothing else; BUILD/bin is on PATH. A
comment above a block says what is special about it:

  <!-- docs-test: skip REASON -->       cannot be run here; printed with its reason
  <!-- docs-test: background -->        goes on beside the blocks after it, which wait for its first line of standard
                                        output; it must still live at the end of the document
  <!-- docs-test: until "TEXT" -->      Ctrl-C once TEXT has been printed, as the reader would

Exit status 1 if a block fails, names a program of the build that is not there, or has no language, if a comment is not
understood, or if something that --needs names has not been built; then no block is run.
"""

import argparse
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for one block
COMMANDS = ("bash", "console")
BLOCK = re.compile(r"(?:^<!-- docs-test: (?P<mark>.*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
TEE = re.compile(r"\| tee (\S+)")
UNTIL = re.compile(r'until "(.+)"')
PROGRAM = re.compile(r"\bbuild/release/bin/[\w.-]+")


class Failure(Exception):
    pass


def commands_of(language, text):
    """A console block shows prompts and answers: only what follows a prompt is typed."""
    if language == "bash":
        return text
    return "".join(line[2:] + "\n" for line in text.splitlines() if line.startswith("$ "))


class Reader:
    """The folder and the environment of one reader of one document."""

    def __init__(self, source, build, folder):
        self.folder, self.background = folder, []
        for entry in source.iterdir():
            if entry.name not in ("build", ".git"):
                (folder / entry.name).symlink_to(entry)
        (folder / "build").mkdir()
        (folder / "build" / "release").symlink_to(build)
        # Whoever runs the test, nothing is written outside the folder: the program of that name on PATH has a data root.
        tools = folder / "build" / "tools"
        tools.mkdir()
        wrapper = tools / "kubediag"
        wrapper.write_text(f'#!/bin/sh\ncase "$1" in run|validate|operations) set -- "$@" --data-root "{folder}/data" ;; '
                           f'esac\nexec "{build}/bin/kubediag" "$@"\n')
        wrapper.chmod(0o755)
        self.environment = dict(os.environ, HOME=str(folder), PATH=f"{tools}:{build}/bin:{os.environ['PATH']}",
                                LANG="C.UTF-8")

    def start(self, commands, errors=subprocess.STDOUT):
        for program in PROGRAM.findall(commands):
            if not os.access(self.folder / program, os.X_OK):
                raise Failure(f"{program} is not there: build the target {pathlib.Path(program).name}")
        return subprocess.Popen(["bash", "-euo", "pipefail", "-c", commands], cwd=self.folder, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)

    def run(self, commands):
        child = self.start(commands)
        try:
            output, _ = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            end(child, signal.SIGKILL)
            child.communicate()
            raise Failure(f"did not end within {PATIENCE} s")
        if child.returncode != 0:
            raise Failure(f"exit status {child.returncode}\n{output.decode(errors='replace')}")
        return output.decode(errors="replace")

    def run_until(self, commands, text):
        child = self.start(commands)
        try:
            await_text(child, text)
            end(child, signal.SIGINT)
            child.stdout.read()
            if child.wait(PATIENCE) not in (0, 130, -signal.SIGINT):
                raise Failure(f"exit status {child.returncode} after Ctrl-C")
        finally:
            end(child, signal.SIGKILL)

    def run_beside(self, commands):
        # What goes wrong is a line too, but none that anybody waits for.
        errors = self.folder / "build" / "tools" / f"errors-{len(self.background)}"
        with open(errors, "wb") as file:
            child = self.start(commands, file)
        self.background.append((child, errors))
        try:
            first = await_text(child, "\n")
        except Failure as failure:
            raise Failure(f"{failure}{errors.read_text(errors='replace')}") from None
        for name in TEE.findall(commands):
            await_content(self.folder / name)
        return first

    def leave(self):
        """Ends what runs in the background. Failure if it has ended by itself."""
        ended = [f"a background block has ended by itself, exit status {child.returncode}\n{errors.read_text(errors='replace')}"
                 for child, errors in self.background if child.poll() is not None]
        for child, _ in self.background:
            end(child, signal.SIGTERM)
            child.communicate(timeout=PATIENCE)
        if ended:
            raise Failure("".join(ended))


def end(child, number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def await_content(path):
    """tee writes to its output first: who has read that may be faster than the file."""
    deadline = time.monotonic() + PATIENCE
    while not (path.is_file() and path.stat().st_size):
        if time.monotonic() > deadline:
            raise Failure(f"nothing came to {path.name}")
        time.sleep(0.01)


def await_text(child, text):
    deadline, seen = time.monotonic() + PATIENCE, b""
    while text.encode() not in seen:
        ready, _, _ = select.select([child.stdout], [], [], max(0, deadline - time.monotonic()))
        data = os.read(child.stdout.fileno(), 65536) if ready else b""
        if not data:
            raise Failure(f'{text!r} did not come:\n{seen.decode(errors="replace")}')
        seen += data
    return seen.decode(errors="replace")


def run_block(reader, mark, commands):
    """What it has printed, if it is known."""
    until = UNTIL.fullmatch(mark)
    if until:
        return reader.run_until(commands, until.group(1))
    if mark == "background":
        return reader.run_beside(commands)
    if mark == "":
        return reader.run(commands)
    raise Failure(f'the comment "docs-test: {mark}" is not understood')


def run_document(source, build, path):
    """Number of failed blocks."""
    failed = 0
    text = path.read_text()
    with tempfile.TemporaryDirectory(prefix="kubediag-docs-") as folder:
        reader = Reader(source, build, pathlib.Path(folder))
        try:
            for block in BLOCK.finditer(text):
                where = f"{path.relative_to(source)}:{text.count(chr(10), 0, block.start('language')) + 1}"
                mark, language = block.group("mark") or "", block.group("language")
                if language not in COMMANDS + ("",):
                    continue
                if mark.startswith("skip "):
                    print(f"{where}: skipped: {mark[5:]}")
                    continue
                try:
                    if not language:
                        raise Failure("a block without a language: is it to be run (bash), or what is it?")
                    run_block(reader, mark, commands_of(language, block.group("text")))
                    print(f"{where}: ran")
                except Failure as failure:
                    print(f"{where}: FAILED: {failure}\n{block.group('text')}")
                    failed += 1
        finally:
            try:
                reader.leave()
            except Failure as failure:
                print(f"{path.relative_to(source)}: FAILED: {failure}")
                failed += 1
    return failed


def missing(needs, build):
    """Prints what is needed and not built; how much that is."""
    absent = [need for need in needs if not pathlib.Path(need.split("=", 1)[1]).exists()]
    for need in absent:
        target, file = need.split("=", 1)
        print(f"{target} is not built, {file} is missing: cmake --build {build} --target {target}")
    return len(absent)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--needs", action="append", default=[], metavar="TARGET=FILE")
    parser.add_argument("files", nargs="+", metavar="FILE")
    args = parser.parse_args()
    if missing(args.needs, args.build):
        return 1
    source, build = args.source.resolve(), args.build.resolve()
    failed = sum(run_document(source, build, source / name) for name in args.files)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
