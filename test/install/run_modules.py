#!/usr/bin/env python3
"""run_modules.py FOLDER: FOLDER/prefix has an installed kubediag, FOLDER/modules what build_examples.sh built.

Starts the installed `kubediag run --watch` with one module in place; once that is known, drops each other module, and
of each then its manifest, into the folders it watches, and looks at the Diagnosis it prints.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 60  # for anything to happen; nothing here takes one


class Stream:
    """What a process writes, to be waited for."""

    def __init__(self, pipe):
        self.text = ""
        self.ended = False
        self.changed = threading.Condition()
        threading.Thread(target=self.read, args=(pipe,), daemon=True).start()

    def read(self, pipe):
        for line in pipe:
            with self.changed:
                self.text += line
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, find, what):
        with self.changed:
            self.changed.wait_for(lambda: find(self.text) is not None or self.ended, SECONDS)
            found = find(self.text)
        if found is None:
            raise SystemExit(f"waited in vain for {what}; so far:\n{self.text}")
        return found


def documents(text):
    """The complete JSON documents at the start of `text`."""
    decoder, position, found = json.JSONDecoder(), 0, []
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        try:
            document, position = decoder.raw_decode(text, position)
        except ValueError:
            break
        found.append(document)
    return found


def drop(source, folder):
    """Puts a file into a watched folder at once, as a careful administrator does."""
    partial = folder / ("." + source.name + ".partial")
    shutil.copyfile(source, partial)
    partial.chmod(0o644)
    partial.rename(folder / source.name)


def expect(condition, what, diagnosis):
    if not condition:
        raise SystemExit(f"{what}:\n{json.dumps(diagnosis, indent=2)}")


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=SECONDS) as answer:
        return answer.read().decode()


def check_hello(diagnosis, results, root):
    expect(results == {"hello.greeting": "Hello, Ada!"}, "another greeting", diagnosis)


def check_largest_files(diagnosis, results, root):
    [artifact] = diagnosis["status"]["artifacts"]
    path = root / artifact["path"]
    expect(path.stat().st_size == artifact["size"], "another size", diagnosis)
    expect(path.read_text().startswith(results["largest_files.largest"]), "another list", diagnosis)


def check_load_average(diagnosis, results, root):
    expect(len(results) == 4 and "busy" in results["load_average.verdict"], "no verdict", diagnosis)


def check_node_page(diagnosis, results, root):
    url = re.search(r"Visit (http://\S+/), this", results["node_page.endpoint"]).group(1)
    expect("MemTotal:" in get(url), "the page is another one", diagnosis)
    try:
        get(re.match(r"http://[^/]+/", url).group(0))
        expect(False, "the page is served without its secret path", diagnosis)
    except urllib.error.HTTPError as error:
        expect(error.code == 404, f"status {error.code}", diagnosis)


def check_uptime(diagnosis, results, root):
    expect(int(results["uptime.days"]) >= 0, "no days", diagnosis)


CHECKS = {
    "hello": check_hello,
    "largest-files": check_largest_files,
    "load-average": check_load_average,
    "node-page": check_node_page,
    "uptime": check_uptime,
}


def run_all(folder, operations, manifests, root):
    command = [folder / "prefix/bin/kubediag", "run", "-f", manifests, "--watch", "--operations-dir", operations]
    command += ["--data-root", root, "-o", "json", "--log-level", "debug", "--viewer-ports", "0"]
    drop(folder / "modules/hello.so", operations)
    engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, log = Stream(engine.stdout), Stream(engine.stderr)
        for number, (name, check) in enumerate(CHECKS.items()):
            stem = name.replace("-", "_")
            if number > 0:
                drop(folder / "modules" / f"{stem}.so", operations)
            log.wait_for(re.compile(rf'operation available.*"{name}"').search, f"operation {name}")
            drop(folder / "modules" / f"{stem}.yaml", manifests)
            diagnosis = output.wait_for(
                lambda text: documents(text)[number] if len(documents(text)) > number else None, f"Diagnosis {name}"
            )
            expect(diagnosis["metadata"]["name"] == name, f"not Diagnosis {name}", diagnosis)
            expect(diagnosis["status"]["phase"] == "Succeeded", "it has not succeeded", diagnosis)
            check(diagnosis, diagnosis["status"]["operationResults"], root)
            print(f"{name}: dropped in, run, {len(diagnosis['status']['operationResults'])} results")
        engine.terminate()
        code = engine.wait(SECONDS)
        if code != 0:
            raise SystemExit(f"kubediag run --watch: exit status {code}\n{log.text}")
    finally:
        if engine.poll() is None:
            engine.kill()
            engine.wait()


def main():
    folder = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        operations, manifests, root = (Path(name) / part for part in ("operations", "manifests", "root"))
        for path in (operations, manifests, root):
            path.mkdir(mode=0o755)
        run_all(folder, operations, manifests, root)


if __name__ == "__main__":
    main()
