#!/usr/bin/env python3
"""make_corpus.py FOLDER SEED...: copies seeds (files, or folders of them) into a fuzz target's corpus folder.

A .hex file becomes the bytes it spells, a .crlf file its lines with CRLF at their ends; lines that start with "#" are
comments in both. A .gz file is added unpacked as well.
"""
import gzip
import pathlib
import sys


def add(corpus, path):
    if path.suffix in (".hex", ".crlf"):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        data = bytes.fromhex(" ".join(lines)) if path.suffix == ".hex" else "".join(f"{x}\r\n" for x in lines).encode()
        (corpus / path.stem).write_bytes(data)
        return
    data = path.read_bytes()
    (corpus / path.name).write_bytes(data)
    if path.suffix == ".gz":
        (corpus / path.stem).write_bytes(gzip.decompress(data))


def main():
    corpus = pathlib.Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in map(pathlib.Path, sys.argv[2:]):
        for path in sorted(seed.iterdir()) if seed.is_dir() else [seed]:
            if path.is_file() and path.suffix != ".py" and path.name != "README.md":
                add(corpus, path)


if __name__ == "__main__":
    main()
